import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import type { BookLine } from "@concordat/core/book/BookLine"
import type { Product } from "@concordat/core/catalogue/Product"
import type { Instance } from "@concordat/core/instance/Instance"
import { Currency } from "@concordat/core/money/Money"
import type { PriceEntry } from "@concordat/core/price/PriceEntry"
import { type PriceList, PriceListId } from "@concordat/core/price/PriceList"
import { PriceLists } from "@concordat/core/price/PriceLists"
import { Instant } from "@concordat/core/time/Instant"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Clock, Effect } from "effect"

/**
 * One price list for an instance, as the convention has it (domain.md §4): its products at the prices of the demo's
 * book, assigned to its resellers and direct customers, so that their keys see what they can buy.
 */
export const sellAt = Effect.fn("sellAt")(function* (
  instance: Instance,
  currency: string,
  products: ReadonlyArray<Product>,
  book: ReadonlyArray<BookLine>,
  actor: string
) {
  const lists = yield* PriceLists
  const cause = { actor, correlationId: "" }
  const list = yield* listOf(instance, Currency.make(currency), cause)
  const entries = products
    .filter(({ isTrial }) => !isTrial)
    .flatMap(({ offer, prices }) =>
      prices.map(
        ({ term, billingCycle, price }): PriceEntry => ({
          subject: { kind: "product", offer },
          term,
          billingCycle,
          rule: { kind: "fixed", value: price.amount }
        })
      )
    )
  yield* lists.replaceEntries(list.id, list.version, entries, cause)
  const byCode = yield* accountsByCode
  // An end customer buys by its reseller's list.
  for (const code of new Set(book.map(({ account, reseller }) => reseller?.code ?? account.code))) {
    const accountId = byCode.get(code)
    if (accountId !== undefined) yield* lists.assign(list.id, accountId, cause)
  }
})

/** The instance's list, made when it is not there yet. */
const listOf = Effect.fnUntraced(function* (
  instance: Instance,
  currency: Currency,
  cause: { readonly actor: string; readonly correlationId: string }
) {
  const lists = yield* PriceLists
  const name = `${instance.name} ${currency}`
  const { items } = yield* lists.search(
    { q: name, instanceId: instance.id },
    { cursor: undefined, limit: 1 }
  )
  const [held] = items
  if (held !== undefined) return held
  const list: PriceList = {
    id: PriceListId.make(yield* Effect.flatMap(Identifiers, ({ next }) => next)),
    instanceId: instance.id,
    name,
    description: "Resellers and direct customers",
    currency,
    market: null,
    validFrom: Instant.make(yield* Clock.currentTimeMillis),
    validTo: null,
    active: true,
    version: 1
  }
  yield* lists.add(list, cause)
  return list
})

const accountsByCode = Effect.gen(function* () {
  const accounts = yield* Accounts
  const byCode = new Map<string, AccountId>()
  let cursor: string | undefined
  do {
    const page = yield* accounts.search(undefined, null, { cursor, limit: 500 })
    for (const { code, id } of page.items) byCode.set(code, id)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return byCode
})
