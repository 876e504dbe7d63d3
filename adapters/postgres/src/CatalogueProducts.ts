import {
  type CatalogueProduct,
  ProductId,
  supportsAnnual
} from "@concordat/core/catalogue/CatalogueProduct"
import {
  AnnualNotSupported,
  CatalogueProducts,
  ProductCodeTaken,
  type ProductFilter,
  ProductNotFound,
  type ProductPatch,
  ProductTypeNotFound
} from "@concordat/core/catalogue/CatalogueProducts"
import { changedType, type ProductType, ProductTypeId } from "@concordat/core/catalogue/ProductType"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { StaleVersion } from "@concordat/core/instance/Instances"
import { equals } from "@concordat/core/money/Money"
import { BigDecimal, Effect, Layer, Schema } from "effect"
import { type Kysely, sql } from "kysely"
import {
  catalogueProductOf,
  factsOf,
  inPieces,
  lockCatalogue,
  products,
  replaceAvailabilities,
  typeOf,
  upsertProducts
} from "./catalogueRows.ts"
import { keyset } from "./Keyset.ts"
import { likePart, statements } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: Schema.String, id: ProductId }))
const byTypeName = keyset(
  Schema.Struct({ instance: Schema.String, name: Schema.String, id: ProductTypeId })
)

const matching = ({ instanceId, family, status, published, q }: ProductFilter) => {
  const part = likePart(q ?? "")
  return sql<boolean>`product.instance_id = ${instanceId} and not product.is_trial
    and ${family === undefined ? sql`true` : sql`product.family = ${family}`}
    and ${status === undefined ? sql`true` : sql`product.status = ${status}`}
    and ${published === undefined ? sql`true` : sql`product.published = ${published}`}
    and ${
      q === undefined || q === ""
        ? sql`true`
        : sql`(product.name ilike ${part} or product.code ilike ${part} or product.offer ilike ${part})`
    }`
}

const types = (db: Kysely<Tables>) =>
  db
    .selectFrom("product_type")
    .innerJoin("instance", "instance.id", "product_type.instance_id")
    .selectAll("product_type")
    .select(["instance.name as instance", sql<string>`lower(product_type.name)`.as("sort_name")])

/** The product as the patch makes it, of the same version. */
const patched = (product: CatalogueProduct, patch: ProductPatch): CatalogueProduct => ({
  ...product,
  name: patch.name ?? product.name,
  code: patch.code ?? product.code,
  published: patch.published ?? product.published,
  sellPrice: patch.sellPrice ?? product.sellPrice,
  purchasePrice: patch.purchasePrice ?? product.purchasePrice,
  protectionMonths: patch.protectionMonths ?? product.protectionMonths,
  annualEnabled: patch.annualEnabled ?? product.annualEnabled,
  ...(patch.acknowledged === true ? { status: "none", changes: [] } : {})
})

const isSame = (a: CatalogueProduct, b: CatalogueProduct): boolean =>
  a.name === b.name &&
  a.code === b.code &&
  a.published === b.published &&
  equals(a.sellPrice, b.sellPrice) &&
  equals(a.purchasePrice, b.purchasePrice) &&
  a.protectionMonths === b.protectionMonths &&
  a.annualEnabled === b.annualEnabled &&
  a.status === b.status &&
  a.changes.length === b.changes.length

