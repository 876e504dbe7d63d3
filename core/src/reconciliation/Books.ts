import { Context, type Effect, type Stream } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Product } from "../catalogue/Product.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import type { Baseline } from "./Baseline.ts"
import type { Customer, Knowledge, ListedPrices } from "./Customer.ts"
import type { Run } from "./Run.ts"

/** A customer with what has to be looked up about it elsewhere, and the names that a report shows. */
export interface CustomerBook {
  readonly customer: Customer
  readonly listed: ListedPrices
  readonly elsewhere: Knowledge["elsewhere"]
  readonly claimedElsewhere: Knowledge["claimedElsewhere"]
  /** The account's name; Partner Center's name of the customer where no account is linked to the tenant. */
  readonly name: string
  /** The account that is linked to the tenant. */
  readonly accountId: AccountId | null
}

/** All three sides of what a run compares, as one consistent snapshot. */
export class Books extends Context.Service<
  Books,
  {
    readonly products: (run: Run) => Effect.Effect<ReadonlyMap<OfferId, Product>>
    /**
     * The customers of the run's scope that were observed for it, some at a time, in the order of the report.
     * A customer that could not be observed is left out: nothing is said on stale facts. Prices are those of `at`.
     */
    readonly customers: (run: Run, at: Instant) => Stream.Stream<ReadonlyArray<CustomerBook>>
    /** Keeps the baselines that a comparison has moved. Joins the current transaction. */
    readonly agree: (baselines: ReadonlyArray<Baseline>) => Effect.Effect<void>
  }
>()("core/reconciliation/Books") {}
