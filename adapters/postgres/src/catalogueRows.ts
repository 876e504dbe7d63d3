import type { ProductChange } from "@concordat/core/catalogue/applyCatalogue"
import type {
  Availability,
  CatalogueProduct,
  ProductFacts
} from "@concordat/core/catalogue/CatalogueProduct"
import type { ProductType } from "@concordat/core/catalogue/ProductType"
import type { InstanceId, InstanceName } from "@concordat/core/instance/Instance"
import type { OfferId } from "@concordat/core/subscription/Subscription"
import { BigDecimal } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { moneyOf } from "./documents.ts"
import type { ProductTable, ProductTypeTable, Tables } from "./Tables.ts"

/** Of those who write many products of an instance, one at a time. Needs a transaction. */
export const lockCatalogue = (db: Kysely<Tables>, instanceId: InstanceId) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`catalogue of ${instanceId}`}, 0))`.execute(
    db
  )

export type ProductRow = Selectable<ProductTable> & {
  readonly instance: InstanceName
  readonly sort_name: string
  readonly availabilities: ReadonlyArray<Availability>
}

/** Products with their availabilities. Trials that were put in by hand are no products of an operator's. */
export const products = (db: Kysely<Tables>) =>
  db
    .selectFrom("product")
    .innerJoin("instance", "instance.id", "product.instance_id")
    .selectAll("product")
    .select([
      "instance.name as instance",
      sql<string>`lower(product.name)`.as("sort_name"),
      sql<ReadonlyArray<Availability>>`(
        select coalesce(json_agg(json_build_object('country', a.country, 'segment', a.segment,
          'isPurchasable', a.is_purchasable, 'minimumQuantity', a.minimum_quantity,
          'maximumQuantity', a.maximum_quantity, 'plans', a.plans, 'catalogItemId', a.catalog_item_id,
          'readAt', (extract(epoch from a.read_at) * 1000)::bigint)
          order by a.country collate "C", a.segment collate "C"), '[]')
        from product_availability a
        where a.instance_id = product.instance_id and a.offer = product.offer)`.as("availabilities")
    ])
    .where("product.is_trial", "=", false)

export const factsOf = (row: Omit<ProductRow, "instance" | "sort_name">): ProductFacts => ({
  offer: row.offer,
  name: row.name,
  microsoftName: row.microsoft_name,
  code: row.code,
  family: row.family,
  segment: row.segment,
  isAddon: row.is_addon,
  description: row.description,
  chargeType: row.charge_type,
  minimumQuantity: row.minimum_quantity,
  maximumQuantity: row.maximum_quantity,
  plans: row.plans,
  availabilities: row.availabilities,
  prerequisites: row.prerequisites,
  trialOffer: row.trial_offer,
  trialEnabled: row.trial_enabled,
  annualEnabled: row.annual_enabled,
  published: row.published,
  sellPrice: moneyOf({ amount: row.sell_amount, currency: row.sell_currency }),
  purchasePrice: moneyOf({ amount: row.purchase_amount, currency: row.purchase_currency }),
  protectionMonths: row.protection_months,
  status: row.status,
  changes: row.changes,
  discontinuedAt: row.discontinued_at
})

export const catalogueProductOf = (row: ProductRow): CatalogueProduct => ({
  ...factsOf(row),
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  version: row.version
})

export const typeOf = (
  row: Selectable<ProductTypeTable> & { readonly instance: InstanceName }
): ProductType => ({
  id: row.id,
  instanceId: row.instance_id,
  instance: row.instance,
  family: row.family,
  name: row.name,
  code: row.code,
  quantityLimit: row.quantity_limit,
  singleActive: row.single_active,
  cancelSubscriptions: row.cancel_subscriptions,
  cancelAddons: row.cancel_addons,
  cancelLimit:
    row.cancel_limit === null || row.cancel_limit_currency === null
      ? null
      : moneyOf({ amount: row.cancel_limit, currency: row.cancel_limit_currency }),
  refund: row.refund,
  billingDay: row.billing_day,
  version: row.version
})

/** Rows of one statement: enough for few statements, and a bounded text. */
const rowsAtOnce = 2_000

/** The lists in pieces, in the order of their offers, in which every writer locks products. */
export const inPieces = <A extends { readonly offer: OfferId }>(
  all: ReadonlyArray<A>
): ReadonlyArray<ReadonlyArray<A>> => {
  const sorted = all.toSorted((a, b) => (a.offer < b.offer ? -1 : a.offer > b.offer ? 1 : 0))
  return Array.from({ length: Math.ceil(sorted.length / rowsAtOnce) }, (_, i) =>
    sorted.slice(i * rowsAtOnce, (i + 1) * rowsAtOnce)
  )
}

/**
 * Adds and rewrites products. Of those that are there already, only what a catalogue run decides about: neither the
 * code, nor published, nor a price, nor the protection. A version counts only what differs.
 */
export const upsertProducts = (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  facts: ReadonlyArray<ProductFacts>
) =>
  sql`
    insert into product as held (instance_id, offer, name, is_trial, is_addon, single_active,
      microsoft_name, code, family, segment, description, charge_type, minimum_quantity,
      maximum_quantity, plans, prerequisites, trial_offer, trial_enabled, annual_enabled, published,
      sell_amount, sell_currency, purchase_amount, purchase_currency, protection_months, status,
      changes, discontinued_at)
    select ${instanceId}::uuid, r.offer, r.name, false, r.is_addon,
      coalesce((select single_active from product_type type
        where type.instance_id = ${instanceId}::uuid and type.family = r.family), false),
      r.microsoft_name, r.code, r.family, r.segment, r.description, r.charge_type,
      r.minimum_quantity, r.maximum_quantity, r.plans, r.prerequisites, r.trial_offer,
      r.trial_enabled, r.annual_enabled, r.published, r.sell_amount, r.sell_currency,
      r.purchase_amount, r.purchase_currency, r.protection_months, r.status, r.changes,
      r.discontinued_at
    from json_to_recordset(${JSON.stringify(facts.map(productColumns))}::json) r
      (offer text, name text, is_addon boolean, microsoft_name text, code text, family text,
      segment text, description text, charge_type text, minimum_quantity integer,
      maximum_quantity integer, plans json, prerequisites text[], trial_offer text,
      trial_enabled boolean, annual_enabled boolean, published boolean, sell_amount numeric,
      sell_currency text, purchase_amount numeric, purchase_currency text,
      protection_months integer, status text, changes json, discontinued_at timestamptz)
    order by r.offer
    on conflict (instance_id, offer) do update
    set name = excluded.name, is_trial = false, is_addon = excluded.is_addon,
      microsoft_name = excluded.microsoft_name, family = excluded.family,
      segment = excluded.segment, description = excluded.description,
      charge_type = excluded.charge_type, minimum_quantity = excluded.minimum_quantity,
      maximum_quantity = excluded.maximum_quantity, plans = excluded.plans,
      prerequisites = excluded.prerequisites, trial_offer = excluded.trial_offer,
      trial_enabled = excluded.trial_enabled, annual_enabled = excluded.annual_enabled,
      status = excluded.status, changes = excluded.changes,
      discontinued_at = excluded.discontinued_at, version = held.version + 1
    where (held.name, held.is_trial, held.is_addon, held.microsoft_name, held.family, held.segment,
      held.description, held.charge_type, held.minimum_quantity, held.maximum_quantity,
      held.plans::jsonb, held.prerequisites, held.trial_offer, held.trial_enabled,
      held.annual_enabled, held.status, held.changes::jsonb, held.discontinued_at)
      is distinct from (excluded.name, false, excluded.is_addon, excluded.microsoft_name,
      excluded.family, excluded.segment, excluded.description, excluded.charge_type,
      excluded.minimum_quantity, excluded.maximum_quantity, excluded.plans::jsonb,
      excluded.prerequisites, excluded.trial_offer, excluded.trial_enabled,
      excluded.annual_enabled, excluded.status, excluded.changes::jsonb, excluded.discontinued_at)`.execute(
    db
  )

const productColumns = (facts: ProductFacts) => ({
  offer: facts.offer,
  name: facts.name,
  is_addon: facts.isAddon,
  microsoft_name: facts.microsoftName,
  code: facts.code,
  family: facts.family,
  segment: facts.segment,
  description: facts.description,
  charge_type: facts.chargeType,
  minimum_quantity: facts.minimumQuantity,
  maximum_quantity: facts.maximumQuantity,
  plans: facts.plans,
  prerequisites: facts.prerequisites,
  trial_offer: facts.trialOffer,
  trial_enabled: facts.trialEnabled,
  annual_enabled: facts.annualEnabled,
  published: facts.published,
  sell_amount: BigDecimal.format(facts.sellPrice.amount),
  sell_currency: facts.sellPrice.currency,
  purchase_amount: BigDecimal.format(facts.purchasePrice.amount),
  purchase_currency: facts.purchasePrice.currency,
  protection_months: facts.protectionMonths,
  status: facts.status,
  changes: facts.changes,
  discontinued_at: isoOf(facts.discontinuedAt)
})

const isoOf = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString()

const availabilityColumns = (facts: ReadonlyArray<ProductFacts>): string =>
  JSON.stringify(
    facts.flatMap(({ availabilities, offer }) =>
      availabilities.map((one) => ({
        offer,
        country: one.country,
        segment: one.segment,
        is_purchasable: one.isPurchasable,
        minimum_quantity: one.minimumQuantity,
        maximum_quantity: one.maximumQuantity,
        plans: one.plans,
        catalog_item_id: one.catalogItemId,
        read_at: isoOf(one.readAt)
      }))
    )
  )

/** The availabilities of the products are these and no others. */
export const replaceAvailabilities = async (
  db: Kysely<Tables>,
  instanceId: InstanceId,
  facts: ReadonlyArray<ProductFacts>
) => {
  const rows = availabilityColumns(facts)
  await sql`
    delete from product_availability held
    where instance_id = ${instanceId}::uuid and offer = any(${facts.map(({ offer }) => offer)}::text[])
      and (offer, country, segment) not in (
        select offer, country, segment from json_to_recordset(${rows}::json) r
          (offer text, country text, segment text))`.execute(db)
  await sql`
    insert into product_availability as held (instance_id, offer, country, segment, is_purchasable,
      minimum_quantity, maximum_quantity, plans, catalog_item_id, read_at)
    select ${instanceId}::uuid, r.*
    from json_to_recordset(${rows}::json) r
      (offer text, country text, segment text, is_purchasable boolean, minimum_quantity integer,
      maximum_quantity integer, plans json, catalog_item_id text, read_at timestamptz)
    order by offer, country, segment
    on conflict (instance_id, offer, country, segment) do update
    set is_purchasable = excluded.is_purchasable, minimum_quantity = excluded.minimum_quantity,
      maximum_quantity = excluded.maximum_quantity, plans = excluded.plans,
      catalog_item_id = excluded.catalog_item_id, read_at = excluded.read_at
    where (held.is_purchasable, held.minimum_quantity, held.maximum_quantity, held.plans::jsonb,
      held.catalog_item_id, held.read_at) is distinct from (excluded.is_purchasable,
      excluded.minimum_quantity, excluded.maximum_quantity, excluded.plans::jsonb,
      excluded.catalog_item_id, excluded.read_at)`.execute(db)
}

/** What a run found, as its report keeps it. */
export const insertChanges = (
  db: Kysely<Tables>,
  runId: string,
  changes: ReadonlyArray<ProductChange>
) =>
  sql`
    insert into catalogue_change (run_id, offer, name, kind, fields)
    select ${runId}::uuid, r.* from json_to_recordset(${JSON.stringify(changes)}::json) r
      (offer text, name text, kind text, fields json)`.execute(db)
