import type { InstanceId } from "@concordat/core/instance/Instance"
import { StaleVersion } from "@concordat/core/instance/Instances"
import { type PriceGroup, PriceGroupId } from "@concordat/core/price/PriceGroup"
import {
  GroupProductsRefused,
  PriceGroupInUse,
  PriceGroupNameTaken,
  PriceGroupNotFound,
  PriceGroups
} from "@concordat/core/price/PriceGroups"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { Effect, Layer, Schema } from "effect"
import { type RawBuilder, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { logEvents, type PriceEvent, takeTurns } from "./priceChanges.ts"
import { likePart, statements } from "./Statements.ts"

const byName = keyset(Schema.Struct({ name: Schema.String, id: PriceGroupId }))
const byOffer = keyset(Schema.Struct({ offer: OfferId }))

interface PriceGroupRow {
  readonly id: PriceGroupId
  readonly instance_id: InstanceId
  readonly name: string
  readonly version: number
}

const groupOf = ({ id, instance_id, name, version }: PriceGroupRow): PriceGroup => ({
  id,
  instanceId: instance_id,
  name,
  version
})

/** The price groups in Postgres. */
export const priceGroupsLayer = Layer.effect(
  PriceGroups,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    type Port = PriceGroups["Service"]

    const search = Effect.fn("PriceGroups.search")(function* (
      ...[filter, page]: Parameters<Port["search"]>
    ) {
      const after = yield* byName.after(page)
      const part = filter.q === undefined || filter.q === "" ? null : likePart(filter.q)
      const { rows } = yield* run("PriceGroups.search", (db) =>
        sql<PriceGroupRow & { readonly sort_name: string }>`
          select *, lower(name) as sort_name from price_group
          where (${part}::text is null or name ilike ${part})
            and (${filter.instanceId ?? null}::uuid is null or instance_id = ${filter.instanceId ?? null})
            and (${after === undefined} or (lower(name), id) > (${after?.name ?? ""}, ${after?.id ?? null}::uuid))
          order by lower(name), id
          limit ${page.limit + 1}`.execute(db)
      )
      return byName.page(rows, page, ({ sort_name, id }) => ({ name: sort_name, id }), groupOf)
    })

    const get = Effect.fn("PriceGroups.get")(function* (id: PriceGroupId) {
      const { rows } = yield* run("PriceGroups.get", (db) =>
        sql<PriceGroupRow>`select * from price_group where id = ${id}`.execute(db)
      )
      const [row] = rows
      return row === undefined ? yield* new PriceGroupNotFound({ id }) : groupOf(row)
    })

    const inTurn = <A, E, R>(work: Effect.Effect<A, E, R>) =>
      atomically(Effect.andThen(run("PriceGroups.takeTurns", takeTurns), work))

    const expect = Effect.fnUntraced(function* (id: PriceGroupId, version: number) {
      const group = yield* get(id)
      return group.version === version
        ? group
        : yield* new StaleVersion({ expected: version, actual: group.version })
    })

    const refuseTaken = Effect.fnUntraced(function* ({ id, instanceId, name }: PriceGroup) {
      const taken = yield* run("PriceGroups.taken", async (db) => {
        const { rows } = await sql`
          select from price_group
          where instance_id = ${instanceId} and lower(name) = lower(${name}) and id <> ${id}`.execute(
          db
        )
        return rows.length > 0
      })
      if (taken) return yield* new PriceGroupNameTaken({ name })
    })

    const log = (event: PriceEvent, cause: Parameters<typeof logEvents>[2]) =>
      run("PriceGroups.log", (db) => logEvents(db, [event], cause))

    const add = Effect.fn("PriceGroups.add")(function* (
      ...[group, cause]: Parameters<Port["add"]>
    ) {
      const { id, instanceId, name, version } = group
      yield* inTurn(
        Effect.gen(function* () {
          yield* refuseTaken(group)
          yield* run("PriceGroups.add", (db) =>
            sql`insert into price_group (id, instance_id, name, version)
              values (${id}, ${instanceId}, ${name}, ${version})`.execute(db)
          )
          yield* log({ kind: "group-added", instanceId, priceGroupId: id, changes: group }, cause)
        })
      )
    })

    const rename = Effect.fn("PriceGroups.rename")(function* (
      ...[id, expectedVersion, name, cause]: Parameters<Port["rename"]>
    ) {
      return yield* inTurn(
        Effect.gen(function* () {
          const before = yield* expect(id, expectedVersion)
          const after: PriceGroup = { ...before, name, version: before.version + 1 }
          yield* refuseTaken(after)
          yield* run("PriceGroups.rename", (db) =>
            sql`update price_group set name = ${name}, version = ${after.version} where id = ${id}`.execute(
              db
            )
          )
          yield* log(
            {
              kind: "group-changed",
              instanceId: after.instanceId,
              priceGroupId: id,
              changes: { before, after }
            },
            cause
          )
          return after
        })
      )
    })

    const remove = Effect.fn("PriceGroups.remove")(function* (
      ...[id, expectedVersion, cause]: Parameters<Port["remove"]>
    ) {
      yield* inTurn(
        Effect.gen(function* () {
          const group = yield* expect(id, expectedVersion)
          const { rows } = yield* run("PriceGroups.lists", (db) =>
            sql<{ name: string }>`
              select distinct list.name from price_list_entry entry
              join price_list list on list.id = entry.price_list_id
              where entry.price_group_id = ${id} order by 1 limit 20`.execute(db)
          )
          if (rows.length > 0)
            return yield* new PriceGroupInUse({
              id,
              name: group.name,
              lists: rows.map((row) => row.name)
            })
          yield* run("PriceGroups.remove", (db) =>
            sql`delete from price_group where id = ${id}`.execute(db)
          )
          yield* log(
            {
              kind: "group-removed",
              instanceId: group.instanceId,
              priceGroupId: id,
              changes: group
            },
            cause
          )
        })
      )
    })

    const products = Effect.fn("PriceGroups.products")(function* (
      ...[id, page]: Parameters<Port["products"]>
    ) {
      yield* get(id)
      const after = yield* byOffer.after(page)
      const { rows } = yield* run("PriceGroups.products", (db) =>
        sql<{ offer: OfferId }>`
          select offer from price_group_product
          where price_group_id = ${id} and offer > ${after?.offer ?? ""}
          order by offer
          limit ${page.limit + 1}`.execute(db)
      )
      return byOffer.page(
        rows,
        page,
        ({ offer }) => ({ offer }),
        ({ offer }) => offer
      )
    })

    const refuseProducts = Effect.fnUntraced(function* (
      { id, instanceId }: PriceGroup,
      offers: ReadonlyArray<OfferId>
    ) {
      const { rows } = yield* run("PriceGroups.refusable", (db) =>
        sql<{ index: number; offer: string; other: string | null }>`
          select (given.index - 1)::integer as index, given.offer, other.name as other
          from unnest(${[...offers]}::text[]) with ordinality given (offer, index)
          left join product on product.instance_id = ${instanceId} and product.offer = given.offer
          left join price_group_product held
            on held.instance_id = ${instanceId} and held.offer = given.offer and held.price_group_id <> ${id}
          left join price_group other on other.id = held.price_group_id
          where product.offer is null or other.id is not null
          order by 1`.execute(db)
      )
      if (rows.length > 0)
        return yield* new GroupProductsRefused({
          problems: rows.map(({ index, offer, other }) => ({
            index,
            field: "offers",
            text:
              other === null
                ? `The group's instance has no product ${offer}.`
                : `The product ${offer} is in the price group "${other}"; take it out there first.`
          }))
        })
    })

    /** What comes and what goes is one change, with a version of its own where it makes a difference. */
    const withProducts = (
      id: PriceGroupId,
      expectedVersion: number,
      given: ReadonlyArray<OfferId>,
      leaving: (offers: ReadonlyArray<OfferId>) => RawBuilder<unknown>,
      changes: (offers: ReadonlyArray<OfferId>) => PriceEvent["changes"],
      cause: Parameters<Port["replaceProducts"]>[3]
    ) => {
      const offers = [...new Set(given)]
      return inTurn(
        Effect.gen(function* () {
          const group = yield* expect(id, expectedVersion)
          yield* refuseProducts(group, offers)
          const changed = yield* run("PriceGroups.changeProducts", async (db) => {
            const left = await sql`
              delete from price_group_product
              where price_group_id = ${id} and ${leaving(offers)}`.execute(db)
            const came = await sql`
              insert into price_group_product (instance_id, offer, price_group_id)
              select ${group.instanceId}::uuid, offer, ${id}::uuid from unnest(${offers}::text[]) given (offer)
              on conflict do nothing`.execute(db)
            return (left.numAffectedRows ?? 0n) + (came.numAffectedRows ?? 0n) > 0n
          })
          if (!changed) return group
          yield* run("PriceGroups.nextVersion", (db) =>
            sql`update price_group set version = version + 1 where id = ${id}`.execute(db)
          )
          yield* log(
            {
              kind: "group-changed",
              instanceId: group.instanceId,
              priceGroupId: id,
              changes: changes(offers)
            },
            cause
          )
          return { ...group, version: group.version + 1 }
        })
      )
    }

    const replaceProducts = Effect.fn("PriceGroups.replaceProducts")(function* (
      ...[id, expectedVersion, given, cause]: Parameters<Port["replaceProducts"]>
    ) {
      return yield* withProducts(
        id,
        expectedVersion,
        given,
        (offers) => sql`offer <> all (${offers}::text[])`,
        (offers) => ({ offers }),
        cause
      )
    })

    const changeProducts = Effect.fn("PriceGroups.changeProducts")(function* (
      ...[id, expectedVersion, { put, remove }, cause]: Parameters<Port["changeProducts"]>
    ) {
      return yield* withProducts(
        id,
        expectedVersion,
        put,
        (offers) => sql`offer = any (${[...remove]}::text[]) and offer <> all (${offers}::text[])`,
        (offers) => ({ put: offers, remove }),
        cause
      )
    })

    return PriceGroups.of({
      search,
      get,
      add,
      rename,
      remove,
      products,
      replaceProducts,
      changeProducts
    })
  })
)
