import { type AccountId, noCredit } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { AcceptanceId } from "@concordat/core/agreement/Acceptance"
import { Agreements, type NewAcceptance } from "@concordat/core/agreement/Agreements"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Instant } from "@concordat/core/time/Instant"
import { RequestId } from "@concordat/core/vendor/RequestId"
import { Effect, Layer, ManagedRuntime, Option, Stream } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { agreementsLayer } from "../src/Agreements.ts"
import {
  accountId,
  addInstance,
  clear,
  instance,
  instanceId,
  now,
  repositories,
  rowsOf,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(agreementsLayer.pipe(Layer.provideMerge(repositories)))
afterAll(() => runtime.dispose())

type Port = Agreements["Service"]
const use = <A, E>(work: (agreements: Port) => Effect.Effect<A, E>) =>
  runtime.runPromise(Effect.result(Agreements.use(work)))
const rows = <Row = Record<string, unknown>>(text: string) => runtime.runPromise(rowsOf<Row>(text))

const guid = (kind: number, n: number): string =>
  `0000000${kind}-0000-4000-8000-${String(n).padStart(12, "0")}`
const acceptanceId = (n: number) => AcceptanceId.make(guid(8, n))
const requestId = (n: number) => RequestId.make(guid(9, n))
const template = {
  templateId: "117a77b0-9360-443b-8795-c6dedc750cf9",
  type: "MicrosoftCustomerAgreement",
  link: "https://aka.ms/customeragreement",
  versionRank: 3
}

const add = (n: number, parentId: AccountId | null, kind: "reseller" | "customer" = "customer") =>
  runtime
    .runPromise(
      Accounts.use((accounts) =>
        accounts.add(
          {
            id: accountId(n),
            parentId,
            kind,
            name: `Company ${n}`,
            code: `C-${n}`,
            edition: kind === "reseller" ? "basic" : null,
            mpnId: null,
            email: null,
            phone: null,
            address: null,
            language: null,
            currency: null,
            billToId: null,
            managerEmail: null,
            orderingEnabled: false,
            resellingEnabled: false,
            creditLimit: noCredit,
            taxId: null,
            customFields: {}
          },
          null,
          { actor: "key:test", correlationId: "c" }
        )
      )
    )
    .then(({ id }) => id)

const tenant = (account: number) =>
  rows(`insert into account_tenant (instance_id, tenant_id, account_id)
    values ('${instanceId(1)}', '${tenantId(account)}', '${accountId(account)}')`)

const given = (n: number, account: number, some: Partial<NewAcceptance> = {}): NewAcceptance => ({
  id: acceptanceId(n),
  accountId: accountId(account),
  accountName: `Company ${account}`,
  instanceId: instanceId(1),
  environment: "primary",
  ...template,
  contact: { firstName: "Ada", lastName: `Number${n}`, email: "ada@x.example", phone: null },
  agreedAt: now,
  confirmedAt: Instant.make(now + n),
  confirmedBy: "key:storefront",
  role: "customer",
  userName: "ada",
  orderCode: `O-${n}`,
  ipAddress: "192.0.2.1",
  userAgent: "Browser",
  correlationId: "c",
  requestId: requestId(n),
  ...some
})
const confirm = (n: number, account: number, some: Partial<NewAcceptance> = {}) =>
  use((agreements) => agreements.confirm(given(n, account, some)))
const jobs = () =>
  rows<{ id: string }>(
    "select data ->> 'acceptanceId' as id from pgboss.job where name = 'send-acceptance' and state < 'active' order by 1"
  )
const get = (n: number, branch: AccountId | null = null) =>
  use((agreements) => agreements.get(acceptanceId(n), branch))

beforeEach(async () => {
  await runtime.runPromise(clear)
  await runtime.runPromise(addInstance(1))
})

describe("a confirmation", () => {
  it("is logged together with the job that tells Microsoft, under a request id of its own", async () => {
    await add(1, null)
    await tenant(1)
    expect(await confirm(1, 1)).toMatchObject({
      success: {
        status: "pending",
        tenantId: tenantId(1),
        instance: InstanceName.make("instance-1")
      }
    })
    expect(await jobs()).toEqual([{ id: acceptanceId(1) }])
    const found = await use((agreements) => agreements.toSend(acceptanceId(1)))
    expect(found._tag === "Success" && Option.getOrNull(found.success)).toMatchObject({
      tenantId: tenantId(1),
      requestId: requestId(1),
      acceptance: { contact: { lastName: "Number1" }, orderCode: "O-1", ipAddress: "192.0.2.1" }
    })
  })

  it("waits for the account's tenant, and goes out once when it is there", async () => {
    await add(1, null)
    expect(await confirm(1, 1)).toMatchObject({ success: { status: "waiting", tenantId: null } })
    const recover = () => use((agreements) => agreements.recover)
    expect(await recover()).toMatchObject({ success: 0 })
    expect(await jobs()).toEqual([])
    await tenant(1)
    const looks = await Promise.all([recover(), recover(), recover()])
    expect(looks.map((look) => look._tag === "Success" && look.success).sort()).toEqual([0, 0, 1])
    expect(await get(1)).toMatchObject({ success: { status: "pending", tenantId: tenantId(1) } })
    expect(await jobs()).toEqual([{ id: acceptanceId(1) }])
    expect(await recover()).toMatchObject({ success: 0 })
    // A job that is lost is sent again.
    await rows("delete from pgboss.job")
    expect(await recover()).toMatchObject({ success: 1 })
  })

  it("is there once for an account, however many confirm at one time", async () => {
    await add(1, null)
    await tenant(1)
    const outcomes = await Promise.all([1, 2, 3, 4].map((n) => confirm(n, 1)))
    expect(outcomes.filter(({ _tag }) => _tag === "Success")).toHaveLength(1)
    expect(outcomes.filter(({ _tag }) => _tag === "Failure")).toMatchObject(
      Array.from({ length: 3 }, () => ({
        failure: { _tag: "AgreementConfirmed", status: "pending" }
      }))
    )
    expect(await rows("select from agreement_acceptance")).toHaveLength(1)
  })

  it("of a customer that Microsoft was told of is refused; after a failure another one is taken", async () => {
    await add(1, null)
    await tenant(1)
    await confirm(1, 1)
    const settle = (n: number, telling: Parameters<Port["settle"]>[1]) =>
      use((agreements) => agreements.settle(acceptanceId(n), telling))
    await settle(1, { status: "failed", problem: "No.", requestId: requestId(77) })
    expect(await confirm(2, 1)).toMatchObject({ success: { status: "pending" } })
    // The first one cannot be tried again beside it.
    expect(await use((agreements) => agreements.retry(acceptanceId(1), null))).toMatchObject({
      failure: { _tag: "AgreementConfirmed", id: acceptanceId(2) }
    })
    await settle(2, { status: "sent" })
    expect(await confirm(3, 1)).toMatchObject({ failure: { id: acceptanceId(2), status: "sent" } })
    // What has an end stays as it is.
    await settle(2, { status: "failed", problem: "late", requestId: requestId(78) })
    expect(await get(2)).toMatchObject({ success: { status: "sent", problem: null } })
  })

  it("that failed is tried again under the request id that Partner Center has not answered", async () => {
    await add(1, null)
    await tenant(1)
    await confirm(1, 1)
    await use((agreements) =>
      agreements.settle(acceptanceId(1), {
        status: "failed",
        problem: "x".repeat(5_000),
        requestId: requestId(77)
      })
    )
    const failed = await get(1)
    expect(failed).toMatchObject({ success: { status: "failed", settledAt: expect.any(Number) } })
    expect(failed._tag === "Success" && failed.success.problem).toHaveLength(1_000)
    await rows("delete from pgboss.job")
    expect(await use((agreements) => agreements.retry(acceptanceId(1), null))).toMatchObject({
      success: { status: "pending", problem: null, settledAt: null }
    })
    expect(await jobs()).toHaveLength(1)
    const found = await use((agreements) => agreements.toSend(acceptanceId(1)))
    expect(found._tag === "Success" && Option.getOrNull(found.success)?.requestId).toBe(
      requestId(77)
    )
    expect(await use((agreements) => agreements.retry(acceptanceId(1), null))).toMatchObject({
      failure: { _tag: "AcceptanceNotFailed", status: "pending" }
    })
  })

  it("goes along when its account is merged, and the target's own one counts", async () => {
    await add(1, null)
    await add(2, null)
    await add(3, null)
    await confirm(1, 1)
    const merge = (n: number, into: number) =>
      runtime.runPromise(
        Accounts.use((accounts) =>
          accounts.merge(accountId(n), accountId(into), null, false, {
            actor: "key:test",
            correlationId: "c"
          })
        )
      )
    expect(await merge(1, 2)).toMatchObject({ agreements: 1 })
    expect(await get(1)).toMatchObject({
      success: { accountId: accountId(2), accountName: "Company 1", status: "waiting" }
    })
    await confirm(2, 3)
    await merge(2, 3)
    expect(await get(1)).toMatchObject({
      success: { status: "failed", problem: expect.stringContaining("merged") }
    })
    expect(await get(2)).toMatchObject({ success: { status: "waiting" } })
  })
})

describe("the log", () => {
  it("is only added to: the database refuses everything else", async () => {
    await add(1, null)
    await confirm(1, 1)
    for (const statement of [
      "update agreement_acceptance set first_name = 'Eve'",
      "delete from agreement_acceptance"
    ])
      await expect(rows(statement)).rejects.toThrow(/append-only/u)
  })

  it("shows a branch, newest first, each once; and who confirmed as a user of the BSS not to a branch", async () => {
    const [north, south] = [await add(10, null, "reseller"), await add(11, null, "reseller")]
    for (const [n, parent] of [
      [1, north],
      [2, north],
      [3, south],
      [4, null]
    ] as const) {
      await add(n, parent)
      await confirm(n, n, { role: n === 2 ? "bss-user" : "reseller" })
    }
    const list = async (filter: Parameters<Port["list"]>[0], branch: AccountId | null = null) => {
      const page = await runtime.runPromise(
        Agreements.use((agreements) =>
          agreements.list(filter, branch, { cursor: undefined, limit: 50 })
        )
      )
      return page.items.map(({ orderCode }) => orderCode)
    }
    expect(await list({})).toEqual(["O-4", "O-3", "O-2", "O-1"])
    expect(await list({}, north)).toEqual(["O-2", "O-1"])
    expect(await list({ account: south })).toEqual(["O-3"])
    expect(await list({ q: "NUMBER3" })).toEqual(["O-3"])
    expect(await list({ q: "company 1" })).toEqual(["O-1"])
    expect(await list({ q: "%" })).toEqual([])
    expect(await list({ status: "sent" })).toEqual([])
    expect(await list({ from: Instant.make(now + 2), to: Instant.make(now + 4) })).toEqual([
      "O-3",
      "O-2"
    ])
    expect(await get(3, north)).toMatchObject({ failure: { _tag: "AcceptanceNotFound" } })
    expect(await get(2, north)).toMatchObject({
      success: { confirmedBy: null, userName: null, ipAddress: null, userAgent: null }
    })
    expect(await get(1, north)).toMatchObject({ success: { confirmedBy: "key:storefront" } })
    const log = await runtime.runPromise(
      Agreements.use((agreements) => Stream.runCollect(agreements.log({}, north)))
    )
    expect(log.map(({ orderCode }) => orderCode)).toEqual(["O-2", "O-1"])
    const pages: Array<string | null> = []
    let cursor: string | undefined
    do {
      const page = await runtime.runPromise(
        Agreements.use((agreements) => agreements.list({}, null, { cursor, limit: 3 }))
      )
      pages.push(...page.items.map(({ orderCode }) => orderCode))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(pages).toEqual(["O-4", "O-3", "O-2", "O-1"])
  })
})

describe("templates", () => {
  const at = instance(1)
  const keep = (templates: Parameters<Port["keepTemplates"]>[1]) =>
    use((agreements) => agreements.keepTemplates(at, templates))
  const shown = async (templateId: string) => {
    const found = await use((agreements) => agreements.template(at, templateId))
    return found._tag === "Success" ? found.success : undefined
  }

  it("are known once they were shown, until Microsoft has a newer one, or takes them away", async () => {
    expect(await shown(template.templateId)).toBeNull()
    await keep([template])
    expect(await shown(template.templateId)).toEqual(template)
    const newer = { ...template, templateId: "newer", versionRank: 4 }
    const other = {
      ...template,
      templateId: "cloud",
      type: "MicrosoftCloudAgreement",
      versionRank: 9
    }
    await keep([template, newer])
    await keep([other])
    expect(await shown(template.templateId)).toBeNull()
    expect(await shown("newer")).toEqual(newer)
    await keep([template])
    expect([await shown(template.templateId), await shown("newer"), await shown("cloud")]).toEqual([
      template,
      null,
      other
    ])
  })
})
