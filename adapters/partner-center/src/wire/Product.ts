import { Schema } from "effect"
import { collectionOf, maybe } from "./values.ts"

/** Product ("Product resources"). */
export const WireProduct = Schema.Struct({
  id: Schema.String,
  title: maybe(Schema.String),
  productType: maybe(
    Schema.Struct({
      id: maybe(Schema.String),
      subType: maybe(Schema.Struct({ id: maybe(Schema.String) }))
    })
  )
})
export type WireProduct = typeof WireProduct.Type

export const WireProducts = collectionOf(WireProduct)
