import type { CustomerImport, ImportId } from "@concordat/core/import/CustomerImport"
import {
  ImportCustomerNotFound,
  ImportNotReady,
  ImportRefused,
  type Imports,
  ImportUnderWay
} from "@concordat/core/import/Imports"
import { type CustomerFacts, mappingRefusal } from "@concordat/core/import/planCustomer"
import type { TenantId } from "@concordat/core/instance/Instance"
import { Effect } from "effect"
import { sql } from "kysely"
import { chosenAccount, decided, recount, resellerMpnId, selectResellers } from "./importQueries.ts"
import type { ImportStore } from "./importStore.ts"

type Port = Imports["Service"]

/** What people decide about an import that is ready: whose the customers are, and which are executed. */
export const importDecisions = ({
  atomically,
  busyOf,
  customer,
  enqueue,
  get,
  locked,
  query
}: ImportStore) => {
  /** The import, locked, while people may decide about it. */
  const editable = Effect.fnUntraced(function* (id: ImportId) {
    const held = yield* locked(id)
    return held.status === "ready" ? held : yield* new ImportNotReady({ id, status: held.status })
  })

  /** What somebody decided, about some customers or about none. */
  const log = (
    { instanceId }: CustomerImport,
    field: string,
    tenants: ReadonlyArray<TenantId | null>,
    after: unknown,
    { actor, correlationId }: Parameters<Port["assign"]>[3]
  ) =>
    query("Imports.log", (db) =>
      sql`
        insert into history (at, actor, cause, correlation_id, side, instance_id, tenant_id, field, before, after)
        select clock_timestamp(), ${actor}, 'customer import', ${correlationId}, 'desired',
          ${instanceId}::uuid, tenant_id, ${field}, null, ${JSON.stringify(after)}::json
        from unnest(${tenants}::uuid[]) tenant_id`.execute(db)
    )

  /** A direct partner has no resellers. */
  const refuseDirect = Effect.fnUntraced(function* ({ instance, instanceId }: CustomerImport) {
    const row = yield* query("Imports.cspStatus", (db) =>
      db
        .selectFrom("instance")
        .select("csp_status")
        .where("id", "=", instanceId)
        .executeTakeFirstOrThrow()
    )
    if (row.csp_status === "direct")
      return yield* new ImportRefused({
        field: "mpnId",
        reason: `${instance} is a direct partner's instance, which has no resellers`
      })
  })

  const putReseller = Effect.fn("Imports.putReseller")(function* (
    ...[id, { accountId, mpnId, name }, cause]: Parameters<Port["putReseller"]>
  ) {
    return yield* atomically(
      Effect.gen(function* () {
        const held = yield* editable(id)
        yield* refuseDirect(held)
        if (accountId !== null) {
          const account = yield* query("Imports.resellerAccount", (db) =>
            db
              .selectFrom("account")
              .select(["kind", "active"])
              .where("id", "=", accountId)
              .executeTakeFirst()
          )
          if (account === undefined || account.kind !== "reseller" || !account.active)
            return yield* new ImportRefused({
              field: "accountId",
              reason: `${accountId} is no active reseller account`
            })
        }
        yield* query("Imports.putReseller", (db) =>
          sql`
            insert into customer_import_reseller (import_id, mpn_id, name, by_hand, account_id)
            values (${id}, ${mpnId}, ${name}, true, ${accountId})
            on conflict (import_id, mpn_id) do update set name = excluded.name, by_hand = true,
              account_id = excluded.account_id`.execute(db)
        )
        yield* log(held, "import.reseller", [null], { mpnId, name, accountId }, cause)
        yield* query("Imports.decided", (db) =>
          sql`
            update customer_import_customer customer set ${decided}
            where import_id = ${id} and outcome = 'failed' and ${resellerMpnId} = ${mpnId}`.execute(
            db
          )
        )
        yield* query("Imports.recount", (db) => recount(db, id, 0))
        const { rows } = yield* query("Imports.reseller", (db) =>
          selectResellers(db, id, sql<boolean>`reseller.mpn_id = ${mpnId}`, 1)
        )
        const [row] = rows
        return row ?? (yield* Effect.die(new Error("a reseller that was just kept is not there")))
      })
    )
  })

  /** Fails with the first of the tenants that is no customer of the import. */
  const refuseStrangers = Effect.fnUntraced(function* (
    id: ImportId,
    tenants: ReadonlyArray<TenantId>
  ) {
    const { rows } = yield* query("Imports.strangers", (db) =>
      sql<{ tenant_id: TenantId }>`
        select tenant_id from unnest(${tenants}::uuid[]) with ordinality given (tenant_id, position)
        where not exists (select from customer_import_customer customer
          where customer.import_id = ${id} and customer.tenant_id = given.tenant_id)
        order by position limit 1`.execute(db)
    )
    const [stranger] = rows
    if (stranger !== undefined)
      return yield* new ImportCustomerNotFound({ tenantId: stranger.tenant_id })
  })

  const assign = Effect.fn("Imports.assign")(function* (
    ...[id, tenants, mpnId, cause]: Parameters<Port["assign"]>
  ) {
    return yield* atomically(
      Effect.gen(function* () {
        const held = yield* editable(id)
        yield* refuseDirect(held)
        yield* refuseStrangers(id, tenants)
        if (mpnId !== null) {
          const { rows } = yield* query("Imports.known", (db) =>
            sql`select from customer_import_reseller
              where import_id = ${id} and mpn_id = ${mpnId}`.execute(db)
          )
          if (rows.length === 0)
            return yield* new ImportRefused({
              field: "mpnId",
              reason: `the import has no reseller with the MPN id ${mpnId}: add it first`
            })
        }
        const changed = yield* query("Imports.assign", (db) =>
          sql<{ tenant_id: TenantId }>`
            update customer_import_customer set assigned = true, assigned_mpn_id = ${mpnId}, ${decided}
            where import_id = ${id} and tenant_id = any(${tenants}::uuid[])
              and (not assigned or assigned_mpn_id is distinct from ${mpnId})
            returning tenant_id`.execute(db)
        )
        const those = changed.rows.map(({ tenant_id }) => tenant_id)
        yield* query("Imports.recount", (db) => recount(db, id, 0))
        if (those.length > 0) yield* log(held, "import.reseller", those, mpnId, cause)
        return those.length
      })
    )
  })

  const map = Effect.fn("Imports.map")(function* (
    ...[id, tenantId, accountId, cause]: Parameters<Port["map"]>
  ) {
    return yield* atomically(
      Effect.gen(function* () {
        const held = yield* editable(id)
        const before = yield* customer(id, tenantId)
        if (before.status === "linked" || before.status === "imported")
          return yield* new ImportRefused({
            field: "accountId",
            reason: `the tenant is the account "${before.account?.name ?? ""}" already`
          })
        if (accountId !== null) {
          const { rows } = yield* query("Imports.chosen", (db) =>
            sql<{ chosen: NonNullable<CustomerFacts["mappedTo"]> }>`
              select ${chosenAccount(held.instanceId)} as chosen
              from account chosen, customer_import_customer customer
              where chosen.id = ${accountId} and customer.import_id = ${id}
                and customer.tenant_id = ${tenantId}`.execute(db)
          )
          const [row] = rows
          const refusal =
            row === undefined ? `there is no account ${accountId}` : mappingRefusal(row.chosen)
          if (refusal !== undefined)
            return yield* new ImportRefused({
              field: "accountId",
              reason: refusal.replace(/\.$/u, "")
            })
        }
        const changed = yield* query("Imports.map", (db) =>
          sql`
            update customer_import_customer set account_id = ${accountId}, ${decided}
            where import_id = ${id} and tenant_id = ${tenantId}
              and account_id is distinct from ${accountId} returning 1`.execute(db)
        )
        yield* query("Imports.recount", (db) => recount(db, id, 0))
        if (changed.rows.length > 0)
          yield* log(held, "import.account", [tenantId], accountId, cause)
        return yield* customer(id, tenantId)
      })
    )
  })

  const execute = Effect.fn("Imports.execute")(function* (
    ...[id, { asNew, customers: wanted, orderingEnabled }, executedBy]: Parameters<Port["execute"]>
  ) {
    return yield* atomically(
      Effect.gen(function* () {
        const held = yield* locked(id)
        if (held.status !== "ready" && held.status !== "importing")
          return yield* new ImportNotReady({ id, status: held.status })
        const busy = yield* busyOf(held.instanceId)
        if (busy !== undefined && busy.id !== id) return yield* new ImportUnderWay({ id: busy.id })
        if (wanted !== "all") yield* refuseStrangers(id, wanted)
        yield* query("Imports.execute", (db) =>
          sql`
            update customer_import_customer set outcome = 'waiting', problem = null,
              as_new = ${asNew}, ordering_enabled = ${orderingEnabled}
            where import_id = ${id} and outcome is distinct from 'waiting'
              and ${wanted === "all" ? sql`true` : sql`tenant_id = any(${wanted}::uuid[])`}`.execute(
            db
          )
        )
        yield* query("Imports.importing", (db) =>
          db
            .updateTable("customer_import")
            .set({ status: "importing", executed_by: executedBy, finished_at: null })
            .where("id", "=", id)
            .execute()
        )
        yield* query("Imports.recount", (db) => recount(db, id, 0))
        yield* enqueue(held)
        return yield* get(id)
      })
    )
  })

  return { putReseller, assign, map, execute }
}
