import { bookTemplate, readBookFile } from "@concordat/adapter-excel/BookFile"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { rowsOfFinishedRun, type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
  for (const role of ["operator", "read-only"] as const) await api.key({ role })
})
afterAll(() => api.stop())

/** Every item of a list, page by page, as a client that follows `next`. */
const everything = async (path: string, limit: number) => {
  const items: Array<{ id: string }> = []
  let cursor: string | null = null
  do {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`
    const { status, body } = await api.call(
      "GET",
      `${path}${path.includes("?") ? "&" : "?"}limit=${limit}${next}`
    )
    expect(status).toBe(200)
    expect(body.items.length).toBeLessThanOrEqual(limit)
    items.push(...body.items)
    // A cursor that does not move on would otherwise go round for ever.
    expect(items.length).toBeLessThan(1_000)
    cursor = body.next
  } while (cursor !== null)
  return items
}

describe("lists", () => {
  it.each([
    "/v1/accounts",
    "/v1/instances",
    "/v1/keys",
    "/v1/reconciliations",
    "/v1/subscriptions"
  ])("%s gives every item once, whatever the size of a page", async (path) => {
    const whole = await everything(path, 500)
    expect(whole.length).toBeGreaterThan(1)
    for (const limit of [1, 2, 3])
      expect((await everything(path, limit)).map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
  })

  it("a report gives every row once, in its order", async () => {
    const path = `/v1/reconciliations/${api.seeded.finished}/rows`
    const whole = await everything(path, 500)
    expect(whole).toHaveLength(rowsOfFinishedRun)
    expect(await everything(path, 7)).toEqual(whole)
  })

  it("a cursor of another list is refused, and so is one that was changed", async () => {
    const { body } = await api.call("GET", "/v1/accounts?limit=1")
    const byName = await api.call("GET", "/v1/subscriptions?limit=1")
    expect(byName.body.next).not.toBeNull()
    for (const wrong of [
      `/v1/keys?cursor=${body.next}`,
      `/v1/accounts?cursor=${body.next}x`,
      // A place in one order is none in another.
      `/v1/subscriptions?sort=end&cursor=${byName.body.next}`,
      "/v1/accounts?cursor=e30.e30"
    ])
      expect(problemOf(await api.call("GET", wrong))).toBe("400 invalid-request")
  })

  it("fifty items come when no limit is given", async () => {
    const list = ["account_code,account_name,tenant_id,reference,name,offer,quantity,status"]
    for (let i = 0; i < 60; i++)
      list.push(
        `P-${i},Page ${i},66666666-0000-4000-8000-0000000000${String(i).padStart(2, "0")},SUB-P${i},Basic,CFQ7TTC0LH18:0001,1,active`
      )
    const imported = await api.call("POST", "/v1/book/imports?instance=contoso-eu", {
      body: list.join("\n"),
      headers: { "content-type": "text/csv" }
    })
    expect(imported.status).toBe(200)
    const { body } = await api.call("GET", "/v1/accounts")
    expect(body.items).toHaveLength(50)
  })

  it("accounts are found by name, code, domain and tenant id", async () => {
    for (const q of [
      "southern bakery",
      "C-SOUTH",
      "southern.onmicrosoft.com",
      api.seeded.southern.tenant
    ]) {
      const { body } = await api.call("GET", `/v1/accounts?q=${encodeURIComponent(q)}`)
      expect(
        body.items.map(({ id }: { id: string }) => id),
        q
      ).toContain(api.seeded.southern.account)
    }
  })
})

describe("a report", () => {
  const rows = async (query: string) =>
    (await api.call("GET", `/v1/reconciliations/${api.seeded.finished}/rows?limit=500&${query}`))
      .body.items

  it("shows both sides of a row, in words and with what could be done", async () => {
    const [row] = await rows("kind=quantity")
    expect(row).toMatchObject({
      customer: "Southern Bakery",
      bss: { quantity: 10 },
      partnerCenter: { quantity: 12 }
    })
    expect(row.findings[0]).toMatchObject({
      kind: "quantity",
      title: "Quantity differs",
      bss: 10,
      partnerCenter: 12
    })
    expect(row.findings[0].actions.length).toBeGreaterThan(0)
  })

  it("is filtered by kind, by mover, by account, by text, and to rows with findings", async () => {
    const kinds = (found: ReadonlyArray<{ findings: ReadonlyArray<{ kind: string }> }>) =>
      new Set(found.flatMap(({ findings }) => findings.map(({ kind }) => kind)))
    const quantity = await rows("kind=quantity")
    expect(quantity.length).toBeGreaterThan(0)
    expect(kinds(quantity).has("quantity")).toBe(true)
    expect((await rows("onlyFindings=true")).length).toBeLessThan(rowsOfFinishedRun)
    expect(await rows("movedBy=both")).toEqual([])
    expect(await rows(`account=${api.seeded.northern.account}`)).toEqual([])
    expect(await rows(`account=${api.seeded.south.account}`)).toHaveLength(rowsOfFinishedRun)
    expect(
      (await rows("q=SUB-S3")).map(({ reference }: { reference: string }) => reference)
    ).toContain("SUB-S3")
    expect(await rows("q=")).toHaveLength(rowsOfFinishedRun)
  })

  it("is sorted, exported in the same order, and read row by row", async () => {
    const names = (found: ReadonlyArray<{ row: number; findings: ReadonlyArray<object> }>) =>
      found.map(({ row }) => row)
    const inOrder = await rows("")
    expect(names(inOrder)).toEqual(inOrder.map((_: unknown, at: number) => at))
    const urgent = await rows("sort=severity")
    expect(urgent[0].findings).not.toEqual([])
    expect(names(urgent)).not.toEqual(names(inOrder))
    expect(names(urgent).toSorted((a, b) => a - b)).toEqual(names(inOrder))
    const path = `/v1/reconciliations/${api.seeded.finished}`
    const file = await api.call("GET", `${path}/export?format=json&sort=severity`)
    expect(file.body.rows.map(({ reference }: { reference: string | null }) => reference)).toEqual(
      urgent.map(({ reference }: { reference: string | null }) => reference)
    )
    const first = await api.call("GET", `${path}/rows/${urgent[0].row}`)
    expect(first.body).toMatchObject(urgent[0])
    expect(first.body.observed).toMatchObject({ microsoftId: urgent[0].microsoftId })
    const beyond = await api.call("GET", `${path}/rows/${rowsOfFinishedRun}`)
    expect(problemOf(beyond)).toBe("404 reconciliation-row-not-found")
    // A cursor knows the sort that gave it.
    const { body } = await api.call("GET", `${path}/rows?limit=1&sort=severity`)
    expect(problemOf(await api.call("GET", `${path}/rows?sort=deadline&cursor=${body.next}`))).toBe(
      "400 invalid-request"
    )
  })

  it("counts its findings in groups, whose keys lead to their rows", async () => {
    const groups = async (by: string) =>
      (
        await api.call(
          "GET",
          `/v1/reconciliations/${api.seeded.finished}/groups?by=${by}&limit=500`
        )
      ).body.items
    const kinds = await groups("kind")
    expect(kinds.map(({ title }: { title: string }) => title)).toContain("Quantity differs")
    for (const { findings, key } of kinds) {
      const fitting: ReadonlyArray<{ findings: ReadonlyArray<{ kind: string }> }> = await rows(
        `kind=${key}`
      )
      const counted = fitting.flatMap((row) => row.findings).filter(({ kind }) => kind === key)
      expect(counted).toHaveLength(findings)
    }
    const [account] = await groups("account")
    expect(account).toMatchObject({ key: api.seeded.southern.account, title: "Southern Bakery" })
  })

  it("tells what else is known about a row, and what has changed since another report", async () => {
    const path = `/v1/reconciliations/${api.seeded.finished}`
    const [row] = await rows("kind=quantity")
    const sightings = await api.call("GET", `${path}/rows/${row.row}/sightings`)
    expect(sightings.body.items).toEqual([
      expect.objectContaining({
        id: api.seeded.finished,
        row: row.row,
        findings: expect.arrayContaining([
          expect.objectContaining({ kind: "quantity", title: "Quantity differs" })
        ])
      })
    ])
    const history = await api.call("GET", `${path}/rows/${row.row}/history`)
    expect([history.status, history.body.next]).toEqual([200, null])
    const same = await api.call("GET", `${path}/comparison?with=${api.seeded.finished}`)
    expect(same.body).toMatchObject({ counts: { new: 0, changed: 0, settled: 0 }, items: [] })
  })

  it("is not there before the run has finished", async () => {
    for (const path of ["rows", "rows/0", "groups?by=kind", "export?format=json"])
      expect(
        problemOf(await api.call("GET", `/v1/reconciliations/${api.seeded.north.run}/${path}`))
      ).toBe("409 reconciliation-not-finished")
  })

  it("is never there for a run that was cancelled, also not as a file that breaks off", async () => {
    const asked = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "organisation" } }
    })
    await api.call("DELETE", `/v1/reconciliations/${asked.body.id}`)
    for (const path of ["rows", "export?format=xlsx", "export?format=csv"]) {
      const answer = await api.call("GET", `/v1/reconciliations/${asked.body.id}/${path}`)
      expect(problemOf(answer)).toBe("409 reconciliation-not-finished")
      expect(answer.body.detail).toContain("Ask for another one")
    }
  })

  it.each([
    ["csv", "text/csv; charset=utf-8"],
    ["json", "application/json"],
    ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
  ])("is exported as %s, with a name for the file", async (format, type) => {
    const answer = await fetch(
      `${api.url}/v1/reconciliations/${api.seeded.finished}/export?format=${format}`,
      {
        headers: { authorization: `Bearer ${api.admin}` }
      }
    )
    expect(answer.status).toBe(200)
    expect(answer.headers.get("content-type")).toBe(type)
    expect(answer.headers.get("content-disposition")).toMatch(
      new RegExp(`^attachment; filename=".+\\.${format}"$`)
    )
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    if (format === "xlsx") expect(text.slice(0, 2)).toBe("PK")
    else expect(text.match(/SUB-S\d+/g)?.length).toBeGreaterThanOrEqual(rowsOfFinishedRun)
  })

  it("is exported with the same filters as it is read", async () => {
    const answer = await api.call(
      "GET",
      `/v1/reconciliations/${api.seeded.finished}/export?format=csv&kind=quantity`
    )
    const lines = answer.text.trim().split("\r\n")
    expect(lines).toHaveLength((await rows("kind=quantity")).length + 1)
  })
})

describe("an instance", () => {
  const instance = {
    name: "edited",
    cloud: "custom",
    endpoints: {
      api: "http://127.0.0.1:4000",
      login: "http://127.0.0.1:4000/login",
      resource: "http://127.0.0.1:4000"
    },
    tenantId: "0A1B2C3D-0000-4000-8000-00000000ABCD",
    appId: "0a1b2c3d-0000-4000-8000-00000000abce",
    secret: "very secret indeed",
    cspStatus: "indirect",
    mpnId: "4711"
  }
  const path = "/v1/instances/edited"
  const patch = (body: unknown, ifMatch?: string) =>
    api.call("PATCH", path, { body, headers: ifMatch === undefined ? {} : { "if-match": ifMatch } })

  it("is connected once, and never shows its secret", async () => {
    const made = await api.call("POST", "/v1/instances", { body: instance })
    expect(made.status).toBe(201)
    expect(made.headers.get("location")).toBe(path)
    expect(made.body).toMatchObject({
      name: "edited",
      tenantId: instance.tenantId.toLowerCase(),
      requestsPerMinute: 500
    })
    expect(problemOf(await api.call("POST", "/v1/instances", { body: instance }))).toBe(
      "409 instance-name-taken"
    )
    for (const { text } of [
      made,
      await api.call("GET", path),
      await api.call("GET", "/v1/instances")
    ])
      expect(text).not.toContain("very secret")
  })

  it("is changed by whoever has read its latest version, and by nobody else; disabled, it is not reconciled", async () => {
    const read = await api.call("GET", path)
    const tag = read.headers.get("etag") ?? ""
    expect(problemOf(await patch({ disabled: true }))).toBe("428 precondition-required")
    expect(problemOf(await patch({ disabled: true }, '"999"'))).toBe("412 version-stale")
    expect(problemOf(await patch({ disabled: true }, `W/${tag}`))).toBe("412 version-stale")
    expect((await api.call("GET", path)).body).toEqual(read.body)
    const changed = await patch(
      { disabled: true, requestsPerMinute: 6_000, secret: "another" },
      tag
    )
    expect(changed.body).toMatchObject({ disabled: true, requestsPerMinute: 6_000 })
    expect(changed.headers.get("etag")).not.toBe(tag)
    expect(problemOf(await patch({ disabled: false }, tag))).toBe("412 version-stale")
    const run = { instance: "edited", scope: { kind: "organisation" } }
    expect(problemOf(await api.call("POST", "/v1/reconciliations", { body: run }))).toBe(
      "409 instance-disabled"
    )
    expect((await patch({ disabled: false }, "*")).status).toBe(200)
  })

  it("of two changes to one version lets one through", async () => {
    const tag = (await api.call("GET", path)).headers.get("etag") ?? ""
    const answers = await Promise.all([1, 2, 3, 4].map((n) => patch({ requestsPerMinute: n }, tag)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
  })
})

describe("a reconciliation", () => {
  it("is accepted with its address and carries the caller's correlation id", async () => {
    const id = "ABCDEF01-0000-4000-8000-000000000001"
    const asked = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "account", id: api.seeded.south.account } },
      headers: { "x-correlation-id": id }
    })
    expect(asked.status).toBe(202)
    expect(asked.body).toMatchObject({
      status: "queued",
      correlationId: id.toLowerCase(),
      requestedBy: "key:admin"
    })
    const read = await api.call("GET", asked.headers.get("location") ?? "")
    expect(read.body).toEqual(asked.body)
  })

  it("is cancelled; one that has finished stays as it is", async () => {
    const asked = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "organisation" } }
    })
    expect((await api.call("DELETE", `/v1/reconciliations/${asked.body.id}`)).body.status).toBe(
      "cancelled"
    )
    expect(
      (await api.call("DELETE", `/v1/reconciliations/${api.seeded.finished}`)).body.status
    ).toBe("completed")
  })

  it("tells its totals: counts by kind in words, and money at risk by currency", async () => {
    const { body } = await api.call("GET", `/v1/reconciliations/${api.seeded.finished}`)
    expect(body).toMatchObject({ status: "completed", rows: rowsOfFinishedRun })
    expect(body.counts).toContainEqual({
      kind: "quantity",
      title: "Quantity differs",
      count: expect.any(Number)
    })
    expect(body.atRisk).toEqual([{ amount: "123.45", currency: "EUR" }])
  })
})

describe("the book", () => {
  it.each(["csv", "xlsx"] as const)(
    "gives a template as %s that it reads itself",
    async (format) => {
      const response = await fetch(`${api.url}/v1/book/template?format=${format}`, {
        headers: { authorization: `Bearer ${api.admin}` }
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      const read = await Effect.runPromise(readBookFile(format, bytes))
      const own = await Effect.runPromise(
        Effect.flatMap(bookTemplate(format), (b) => readBookFile(format, b))
      )
      expect(read.header).toEqual(own.header)
      const imported = await api.call("POST", "/v1/book/imports?instance=contoso-eu&dryRun=true", {
        body: bytes,
        headers: { "content-type": response.headers.get("content-type") ?? "" }
      })
      expect(imported.body).toMatchObject({ dryRun: true, subscriptionsAdded: 0 })
    }
  )

  it("imported twice changes nothing", async () => {
    const list =
      "account_code,account_name,tenant_id,reference,name,offer,quantity,status\nT-1,Twice,55555555-0000-4000-8000-000000000001,SUB-T1,Basic,CFQ7TTC0LH18:0001,5,active"
    const send = (query: string) =>
      api.call("POST", `/v1/book/imports?instance=contoso-eu${query}`, {
        body: list,
        headers: { "content-type": "text/csv; charset=utf-8" }
      })
    const counts = { accountsAdded: 1, subscriptionsAdded: 1, subscriptionsUnchanged: 0 }
    expect((await send("&dryRun=true")).body).toMatchObject({ dryRun: true, ...counts })
    expect((await send("")).body).toMatchObject({ dryRun: false, ...counts })
    expect((await send("")).body).toMatchObject({
      accountsAdded: 0,
      subscriptionsAdded: 0,
      subscriptionsUnchanged: 1
    })
  })
})
