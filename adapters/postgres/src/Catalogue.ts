import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { supportsAnnual } from "@concordat/core/catalogue/CatalogueProduct"
import type { Product } from "@concordat/core/catalogue/Product"
import { familyOf } from "@concordat/core/catalogue/ProductType"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { BigDecimal, Effect, Layer } from "effect"
import { sql } from "kysely"
import { lockCatalogue } from "./catalogueRows.ts"
import { statements } from "./Statements.ts"

/** The catalogues of products in Postgres. */
export const catalogueLayer = Layer.effect(
  Catalogue,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const put = Effect.fn("Catalogue.put")(function* (
      instanceId: InstanceId,
      products: ReadonlyArray<Product>
    ) {
      const offers = new Map(products.map((product) => [product.offer, product]))
      if (offers.size === 0) return
      const rows = [...offers.values()].map(
        ({ offer, name, isTrial, isAddon, singleActive, prices }) => {
          const plans = prices.map(({ term, billingCycle }) => ({ term, billingCycle }))
          return {
            offer,
            name,
            is_trial: isTrial,
            is_addon: isAddon,
            single_active: singleActive,
            family: familyOf(offer),
            plans,
            annual_enabled: supportsAnnual(plans),
            currency: prices[0]?.price.currency ?? "USD"
          }
        }
      )
      const prices = [...offers.values()].flatMap(({ offer, prices }) =>
        prices.map(({ term, billingCycle, price }, ordinal) => ({
          offer,
          ordinal,
          term,
          billing_cycle: billingCycle,
          amount: BigDecimal.format(price.amount),
          currency: price.currency
        }))
      )
      yield* atomically(
        Effect.gen(function* () {
          yield* run("Catalogue.lock", (db) => lockCatalogue(db, instanceId))
          // What is put in by hand is for sale. Where it is there already, what runs and operators say of it stays.
          yield* run("Catalogue.putProducts", (db) =>
            sql`
              insert into product as held
                (instance_id, offer, name, is_trial, is_addon, single_active, code, family, plans,
                annual_enabled, published, sell_currency, purchase_currency)
              select ${instanceId}::uuid, offer, name, is_trial, is_addon, single_active, offer, family,
                plans, annual_enabled, not is_trial, currency, currency
              from json_to_recordset(${JSON.stringify(rows)}::json) r
                (offer text, name text, is_trial boolean, is_addon boolean, single_active boolean,
                family text, plans json, annual_enabled boolean, currency text)
              order by offer
              on conflict (instance_id, offer) do update
              set name = excluded.name, is_trial = excluded.is_trial, is_addon = excluded.is_addon,
                single_active = excluded.single_active
              where (held.name, held.is_trial, held.is_addon, held.single_active) is distinct from
                (excluded.name, excluded.is_trial, excluded.is_addon, excluded.single_active)`.execute(
              db
            )
          )
          yield* run("Catalogue.removePrices", (db) =>
            sql`
              delete from product_price held
              where instance_id = ${instanceId} and offer = any(${[...offers.keys()]}::text[])
                and not exists (
                  select from json_to_recordset(${JSON.stringify(prices)}::json) r
                    (offer text, ordinal integer)
                  where r.offer = held.offer and r.ordinal = held.ordinal)`.execute(db)
          )
          yield* run("Catalogue.putPrices", (db) =>
            sql`
              insert into product_price as held
                (instance_id, offer, ordinal, term, billing_cycle, amount, currency)
              select ${instanceId}::uuid, r.*
              from json_to_recordset(${JSON.stringify(prices)}::json) r
                (offer text, ordinal integer, term text, billing_cycle text, amount numeric, currency text)
              order by offer, ordinal
              on conflict (instance_id, offer, ordinal) do update
              set term = excluded.term, billing_cycle = excluded.billing_cycle,
                amount = excluded.amount, currency = excluded.currency
              where (held.term, held.billing_cycle, held.amount, held.currency) is distinct from
                (excluded.term, excluded.billing_cycle, excluded.amount, excluded.currency)`.execute(
              db
            )
          )
        })
      )
    })

    return Catalogue.of({ put })
  })
)
