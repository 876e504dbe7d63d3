import type { Segment } from "@concordat/core/catalogue/Family"
import type { InstanceId } from "@concordat/core/instance/Instance"
import type { Market } from "@concordat/core/price/PriceList"
import {
  isComplete,
  type PriceSheet,
  type PriceSheetId,
  problemsMax,
  type SheetProblem,
  startOf
} from "@concordat/core/pricesheet/PriceSheet"
import type { SheetLine } from "@concordat/core/pricesheet/readPriceSheet"
import { type Instant, toIso } from "@concordat/core/time/Instant"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { lines as textsOf } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

/** How a price that is not tiered is kept: for any number of seats. */
export const tierOpen = { min: 0, max: 2_147_483_647 } as const

const stageOf = (id: PriceSheetId) => sql.id("price_sheet_stage", id)

/** An empty table for the lines of one sheet. What it holds can be had again, so it need not survive a crash. */
export const makeStage = async (db: Kysely<Tables>, id: PriceSheetId): Promise<void> => {
  await dropStage(db, id)
  await sql`
    create unlogged table ${stageOf(id)} (
      line integer not null,
      offer text collate "C" not null,
      title text not null,
      term text collate "C" not null,
      billing_cycle text collate "C" not null,
      segment text collate "C" not null,
      currency text collate "C" not null,
      tier_min integer not null,
      tier_max integer not null,
      unit_price numeric not null,
      erp_price numeric,
      periods smallint not null,
      valid_from timestamptz not null,
      valid_to timestamptz
    )`.execute(db)
}

export const dropStage = (db: Kysely<Tables>, id: PriceSheetId) =>
  sql`drop table if exists ${stageOf(id)}`.execute(db)

const instantText = (at: Instant | null): string => (at === null ? "" : toIso(at))

/** Lines in one statement, each column as one text: nothing else is as quick without COPY. */
export const insertLines = async (
  db: Kysely<Tables>,
  id: PriceSheetId,
  lines: ReadonlyArray<SheetLine>
): Promise<void> => {
  const column = (of: (line: SheetLine) => string | number) =>
    textsOf(lines.map((line) => String(of(line))))
  await sql`
    insert into ${stageOf(id)}
    select line, offer, coalesce(title, ''), coalesce(term, ''), billing_cycle, segment, currency, tier_min, tier_max,
      unit_price, erp_price, periods, valid_from, valid_to
    from unnest(
      ${column(({ line }) => line)}::integer[],
      ${column(({ offer }) => offer)},
      ${column(({ title }) => title)},
      ${column(({ term }) => term ?? "")},
      ${column(({ billingCycle }) => billingCycle)},
      ${column(({ segment }) => segment)},
      ${column(({ currency }) => currency)},
      ${column(({ tierMin }) => tierMin ?? tierOpen.min)}::integer[],
      ${column(({ tierMax }) => tierMax ?? tierOpen.max)}::integer[],
      ${column(({ unitPrice }) => unitPrice)}::numeric[],
      ${column(({ erpPrice }) => erpPrice ?? "")}::numeric[],
      ${column(({ periods }) => periods)}::smallint[],
      ${column(({ validFrom }) => instantText(validFrom))}::timestamptz[],
      ${column(({ validTo }) => instantText(validTo))}::timestamptz[])
      r (line, offer, title, term, billing_cycle, segment, currency, tier_min, tier_max,
      unit_price, erp_price, periods, valid_from, valid_to)`.execute(db)
}

/** Whether the lines of a sheet are there; a server that crashed has none. */
export const countLines = async (
  db: Kysely<Tables>,
  id: PriceSheetId
): Promise<number | undefined> => {
  const { rows: found } = await sql<{ is: boolean }>`
    select to_regclass(${`price_sheet_stage."${id}"`}) is not null as is`.execute(db)
  if (found[0]?.is !== true) return undefined
  const { rows } = await sql<{
    count: number
  }>`select count(*) as count from ${stageOf(id)}`.execute(db)
  return rows[0]?.count
}

/** What a line is about, apart from its dates, in the order of the index. */
const subject = [
  "offer",
  "segment",
  "currency",
  "term",
  "billing_cycle",
  "tier_min",
  "tier_max"
] as const

const columns = (table: string | null, names: ReadonlyArray<string>): RawBuilder<unknown> =>
  sql.join(names.map((name) => (table === null ? sql.id(name) : sql.id(table, name))))

const sameSubject = (a: string, b: string): RawBuilder<unknown> =>
  sql.join(
    subject.map((name) => sql`${sql.id(a, name)} = ${sql.id(b, name)}`),
    sql` and `
  )

