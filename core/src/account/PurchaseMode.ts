import { Schema } from "effect"
import type { AccountKind } from "./Account.ts"

/**
 * For whom something is bought (domain.md §9): the buyer itself, one of its own units, or a customer of the reseller.
 * It holds for every product, Microsoft's or not.
 */
export const PurchaseMode = Schema.Literals(["PersonalUsage", "AffiliateAccount", "EndCustomer"])
export type PurchaseMode = typeof PurchaseMode.Type

/**
 * `user`: the account that will use what is bought. `buyer`: the account that orders: the user itself in personal
 * usage, else the reseller or customer above it.
 */
export type Party = "user" | "buyer"

/** Everything that follows from the mode. */
export interface PurchaseTerms {
  /** Who gets the invoice, and whose credit limit counts (domain.md §9, §10). */
  readonly billed: Party
  /** In whose Microsoft tenant it is provisioned. */
  readonly tenant: Party
  /** How many tenants the buyer has in this mode. */
  readonly tenants: "exactly one" | "one or more" | "unlimited"
  /** Whether the ordering reseller is partner of record, where the instance is indirect, and gets the rebate. */
  readonly partnerOfRecord: "none" | "reseller"
  /** Who confirms the customer agreement: in end-customer mode the reseller confirms for its customer (domain.md §8h). */
  readonly agreementSigner: Party
  /** Whose address counts; the other's is used where there is none (domain.md §7). */
  readonly address: { readonly first: Party; readonly otherwise: Party }
}

/** The one table of purchase modes. */
export const purchaseTerms: Record<PurchaseMode, PurchaseTerms> = {
  PersonalUsage: {
    billed: "buyer",
    tenant: "user",
    tenants: "exactly one",
    partnerOfRecord: "none",
    agreementSigner: "user",
    address: { first: "user", otherwise: "user" }
  },
  AffiliateAccount: {
    billed: "buyer",
    tenant: "user",
    tenants: "one or more",
    partnerOfRecord: "none",
    agreementSigner: "buyer",
    address: { first: "user", otherwise: "buyer" }
  },
  EndCustomer: {
    billed: "buyer",
    tenant: "user",
    tenants: "unlimited",
    partnerOfRecord: "reseller",
    agreementSigner: "buyer",
    address: { first: "user", otherwise: "buyer" }
  }
}

/** The mode in which things are bought for an account, from its kind and the kind of the account above it. */
export const purchaseModeOf = (kind: AccountKind, above: AccountKind | null): PurchaseMode => {
  if (kind === "affiliate") return "AffiliateAccount"
  return kind === "customer" && above === "reseller" ? "EndCustomer" : "PersonalUsage"
}

/** What a party is, for a purchase of `user` that `buyer` makes. */
export const partyOf = <A>(party: Party, parties: { readonly user: A; readonly buyer: A }): A =>
  parties[party]
