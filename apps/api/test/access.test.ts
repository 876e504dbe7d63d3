import { openApiDocument } from "@concordat/contracts/Api"
import { type Role, Scope, scopesOf } from "@concordat/core/actor/Actor"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

interface Operation {
  readonly method: string
  readonly path: string
  readonly id: string
  readonly scope: Scope
}

/** Who they are open to instead; their own tests are in session.test.ts. */
const withoutScope: Readonly<Record<string, string>> = {
  "session.signIn": "anybody",
  "session.current": "anybody",
  "session.signOut": "session",
  "session.changePassword": "session",
  "session.list": "session",
  "session.end": "session",
  "views.list": "session",
  "views.save": "session",
  "views.remove": "session"
}

// From the document, so that an operation that is added is tested without anybody thinking of it.
const operations: ReadonlyArray<Operation> = Object.entries(openApiDocument().paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const detail: Record<string, unknown> = { ...operation }
      const id = String(detail["operationId"])
      const scope = Scope.literals.find((s) => s === detail["x-required-scope"])
      if (scope !== undefined) return [{ method: method.toUpperCase(), path, id, scope }]
      if (withoutScope[id] === undefined || withoutScope[id] !== detail["x-open-to"])
        throw new Error(`${method} ${path} names no scope`)
      return []
    })
)
const roles: ReadonlyArray<Role> = [
  "operator-admin",
  "operator",
  "read-only",
  "reseller",
  "customer"
]

/** A request of the operation that is about things of somebody else. */
const requestTo = ({ id, path }: Operation, seen: Served["seeded"]) => {
  const bodies: Record<string, unknown> = {
    "reconciliations.request": {
      instance: "contoso-eu",
      scope: { kind: "account", id: seen.north.account }
    },
    "accounts.create": { parentId: seen.north.account, kind: "customer", name: "x" },
    "accounts.update": { phone: "030 1234" },
    "accounts.move": { parentId: seen.south.account },
    "accounts.merge": { into: seen.southern.account },
    "agreements.confirm": {
      instance: "contoso-eu",
      templateId: "x",
      confirmed: true,
      firstName: "x",
      lastName: "x",
      email: "x@x.example"
    },
    "accounts.edition": { edition: "basic" },
    "accounts.putContacts": { contacts: [] },
    "instances.add": { name: "x" },
    "instances.update": { disabled: false },
    "keys.make": { name: "x" },
    "operators.add": { name: "x" },
    "operators.update": { active: false },
    "synchronization.putOptions": { userName: "admin" },
    "synchronization.synchronize": { instance: "contoso-eu", mode: "link" },
    "customerforms.validate": {
      instance: "contoso-eu",
      parentId: seen.north.account,
      name: "x"
    },
    "customerforms.address": {
      instance: "nowhere",
      address: {
        line1: "x",
        line2: null,
        city: "x",
        state: null,
        postalCode: null,
        country: "DE"
      }
    },
    "imports.request": { instance: "contoso-eu" },
    "imports.execute": { customers: "all" },
    "imports.assign": { customers: [seen.north.run], mpnId: null },
    "imports.map": { accountId: seen.north.account },
    "imports.putReseller": { name: "x" },
    "subscriptions.protectPrices": {
      instance: "contoso-eu",
      scope: { kind: "account", id: seen.north.account },
      dryRun: false
    },
    "jobs.discard": { note: "x" },
    "book.import": "account_code",
    "outbox.bounce": "no report",
    "pricesheets.import": "ProductId"
  }
  const ids = path.startsWith("/v1/accounts/") ? seen.north.account : seen.north.run
  const address = path
    .replace("{id}", ids)
    .replace("{name}", "contoso-eu")
    .replace("{accountId}", seen.north.account)
    .replace("{tenantId}", seen.north.account)
    .replace("{mpnId}", "4711")
    .replace("{prefix}", "fabrikam")
    .replace("{row}", "0")
  const query =
    id === "synchronization.options" ||
    id === "synchronization.putOptions" ||
    id === "synchronization.steps"
      ? "?instance=contoso-eu"
      : id === "customerforms.fields"
        ? `?instance=contoso-eu&country=DE&parent=${seen.north.account}`
        : id === "customerforms.domain"
          ? "?instance=nowhere"
          : id === "reconciliations.export" || id === "agreements.export"
            ? "?format=csv"
            : id === "reconciliations.groups"
              ? "?by=kind"
              : id === "reconciliations.comparison"
                ? `?with=${seen.north.run}`
                : id === "agreements.standing"
                  ? "?instance=contoso-eu"
                  : id === "search.find"
                    ? `?q=${seen.north.account}`
                    : id === "book.import"
                      ? "?instance=contoso-eu"
                      : id === "pricesheets.import"
                        ? "?instance=contoso-eu&market=DE"
                        : ""
  return {
    address: address + query,
    body: bodies[id],
    headers:
      id === "book.import" || id === "pricesheets.import"
        ? { "content-type": "text/csv" }
        : id === "outbox.bounce"
          ? { "content-type": "message/rfc822" }
          : {}
  }
}

