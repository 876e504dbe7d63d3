import { randomUUID } from "node:crypto"
import type { Account } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { Book } from "@concordat/core/book/Book"
import { Catalogue } from "@concordat/core/catalogue/Catalogue"
import { Currency, money } from "@concordat/core/money/Money"
import type { PriceEntry, PriceRule } from "@concordat/core/price/PriceEntry"
import { type PriceList, PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { BigDecimal, Effect, Layer } from "effect"
import { assortmentsLayer } from "../src/Assortments.ts"
import { priceGroupsLayer } from "../src/PriceGroups.ts"
import { priceListsLayer } from "../src/PriceLists.ts"
import {
  addInstance,
  clear,
  emptied,
  instanceId,
  line,
  now,
  repositories,
  reseller
} from "./World.ts"

/** The repositories with those of prices. */
export const priceRepositories = Layer.mergeAll(
  assortmentsLayer,
  priceGroupsLayer,
  priceListsLayer
).pipe(Layer.provideMerge(repositories))

export const cause = { actor: "key:prices", correlationId: "c-1" }
export const eur = Currency.make("EUR")

/** Product `n` of an instance: `Product n`, billed by the month and by the year. */
export const offerOf = (n: number) => OfferId.make(`CFQ7TTC0PR${String(n).padStart(2, "0")}:0001`)
export const product = (n: number) => ({
  offer: offerOf(n),
  name: `Product ${n}`,
  isTrial: false,
  isAddon: false,
  singleActive: false,
  prices: [
    { term: "P1Y" as const, billingCycle: "monthly" as const, price: money("10", eur) },
    { term: "P1Y" as const, billingCycle: "annual" as const, price: money("120", eur) }
  ]
})

/** Two instances with five products each; two resellers with a customer each, and a direct customer. */
export const priceWorld = Effect.gen(function* () {
  yield* clear
  // Sheets refer to nothing.
  yield* emptied("price_sheet_row", "price_sheet")
  for (const n of [1, 2]) {
    yield* addInstance(n)
    yield* Catalogue.use((catalogue) => catalogue.put(instanceId(n), [1, 2, 3, 4, 5].map(product)))
  }
  yield* Book.use((book) =>
    book.apply(
      instanceId(1),
      [line(1, 1, { reseller: reseller(1) }), line(2, 2, { reseller: reseller(2) }), line(3, 3)],
      { dryRun: false, actor: "test", correlationId: "" }
    )
  )
})

export const accountOf = (code: string) =>
  Accounts.use((accounts) => accounts.search(code, null, { cursor: undefined, limit: 50 })).pipe(
    Effect.map(({ items }): Account["id"] => {
      const found = items.find((account) => account.code === code)
      if (found === undefined) throw new Error(`there is no account ${code}`)
      return found.id
    })
  )

export const priceList = (name: string, given: Partial<PriceList> = {}): PriceList => ({
  id: PriceListId.make(randomUUID()),
  instanceId: instanceId(1),
  name,
  description: "",
  currency: eur,
  market: null,
  validFrom: Instant.make(now - 1_000),
  validTo: null,
  active: true,
  version: 1,
  ...given
})

export const rule = (kind: PriceRule["kind"], value: string): PriceRule => ({
  kind,
  value: BigDecimal.fromStringUnsafe(value)
})
/** A fixed price of product `n` for every plan. */
export const fixed = (n: number, value: string, given: Partial<PriceEntry> = {}): PriceEntry => ({
  subject: { kind: "product", offer: offerOf(n) },
  term: null,
  billingCycle: null,
  rule: rule("fixed", value),
  ...given
})

/** A list with entries, assigned to accounts by their codes. */
export const listed = Effect.fnUntraced(function* (
  list: PriceList,
  entries: ReadonlyArray<PriceEntry>,
  codes: ReadonlyArray<string> = []
) {
  const lists = yield* PriceLists
  yield* lists.add(list, cause)
  yield* lists.replaceEntries(list.id, 1, entries, cause)
  for (const code of codes) yield* lists.assign(list.id, yield* accountOf(code), cause)
  return yield* lists.get(list.id)
})