/** Lines that say different things of the same price from the same day on. */
export const contradictions = async (
  db: Kysely<Tables>,
  id: PriceSheetId
): Promise<{ readonly problems: ReadonlyArray<SheetProblem>; readonly count: number }> => {
  const { rows } = await sql<{ line: number; other: number; count: number }>`
    select min(line) as line, max(line) as other, count(*) over () as count from ${stageOf(id)}
    group by ${columns(null, [...subject, "valid_from"])}
    having count(*) > 1 and (min(unit_price) <> max(unit_price)
      or min(coalesce(erp_price, -1)) <> max(coalesce(erp_price, -1))
      or min(coalesce(valid_to, 'infinity')) <> max(coalesce(valid_to, 'infinity')))
    order by max(line) limit ${problemsMax}`.execute(db)
  return {
    problems: rows.map(({ line, other }) => ({
      line: other,
      column: null,
      value: null,
      text: `The line says something else than line ${line} of the same price from the same day on; take one of them out.`
    })),
    count: rows[0]?.count ?? 0
  }
}

export interface ChangeCounts {
  readonly duplicates: number
  readonly added: number
  readonly changed: number
  readonly redated: number
  readonly ended: number
  readonly unchanged: number
}

/**
 * Compares a staged sheet with the prices that count, keeps what differs as the sheet's changes, and unless it is a dry run
 * makes the sheet count. Needs a transaction in which nobody else applies a sheet of the market.
 *
 * A price that a complete sheet does not list ends where the next of the same subject begins, or else with the beginning of the
 * sheet's month. A price that would have begun only then is withdrawn.
 */
