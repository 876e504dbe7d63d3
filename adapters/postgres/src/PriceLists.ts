import { AccountId, type AccountKind } from "@concordat/core/account/Account"
import { AccountNotFound } from "@concordat/core/account/Accounts"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { StaleVersion } from "@concordat/core/instance/Instances"
import {
  type EntryKey,
  entryKeyText,
  type PriceEntry,
  type PriceRule,
  type Subject
} from "@concordat/core/price/PriceEntry"
import type { PriceGroupId } from "@concordat/core/price/PriceGroup"
import { type PriceList, PriceListId } from "@concordat/core/price/PriceList"
import {
  EntriesRefused,
  type EntryProblem,
  PriceListInUse,
  PriceListNameTaken,
  PriceListNotFound,
  PriceLists,
  PriceListsOverlap
} from "@concordat/core/price/PriceLists"
import type { BillingCycle, OfferId, Term } from "@concordat/core/subscription/Subscription"
import type { Instant } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, Layer, Schema } from "effect"
import { type Kysely, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { logEvents, type PriceEvent, takeTurns } from "./priceChanges.ts"
import { likePart, statements } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: Schema.String, id: PriceListId }))
const accountsByName = keyset(Schema.Struct({ name: Schema.String, id: AccountId }))
const bySubject = keyset(
  Schema.Struct({
    kind: Schema.Int,
    offer: Schema.String,
    groupId: Schema.String,
    term: Schema.String,
    billingCycle: Schema.String
  })
)

/** A list as its columns. */
export interface PriceListRow {
  readonly id: PriceListId
  readonly instance_id: InstanceId
  readonly name: string
  readonly description: string
  readonly currency: PriceList["currency"]
  readonly market: PriceList["market"]
  readonly valid_from: Instant
  readonly valid_to: Instant | null
  readonly active: boolean
  readonly version: number
}

export const priceListOf = (row: PriceListRow): PriceList => ({
  id: row.id,
  instanceId: row.instance_id,
  name: row.name,
  description: row.description,
  currency: row.currency,
  market: row.market,
  validFrom: row.valid_from,
  validTo: row.valid_to,
  active: row.active,
  version: row.version
})

/** An entry as its columns. */
export interface EntryRow {
  readonly offer: OfferId | null
  readonly price_group_id: PriceGroupId | null
  readonly term: Term | null
  readonly billing_cycle: BillingCycle | null
  readonly kind: PriceRule["kind"]
  readonly value: string
}

export const entryOf = (row: EntryRow): PriceEntry => ({
  subject: subjectOf(row),
  term: row.term,
  billingCycle: row.billing_cycle,
  rule: { kind: row.kind, value: BigDecimal.fromStringUnsafe(row.value) }
})

const subjectOf = ({ offer, price_group_id }: EntryRow): Subject => {
  if (offer !== null) return { kind: "product", offer }
  return price_group_id === null ? { kind: "all" } : { kind: "group", groupId: price_group_id }
}

const keyRow = ({ subject, term, billingCycle }: EntryKey) => ({
  offer: subject.kind === "product" ? subject.offer : null,
  price_group_id: subject.kind === "group" ? subject.groupId : null,
  term,
  billing_cycle: billingCycle
})

const entryRow = (entry: PriceEntry): EntryRow => ({
  ...keyRow(entry),
  kind: entry.rule.kind,
  value: BigDecimal.format(entry.rule.value)
})

/** Products, then groups, then every product: the first column of the order of entries. */
const subjectKind = sql`case when offer is not null then 0 when price_group_id is not null then 1 else 2 end`
const timeOf = (at: Instant | null) => (at === null ? null : new Date(at))

