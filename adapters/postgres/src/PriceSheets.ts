import type { InstanceName } from "@concordat/core/instance/Instance"
import {
  hasEnded,
  isComplete,
  type PriceSheet,
  PriceSheetId,
  type SheetProblem
} from "@concordat/core/pricesheet/PriceSheet"
import {
  type PriceFilter,
  type PricePoint,
  PriceSheetNotFound,
  PriceSheetOutdated,
  PriceSheets,
  type ReadSoFar
} from "@concordat/core/pricesheet/PriceSheets"
import { Instant } from "@concordat/core/time/Instant"
import { BigDecimal, Clock, Effect, Layer, Schema } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { keyset, newestFirst } from "./Keyset.ts"
import {
  applyStage,
  contradictions,
  countLines,
  dropStage,
  insertLines,
  lockMarket,
  makeStage,
  subjectOf
} from "./priceSheetRows.ts"
import type { Boss } from "./queue/Boss.ts"
import { priceSheetQueue } from "./queues.ts"
import { statements } from "./Statements.ts"
import type {
  PriceSheetChangeTable,
  PriceSheetRowTable,
  PriceSheetTable,
  Tables
} from "./Tables.ts"

const byAge = newestFirst("sheet", "created_at", PriceSheetId)
const byPosition = keyset(Schema.Struct({ position: Schema.Int }))
const byPlan = keyset(
  Schema.Struct({
    market: Schema.String,
    segment: Schema.String,
    currency: Schema.String,
    term: Schema.String,
    billingCycle: Schema.String,
    tierMin: Schema.Int,
    validFrom: Instant,
    id: Schema.Int
  })
)

/** Applying the largest sheet takes longer than other statements may. */
const applyTimeout = "15min"
/** So that half a million lines are sorted and joined in memory; one sheet of a market is applied at a time. */
const applyMemory = "128MB"
/** A sheet that nobody has touched for so long is read by nobody. */
const abandonedAfter = "2 minutes"

type SheetRow = Selectable<PriceSheetTable> & { readonly instance: InstanceName }

const sheetOf = (row: SheetRow): PriceSheet => ({
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  market: row.market,
  month: row.month,
  timeline: row.timeline,
  source: row.source,
  dryRun: row.dry_run,
  status: row.status,
  requestedBy: row.requested_by,
  correlationId: row.correlation_id,
  bytes: row.bytes,
  lines: row.lines,
  duplicates: row.duplicates,
  added: row.added,
  changed: row.changed,
  redated: row.redated,
  ended: row.ended,
  unchanged: row.unchanged,
  problems: row.problems,
  problemCount: row.problem_count,
  problem: row.problem,
  createdAt: row.created_at,
  finishedAt: row.finished_at
})

const decimal = (digits: string | null): BigDecimal.BigDecimal | null =>
  digits === null ? null : BigDecimal.fromStringUnsafe(digits)

const pointOf = (
  unitPrice: string | null,
  erpPrice: string | null,
  validFrom: Instant | null,
  validTo: Instant | null
): PricePoint | null =>
  unitPrice === null || validFrom === null
    ? null
    : {
        unitPrice: BigDecimal.fromStringUnsafe(unitPrice),
        erpPrice: decimal(erpPrice),
        validFrom,
        validTo
      }

const changeOf = (row: Selectable<PriceSheetChangeTable>) => ({
  ...subjectOf(row),
  kind: row.kind,
  title: row.title,
  before: pointOf(row.before_unit_price, row.before_erp_price, row.before_from, row.before_to),
  after: pointOf(row.after_unit_price, row.after_erp_price, row.after_from, row.after_to)
})

const priceOf = (row: Selectable<PriceSheetRowTable>) => ({
  ...subjectOf(row),
  title: row.title,
  unitPrice: BigDecimal.fromStringUnsafe(row.unit_price),
  erpPrice: decimal(row.erp_price),
  validFrom: row.valid_from,
  validTo: row.valid_to,
  addedBy: row.added_by,
  supersededBy: row.superseded_by
})

