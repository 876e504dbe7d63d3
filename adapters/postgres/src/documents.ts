import type { AccountId } from "@concordat/core/account/Account"
import type { Price, Product } from "@concordat/core/catalogue/Product"
import type { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import type { Money } from "@concordat/core/money/Money"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  type AgreedTerms,
  Field,
  type MicrosoftId,
  type Subscription,
  type SubscriptionId,
  type Terms
} from "@concordat/core/subscription/Subscription"
import { BigDecimal } from "effect"
import type {
  FindingDocument,
  MoneyDocument,
  ObservedDocument,
  SubscriptionDocument,
  TermsDocument
} from "./Tables.ts"

/** What the core holds and JSON cannot, in the form in which documents hold it. */
export const moneyDocument = (money: Money | null): MoneyDocument | null =>
  money === null ? null : { amount: BigDecimal.format(money.amount), currency: money.currency }

export const moneyOf = (document: MoneyDocument): Money => ({
  amount: BigDecimal.fromStringUnsafe(document.amount),
  currency: document.currency
})

/** Terms without their parent, which follows from the book. What is not kept is absent. */
export const termsDocument = ({
  parent: _,
  ...terms
}: Subscription["terms"] | (TermsDocument & { readonly parent?: undefined })): TermsDocument =>
  terms

/** Fields in one order, whatever the order they came in: equal lists have equal texts. */
export const observedText = (observed: Observed): string => {
  const { terms, scheduledChange } = { ...observed, ...observed.terms }
  const ordered: Observed = {
    instanceId: observed.instanceId,
    tenantId: observed.tenantId,
    microsoftId: observed.microsoftId,
    terms: {
      offer: terms.offer,
      quantity: terms.quantity,
      status: terms.status,
      billingCycle: terms.billingCycle,
      term: terms.term,
      autoRenew: terms.autoRenew,
      commitmentEnd: terms.commitmentEnd,
      scheduledChange:
        scheduledChange === null
          ? null
          : {
              offer: scheduledChange.offer,
              quantity: scheduledChange.quantity,
              billingCycle: scheduledChange.billingCycle,
              term: scheduledChange.term
            },
      partnerOfRecord: terms.partnerOfRecord,
      parent: terms.parent,
      isTrial: terms.isTrial,
      friendlyName: terms.friendlyName
    } satisfies Terms,
    name: observed.name,
    orderId: observed.orderId,
    effectiveStart: observed.effectiveStart,
    createdAt: observed.createdAt,
    cancellableUntil: observed.cancellableUntil,
    refundable: observed.refundable.map(({ quantity, until }) => ({ quantity, until })),
    etag: observed.etag
  }
  return JSON.stringify(ordered)
}

export const subscriptionDocument = ({
  reference,
  name,
  isAddon,
  terms,
  unitPrice,
  acceptedAt
}: Subscription): SubscriptionDocument => ({
  reference,
  name,
  isAddon,
  terms,
  unitPrice: moneyDocument(unitPrice),
  acceptedAt
})

/** What the columns of a report's row say. */
export interface RowPlace {
  readonly instanceId: InstanceId
  readonly tenantId: TenantId
  readonly accountId: AccountId | null
  readonly subscriptionId: SubscriptionId | null
  readonly microsoftId: MicrosoftId | null
}

export const subscriptionOf = (
  { instanceId, tenantId, accountId, subscriptionId, microsoftId }: RowPlace,
  document: SubscriptionDocument
): Subscription => {
  if (accountId === null || subscriptionId === null)
    throw new Error("a report's row has a subscription without its id")
  return {
    ...document,
    id: subscriptionId,
    instanceId,
    accountId,
    tenantId,
    microsoftId,
    unitPrice: document.unitPrice === null ? null : moneyOf(document.unitPrice)
  }
}

const sameTerms = (ours: AgreedTerms, theirs: Terms): boolean =>
  Field.literals.every((field) =>
    field === "scheduledChange"
      ? JSON.stringify(ours.scheduledChange) === JSON.stringify(theirs.scheduledChange)
      : ours[field] === theirs[field]
  )

/** `tenantId` is the row's; elsewhere, in another tenant or instance, the document says where. */
export const observedDocument = (
  tenantId: TenantId,
  subscription: Subscription | null,
  { microsoftId: _, instanceId, terms, ...observed }: Observed
): ObservedDocument => {
  const { tenantId: theirTenant, ...rest } = observed
  return {
    ...rest,
    ...(theirTenant === tenantId ? {} : { tenantId: theirTenant }),
    ...(subscription === null || subscription.instanceId === instanceId ? {} : { instanceId }),
    ...(subscription !== null && sameTerms(subscription.terms, terms) ? {} : { terms })
  }
}

export const observedOf = (
  { instanceId, tenantId, microsoftId }: RowPlace,
  subscription: Subscription | null,
  document: ObservedDocument
): Observed => {
  const terms = document.terms ?? subscription?.terms
  if (microsoftId === null || !isTerms(terms))
    throw new Error("a report's row has no terms of Partner Center")
  return { instanceId, tenantId, ...document, microsoftId, terms }
}

/** Partner Center's terms are whole; the BSS's are left out of a row only where they are the same. */
const isTerms = (terms: AgreedTerms | Terms | undefined): terms is Terms =>
  terms !== undefined && Field.literals.every((field) => terms[field] !== undefined)

export const findingDocument = ({
  kind: _,
  movedBy: __,
  ...finding
}: Finding): FindingDocument => ({
  ...finding,
  atRisk: moneyDocument(finding.atRisk)
})

export const findingOf = (
  kind: Finding["kind"],
  movedBy: Finding["movedBy"],
  document: FindingDocument
): Finding => ({
  ...document,
  kind,
  movedBy,
  atRisk: document.atRisk === null ? null : moneyOf(document.atRisk),
  actions: document.actions.map(({ closesAt = null, ...action }) => ({ ...action, closesAt }))
})

/** A product as the database puts its prices together. */
export type ProductDocument = Omit<Product, "prices"> & {
  readonly prices: ReadonlyArray<Omit<Price, "price"> & { readonly price: MoneyDocument }>
}

export const productOf = (document: ProductDocument): Product => ({
  ...document,
  prices: document.prices.map((price) => ({ ...price, price: moneyOf(price.price) }))
})
