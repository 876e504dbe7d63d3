import type {
  CustomerImport,
  ImportCustomer,
  ImportId
} from "@concordat/core/import/CustomerImport"
import {
  ImportCustomerNotFound,
  ImportNotFound,
  type Imports
} from "@concordat/core/import/Imports"
import { suggestAccounts } from "@concordat/core/import/suggestAccounts"
import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { Effect } from "effect"
import { sql } from "kysely"
import {
  type CustomerRow,
  importOf,
  importsOf,
  selectCandidates,
  selectCustomers,
  underWay
} from "./importQueries.ts"
import type { Boss } from "./queue/Boss.ts"
import { customerImportQueue } from "./queues.ts"
import { statements } from "./Statements.ts"

type Port = Imports["Service"]

/** What every part of the imports does: their rows, their lock, their jobs. */
export const importStore = Effect.gen(function* () {
  const { run: query, atomically } = yield* statements
  const boss = yield* Effect.context<Boss>()
  const queued = <A, E>(effect: Effect.Effect<A, E, Boss>): Effect.Effect<A> =>
    effect.pipe(Effect.provideContext(boss), Effect.orDie)
  const enqueue = ({ id, instanceId }: Pick<CustomerImport, "id" | "instanceId">) =>
    queued(customerImportQueue.send([{ instanceId, importId: id }]))

  const get = Effect.fn("Imports.get")(function* (id: ImportId) {
    const row = yield* query("Imports.get", (db) =>
      importsOf(db).where("import.id", "=", id).executeTakeFirst()
    )
    return row === undefined ? yield* new ImportNotFound({ id }) : importOf(row)
  })

  /** The one of the instance that is being read or executed. */
  const busyOf = Effect.fnUntraced(function* (instanceId: InstanceId) {
    const row = yield* query("Imports.busy", (db) =>
      importsOf(db)
        .where("import.instance_id", "=", instanceId)
        .where(sql<boolean>`import.status in ${underWay}`)
        .executeTakeFirst()
    )
    return row === undefined ? undefined : importOf(row)
  })

  /** The import, locked until the transaction ends. */
  const locked = Effect.fnUntraced(function* (id: ImportId) {
    yield* query("Imports.lock", (db) =>
      sql`select from customer_import where id = ${id} for no key update`.execute(db)
    )
    return yield* get(id)
  })

  /** Ends what is under way. What is not known of a hierarchy stays so when it is ready. */
  const finish = (
    id: ImportId,
    end:
      | { readonly status: "ready" }
      | { readonly status: "failed" | "cancelled"; readonly problem: string | null }
  ) =>
    query("Imports.finish", (db) =>
      db
        .updateTable("customer_import")
        .set({ ...end, finished_at: sql`clock_timestamp()` })
        .where("id", "=", id)
        .execute()
    )

  /** By tenant, of the rows that have no account yet, the accounts that they may be. */
  const suggestionsFor = Effect.fnUntraced(function* (
    instanceId: InstanceId,
    customers: ReadonlyArray<Pick<CustomerRow, "tenant_id" | "name" | "domain">>
  ) {
    if (customers.length === 0) return new Map<TenantId, ReturnType<typeof suggestAccounts>>()
    const { rows } = yield* query("Imports.candidates", (db) =>
      selectCandidates(db, instanceId, customers)
    )
    return new Map(
      customers.map(({ domain, name, tenant_id }) => [
        tenant_id,
        suggestAccounts({ tenantId: tenant_id, name, domain }, rows)
      ])
    )
  })

  const viewsOf = Effect.fnUntraced(function* (
    { instanceId }: CustomerImport,
    rows: ReadonlyArray<CustomerRow>
  ) {
    const suggestions = yield* suggestionsFor(
      instanceId,
      rows.filter(({ account }) => account === null)
    )
    return rows.map(
      (row): ImportCustomer => ({
        tenantId: row.tenant_id,
        name: row.name,
        domain: row.domain,
        status: row.status,
        resellerMpnId: row.reseller_mpn_id,
        assigned: row.assigned,
        account: row.account,
        suggestions: suggestions.get(row.tenant_id) ?? [],
        subscriptions: row.subscriptions,
        subscriptionsKnown: row.known,
        notImported: row.not_imported,
        problem: row.problem,
        notes: row.notes
      })
    )
  })

  const customer = Effect.fn("Imports.customer")(function* (
    ...[id, tenantId]: Parameters<Port["customer"]>
  ) {
    const asked = yield* get(id)
    const { rows } = yield* query("Imports.customer", (db) =>
      selectCustomers(db, asked, [sql<boolean>`customer.tenant_id = ${tenantId}`], 1)
    )
    const [view] = yield* viewsOf(asked, rows)
    return view ?? (yield* new ImportCustomerNotFound({ tenantId }))
  })

  return {
    query,
    atomically,
    queued,
    enqueue,
    get,
    busyOf,
    locked,
    finish,
    suggestionsFor,
    viewsOf,
    customer
  }
})
export type ImportStore = Effect.Success<typeof importStore>