const sheets = (db: Kysely<Tables>) =>
  db
    .selectFrom("price_sheet as sheet")
    .innerJoin("instance", "instance.id", "sheet.instance_id")
    .selectAll("sheet")
    .select("instance.name as instance")

/** Price sheets and what they said, in Postgres. */
export const priceSheetsLayer = Layer.effect(
  PriceSheets,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const services = yield* Effect.context<Boss>()
    const now = Effect.map(Clock.currentTimeMillis, (ms) => new Date(ms))
    const send = (ids: ReadonlyArray<PriceSheetId>) =>
      priceSheetQueue
        .send(ids.map((priceSheetId) => ({ priceSheetId })))
        .pipe(Effect.provideContext(services), Effect.orDie)

    const get = Effect.fn("PriceSheets.get")(function* (id: PriceSheetId) {
      const row = yield* run("PriceSheets.get", (db) =>
        sheets(db).where("sheet.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new PriceSheetNotFound({ id }) : sheetOf(row)
    })

    /** The month of the newest complete sheet of the market that counts. */
    const newestMonth = ({ instanceId, market }: Pick<PriceSheet, "instanceId" | "market">) =>
      run("PriceSheets.newestMonth", (db) =>
        db
          .selectFrom("price_sheet")
          .select((expression) => expression.fn.max("month").as("month"))
          .where("instance_id", "=", instanceId)
          .where("market", "=", market)
          .where("status", "=", "completed")
          .where("dry_run", "=", false)
          .where("timeline", "!=", "future")
          .executeTakeFirst()
      ).pipe(Effect.map((row) => row?.month ?? undefined))

    const outdated = Effect.fnUntraced(function* (sheet: PriceSheet) {
      const newest = yield* newestMonth(sheet)
      return newest !== undefined && sheet.month < newest
        ? new PriceSheetOutdated({ month: sheet.month, newest })
        : undefined
    })

    const begin = Effect.fn("PriceSheets.begin")(function* (sheet: PriceSheet) {
      const refusal = yield* outdated(sheet)
      if (refusal !== undefined) return yield* refusal
      yield* atomically(
        Effect.gen(function* () {
          yield* run("PriceSheets.begin", (db) =>
            db
              .insertInto("price_sheet")
              .values({
                id: sheet.id,
                instance_id: sheet.instanceId,
                market: sheet.market,
                month: sheet.month,
                timeline: sheet.timeline,
                source: sheet.source,
                dry_run: sheet.dryRun,
                status: sheet.status,
                requested_by: sheet.requestedBy,
                correlation_id: sheet.correlationId,
                bytes: 0,
                lines: 0,
                duplicates: 0,
                added: 0,
                changed: 0,
                redated: 0,
                ended: 0,
                unchanged: 0,
                problems: "[]",
                problem_count: 0,
                problem: null,
                created_at: new Date(sheet.createdAt),
                touched_at: sql`clock_timestamp()`,
                finished_at: null
              })
              .execute()
          )
          if (sheet.status === "queued") yield* send([sheet.id])
        })
      )
    })

    const startReading = Effect.fn("PriceSheets.startReading")(function* (id: PriceSheetId) {
      yield* atomically(
        run("PriceSheets.startReading", async (db) => {
          await db
            .updateTable("price_sheet")
            .set({ status: "reading", bytes: 0, lines: 0, touched_at: sql`clock_timestamp()` })
            .where("id", "=", id)
            .execute()
          await makeStage(db, id)
        })
      )
    })

    const stage = Effect.fnUntraced(function* (
      ...[id, lines, { bytes, lines: linesRead }]: Parameters<PriceSheets["Service"]["stage"]>
    ) {
      yield* run("PriceSheets.stage", async (db) => {
        if (lines.length > 0) await insertLines(db, id, lines)
        await db
          .updateTable("price_sheet")
          .set((expression) => ({
            bytes: expression.fn("greatest", ["bytes", expression.val(bytes)]),
            lines: expression.fn("greatest", ["lines", expression.val(linesRead)]),
            touched_at: sql`clock_timestamp()`
          }))
          .where("id", "=", id)
          .execute()
      })
    })

    /** Ends a sheet and forgets its lines. */
    const end = Effect.fnUntraced(function* (
      id: PriceSheetId,
      set: {
        readonly status: "refused" | "failed"
        readonly problem?: string
        readonly problems?: string
        readonly problem_count?: number
        readonly bytes?: number
        readonly lines?: number
      }
    ) {
      const finished_at = yield* now
      yield* atomically(
        run("PriceSheets.end", async (db) => {
          await db
            .updateTable("price_sheet")
            .set({ ...set, finished_at })
            .where("id", "=", id)
            .where("finished_at", "is", null)
            .execute()
          await dropStage(db, id)
        })
      )
    })

    const refuse = Effect.fn("PriceSheets.refuse")(function* (
      id: PriceSheetId,
      problems: ReadonlyArray<SheetProblem>,
      problemCount: number,
      { bytes, lines }: ReadSoFar
    ) {
      yield* end(id, {
        status: "refused",
        problems: JSON.stringify(problems),
        problem_count: problemCount,
        bytes,
        lines
      })
      return yield* Effect.orDie(get(id))
    })

    const seal = Effect.fn("PriceSheets.seal")(function* (id: PriceSheetId, readSoFar: ReadSoFar) {
      return yield* atomically(
        Effect.gen(function* () {
          const { problems, count } = yield* run("PriceSheets.contradictions", (db) =>
            contradictions(db, id)
          )
          if (count > 0) return yield* refuse(id, problems, count, readSoFar)
          yield* run("PriceSheets.seal", (db) =>
            db
              .updateTable("price_sheet")
              .set({ status: "staged", ...readSoFar, touched_at: sql`clock_timestamp()` })
              .where("id", "=", id)
              .execute()
          )
          const sheet = yield* Effect.orDie(get(id))
          // A download goes on within its own job.
          if (sheet.source === "upload") yield* send([id])
          return sheet
        })
      )
    })

    const fail = (id: PriceSheetId, problem: string) =>
      end(id, { status: "failed", problem: problem.slice(0, 2_000) })

    const apply = Effect.fn("PriceSheets.apply")(function* (id: PriceSheetId) {
      const asked = yield* get(id)
      const finished_at = yield* now
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("PriceSheets.lockMarket", async (db) => {
            await sql`set local statement_timeout = ${sql.lit(applyTimeout)}`.execute(db)
            await sql`set local work_mem = ${sql.lit(applyMemory)}`.execute(db)
            await lockMarket(db, asked.instanceId, asked.market)
          })
          // Somebody else may have applied it, or a newer one, while we waited.
          const sheet = yield* get(id)
          if (hasEnded(sheet.status)) return sheet
          const refusal = isComplete(sheet.timeline) ? yield* outdated(sheet) : undefined
          const staged = yield* run("PriceSheets.countLines", (db) => countLines(db, id))
          const problem =
            refusal?.message ??
            (staged === sheet.lines
              ? undefined
              : "The database was restarted before the sheet was applied; send or download it again.")
          if (problem !== undefined) yield* fail(id, problem)
          else
            yield* run("PriceSheets.apply", async (db) => {
              const counts = await applyStage(db, sheet)
              await db
                .updateTable("price_sheet")
                .set({ status: "completed", ...counts, finished_at })
                .where("id", "=", id)
                .execute()
              await dropStage(db, id)
            })
          return yield* get(id)
        })
      )
    })

    const list = Effect.fn("PriceSheets.list")(function* (
      ...[instanceId, page]: Parameters<PriceSheets["Service"]["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* run("PriceSheets.list", (db) =>
        sheets(db)
          .$if(instanceId !== undefined, (query) =>
            query.where("sheet.instance_id", "=", instanceId ?? null)
          )
          .where(byAge.isAfter(after))
          .orderBy("sheet.created_at", "desc")
          .orderBy("sheet.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, sheetOf)
    })

    const changes = Effect.fn("PriceSheets.changes")(function* (
      ...[id, page]: Parameters<PriceSheets["Service"]["changes"]>
    ) {
      yield* get(id)
      const after = yield* byPosition.after(page)
      const rows = yield* run("PriceSheets.changes", (db) =>
        db
          .selectFrom("price_sheet_change")
          .selectAll()
          .where("price_sheet_id", "=", id)
          .where("position", ">", after?.position ?? 0)
          .orderBy("position")
          .limit(page.limit + 1)
          .execute()
      )
      return byPosition.page(rows, page, ({ position }) => ({ position }), changeOf)
    })

    const prices = Effect.fn("PriceSheets.prices")(function* (
      ...[filter, page]: Parameters<PriceSheets["Service"]["prices"]>
    ) {
      const after = yield* byPlan.after(page)
      const rows = yield* run("PriceSheets.prices", (db) =>
        selectPrices(db, filter, after, page.limit)
      )
      return byPlan.page(
        rows,
        page,
        (row) => ({
          market: row.market,
          segment: row.segment,
          currency: row.currency,
          term: row.term,
          billingCycle: row.billing_cycle,
          tierMin: row.tier_min,
          validFrom: row.valid_from,
          id: row.id
        }),
        priceOf
      )
    })

    const recover = Effect.gen(function* () {
      const rows = yield* run("PriceSheets.abandoned", (db) =>
        db
          .selectFrom("price_sheet")
          .select(["id", "source", "status"])
          .where("status", "in", ["queued", "reading", "staged"])
          .where(sql<boolean>`touched_at < clock_timestamp() - ${abandonedAfter}::interval`)
          .orderBy("id")
          .limit(100)
          .execute()
      )
      const lost = rows.filter(({ source, status }) => source === "upload" && status === "reading")
      for (const { id } of lost) yield* fail(id, "The file was not read to its end; send it again.")
      const waiting = rows.filter((row) => !lost.includes(row)).map(({ id }) => id)
      return lost.length + (yield* send(waiting)).length
    }).pipe(Effect.withSpan("PriceSheets.recover"))

    return PriceSheets.of({
      begin,
      startReading,
      stage,
      seal,
      refuse,
      fail,
      apply,
      get,
      list,
      changes,
      prices,
      recover
    })
  })
)

