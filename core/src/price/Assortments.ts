import { Context, type Effect, type Result } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { AccountNotFound } from "../account/Accounts.ts"
import type { Family } from "../catalogue/Family.ts"
import type { Plan } from "../catalogue/VendorCatalogue.ts"
import type { InstanceId, InstanceName } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { BillingCycle, OfferId, Term } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import type { Buyable, SellableProduct, Shelf, Unavailable } from "./Assortment.ts"
import type { Quote } from "./mayBuy.ts"
import type { PriceListId } from "./PriceList.ts"
import type { PriceListNotFound } from "./PriceLists.ts"
import type { ResolvedPrice, Unpriced } from "./resolvePrice.ts"

/** Which of its products a buyer wants to see; without anything, all. */
export interface AssortmentFilter {
  readonly instance?: InstanceName | undefined
  readonly family?: Family | undefined
  /** Part of a name or offer, whatever the case. */
  readonly q?: string | undefined
  readonly term?: Term | undefined
  readonly billingCycle?: BillingCycle | undefined
}

/** A product of a list's instance as an operator previews it: each plan with its price, or why it has none. */
export interface Previewed {
  readonly product: SellableProduct
  readonly plans: ReadonlyArray<{
    readonly plan: Plan
    readonly resolved: Result.Result<ResolvedPrice, Unpriced>
    /** null where a buyer sees the plan; else the first reason why not. */
    readonly hidden: Unavailable | null
  }>
}

/** A plan of a product that an account holds already. */
export interface HeldPlan {
  readonly accountId: AccountId
  readonly instanceId: InstanceId
  readonly offer: OfferId
  readonly plan: Plan
}

/** What accounts may buy, at their prices. `branch` is the root of what the caller may see; null sees everything. */
export class Assortments extends Context.Service<
  Assortments,
  {
    /** Exactly what the account may buy at `at`; by lower-case name, then offer, then instance. */
    readonly page: (
      accountId: AccountId,
      branch: AccountId | null,
      at: Instant,
      filter: AssortmentFilter,
      page: PageRequest
    ) => Effect.Effect<Page<Buyable>, AccountNotFound>
    /** The lists that the account buys by at `at`, each with this product only; without it where there is none. */
    readonly shelves: (
      accountId: AccountId,
      branch: AccountId | null,
      at: Instant,
      product: { readonly instanceId: InstanceId; readonly offer: OfferId }
    ) => Effect.Effect<ReadonlyArray<Shelf>, AccountNotFound>
    /**
     * What accounts pay at `at` for what they hold already, each in its place: by the lists that count for them, also
     * where the product is not sold to anybody new. In one statement, however many are asked for.
     */
    readonly prices: (
      held: ReadonlyArray<HeldPlan>,
      at: Instant
    ) => Effect.Effect<ReadonlyArray<Result.Result<Quote, Unavailable>>>
    /**
     * Every product of the list's instance. With an account, as that account: what it sees is what it would see
     * under /v1/products, so that a list that is not its own is hidden from it as a whole.
     */
    readonly preview: (
      id: PriceListId,
      accountId: AccountId | undefined,
      at: Instant,
      q: string | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<Previewed>, PriceListNotFound | AccountNotFound>
  }
>()("core/price/Assortments") {}
