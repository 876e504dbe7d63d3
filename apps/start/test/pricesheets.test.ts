import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import type { Tables } from "@concordat/adapter-postgres/Tables"
import { Effect, Exit, Redacted, Scope } from "effect"
import { type ControlledTransaction, type Kysely, type RawBuilder, sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import type { Answer } from "../../api/test/client.ts"
import { startChild } from "../src/Child.ts"
import { type OneProcess, openOneProcess } from "./oneProcess.ts"
import { eventually } from "./Program.ts"

/** API, a reconciler and a simulator: price sheets from Microsoft's endpoint to prices that count. */
let running: OneProcess
let call: OneProcess["call"]
let database: OneProcess["database"]
/** The reconciler that runs within the test, until one is killed. */
const inside = Scope.makeUnsafe()

beforeAll(async () => {
  running = await openOneProcess({
    seed: "sheets",
    account: { name: "us", cspStatus: "direct", customers: 2 },
    api: { sheetBytesMax: 96 * 1024 * 1024 }
  })
  call = running.call
  database = running.database
  await running.register({ countries: ["US"] })
  await running.startReconciler(inside)
})
afterAll(async () => {
  await Effect.runPromise(Scope.close(inside, Exit.void))
  await running.close()
})

/** Follows an import to its end. */
const ended = async (answer: Answer) => {
  expect([answer.status, answer.text]).toEqual([202, answer.text])
  const location = answer.headers.get("location") ?? ""
  const deadline = performance.now() + 60_000
  for (;;) {
    const { body } = await call("GET", location)
    if (["completed", "refused", "failed"].includes(body.status)) return body
    if (performance.now() > deadline) throw new Error(`it stayed so: ${JSON.stringify(body)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const names =
  "ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice,EffectiveStartDate,EffectiveEndDate,ERP Price,Segment"
const lineOf = (n: number, price: string) =>
  `CFQ7TTC0${n.toString(36).toUpperCase().padStart(4, "0")},0001,Product ${n},P1Y,Monthly,DE,EUR,${price},2026-01-01T00:00:00Z,9999-12-31,144.00,Commercial`
const upload = (body: string | Uint8Array, query = "", type = "text/csv") =>
  call("POST", `/v1/catalogue/pricesheets?instance=us&market=de${query}`, {
    body,
    headers: { "content-type": type }
  })
const price = (n: number, query = "") =>
  call(
    "GET",
    `/v1/catalogue/prices?instance=us&offer=CFQ7TTC0${n.toString(36).toUpperCase().padStart(4, "0")}:0001${query}`
  )

describe("a sheet that is sent to us", () => {
  it("counts once its job has run, with what it changed, and costs are those of a billing period", async () => {
    const sheet = await ended(
      await upload([names, lineOf(1, "120.00"), lineOf(2, "100.00")].join("\n"))
    )
    expect(sheet).toMatchObject({
      status: "completed",
      market: "DE",
      source: "upload",
      counts: { added: 2, changed: 0, ended: 0, unchanged: 0 },
      progress: { lines: 2 }
    })
    const { body } = await price(1)
    expect(body.items).toMatchObject([
      {
        offer: "CFQ7TTC00001:0001",
        cost: { amount: "10.00", currency: "EUR" },
        termCost: { amount: "120.00", currency: "EUR" },
        recommended: { amount: "12.00", currency: "EUR" },
        validTo: null,
        priceSheet: sheet.id
      }
    ])
    // A third of a cent is not lost for 100 seats.
    expect((await price(2)).body.items[0].cost.amount).toBe("8.3333")
  })

  it("of the next price is a change with before and after, and the first stays in the history", async () => {
    await ended(await upload([names, lineOf(3, "120.00")].join("\n"), "&month=2026-11"))
    const changed = lineOf(3, "132.00").replace("2026-01-01", "2026-12-01")
    const sheet = await ended(await upload([names, changed].join("\n"), "&month=2026-12"))
    const { body } = await call("GET", `/v1/catalogue/pricesheets/${sheet.id}/changes`)
    const about3 = body.items.filter((change: { offer: string }) => change.offer.endsWith("3:0001"))
    expect(about3).toMatchObject([
      {
        kind: "changed",
        before: { termCost: { amount: "120.00" } },
        after: { termCost: { amount: "132.00" }, validFrom: "2026-12-01T00:00:00.000Z" }
      }
    ])
    const amounts = async (query: string) =>
      (await price(3, query)).body.items.map(
        (item: { termCost: { amount: string } }) => item.termCost.amount
      )
    expect(await amounts("&at=2026-11-30T00:00:00Z")).toEqual(["120.00"])
    expect(await amounts("&at=2026-12-01T00:00:00Z")).toEqual(["132.00"])
    expect(await amounts("&history=true")).toEqual(["120.00", "120.00", "132.00"])
    const late = await upload([names, lineOf(3, "1.00")].join("\n"), "&month=2026-11")
    expect([late.status, late.body.type]).toEqual([
      409,
      expect.stringMatching(/price-sheet-outdated$/u)
    ])
  })

  it("with a broken line 150,000 is refused with that line, and nothing of it counts", async () => {
    const lines = Array.from({ length: 200_000 }, (_, n) => lineOf(n + 36 ** 3, "120.00"))
    lines[150_000 - 2] = lineOf(150_000, "one hundred")
    const answer = await upload([names, ...lines].join("\n"), "&month=2026-12")
    expect([answer.status, answer.body.total]).toEqual([422, 1])
    expect(answer.body.problems).toEqual([
      {
        line: 150_000,
        column: "UnitPrice",
        value: "one hundred",
        text: "A decimal number is needed, with a point and at most ten digits after it, such as 12.50."
      }
    ])
    expect((await price(36 ** 3)).body.items).toEqual([])
    const { body } = await call("GET", `/v1/catalogue/pricesheets/${answer.body.id}`)
    expect(body).toMatchObject({ status: "refused", problemCount: 1, progress: { lines: 200_000 } })
  }, 120_000)

  it.each([
    ["not a sheet at all", "{}", 422, "price-sheet-invalid"],
    ["an empty file", "", 422, "price-sheet-invalid"],
    ["a header alone", names, 422, "price-sheet-invalid"],
    ["a zip cut off", Buffer.from("504b0304140000", "hex"), 422, "price-sheet-invalid"],
    [
      "the market of somebody else",
      `${names}\n${lineOf(9, "1").replace(",DE,", ",FR,")}`,
      422,
      "price-sheet-invalid"
    ]
  ])("that is %s is refused in words", async (_, body, status, problem) => {
    const answer = await upload(body, "&month=2026-12", "application/octet-stream")
    expect([answer.status, answer.body.type]).toEqual([status, expect.stringContaining(problem)])
    expect(answer.body.problems[0].text).toMatch(/\.$/u)
  })

  it("larger than the limit is refused before it is read", async () => {
    const answer = await call("POST", "/v1/catalogue/pricesheets?instance=us&market=de", {
      body: new Uint8Array(97 * 1024 * 1024),
      headers: { "content-type": "text/csv" }
    })
    expect([answer.status, answer.body.limit]).toEqual([413, 96 * 1024 * 1024])
  })

  it("twice under one Idempotency-Key is one import; another file under it is refused", async () => {
    const send = (price: string) =>
      call("POST", "/v1/catalogue/pricesheets?instance=us&market=FR&month=2026-12", {
        body: [names, lineOf(5, price).replace(",DE,", ",FR,")].join("\n"),
        headers: { "content-type": "text/csv", "idempotency-key": "sheet-1" }
      })
    const first = await send("120.00")
    const again = await send("120.00")
    expect([again.status, again.body.id, again.headers.get("idempotency-replayed")]).toEqual([
      202,
      first.body.id,
      "true"
    ])
    expect(first.headers.get("idempotency-replayed")).toBeNull()
    const other = await send("121.00")
    expect([other.status, other.body.type]).toEqual([
      422,
      expect.stringMatching(/idempotency-key-reused$/u)
    ])
    await ended(first)
    const { body } = await call("GET", "/v1/catalogue/pricesheets?instance=us&limit=3")
    expect(body.items.map((item: { status: string }) => item.status)).toEqual([
      "failed",
      "failed",
      "completed"
    ])
  })

  it("in a dry run changes nothing", async () => {
    const sheet = await ended(
      await upload([names, lineOf(77, "1.00")].join("\n"), "&month=2026-12&dryRun=true")
    )
    expect(sheet).toMatchObject({ status: "completed", dryRun: true, counts: { added: 1 } })
    expect((await price(77)).body.items).toEqual([])
  })
})

describe("a sheet that is downloaded", () => {
  const download = (body: object) =>
    call("POST", "/v1/catalogue/pricesheets/download", {
      body: { instance: "us", market: "US", ...body }
    })

  it("needs a user's consent, and says so; then it comes as a zip and counts", async () => {
    const without = await ended(await download({}))
    expect(without).toMatchObject({
      status: "failed",
      problem: expect.stringMatching(/authenticate/iu)
    })
    const { body } = await call("POST", "/v1/instances/us/consent")
    expect((await new Browser().signIn(body.url, `admin@${running.simulated.domain}`)).status).toBe(
      200
    )
    const sheet = await ended(await download({}))
    expect(sheet).toMatchObject({ status: "completed", source: "download", problem: null })
    expect(sheet.counts.added).toBe(sheet.progress.lines)
    expect(sheet.progress.lines).toBeGreaterThan(300)
    const again = await ended(await download({}))
    expect(again.counts).toMatchObject({
      added: 0,
      changed: 0,
      ended: 0,
      unchanged: sheet.progress.lines
    })
    const future = await ended(await download({ timeline: "future", dryRun: true }))
    expect(future).toMatchObject({ status: "completed", dryRun: true })
  }, 120_000)

  it("is one of the imports, newest first", async () => {
    const { body } = await call("GET", "/v1/catalogue/pricesheets?instance=us&limit=500")
    const at = body.items.map((item: { createdAt: string }) => item.createdAt)
    expect(at).toEqual(at.toSorted().toReversed())
    expect(new Set(body.items.map((item: { source: string }) => item.source))).toEqual(
      new Set(["upload", "download"])
    )
  })
})

describe("an import whose reconciler is killed", () => {
  const folder = mkdtempSync(join(tmpdir(), "concordat-sheets-"))
  const children = Scope.makeUnsafe()
  let reconciler: Awaited<ReturnType<typeof startReconciler>>
  beforeAll(async () => {
    await Effect.runPromise(Scope.close(inside, Exit.void))
    reconciler = await startReconciler()
  })
  afterAll(async () => {
    await Effect.runPromise(Scope.close(children, Exit.void))
    rmSync(folder, { recursive: true, force: true })
  })

  const startReconciler = () =>
    Effect.runPromise(
      startChild({
        name: "reconciler",
        main: resolve(import.meta.dirname, "../../reconciler/src/main.ts"),
        environment: {
          DATABASE_URL: Redacted.value(running.place.url),
          CONCORDAT_DATA_DIR: folder
        },
        logFolder: folder
      }).pipe(Scope.provide(children))
    )
  const kill = async ({ died, pid }: Awaited<ReturnType<typeof startReconciler>>) => {
    if (pid === undefined) throw new Error("the reconciler has no process")
    process.kill(pid, "SIGKILL")
    await Effect.runPromise(died)
  }
  const query = <Row>(text: RawBuilder<Row>, db?: Kysely<Tables>) =>
    db === undefined
      ? running.build(database.run("test", async (own) => (await text.execute(own)).rows))
      : text.execute(db).then(({ rows }) => rows)
  /** What a sheet has left behind so far. */
  const traces = async (id: string) => {
    const [found] = await query(sql<{ rows: number; changes: number }>`
      select (select count(*) from price_sheet_row where added_by = ${id})::int as rows,
        (select count(*) from price_sheet_change where price_sheet_id = ${id})::int as changes`)
    return found
  }
  /** As if its time to be missed had passed. */
  const missed = () =>
    query(sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
      where name = 'price-sheet' and state = 'active'`)
  /** A transaction that stops whoever needs what it holds, until the work is done. */
  const holding = async (
    held: (db: ControlledTransaction<Tables>) => Promise<unknown>,
    work: () => Promise<void>
  ) => {
    const transaction = await running.build(
      database.run("test", (db) => db.startTransaction().execute())
    )
    try {
      await held(transaction)
      await work()
    } finally {
      await transaction.rollback().execute()
    }
  }
  /** Nobody has changed prices and not yet committed. */
  const settled = () =>
    eventually(
      () =>
        query(sql`select 1 from pg_locks where relation = 'price_sheet_row'::regclass
          and mode = 'RowExclusiveLock' and database = (
            select oid from pg_database where datname = current_database())`),
      ({ length }) => length === 0
    )
  const none = { rows: 0, changes: 0 }

  it("while it applies the sheet leaves nothing of it, and the next reconciler applies it once", async () => {
    const lines = Array.from({ length: 200 }, (_, n) =>
      lineOf(n + 36 ** 2, "120.00").replace(",DE,", ",AT,")
    )
    let id = ""
    let answer: Answer | undefined
    await holding(
      (db) => sql`lock table price_sheet_row in share mode`.execute(db),
      async () => {
        answer = await call("POST", "/v1/catalogue/pricesheets?instance=us&market=AT", {
          body: [names, ...lines].join("\n"),
          headers: { "content-type": "text/csv" }
        })
        id = answer.body.id
        // All that it changes has been written down by now, and the prices themselves are next.
        await eventually(
          () =>
            query(sql`select 1 from pg_locks where not granted
              and relation = 'price_sheet_row'::regclass`),
          ({ length }) => length > 0
        )
        await kill(reconciler)
      }
    )
    await settled()
    expect(await traces(id)).toEqual(none)
    expect((await call("GET", `/v1/catalogue/pricesheets/${id}`)).body.status).toBe("staged")
    await missed()
    reconciler = await startReconciler()
    if (answer === undefined) throw new Error("nothing was sent")
    expect(await ended(answer)).toMatchObject({
      status: "completed",
      counts: { added: 200, changed: 0, ended: 0, unchanged: 0 }
    })
    expect(await traces(id)).toEqual({ rows: 200, changes: 200 })
  }, 60_000)

  it("while it reads a download leaves nothing of it, and the next reconciler reads it from its beginning", async () => {
    const lines = 40_000
    await fetch(`${running.simulator.url}/_simulator/catalogue/price-sheets`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ lines })
    })
    const answer = await call("POST", "/v1/catalogue/pricesheets/download", {
      body: { instance: "us", market: "GB" }
    })
    const { id } = answer.body
    const read = (db?: Kysely<Tables>) =>
      query(
        sql<{ status: string; lines: number }>`
          select status, lines from price_sheet where id = ${id} ${db === undefined ? sql`` : sql`for update`}`,
        db
      ).then(([sheet]) => sheet)
    await eventually(
      () => read(),
      (sheet) => sheet !== undefined && sheet.lines > 0
    )
    await holding(
      async (db) => {
        // It cannot go on, as it notes with each batch how far it has come.
        const sheet = await read(db)
        expect(sheet?.status).toBe("reading")
        expect(sheet?.lines).toBeLessThan(lines)
      },
      () => kill(reconciler)
    )
    expect(await traces(id)).toEqual(none)
    await missed()
    reconciler = await startReconciler()
    const sheet = await ended(answer)
    expect(sheet).toMatchObject({ status: "completed", problem: null, progress: { lines } })
    expect(sheet.counts.added).toBe(lines)
    expect(await traces(id)).toEqual({ rows: lines, changes: lines })
    expect(
      await query(sql`select 1 from pg_tables where schemaname = 'price_sheet_stage'`)
    ).toEqual([])
  }, 60_000)
})