export const applyStage = async (
  db: Kysely<Tables>,
  sheet: Pick<
    PriceSheet,
    "id" | "instanceId" | "market" | "month" | "timeline" | "dryRun" | "lines"
  >
): Promise<ChangeCounts> => {
  const { id, instanceId, market, month, timeline, dryRun } = sheet
  const monthStart = new Date(startOf(month))
  const counts = sql`held.instance_id = ${instanceId} and held.market = ${market} and held.superseded_by is null`
  const dropped = (names: ReadonlyArray<string>) =>
    sql`drop table if exists ${sql.join(names.map((name) => sql.id("pg_temp", name)))}`
  const made = ["sheet_line", "sheet_missing", "sheet_change"]
  await dropped(made).execute(db)

  await sql`
    create temp table sheet_line on commit drop as
    select distinct on (${columns(null, [...subject, "valid_from"])})
      ${columns(null, [...subject, "valid_from"])}, title, unit_price, erp_price, periods, valid_to,
      valid_from as holds_from
    from ${stageOf(id)}
    order by ${columns(null, [...subject, "valid_from"])}, line`.execute(db)
  await sql`create index on sheet_line (${columns(null, [...subject, "valid_from"])})`.execute(db)
  await sql`analyze sheet_line`.execute(db)

  // Where two overlap, the one that ends first counts until it ends ("New commerce license-based pricing").
  await sql`
    with several as materialized (
      select ${columns(null, subject)} from sheet_line group by ${columns(null, subject)}
      having count(*) > 1
    ), late as (
      select ${columns("line", subject)}, line.valid_from, max(earlier.valid_to) as holds_from
      from several
      join sheet_line line on ${sameSubject("line", "several")}
      join sheet_line earlier on ${sameSubject("earlier", "several")}
      where earlier.valid_from < line.valid_from and earlier.valid_to > line.valid_from
        and earlier.valid_to < coalesce(line.valid_to, 'infinity')
      group by ${columns("line", subject)}, line.valid_from
    )
    update sheet_line line set holds_from = late.holds_from from late
    where ${sameSubject("line", "late")} and line.valid_from = late.valid_from`.execute(db)

  await sql`
    create temp table sheet_missing on commit drop as
    select held.id, case when ends_at > held.valid_from then ends_at end as ends_at, followed
    from price_sheet_row held
    left join sheet_line same on ${sameSubject("same", "held")} and same.valid_from = held.valid_from
    cross join lateral (
      select min(next.valid_from) as starts_at from sheet_line next
      where ${sameSubject("next", "held")} and next.valid_from > held.valid_from) next
    cross join lateral (
      select coalesce(starts_at, ${monthStart}::timestamptz) as ends_at, starts_at is not null as followed) e
    where ${isComplete(timeline)} and ${counts} and same.offer is null
      and (held.valid_to is null or held.valid_to > greatest(${monthStart}::timestamptz, ends_at))`.execute(
    db
  )

  await sql`
    create temp table sheet_change on commit drop as
    select held.id as held_id, before.id as before_id,
      case when before.id is null then 'added'
        when before.unit_price <> line.unit_price
          or before.erp_price is distinct from line.erp_price then 'changed'
        when line.valid_to < coalesce(before.valid_to, 'infinity') and not exists (
          select from sheet_line next where ${sameSubject("next", "line")}
            and next.valid_from > line.valid_from and next.valid_from <= line.valid_to)
          then 'ended'
        else 'redated' end as kind,
      ${columns("line", subject)}, line.title, line.periods, line.unit_price, line.erp_price,
      line.valid_from, line.valid_to, line.holds_from
    from sheet_line line
    left join price_sheet_row held on ${counts} and ${sameSubject("held", "line")}
      and held.valid_from = line.valid_from
    left join lateral (
      select held.id, held.unit_price, held.erp_price, held.valid_to from price_sheet_row held
      where ${counts} and ${sameSubject("held", "line")} and held.valid_from <= line.valid_from
        and (held.valid_to is null or held.valid_to >= line.valid_from)
      order by held.valid_from desc limit 1
    ) before on true
    where held.id is null
      or (held.unit_price, held.erp_price, held.valid_to, held.holds_from) is distinct from
        (line.unit_price, line.erp_price, line.valid_to, line.holds_from)`.execute(db)

  await sql`
    insert into price_sheet_change (price_sheet_id, position, kind, market, ${columns(null, subject)}, title,
      before_unit_price, before_erp_price, before_from, before_to,
      after_unit_price, after_erp_price, after_from, after_to)
    select ${id}::uuid, row_number() over (order by ${columns(null, subject)}, at, kind),
      kind, ${market}, ${columns(null, subject)}, title,
      before_unit_price, before_erp_price, before_from, before_to,
      after_unit_price, after_erp_price, after_from, after_to
    from (
      select kind, ${columns("change", subject)}, change.title, change.valid_from as at,
        before.unit_price as before_unit_price, before.erp_price as before_erp_price,
        before.valid_from as before_from, before.valid_to as before_to,
        change.unit_price as after_unit_price, change.erp_price as after_erp_price,
        change.valid_from as after_from, change.valid_to as after_to
      from sheet_change change left join price_sheet_row before on before.id = change.before_id
      union all
      select 'ended', ${columns("held", subject)}, held.title, held.valid_from,
        held.unit_price, held.erp_price, held.valid_from, held.valid_to,
        case when ends_at is not null then held.unit_price end,
        case when ends_at is not null then held.erp_price end,
        case when ends_at is not null then held.valid_from end, ends_at
      from sheet_missing missing join price_sheet_row held on held.id = missing.id
      where not followed
    ) reported`.execute(db)

  if (!dryRun) {
    await sql`
      update price_sheet_row held set superseded_by = ${id}
      where id in (select held_id from sheet_change where held_id is not null
        union all select id from sheet_missing)`.execute(db)
    await sql`
      insert into price_sheet_row (instance_id, market, ${columns(null, subject)}, title, unit_price,
        erp_price, periods, valid_from, valid_to, holds_from, added_by)
      select ${instanceId}::uuid, ${market}, ${columns(null, subject)}, title, unit_price,
        erp_price, periods, valid_from, valid_to, holds_from, ${id}::uuid
      from sheet_change order by ${columns(null, subject)}, valid_from`.execute(db)
    await sql`
      insert into price_sheet_row (instance_id, market, ${columns(null, subject)}, title, unit_price,
        erp_price, periods, valid_from, valid_to, holds_from, added_by)
      select instance_id, market, ${columns(null, subject)}, title, unit_price, erp_price, periods,
        valid_from, ends_at, least(holds_from, ends_at), ${id}::uuid
      from sheet_missing missing join price_sheet_row held on held.id = missing.id
      where ends_at is not null`.execute(db)
    // The next sheet may come before the server has looked at these rows by itself.
    await sql`analyze price_sheet_row`.execute(db)
  }

  const { rows } = await sql<ChangeCounts>`
    select ${sheet.lines}::bigint - distinct_lines as duplicates,
      distinct_lines - (select count(*) from sheet_change) as unchanged, counted.*
    from (select count(*) as distinct_lines from sheet_line) line
    cross join (
      select count(*) filter (where kind = 'added') as added,
        count(*) filter (where kind = 'changed') as changed,
        count(*) filter (where kind = 'redated') as redated,
        count(*) filter (where kind = 'ended') as ended
      from price_sheet_change where price_sheet_id = ${id}) counted`.execute(db)
  await dropped(made).execute(db)
  const [row] = rows
  if (row === undefined) throw new Error("counts are one row")
  return row
}

/** One at a time of a market: what a sheet changes depends on what counts before it. Needs a transaction. */
export const lockMarket = (db: Kysely<Tables>, instanceId: InstanceId, market: Market) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`price sheets ${instanceId} ${market}`}, 0))`.execute(
    db
  )

export interface SubjectRow {
  readonly offer: SheetLine["offer"]
  readonly term: SheetLine["term"] | ""
  readonly billing_cycle: SheetLine["billingCycle"]
  readonly segment: Segment
  readonly market: Market
  readonly currency: SheetLine["currency"]
  readonly tier_min: number
  readonly tier_max: number
}

export const subjectOf = (row: SubjectRow) => ({
  offer: row.offer,
  term: row.term === "" ? null : row.term,
  billingCycle: row.billing_cycle,
  segment: row.segment,
  market: row.market,
  currency: row.currency,
  tierMin: row.tier_min === tierOpen.min ? null : row.tier_min,
  tierMax: row.tier_max === tierOpen.max ? null : row.tier_max
})
