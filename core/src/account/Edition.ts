import { Schema } from "effect"

/** What a reseller has bought of the distributor (domain.md §9), from the least to the most. */
export const Edition = Schema.Literals(["basic", "standard", "professional"])
export type Edition = typeof Edition.Type

/** Names from before; taken on input, never shown. */
export const editionAliases = { lite: "basic", tenant: "professional" } as const satisfies Readonly<
  Record<string, Edition>
>

/** The edition of a reseller that nobody has given one. */
export const editionDefault: Edition = "basic"

/** What an edition lets its reseller do. */
export const Capability = Schema.Literals([
  "distributor-storefront",
  "own-storefront",
  "own-look-and-feel",
  "own-prices",
  "marketplace-api",
  "manage-subscriptions",
  "order-automation",
  "catalogue-updates",
  "own-bss",
  "distributor-updates",
  "back-ordering"
])
export type Capability = typeof Capability.Type

/** What each edition adds to the one before it (domain.md §9). */
const added: Record<Edition, ReadonlyArray<Capability>> = {
  basic: ["distributor-storefront"],
  standard: [
    "own-storefront",
    "own-look-and-feel",
    "own-prices",
    "marketplace-api",
    "manage-subscriptions",
    "order-automation",
    "catalogue-updates"
  ],
  professional: ["own-bss", "distributor-updates", "back-ordering"]
}

/** Everything that an edition gives. */
export const capabilitiesOf = (edition: Edition): ReadonlyArray<Capability> =>
  Edition.literals
    .slice(0, Edition.literals.indexOf(edition) + 1)
    .flatMap((included) => added[included])

export interface EditionStep {
  readonly gained: ReadonlyArray<Capability>
  /** Switched off. What was made with them is kept, and is there again after a step back. */
  readonly lost: ReadonlyArray<Capability>
}

/** What a reseller gains and loses by another edition. */
export const stepEdition = (from: Edition, to: Edition): EditionStep => {
  const [before, after] = [capabilitiesOf(from), capabilitiesOf(to)]
  return {
    gained: after.filter((capability) => !before.includes(capability)),
    lost: before.filter((capability) => !after.includes(capability))
  }
}