/** The catalogues as operators see them, and product types, in Postgres. */
export const catalogueProductsLayer = Layer.effect(
  CatalogueProducts,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const known = Effect.fn("CatalogueProducts.known")(function* (instanceId: InstanceId) {
      yield* run("CatalogueProducts.lock", (db) => lockCatalogue(db, instanceId))
      yield* run("CatalogueProducts.lockRows", (db) =>
        sql`select from product where instance_id = ${instanceId} order by offer for update`.execute(
          db
        )
      )
      const rows = yield* run("CatalogueProducts.known", (db) =>
        products(db).where("product.instance_id", "=", instanceId).execute()
      )
      return rows.map(factsOf)
    })

    const keep = Effect.fn("CatalogueProducts.keep")(function* (
      ...[instanceId, all]: Parameters<CatalogueProducts["Service"]["keep"]>
    ) {
      yield* atomically(
        Effect.forEach(inPieces(all), (facts) =>
          Effect.andThen(
            run("CatalogueProducts.keep", (db) => upsertProducts(db, instanceId, facts)),
            run("CatalogueProducts.keepAvailabilities", (db) =>
              replaceAvailabilities(db, instanceId, facts)
            )
          )
        )
      )
    })

    const list = Effect.fn("CatalogueProducts.list")(function* (
      ...[filter, page]: Parameters<CatalogueProducts["Service"]["list"]>
    ) {
      const after = yield* byName.after(page)
      const rows = yield* run("CatalogueProducts.list", (db) =>
        products(db)
          .where(matching(filter))
          .$if(after !== undefined, (query) =>
            query.where(
              sql<boolean>`(lower(product.name), product.id) >
                (${after?.name ?? ""}, ${after?.id ?? null}::uuid)`
            )
          )
          .orderBy(sql`lower(product.name)`)
          .orderBy("product.id")
          .limit(page.limit + 1)
          .execute()
      )
      return byName.page(
        rows,
        page,
        ({ sort_name, id }) => ({ name: sort_name, id }),
        catalogueProductOf
      )
    })

    const get = Effect.fn("CatalogueProducts.get")(function* (id: ProductId) {
      const row = yield* run("CatalogueProducts.get", (db) =>
        products(db).where("product.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new ProductNotFound({ id }) : catalogueProductOf(row)
    })

    /** Locked, so that what was decided about it is still so when it is written. */
    const lockRow = (table: "product" | "product_type", id: string) =>
      run("CatalogueProducts.lockOne", (db) =>
        sql`select from ${sql.table(table)} where id = ${id}::uuid for update`.execute(db)
      )

    const refuseCode = Effect.fnUntraced(function* ({
      code,
      id,
      instance,
      instanceId
    }: CatalogueProduct) {
      const { rows } = yield* run("CatalogueProducts.codeTaken", (db) =>
        sql`select from product where instance_id = ${instanceId} and id <> ${id}
          and (lower(code) = lower(${code}) or lower(offer) = lower(${code})) limit 1`.execute(db)
      )
      if (rows.length > 0) return yield* new ProductCodeTaken({ instance, code })
    })

    const update = Effect.fn("CatalogueProducts.update")(function* (
      ...[id, expectedVersion, patch]: Parameters<CatalogueProducts["Service"]["update"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          // Before the row, as catalogue runs do: codes of an instance are given by one at a time.
          const { instanceId } = yield* get(id)
          yield* run("CatalogueProducts.lock", (db) => lockCatalogue(db, instanceId))
          yield* lockRow("product", id)
          const before = yield* get(id)
          if (before.version !== expectedVersion)
            return yield* new StaleVersion({ expected: expectedVersion, actual: before.version })
          const after = patched(before, patch)
          if (after.annualEnabled && !before.annualEnabled && !supportsAnnual(before.plans))
            return yield* new AnnualNotSupported({ offer: before.offer })
          if (after.code !== before.code) yield* refuseCode(after)
          if (isSame(before, after)) return before
          yield* run("CatalogueProducts.update", (db) =>
            db
              .updateTable("product")
              .set({
                name: after.name,
                code: after.code,
                published: after.published,
                sell_amount: BigDecimal.format(after.sellPrice.amount),
                sell_currency: after.sellPrice.currency,
                purchase_amount: BigDecimal.format(after.purchasePrice.amount),
                purchase_currency: after.purchasePrice.currency,
                protection_months: after.protectionMonths,
                annual_enabled: after.annualEnabled,
                status: after.status,
                changes: JSON.stringify(after.changes),
                version: expectedVersion + 1
              })
              .where("id", "=", id)
              .execute()
          )
          return { ...after, version: expectedVersion + 1 }
        })
      )
    })

    const act = Effect.fn("CatalogueProducts.act")(function* (
      ...[filter, action, dryRun]: Parameters<CatalogueProducts["Service"]["act"]>
    ) {
      const differs =
        action === "acknowledge"
          ? sql<boolean>`product.status <> 'none'`
          : sql<boolean>`product.published <> ${action === "publish"}`
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("CatalogueProducts.lock", (db) => lockCatalogue(db, filter.instanceId))
          const { rows } = yield* run("CatalogueProducts.count", (db) =>
            sql<{ matched: number; changed: number }>`
              select count(*)::int as matched, (count(*) filter (where ${differs}))::int as changed
              from product where ${matching(filter)}`.execute(db)
          )
          const [counted = { matched: 0, changed: 0 }] = rows
          if (!dryRun && counted.changed > 0)
            yield* run("CatalogueProducts.act", (db) =>
              sql`
                update product set version = version + 1, ${
                  action === "acknowledge"
                    ? sql`status = 'none', changes = '[]'`
                    : sql`published = ${action === "publish"}`
                }
                where ${matching(filter)} and ${differs}`.execute(db)
            )
          return counted
        })
      )
    })

    const addTypes = Effect.fn("CatalogueProducts.addTypes")(function* (
      given: ReadonlyArray<ProductType>
    ) {
      if (given.length === 0) return
      yield* run("CatalogueProducts.addTypes", (db) =>
        db
          .insertInto("product_type")
          .values(
            given.map((type) => ({
              id: type.id,
              instance_id: type.instanceId,
              family: type.family,
              version: type.version,
              ...typeColumns(type)
            }))
          )
          .onConflict((conflict) => conflict.columns(["instance_id", "family"]).doNothing())
          .execute()
      )
    })

    const listTypes = Effect.fn("CatalogueProducts.types")(function* (
      ...[instanceId, page]: Parameters<CatalogueProducts["Service"]["types"]>
    ) {
      const after = yield* byTypeName.after(page)
      const rows = yield* run("CatalogueProducts.types", (db) =>
        types(db)
          .$if(instanceId !== undefined, (query) =>
            query.where(sql<boolean>`product_type.instance_id = ${instanceId ?? null}::uuid`)
          )
          .$if(after !== undefined, (query) =>
            query.where(
              sql<boolean>`(instance.name, lower(product_type.name), product_type.id) >
                (${after?.instance ?? ""}, ${after?.name ?? ""}, ${after?.id ?? null}::uuid)`
            )
          )
          .orderBy("instance.name")
          .orderBy(sql`lower(product_type.name)`)
          .orderBy("product_type.id")
          .limit(page.limit + 1)
          .execute()
      )
      return byTypeName.page(
        rows,
        page,
        ({ instance, sort_name, id }) => ({ instance, name: sort_name, id }),
        typeOf
      )
    })

    const type = Effect.fn("CatalogueProducts.type")(function* (id: ProductTypeId) {
      const row = yield* run("CatalogueProducts.type", (db) =>
        types(db).where("product_type.id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new ProductTypeNotFound({ id }) : typeOf(row)
    })

    const updateType = Effect.fn("CatalogueProducts.updateType")(function* (
      ...[id, expectedVersion, change]: Parameters<CatalogueProducts["Service"]["updateType"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const { instanceId } = yield* type(id)
          // A run adds products of the type: they get the policies of before or of after.
          yield* run("CatalogueProducts.lock", (db) => lockCatalogue(db, instanceId))
          yield* lockRow("product_type", id)
          const before = yield* type(id)
          if (before.version !== expectedVersion)
            return yield* new StaleVersion({ expected: expectedVersion, actual: before.version })
          const after = changedType(before, change)
          if (JSON.stringify(typeColumns(after)) === JSON.stringify(typeColumns(before)))
            return before
          yield* run("CatalogueProducts.updateType", (db) =>
            db
              .updateTable("product_type")
              .set({ ...typeColumns(after), version: expectedVersion + 1 })
              .where("id", "=", id)
              .execute()
          )
          if (after.singleActive !== before.singleActive)
            yield* run("CatalogueProducts.singleActive", (db) =>
              sql`
                update product set single_active = ${after.singleActive}
                where instance_id = ${instanceId} and family = ${after.family}
                  and single_active <> ${after.singleActive}`.execute(db)
            )
          return { ...after, version: expectedVersion + 1 }
        })
      )
    })

    return CatalogueProducts.of({
      known,
      keep,
      list,
      get,
      update,
      act,
      addTypes,
      types: listTypes,
      type,
      updateType
    })
  })
)

const typeColumns = (type: ProductType) => ({
  name: type.name,
  code: type.code,
  quantity_limit: type.quantityLimit,
  single_active: type.singleActive,
  cancel_subscriptions: type.cancelSubscriptions,
  cancel_addons: type.cancelAddons,
  cancel_limit: type.cancelLimit === null ? null : BigDecimal.format(type.cancelLimit.amount),
  cancel_limit_currency: type.cancelLimit?.currency ?? null,
  refund: type.refund,
  billing_day: type.billingDay
})
