import { StaleVersion } from "@concordat/core/instance/Instances"
import {
  noSyncOptions,
  SyncOptionName,
  type SyncOptionValues
} from "@concordat/core/tenant/SyncOption"
import { type KeptSyncOptions, SyncOptions } from "@concordat/core/tenant/SyncOptions"
import { Effect, Layer } from "effect"
import { type Selectable, sql } from "kysely"
import { statements } from "./Statements.ts"
import type { SyncOptionTable } from "./Tables.ts"

type Port = SyncOptions["Service"]

const keptOf = (row: Selectable<SyncOptionTable>): KeptSyncOptions => ({
  values: {
    userName: row.user_name,
    domainPrefix: row.domain_prefix,
    mpnId: row.mpn_id,
    taxId: row.tax_id
  },
  version: row.version
})

const order: ReadonlyArray<string> = SyncOptionName.literals

const columnsOf = (values: SyncOptionValues) => ({
  user_name: values.userName,
  domain_prefix: values.domainPrefix,
  mpn_id: values.mpnId,
  tax_id: values.taxId
})

/** Sync options in Postgres. */
export const syncOptionsLayer = Layer.effect(
  SyncOptions,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const read = Effect.fnUntraced(function* (...[accountId, instanceId]: Parameters<Port["get"]>) {
      const row = yield* run("SyncOptions.get", (db) =>
        db
          .selectFrom("sync_option")
          .selectAll()
          .where("account_id", "=", accountId)
          .where("instance_id", "=", instanceId)
          .executeTakeFirst()
      )
      return row === undefined ? { values: noSyncOptions, version: 0 } : keptOf(row)
    })

    const put = Effect.fn("SyncOptions.put")(function* (
      ...[accountId, instanceId, expected, values, cause]: Parameters<Port["put"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          // The first of two that both saw nothing must be seen by the other: there is no row to lock yet.
          yield* run("SyncOptions.lock", (db) =>
            sql`select from account where id = ${accountId} for no key update`.execute(db)
          )
          const before = yield* read(accountId, instanceId)
          if (before.version !== expected)
            return yield* new StaleVersion({ expected, actual: before.version })
          const entries = SyncOptionName.literals
            .map((name) => ({
              field: `syncOptions.${name}`,
              before: before.values[name],
              after: values[name]
            }))
            .filter((entry) => entry.before !== entry.after)
          if (entries.length === 0) return before
          const version = expected + 1
          yield* run("SyncOptions.put", (db) =>
            db
              .insertInto("sync_option")
              .values({
                account_id: accountId,
                instance_id: instanceId,
                ...columnsOf(values),
                version
              })
              .onConflict((conflict) =>
                conflict
                  .columns(["account_id", "instance_id"])
                  .doUpdateSet({ ...columnsOf(values), version })
              )
              .execute()
          )
          yield* run("SyncOptions.log", (db) =>
            sql`
              insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, field, before, after)
              select clock_timestamp(), ${cause.actor}, 'sync options', ${cause.correlationId}, 'desired',
                ${instanceId}::uuid, ${accountId}::uuid, field, before, after
              from json_to_recordset(${JSON.stringify(entries)}::json)
                entry (field text, before json, after json)`.execute(db)
          )
          return { values, version }
        })
      )
    })

    const addMissing = Effect.fn("SyncOptions.addMissing")(function* (
      ...[instanceId, options, cause]: Parameters<Port["addMissing"]>
    ) {
      if (options.length === 0) return
      const given = JSON.stringify(
        options.map(({ accountId, values }) => ({ account_id: accountId, ...columnsOf(values) }))
      )
      yield* run("SyncOptions.addMissing", (db) =>
        sql`
          with added as (
            insert into sync_option (account_id, instance_id, user_name, domain_prefix, mpn_id, tax_id, version)
            select account_id, ${instanceId}::uuid, user_name, domain_prefix, mpn_id, tax_id, 1
            from json_to_recordset(${given}::json)
              given (account_id uuid, user_name text, domain_prefix text, mpn_id text, tax_id text)
            on conflict (account_id, instance_id) do nothing
            returning *
          )
          insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, field, before, after)
          select clock_timestamp(), ${cause.actor}, 'sync options', ${cause.correlationId}, 'desired',
            ${instanceId}::uuid, account_id, 'syncOptions', null, json_build_object('userName', user_name,
              'domainPrefix', domain_prefix, 'mpnId', mpn_id, 'taxId', tax_id)
          from added`.execute(db)
      )
    })

    const definitions = Effect.fn("SyncOptions.definitions")(function* (
      ...[instanceId]: Parameters<Port["definitions"]>
    ) {
      const rows = yield* run("SyncOptions.definitions", (db) =>
        db
          .selectFrom("sync_option_definition")
          .select(["name", "length_min", "length_max", "countries"])
          .where("instance_id", "=", instanceId)
          .execute()
      )
      return rows
        .map(({ name, length_min, length_max, countries }) => ({
          name,
          lengthMin: length_min,
          lengthMax: length_max,
          countries
        }))
        .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    })

    const define = Effect.fn("SyncOptions.define")(function* (
      ...[instanceId, given]: Parameters<Port["define"]>
    ) {
      if (given.length === 0) return
      yield* run("SyncOptions.define", (db) =>
        db
          .insertInto("sync_option_definition")
          .values(
            given.map(({ name, lengthMin, lengthMax, countries }) => ({
              instance_id: instanceId,
              name,
              length_min: lengthMin,
              length_max: lengthMax,
              countries
            }))
          )
          .onConflict((conflict) =>
            conflict.columns(["instance_id", "name"]).doUpdateSet({
              length_min: (set) => set.ref("excluded.length_min"),
              length_max: (set) => set.ref("excluded.length_max"),
              countries: (set) => set.ref("excluded.countries")
            })
          )
          .execute()
      )
    })

    return SyncOptions.of({
      definitions,
      define,
      get: Effect.fn("SyncOptions.get")(read),
      put,
      addMissing
    })
  })
)
