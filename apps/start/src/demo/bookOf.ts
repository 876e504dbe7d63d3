import type { BookLine } from "@concordat/core/book/BookLine"
import type { Product } from "@concordat/core/catalogue/Product"
import { MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Currency, money } from "@concordat/core/money/Money"
import {
  BillingCycle,
  MicrosoftId,
  OfferId,
  ScheduledChange,
  Status,
  Term,
  type Terms
} from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Schema } from "effect"
import type {
  SimulatedAccount,
  SimulatedCustomer,
  SimulatedProduct,
  SimulatedSubscription
} from "./SimulatorControl.ts"

const decode = {
  tenant: Schema.decodeUnknownSync(TenantId),
  microsoftId: Schema.decodeUnknownSync(MicrosoftId),
  offer: Schema.decodeUnknownSync(OfferId),
  mpn: Schema.decodeUnknownSync(MpnId),
  status: Schema.decodeUnknownSync(Status),
  cycle: Schema.decodeUnknownSync(BillingCycle),
  term: Schema.decodeUnknownSync(Term),
  currency: Schema.decodeUnknownSync(Currency)
}

/**
 * The book that a partner's BSS would hold if it agreed with the simulated Partner Center in everything: an
 * account for each tenant, below its reseller where there is one, and a line for each subscription.
 */
export const bookOf = (
  account: SimulatedAccount,
  customers: ReadonlyArray<SimulatedCustomer>
): ReadonlyArray<BookLine> => {
  const resellers = new Map(account.resellers.map((reseller) => [reseller.mpnId, reseller]))
  let line = 1
  return customers.flatMap((customer) =>
    customer.subscriptions.map((subscription): BookLine => {
      line += 1
      const reseller =
        customer.resellerMpnId === null ? undefined : resellers.get(customer.resellerMpnId)
      return {
        line,
        account: {
          code: codeOf(customer),
          name: customer.companyName
        },
        reseller:
          reseller === undefined
            ? null
            : {
                code: `R-${reseller.mpnId}`,
                name: reseller.name,
                mpnId: decode.mpn(reseller.mpnId)
              },
        tenantId: decode.tenant(customer.tenantId),
        tenantDomain: customer.domain,
        reference: referenceOf(subscription.microsoftId),
        parentReference:
          subscription.parentMicrosoftId === null
            ? null
            : referenceOf(subscription.parentMicrosoftId),
        microsoftId: decode.microsoftId(subscription.microsoftId),
        name: subscription.name,
        terms: termsOf(subscription),
        unitPrice: money(
          subscription.unitPrice.amount,
          decode.currency(subscription.unitPrice.currency)
        ),
        acceptedAt: Instant.make(Date.parse(subscription.orderedAt))
      }
    })
  )
}

const codeOf = (customer: SimulatedCustomer): string => `C-${customer.domain.split(".")[0]}`
const referenceOf = (microsoftId: string): string =>
  `S-${microsoftId.replaceAll("-", "").slice(0, 16)}`

/** What the simulator holds, in the core's words. */
export const termsOf = (s: SimulatedSubscription): Omit<Terms, "parent"> => ({
  offer: decode.offer(s.offer),
  quantity: s.quantity,
  status: decode.status(s.status),
  billingCycle: decode.cycle(s.billingCycle),
  term: s.term === null ? null : decode.term(s.term),
  autoRenew: s.autoRenew,
  commitmentEnd: s.commitmentEnd === null ? null : Instant.make(Date.parse(s.commitmentEnd)),
  scheduledChange:
    s.scheduledChange === null
      ? null
      : Schema.decodeUnknownSync(ScheduledChange)({ offer: s.offer, ...s.scheduledChange }),
  partnerOfRecord: s.partnerOfRecord === null ? null : decode.mpn(s.partnerOfRecord),
  isTrial: s.isTrial,
  friendlyName: s.friendlyName
})

/** The price list of an instance: the simulator's prices in its currency. */
export const productsOf = (
  account: SimulatedAccount,
  items: ReadonlyArray<SimulatedProduct>
): ReadonlyArray<Product> =>
  items.map(
    (item): Product => ({
      offer: decode.offer(item.offer),
      name: item.name,
      isTrial: item.isTrial,
      isAddon: item.isAddon,
      singleActive: item.singleActive,
      prices: item.prices
        .filter(({ unitPrice }) => unitPrice.currency === account.currency)
        .map(({ term, billingCycle, unitPrice }) => ({
          term: term === null ? null : decode.term(term),
          billingCycle: decode.cycle(billingCycle),
          price: money(unitPrice.amount, decode.currency(unitPrice.currency))
        }))
    })
  )