/** Postgres has no days before 4713 BC, and Microsoft no prices. */
const instant = (at: Instant): Date => new Date(Math.max(at, Date.UTC(1000, 0, 1)))

const selectPrices = async (
  db: Kysely<Tables>,
  { instanceId, offer, market, at, history }: PriceFilter,
  after:
    | {
        readonly market: string
        readonly segment: string
        readonly currency: string
        readonly term: string
        readonly billingCycle: string
        readonly tierMin: number
        readonly validFrom: Instant
        readonly id: number
      }
    | undefined,
  limit: number
) => {
  const { rows } = await sql<Selectable<PriceSheetRowTable>>`
    select * from price_sheet_row
    where instance_id = ${instanceId} and offer = ${offer}
      ${market === undefined ? sql`` : sql`and market = ${market}`}
      ${history ? sql`` : sql`and superseded_by is null`}
      ${
        at === undefined
          ? sql``
          : sql`and valid_from <= ${instant(at)} and coalesce(valid_to, 'infinity') > ${instant(at)}`
      }
      ${
        after === undefined
          ? sql``
          : sql`and (market, segment, currency, term, billing_cycle, tier_min, valid_from, id) >
              (${after.market}, ${after.segment}, ${after.currency}, ${after.term}, ${after.billingCycle},
              ${after.tierMin}::integer, ${new Date(after.validFrom)}::timestamptz, ${after.id}::bigint)`
      }
    order by market, segment, currency, term, billing_cycle, tier_min, valid_from, id
    limit ${limit + 1}`.execute(db)
  return rows
}
