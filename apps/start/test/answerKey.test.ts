import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { Effect, Exit, Schedule, Schema, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bookOf, productsOf } from "../src/demo/bookOf.ts"
import type { InjectedDrift } from "../src/demo/SimulatorControl.ts"
import { registered } from "../src/demo/seedDemo.ts"
import { ask, type System, system } from "./system.ts"

const customers = 2_000
const driftCount = 500

const ReportRow = Schema.Struct({
  microsoftId: Schema.NullOr(Schema.String),
  findings: Schema.Array(Schema.Struct({ kind: Schema.String, movedBy: Schema.String }))
})
const Page = Schema.Struct({ items: Schema.Array(ReportRow), next: Schema.NullOr(Schema.String) })
const Run = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  rows: Schema.Int,
  findings: Schema.Int
})

const line = (kind: string, microsoftId: string | null, movedBy: string): string =>
  `${kind} ${microsoftId?.toLowerCase()} ${movedBy}`
const expected = (drifts: ReadonlyArray<InjectedDrift>): ReadonlyArray<string> =>
  drifts.map(({ kind, microsoftId, movedBy }) => line(kind, microsoftId, movedBy)).sort()
const reported = (rows: ReadonlyArray<typeof ReportRow.Type>): ReadonlyArray<string> =>
  rows
    .flatMap(({ microsoftId, findings }) =>
      findings.map(({ kind, movedBy }) => line(kind, microsoftId, movedBy))
    )
    .sort()

describe("a book of 2,000 customers, and 500 drifts with their answer key", () => {
  const scope = Effect.runSync(Scope.make())
  let running: System
  let drifts: ReadonlyArray<InjectedDrift>

  const reconcile = async () => {
    const { status, body } = await ask(running, "POST", "/v1/reconciliations", {
      instance: "contoso-eu",
      scope: { kind: "organisation" }
    })
    expect(status).toBe(202)
    const { id } = Schema.decodeUnknownSync(Run)(body)
    const look = Effect.map(
      Effect.promise(() => ask(running, "GET", `/v1/reconciliations/${id}`)),
      (answer) => Schema.decodeUnknownSync(Run)(answer.body)
    )
    return Effect.runPromise(
      look.pipe(
        Effect.repeat({
          schedule: Schedule.spaced("100 millis"),
          until: (run) => ["completed", "incomplete", "failed"].includes(run.status)
        }),
        Effect.timeout("120 seconds")
      )
    )
  }

  beforeAll(async () => {
    running = await Effect.runPromise(system.pipe(Scope.provide(scope)))
    const { control, ports } = running
    await Effect.runPromise(
      Effect.gen(function* () {
        const [account] = yield* control.reset({
          seed: "answer key",
          accounts: [{ name: "contoso-eu", cspStatus: "indirect", customers, limitPerMinute: 0 }]
        })
        if (account === undefined) throw new Error("the simulator made no account")
        const instance = yield* registered(account, 1_000_000)
        const items = yield* control.catalogue
        yield* Effect.flatMap(Catalogue, (port) =>
          port.put(instance.id, productsOf(account, items))
        )
        const lines = bookOf(account, yield* control.book("contoso-eu"))
        yield* Effect.flatMap(Book, (port) =>
          port.apply(instance.id, lines, { dryRun: false, actor: "test", correlationId: "" })
        )
      }).pipe(Effect.provide([ports, FetchHttpClient.layer]))
    )
  }, 120_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)), 30_000)

  it("agree before anything moves: no finding at all", async () => {
    const run = await reconcile()
    expect(run).toMatchObject({ status: "completed", findings: 0 })
    expect(run.rows).toBeGreaterThan(customers * 3)
  }, 120_000)

  it("are all reported by the API, with kind and mover, and nothing else is", async () => {
    drifts = await Effect.runPromise(
      running.control
        .drifts("contoso-eu", { count: driftCount, seed: 42 })
        .pipe(Effect.provide(FetchHttpClient.layer))
    )
    expect(new Set(drifts.map(({ kind }) => kind)).size).toBeGreaterThan(15)
    const run = await reconcile()
    const rows: Array<typeof ReportRow.Type> = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const query = `limit=200&onlyFindings=true${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`
      const { body } = await ask(running, "GET", `/v1/reconciliations/${run.id}/rows?${query}`)
      const page: typeof Page.Type = Schema.decodeUnknownSync(Page)(body)
      rows.push(...page.items)
      cursor = page.next
    }
    expect(reported(rows)).toEqual(expected(drifts))
    expect(run.findings).toBe(driftCount)
  }, 120_000)

  it("are all reported by the CLI, and it ends with 2", async () => {
    const output = join(running.folder, "report.json")
    const code = await new Promise((done) =>
      execFile(
        process.execPath,
        [
          resolve(import.meta.dirname, "../../cli/bin/concordat.mjs"),
          ..."reconcile --instance contoso-eu --scope organisation --format json".split(" "),
          "--output",
          output
        ],
        { env: { ...process.env, CONCORDAT_URL: running.api, CONCORDAT_API_KEY: running.key } },
        (error) => done(error?.code ?? 0)
      )
    )
    expect(code).toBe(2)
    const report: unknown = JSON.parse(readFileSync(output, "utf8"))
    const { rows } = Schema.decodeUnknownSync(Schema.Struct({ rows: Schema.Array(ReportRow) }))(
      report
    )
    expect(reported(rows)).toEqual(expected(drifts))
  }, 120_000)
})
