import { Schema } from "effect"

/**
 * The families that a product type groups (domain.md §5, §2c): each instance has a product type of its own for each.
 * `license` is legacy commerce (Microsoft Cloud Services), `nce` new commerce.
 */
export const Family = Schema.Literals([
  "license",
  "dynamics",
  "azure",
  "azure-plan",
  "azure-reserved-instance",
  "software-subscription",
  "perpetual",
  "nce"
])
export type Family = typeof Family.Type

/** What a product needs of its buyer (domain.md §5): `commercial` needs nothing. */
export const Segment = Schema.Literals(["commercial", "education", "nonprofit", "government"])
export type Segment = typeof Segment.Type
