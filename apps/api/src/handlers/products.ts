import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { InvalidRequest } from "@concordat/contracts/Problem"
import { ProductView } from "@concordat/contracts/products"
import type { Buyable } from "@concordat/core/price/Assortment"
import { Assortments } from "@concordat/core/price/Assortments"
import { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { accountNotFound } from "./accounts.ts"

/** What the caller may buy, at its price. */
export const productsLayer = HttpApiBuilder.group(
  Api,
  "products",
  Effect.fnUntraced(function* (handlers) {
    const assortments = yield* Assortments
    return handlers.handleAll({
      list: Effect.fnUntraced(
        function* ({ query }) {
          const caller = yield* Caller
          const buyer = query.account ?? caller.branch
          if (buyer === null) return yield* noBuyer
          const at = Instant.make(yield* Clock.currentTimeMillis)
          const { instance, family, q, term, billingCycle } = query
          const page = yield* pageOf(`products ${buyer}`, query, (page) =>
            assortments.page(
              buyer,
              caller.branch,
              at,
              { instance, family, q, term, billingCycle },
              page
            )
          )
          return HttpServerResponse.text(
            `{"items":[${page.items.map(textOf).join(",")}],"next":${JSON.stringify(page.next)}}`,
            { contentType: "application/json" }
          )
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      )
    })
  })
)

const noBuyer = Effect.fail(
  new InvalidRequest({
    detail: "Operators buy nothing themselves: say who does.",
    errors: [
      {
        path: ["query", "account"],
        message: "the id of an account is needed; GET /v1/accounts?q= finds it"
      }
    ]
  })
)

const encode = Schema.encodeSync(Schema.fromJsonString(ProductView))
const texts = new WeakMap<Buyable, string>()

/** Every page of a storefront shows the same products until a price changes: each is put into text once. */
const textOf = (product: Buyable): string => {
  const known = texts.get(product)
  if (known !== undefined) return known
  const text = encode(product)
  texts.set(product, text)
  return text
}
