import { randomUUID } from "node:crypto"
import { AccountId } from "@concordat/core/account/Account"
import { editionDefault } from "@concordat/core/account/Edition"
import type { ImportId } from "@concordat/core/import/CustomerImport"
import type { ImportCause, PlannedCustomer } from "@concordat/core/import/Imports"
import type { CustomerPlan } from "@concordat/core/import/planCustomer"
import type { Environment, InstanceId, MpnId, TenantId } from "@concordat/core/instance/Instance"
import type { MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { type Kysely, sql } from "kysely"
import { termsDocument } from "./documents.ts"
import type { Tables } from "./Tables.ts"

/** Of what the customers of an import become part. */
export interface ImportPlace {
  readonly importId: ImportId
  readonly instanceId: InstanceId
  readonly environment: Environment
}

type Importing = Extract<CustomerPlan, { readonly _tag: "Import" }>
interface ImportingCustomer {
  readonly tenantId: TenantId
  readonly domain: string
  readonly orderingEnabled: boolean
  readonly plan: Importing
}

const cause = "customer import"

/** Accounts of resellers that have none yet, one for each MPN id, below the root. */
const newResellers = (customers: ReadonlyArray<ImportingCustomer>) => {
  const resellers = new Map<MpnId, { id: AccountId; name: string; mpn_id: MpnId }>()
  for (const { plan } of customers) {
    const reseller = plan.place._tag === "New" ? plan.place.reseller : null
    if (reseller?._tag !== "Missing" || resellers.has(reseller.mpnId)) continue
    const { mpnId, name } = reseller
    resellers.set(mpnId, { id: AccountId.make(randomUUID()), name, mpn_id: mpnId })
  }
  return resellers
}

const insertResellers = (
  db: Kysely<Tables>,
  resellers: ReadonlyArray<object>,
  { actor, correlationId }: ImportCause
) =>
  sql`
    with added as (
      insert into account (id, parent_id, ancestors, kind, name, code, mpn_id, edition)
      select given.id, root.id, array[root.id, given.id], 'reseller', given.name,
        'A-' || left(given.id::text, 13), given.mpn_id, ${editionDefault}
      from json_to_recordset(${JSON.stringify(resellers)}::json)
        given (id uuid, name text, mpn_id text)
      join account root on root.parent_id is null
      returning *
    )
    insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', id, null, null,
      json_build_object('kind', kind, 'code', code, 'name', name, 'mpnId', mpn_id, 'parent', parent_id,
        'edition', edition)
    from added`.execute(db)

const insertAccounts = (
  db: Kysely<Tables>,
  accounts: ReadonlyArray<object>,
  { actor, correlationId }: ImportCause
) =>
  sql`
    with added as (
      insert into account (id, parent_id, ancestors, kind, name, code, email, phone, address, language,
        ordering_enabled)
      select given.id, parent.id, parent.ancestors || given.id, 'customer', given.name,
        'A-' || left(given.id::text, 13), given.email, given.phone, given.address, given.language,
        given.ordering_enabled
      from json_to_recordset(${JSON.stringify(accounts)}::json) given (id uuid, parent_id uuid,
        name text, email text, phone text, address json, language text, ordering_enabled boolean)
      join account parent
        on parent.id = coalesce(given.parent_id, (select id from account where parent_id is null))
      returning *
    )
    insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', id, null, null,
      json_build_object('kind', kind, 'code', code, 'name', name, 'parent', parent_id, 'email', email,
        'phone', phone, 'address', address, 'language', language, 'orderingEnabled', ordering_enabled)
    from added`.execute(db)

const insertContacts = (
  db: Kysely<Tables>,
  contacts: ReadonlyArray<object>,
  { actor, correlationId }: ImportCause
) =>
  sql`
    with added as (
      insert into account_contact (account_id, position, name, email, phone, roles)
      select account_id, position, name, email, phone,
        array(select json_array_elements_text(roles))
      from json_to_recordset(${JSON.stringify(contacts)}::json) given (account_id uuid,
        position integer, name text, email text, phone text, roles json)
      returning *
    )
    insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', account_id, 'contacts',
      null, json_agg(json_build_object('name', name, 'email', email, 'phone', phone, 'roles', roles)
        order by position)
    from added group by account_id`.execute(db)

const insertTenants = (
  db: Kysely<Tables>,
  { environment, instanceId }: ImportPlace,
  tenants: ReadonlyArray<object>,
  { actor, correlationId }: ImportCause
) =>
  sql`
    with added as (
      insert into account_tenant (instance_id, tenant_id, account_id, domain, environment)
      select ${instanceId}::uuid, tenant_id, account_id, domain, ${environment}
      from json_to_recordset(${JSON.stringify(tenants)}::json)
        given (tenant_id uuid, account_id uuid, domain text)
      returning *
    )
    insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id,
      field, before, after)
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', instance_id, account_id,
      tenant_id, 'tenant', null, to_json(tenant_id)
    from added`.execute(db)

/** By Microsoft id, the subscriptions of the book that are the bases of add-ons to be added. */
const selectBases = async (
  db: Kysely<Tables>,
  { environment, instanceId }: ImportPlace,
  bases: ReadonlyArray<MicrosoftId>
): Promise<ReadonlyMap<MicrosoftId, SubscriptionId>> => {
  const { rows } = await sql<{ id: SubscriptionId; microsoft_id: MicrosoftId }>`
    select distinct on (microsoft_id) id, microsoft_id from subscription
    where microsoft_id = any(${bases}::uuid[]) and environment = ${environment}
    order by microsoft_id, instance_id <> ${instanceId}, id`.execute(db)
  return new Map(rows.map(({ id, microsoft_id }) => [microsoft_id, id]))
}

/**
 * The subscriptions, with what both sides agree on. A reference is the Microsoft ID, or where the book has that for
 * something else, the Microsoft ID with something behind it.
 */
const insertSubscriptions = (
  db: Kysely<Tables>,
  { environment, instanceId }: ImportPlace,
  subscriptions: ReadonlyArray<object>,
  { actor, correlationId }: ImportCause
) =>
  sql`
    with given as materialized (
      select given.*, case when exists (select from subscription held
          where held.instance_id = ${instanceId} and held.environment = ${environment}
            and held.reference = given.microsoft_id::text)
        then given.microsoft_id || '-' || left(given.id::text, 8) else given.microsoft_id::text
        end as reference
      from json_to_recordset(${JSON.stringify(subscriptions)}::json) given (id uuid, account_id uuid,
        tenant_id uuid, microsoft_id uuid, parent_id uuid, name text, is_addon boolean, terms json,
        agreed json, after json)
    ), added as (
      insert into subscription (id, instance_id, account_id, tenant_id, reference, parent_id,
        microsoft_id, name, is_addon, keeps_parent, terms, environment)
      select id, ${instanceId}::uuid, account_id, tenant_id, reference, parent_id, microsoft_id, name,
        is_addon, true, terms, ${environment}
      from given
    ), agreed as (
      insert into baseline (subscription_id, microsoft_id, terms, agreed_at)
      select id, microsoft_id, agreed, clock_timestamp() from given
    )
    insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id,
      subscription_id, microsoft_id, field, before, after)
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', ${instanceId}::uuid,
      account_id, tenant_id, id, microsoft_id, null, null::json, after
    from given
    union all
    select clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'baseline', null, null, null, id,
      microsoft_id, null, null::json, '{}'::json
    from given`.execute(db)

/** What became of the customers, for people. */
const updateOutcomes = (
  db: Kysely<Tables>,
  { importId }: ImportPlace,
  outcomes: ReadonlyArray<object>
) =>
  sql`
    update customer_import_customer customer
    set outcome = given.outcome, problem = given.problem,
      subscriptions_imported = customer.subscriptions_imported + given.imported,
      not_imported = coalesce(given.not_imported, customer.not_imported),
      notes = array(select json_array_elements_text(given.notes))
    from json_to_recordset(${JSON.stringify(outcomes)}::json) given (tenant_id uuid, outcome text,
      problem text, imported integer, not_imported json, notes json)
    where customer.import_id = ${importId} and customer.tenant_id = given.tenant_id`.execute(db)

const outcomeOf = ({ notes, plan, tenantId }: PlannedCustomer) => {
  const row = { tenant_id: tenantId, problem: null, imported: 0, not_imported: null, notes }
  switch (plan._tag) {
    case "Refused":
      return { ...row, outcome: "failed", problem: plan.reason }
    case "Held":
      return { ...row, outcome: null, problem: plan.reason }
    case "Import":
      return {
        ...row,
        outcome: plan.notImported.length === 0 ? "imported" : "incomplete",
        imported: plan.subscriptions.length,
        not_imported: plan.notImported,
        notes: [...notes, ...(plan.place._tag === "New" ? plan.place.account.notes : [])]
      }
  }
}

/**
 * Writes what was planned, a statement for each table however many customers, and returns the accounts that they are.
 * Whoever calls has locked what the plans were made from.
 */
export const keepPlans = async (
  db: Kysely<Tables>,
  place: ImportPlace,
  planned: ReadonlyArray<PlannedCustomer>,
  customers: ReadonlyArray<ImportingCustomer>,
  by: ImportCause
): Promise<ReadonlyMap<TenantId, AccountId>> => {
  const resellers = newResellers(customers)
  const bases = await selectBases(
    db,
    place,
    customers.flatMap(({ plan }) =>
      plan.subscriptions.flatMap(({ terms: { parent } }) => (parent === null ? [] : [parent]))
    )
  )
  const accountIds = new Map<TenantId, AccountId>()
  const accounts: Array<object> = []
  const contacts: Array<object> = []
  const tenants: Array<object> = []
  const subscriptions: Array<object> = []
  for (const { domain, orderingEnabled, plan, tenantId } of customers) {
    const { place: to } = plan
    const accountId = to._tag === "New" ? AccountId.make(randomUUID()) : to.accountId
    accountIds.set(tenantId, accountId)
    if (to._tag !== "Linked")
      tenants.push({ tenant_id: tenantId, account_id: accountId, domain: domain || null })
    if (to._tag === "New") {
      const { account, reseller } = to
      accounts.push({
        id: accountId,
        parent_id:
          reseller === null
            ? null
            : reseller._tag === "Held"
              ? reseller.accountId
              : resellers.get(reseller.mpnId)?.id,
        name: account.name,
        email: account.email,
        phone: account.phone,
        address: account.address,
        language: account.language,
        ordering_enabled: orderingEnabled
      })
      account.contacts.forEach((contact, position) => {
        contacts.push({ account_id: accountId, position, ...contact })
      })
    }
    const ids = new Map<MicrosoftId, string>(
      plan.subscriptions.map(({ microsoftId }) => [microsoftId, randomUUID()])
    )
    for (const { microsoftId, name, terms } of plan.subscriptions) {
      const { parent } = terms
      const parentId = parent === null ? null : (ids.get(parent) ?? bases.get(parent) ?? null)
      const isAddon = parent !== null
      subscriptions.push({
        id: ids.get(microsoftId),
        account_id: accountId,
        tenant_id: tenantId,
        microsoft_id: microsoftId,
        parent_id: parentId,
        name,
        is_addon: isAddon,
        terms: termsDocument(terms),
        agreed: terms,
        after: {
          account: accountId,
          tenant: tenantId,
          microsoftId,
          name,
          isAddon,
          keepsParent: true,
          ...terms,
          parent: parentId
        }
      })
    }
  }
  if (resellers.size > 0) await insertResellers(db, [...resellers.values()], by)
  if (accounts.length > 0) await insertAccounts(db, accounts, by)
  if (contacts.length > 0) await insertContacts(db, contacts, by)
  if (tenants.length > 0) await insertTenants(db, place, tenants, by)
  if (subscriptions.length > 0) await insertSubscriptions(db, place, subscriptions, by)
  if (planned.length > 0) await updateOutcomes(db, place, planned.map(outcomeOf))
  return accountIds
}