describe.each(operations)("$method $path", (operation) => {
  it.each(roles)(
    "is refused to the role %s with every scope but the one it needs",
    async (role) => {
      const scopes = Scope.literals.filter((scope) => scope !== operation.scope)
      const key = await api.key({ role, scopes, branch: branchOf(role) })
      const { address, body, headers } = requestTo(operation, api.seeded)
      const answer = await api.call(operation.method, address, { key, body, headers })
      expect(problemOf(answer)).toBe("403 forbidden")
      expect(answer.body.scope).toBe(operation.scope)
    }
  )

  it.each(roles.filter((role) => !scopesOf(role).includes(operation.scope)))(
    "is refused to the role %s whatever its key was given",
    async (role) => {
      const key = await api.key({ role, scopes: Scope.literals, branch: branchOf(role) })
      const { address, body, headers } = requestTo(operation, api.seeded)
      expect(problemOf(await api.call(operation.method, address, { key, body, headers }))).toBe(
        "403 forbidden"
      )
    }
  )

  it.each(
    (["reseller", "customer"] as const).filter((role) => scopesOf(role).includes(operation.scope))
  )("shows a %s nothing of a neighbour", async (role) => {
    const key = await api.key({ role, branch: branchOf(role) })
    const { address, body, headers } = requestTo(operation, api.seeded)
    const answer = await api.call(operation.method, address, { key, body, headers })
    if (/\{|parent=/u.test(operation.path + address) || operation.method === "POST")
      expect([404, answer.body.type]).toEqual([answer.status, expect.stringMatching(/-not-found$/)])
    else {
      expect(answer.status).toBe(200)
      for (const hidden of [
        api.seeded.north.account,
        api.seeded.north.run,
        api.seeded.northern.account
      ])
        expect(answer.text).not.toContain(hidden)
    }
  })
})

/** North and south are resellers, each with customers; the tests look from the south. */
const branchOf = (role: Role): string | null =>
  role === "reseller"
    ? api.seeded.south.account
    : role === "customer"
      ? api.seeded.southern.account
      : null

describe("a branch", () => {
  it("is seen whole by its reseller: itself and its customers, and who is above it is not told", async () => {
    const key = await api.key({ role: "reseller", branch: api.seeded.south.account })
    const { body } = await api.call("GET", "/v1/accounts", { key })
    expect(body.items.map(({ id }: { id: string }) => id).sort()).toEqual(
      [api.seeded.south.account, api.seeded.southern.account].sort()
    )
    const own = await api.call("GET", `/v1/accounts/${api.seeded.south.account}`, { key })
    expect(own.body.parentId).toBeNull()
    const below = await api.call("GET", `/v1/accounts/${api.seeded.southern.account}`, { key })
    expect(below.body.parentId).toBe(api.seeded.south.account)
  })

  it("is all that a customer sees of it", async () => {
    const key = await api.key({ role: "customer", branch: api.seeded.southern.account })
    const { body } = await api.call("GET", "/v1/accounts", { key })
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([api.seeded.southern.account])
  })

  it("bounds a reconciliation that its reseller asks for, whatever the scope", async () => {
    const key = await api.key({ role: "reseller", branch: api.seeded.south.account })
    const asked = { instance: "contoso-eu", scope: { kind: "organisation" } }
    const run = await api.call("POST", "/v1/reconciliations", { key, body: asked })
    expect(run.status).toBe(202)
    const neighbour = await api.key({ role: "reseller", branch: api.seeded.north.account })
    expect(
      (await api.call("GET", `/v1/reconciliations/${run.body.id}`, { key: neighbour })).status
    ).toBe(404)
    expect(
      (await api.call("DELETE", `/v1/reconciliations/${run.body.id}`, { key: neighbour })).status
    ).toBe(404)
    expect((await api.call("GET", `/v1/reconciliations/${run.body.id}`, { key })).status).toBe(200)
  })
})