/** The price lists in Postgres. */
export const priceListsLayer = Layer.effect(
  PriceLists,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    type Port = PriceLists["Service"]

    const search = Effect.fn("PriceLists.search")(function* (
      ...[filter, page]: Parameters<Port["search"]>
    ) {
      const after = yield* byName.after(page)
      const part = filter.q === undefined || filter.q === "" ? null : likePart(filter.q)
      const { rows } = yield* run("PriceLists.search", (db) =>
        sql<PriceListRow & { readonly sort_name: string }>`
          select *, lower(name) as sort_name from price_list
          where (${part}::text is null or name ilike ${part})
            and (${filter.instanceId ?? null}::uuid is null or instance_id = ${filter.instanceId ?? null})
            and (${filter.accountId ?? null}::uuid is null or exists (select from price_list_account assigned
              where assigned.price_list_id = price_list.id
                and assigned.account_id = ${filter.accountId ?? null}))
            and (${after === undefined} or (lower(name), id) > (${after?.name ?? ""}, ${after?.id ?? null}::uuid))
          order by lower(name), id
          limit ${page.limit + 1}`.execute(db)
      )
      return byName.page(rows, page, ({ sort_name, id }) => ({ name: sort_name, id }), priceListOf)
    })

    const rowOf = (id: PriceListId) =>
      run("PriceLists.get", async (db) => {
        const { rows } = await sql<PriceListRow>`select * from price_list where id = ${id}`.execute(
          db
        )
        return rows[0]
      })

    const get = Effect.fn("PriceLists.get")(function* (id: PriceListId) {
      const row = yield* rowOf(id)
      return row === undefined ? yield* new PriceListNotFound({ id }) : priceListOf(row)
    })

    const inTurn = <A, E, R>(work: Effect.Effect<A, E, R>) =>
      atomically(Effect.andThen(run("PriceLists.takeTurns", takeTurns), work))

    const expect = Effect.fnUntraced(function* (id: PriceListId, version: number) {
      const list = yield* get(id)
      return list.version === version
        ? list
        : yield* new StaleVersion({ expected: version, actual: list.version })
    })

    const refuseTaken = Effect.fnUntraced(function* (name: string, except: PriceListId) {
      const taken = yield* run("PriceLists.taken", async (db) => {
        const { rows } = await sql`
          select from price_list where lower(name) = lower(${name}) and id <> ${except}`.execute(db)
        return rows.length > 0
      })
      if (taken) return yield* new PriceListNameTaken({ name })
    })

    const log = (event: PriceEvent, cause: Parameters<typeof logEvents>[2]) =>
      run("PriceLists.log", (db) => logEvents(db, [event], cause))

    const add = Effect.fn("PriceLists.add")(function* (...[list, cause]: Parameters<Port["add"]>) {
      yield* inTurn(
        Effect.gen(function* () {
          yield* refuseTaken(list.name, list.id)
          yield* run("PriceLists.add", (db) =>
            sql`
              insert into price_list (id, instance_id, name, description, currency, market, valid_from, valid_to,
                active, version)
              values (${list.id}, ${list.instanceId}, ${list.name}, ${list.description}, ${list.currency},
                ${list.market}, ${timeOf(list.validFrom)}, ${timeOf(list.validTo)}, ${list.active},
                ${list.version})`.execute(db)
          )
          yield* log(
            {
              kind: "list-added",
              instanceId: list.instanceId,
              priceListId: list.id,
              changes: list
            },
            cause
          )
        })
      )
    })

    const update = Effect.fn("PriceLists.update")(function* (
      ...[id, expectedVersion, change, cause]: Parameters<Port["update"]>
    ) {
      return yield* inTurn(
        Effect.gen(function* () {
          const before = yield* expect(id, expectedVersion)
          const given = Object.fromEntries(
            Object.entries(change).filter(([, value]) => value !== undefined)
          )
          const after: PriceList = { ...before, ...given, version: before.version + 1 }
          yield* refuseTaken(after.name, id)
          yield* run("PriceLists.update", (db) =>
            sql`
              update price_list set name = ${after.name}, description = ${after.description},
                market = ${after.market}, valid_from = ${timeOf(after.validFrom)},
                valid_to = ${timeOf(after.validTo)}, active = ${after.active}, version = ${after.version}
              where id = ${id}`.execute(db)
          )
          yield* refuseOverlap(id, null)
          yield* log(
            {
              kind: "list-changed",
              instanceId: before.instanceId,
              priceListId: id,
              changes: { before, after }
            },
            cause
          )
          return after
        })
      )
    })

    const remove = Effect.fn("PriceLists.remove")(function* (
      ...[id, expectedVersion, cause]: Parameters<Port["remove"]>
    ) {
      yield* inTurn(
        Effect.gen(function* () {
          const list = yield* expect(id, expectedVersion)
          const accounts = yield* run("PriceLists.assigned", async (db) => {
            const { rows } = await sql<{ count: number }>`
              select count(*) from price_list_account where price_list_id = ${id}`.execute(db)
            return rows[0]?.count ?? 0
          })
          if (accounts > 0) return yield* new PriceListInUse({ id, name: list.name, accounts })
          yield* run("PriceLists.remove", (db) =>
            sql`delete from price_list where id = ${id}`.execute(db)
          )
          yield* log(
            { kind: "list-removed", instanceId: list.instanceId, priceListId: id, changes: list },
            cause
          )
        })
      )
    })

    const entries = Effect.fn("PriceLists.entries")(function* (
      ...[id, page]: Parameters<Port["entries"]>
    ) {
      yield* get(id)
      const after = yield* bySubject.after(page)
      const { rows } = yield* run("PriceLists.entries", (db) =>
        sql<EntryRow & { readonly subject_kind: number }>`
          select * from (
            select offer, price_group_id, term, billing_cycle, kind, value::text, ${subjectKind} as subject_kind
            from price_list_entry where price_list_id = ${id}
          ) entry
          where ${after === undefined} or (subject_kind, coalesce(offer, ''), coalesce(price_group_id::text, ''),
              coalesce(term, ''), coalesce(billing_cycle, ''))
            > (${after?.kind ?? 0}::int, ${after?.offer ?? ""}, ${after?.groupId ?? ""}, ${after?.term ?? ""},
              ${after?.billingCycle ?? ""})
          order by subject_kind, coalesce(offer, ''), coalesce(price_group_id::text, ''), coalesce(term, ''),
            coalesce(billing_cycle, '')
          limit ${page.limit + 1}`.execute(db)
      )
      return bySubject.page(
        rows,
        page,
        (row) => ({
          kind: row.subject_kind,
          offer: row.offer ?? "",
          groupId: row.price_group_id ?? "",
          term: row.term ?? "",
          billingCycle: row.billing_cycle ?? ""
        }),
        entryOf
      )
    })

    /** Entries about what the instance does not have, and entries that would be there twice. */
    const refuseEntries = Effect.fnUntraced(function* (
      { instanceId }: PriceList,
      given: ReadonlyArray<PriceEntry>
    ) {
      const problems: Array<EntryProblem> = []
      const first = new Map<string, number>()
      given.forEach((entry, index) => {
        const key = entryKeyText(entry)
        const earlier = first.get(key)
        if (earlier === undefined) first.set(key, index)
        else
          problems.push({
            index,
            field: "subject",
            text: `Entry ${earlier} is about the same product or group, term and billing cycle; a list has one price for them.`
          })
      })
      const { rows } = yield* run("PriceLists.unknown", (db) =>
        sql<{ index: number; offer: string | null; price_group_id: string | null }>`
          select index, given.offer, given.price_group_id
          from json_to_recordset(${JSON.stringify(
            given.map((entry, index) => ({ index, ...keyRow(entry) }))
          )}::json) given (index integer, offer text, price_group_id uuid)
          where (given.offer is not null and not exists (select from product
              where product.instance_id = ${instanceId} and product.offer = given.offer))
            or (given.price_group_id is not null and not exists (select from price_group
              where price_group.id = given.price_group_id and price_group.instance_id = ${instanceId}))`.execute(
          db
        )
      )
      for (const { index, offer, price_group_id } of rows)
        problems.push(
          offer === null
            ? {
                index,
                field: "subject.groupId",
                text: `The list's instance has no price group ${price_group_id}.`
              }
            : {
                index,
                field: "subject.offer",
                text: `The list's instance has no product ${offer}; take its services first.`
              }
        )
      if (problems.length > 0)
        return yield* new EntriesRefused({
          problems: problems.toSorted((a, b) => a.index - b.index)
        })
    })

    const writeEntries = (
      list: PriceList,
      put: ReadonlyArray<PriceEntry>,
      remove: ReadonlyArray<EntryKey> | "others"
    ) =>
      run("PriceLists.writeEntries", async (db) => {
        const wanted = JSON.stringify(put.map(entryRow))
        // Equality of texts, so that the planner can hash it; null is no key of its own anywhere here.
        const sameKey = sql`coalesce(held.offer, '') = coalesce(given.offer, '')
          and coalesce(held.price_group_id::text, '') = coalesce(given.price_group_id::text, '')
          and coalesce(held.term, '') = coalesce(given.term, '')
          and coalesce(held.billing_cycle, '') = coalesce(given.billing_cycle, '')`
        const removed =
          remove === "others"
            ? await sql`
                delete from price_list_entry held where price_list_id = ${list.id} and not exists (
                  select from json_to_recordset(${wanted}::json) given
                    (offer text, price_group_id uuid, term text, billing_cycle text) where ${sameKey})`.execute(
                db
              )
            : await sql`
                delete from price_list_entry held
                using json_to_recordset(${JSON.stringify(remove.map(keyRow))}::json) given
                  (offer text, price_group_id uuid, term text, billing_cycle text)
                where price_list_id = ${list.id} and ${sameKey}`.execute(db)
        const { rows } = await sql<{ is_new: boolean }>`
          insert into price_list_entry as held
            (price_list_id, instance_id, offer, price_group_id, term, billing_cycle, kind, value)
          select ${list.id}::uuid, ${list.instanceId}::uuid, given.*
          from json_to_recordset(${wanted}::json) given (offer text, price_group_id uuid, term text,
            billing_cycle text, kind text, value numeric)
          on conflict (price_list_id, offer, price_group_id, term, billing_cycle) do update
          set kind = excluded.kind, value = excluded.value
          where (held.kind, held.value) is distinct from (excluded.kind, excluded.value)
          returning xmax = 0 as is_new`.execute(db)
        const added = rows.filter(({ is_new }) => is_new).length
        const changed = rows.length - added
        return {
          added,
          changed,
          removed: Number(removed.numAffectedRows ?? 0n),
          unchanged: put.length - rows.length
        }
      })

    const writeList = Effect.fnUntraced(function* (
      id: PriceListId,
      expectedVersion: number,
      put: ReadonlyArray<PriceEntry>,
      remove: ReadonlyArray<EntryKey> | "others",
      cause: Parameters<Port["add"]>[1]
    ) {
      return yield* inTurn(
        Effect.gen(function* () {
          const list = yield* expect(id, expectedVersion)
          yield* refuseEntries(list, put)
          const figures = yield* writeEntries(list, put, remove)
          if (figures.added + figures.changed + figures.removed === 0) return { list, ...figures }
          yield* run("PriceLists.nextVersion", (db) =>
            sql`update price_list set version = version + 1 where id = ${id}`.execute(db)
          )
          yield* log(
            {
              kind: "entries-changed",
              instanceId: list.instanceId,
              priceListId: id,
              changes: { ...figures, put: put.map(entryRow), remove }
            },
            cause
          )
          return { list: { ...list, version: list.version + 1 }, ...figures }
        })
      )
    })

    const replaceEntries = Effect.fn("PriceLists.replaceEntries")(
      (...[id, version, given, cause]: Parameters<Port["replaceEntries"]>) =>
        writeList(id, version, given, "others", cause)
    )
    const changeEntries = Effect.fn("PriceLists.changeEntries")(
      (...[id, version, { put, remove: keys }, cause]: Parameters<Port["changeEntries"]>) =>
        writeList(id, version, put, keys, cause)
    )

    const accounts = Effect.fn("PriceLists.accounts")(function* (
      ...[id, page]: Parameters<Port["accounts"]>
    ) {
      yield* get(id)
      const after = yield* accountsByName.after(page)
      const { rows } = yield* run("PriceLists.accounts", (db) =>
        sql<{
          id: AccountId
          name: string
          sort_name: string
          code: string
          kind: AccountKind
          assigned_at: Instant
        }>`
          select account.id, account.name, lower(account.name) as sort_name, account.code, account.kind,
            assigned.assigned_at
          from price_list_account assigned join account on account.id = assigned.account_id
          where assigned.price_list_id = ${id} and (${after === undefined}
            or (lower(account.name), account.id) > (${after?.name ?? ""}, ${after?.id ?? null}::uuid))
          order by lower(account.name), account.id
          limit ${page.limit + 1}`.execute(db)
      )
      return accountsByName.page(
        rows,
        page,
        ({ sort_name, id: accountId }) => ({ name: sort_name, id: accountId }),
        (row) => ({
          accountId: row.id,
          name: row.name,
          code: row.code,
          kind: row.kind,
          assignedAt: row.assigned_at
        })
      )
    })

    /** Of one account, or with null of every account that is assigned the list. */
    const refuseOverlap = Effect.fnUntraced(function* (
      id: PriceListId,
      accountId: AccountId | null
    ) {
      const [found] = yield* run("PriceLists.overlapping", (db) => overlapping(db, id, accountId))
      if (found === undefined) return
      return yield* new PriceListsOverlap({
        list: found.list,
        other: found.other,
        otherId: found.other_id,
        accountId: found.account_id,
        account: found.account
      })
    })

    const refuseUnknownAccount = Effect.fnUntraced(function* (id: AccountId) {
      const isThere = yield* run("PriceLists.account", async (db) => {
        const { rows } = await sql`select from account where id = ${id}`.execute(db)
        return rows.length > 0
      })
      if (!isThere) return yield* new AccountNotFound({ id })
    })

    const assign = Effect.fn("PriceLists.assign")(function* (
      ...[id, accountId, cause]: Parameters<Port["assign"]>
    ) {
      yield* inTurn(
        Effect.gen(function* () {
          const { instanceId } = yield* get(id)
          yield* refuseUnknownAccount(accountId)
          const { numAffectedRows } = yield* run("PriceLists.assign", (db) =>
            sql`
              insert into price_list_account (price_list_id, account_id, assigned_at)
              values (${id}, ${accountId}, clock_timestamp())
              on conflict do nothing`.execute(db)
          )
          if (numAffectedRows === 0n) return
          yield* refuseOverlap(id, accountId)
          yield* log(
            { kind: "assigned", instanceId, priceListId: id, accountId, changes: {} },
            cause
          )
        })
      )
    })

    const unassign = Effect.fn("PriceLists.unassign")(function* (
      ...[id, accountId, cause]: Parameters<Port["unassign"]>
    ) {
      yield* inTurn(
        Effect.gen(function* () {
          const { instanceId } = yield* get(id)
          yield* refuseUnknownAccount(accountId)
          const { numAffectedRows } = yield* run("PriceLists.unassign", (db) =>
            sql`delete from price_list_account where price_list_id = ${id} and account_id = ${accountId}`.execute(
              db
            )
          )
          if (numAffectedRows === 0n) return
          yield* log(
            { kind: "unassigned", instanceId, priceListId: id, accountId, changes: {} },
            cause
          )
        })
      )
    })

    return PriceLists.of({
      search,
      get,
      add,
      update,
      remove,
      entries,
      replaceEntries,
      changeEntries,
      accounts,
      assign,
      unassign
    })
  })
)

/** Another active list of the instance that an account would buy by at the same time as by this one. */
const overlapping = async (db: Kysely<Tables>, id: PriceListId, accountId: AccountId | null) => {
  const { rows } = await sql<{
    list: string
    other: string
    other_id: PriceListId
    account_id: AccountId
    account: string
  }>`
    select list.name as list, other.name as other, other.id as other_id, account.id as account_id,
      account.name as account
    from price_list list
    join price_list_account ours on ours.price_list_id = list.id
    join price_list_account theirs on theirs.account_id = ours.account_id
    join price_list other on other.id = theirs.price_list_id and other.instance_id = list.instance_id
      and other.id <> list.id
    join account on account.id = ours.account_id
    where list.id = ${id} and (${accountId}::uuid is null or ours.account_id = ${accountId})
      and list.active and other.active
      and tstzrange(list.valid_from, list.valid_to) && tstzrange(other.valid_from, other.valid_to)
    order by lower(account.name), account.id, lower(other.name)
    limit 1`.execute(db)
  return rows
}
