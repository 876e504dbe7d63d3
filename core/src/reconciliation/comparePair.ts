import type { CspStatus } from "../instance/Instance.ts"
import { equals, format } from "../money/Money.ts"
import type { Observed } from "../subscription/Observed.ts"
import {
  type AgreedTerms,
  type Field,
  isLive,
  isNewCommerce,
  type ScheduledChange,
  type Subscription,
  type Terms
} from "../subscription/Subscription.ts"
import { actionsFor } from "./actions.ts"
import { atRisk } from "./atRisk.ts"
import type { Baseline } from "./Baseline.ts"
import type { Customer, Knowledge, Rules } from "./Customer.ts"
import type { Finding, FindingKind, FindingValue, MovedBy, Severity } from "./Finding.ts"
import { same, sameChange, sameCommitmentEnd, shown } from "./fields.ts"
import { kindFacts } from "./kinds.ts"
import { knowsPrices, listedHere, type PriceKnowledge } from "./listedPrice.ts"

/** One row in the making: what each side has, and what has been found so far. */
export interface Pair {
  readonly customer: Customer
  readonly knowledge: Knowledge
  readonly subscription: Subscription | null
  readonly observed: Observed | null
  readonly findings: Array<Finding>
}

/** Says of a pair that nothing is to be said of it. It may only say so where `comparePair` finds nothing. */
export const agreesPlainly = (
  ours: AgreedTerms,
  theirs: Terms,
  cspStatus: CspStatus,
  rules: Rules
): boolean =>
  theirs.status === "active" &&
  ours.status === "active" &&
  ours.quantity === theirs.quantity &&
  ours.offer === theirs.offer &&
  (ours.billingCycle === theirs.billingCycle || ours.billingCycle === undefined) &&
  (ours.term === theirs.term || ours.term === undefined) &&
  (theirs.autoRenew
    ? ours.autoRenew !== false
    : ours.autoRenew !== true && theirs.term === "P1M") &&
  (ours.commitmentEnd === theirs.commitmentEnd || ours.commitmentEnd === undefined) &&
  (ours.scheduledChange === undefined ||
    (ours.scheduledChange === null
      ? theirs.scheduledChange === null
      : theirs.scheduledChange !== null &&
        sameChange(ours.scheduledChange, theirs.scheduledChange))) &&
  (cspStatus === "direct"
    ? theirs.partnerOfRecord === null &&
      (ours.partnerOfRecord === null || ours.partnerOfRecord === undefined)
    : ours.partnerOfRecord === theirs.partnerOfRecord || ours.partnerOfRecord === undefined) &&
  (ours.parent === theirs.parent || ours.parent === undefined) &&
  (ours.isTrial === theirs.isTrial || ours.isTrial === undefined) &&
  (!rules.compareFriendlyName ||
    ours.friendlyName === theirs.friendlyName ||
    ours.friendlyName === undefined)

/** Field by field. Written out, not looped: this runs a million times in a large book. */
export const comparePair = (pair: Pair): void => {
  const { knowledge, subscription, observed } = pair
  if (subscription === null || observed === null) return
  const ours = subscription.terms
  const theirs = observed.terms

  if (!isLive(ours.status)) {
    if (isLive(theirs.status)) report(pair, stillBilled(pair) ? "suspended-still-billed" : "status")
    return
  }
  if (!isLive(theirs.status)) {
    report(pair, theirs.status === "expired" ? "expired" : "status")
    return
  }
  if (stillBilled(pair)) report(pair, "suspended-still-billed")
  else if (ours.status !== theirs.status) report(pair, "status")

  if (ours.quantity !== theirs.quantity) report(pair, "quantity")

  // The conversion of a trial changes offer, term, cycle, renewal and dates: one fact, one finding.
  if (ours.isTrial === true && !theirs.isTrial) report(pair, "trial-became-paid")
  else {
    if (ours.offer !== theirs.offer || (ours.isTrial === false && theirs.isTrial))
      report(pair, "offer")
    if (ours.billingCycle !== undefined && ours.billingCycle !== theirs.billingCycle)
      report(pair, "billing-cycle")
    if (ours.term !== undefined && ours.term !== theirs.term) report(pair, "term")
    // Where only the term differs, the finding about the term comes first: settling it shows the rest.
    const onlyTermMoved =
      ours.autoRenew === false && ours.term !== undefined && ours.term !== theirs.term
    if (!theirs.autoRenew && !onlyTermMoved && startsPaidExtension(observed, knowledge.rules))
      report(pair, "paid-extension")
    else if (ours.autoRenew !== undefined && ours.autoRenew !== theirs.autoRenew)
      report(pair, "auto-renew")
    if (
      ours.commitmentEnd !== undefined &&
      ours.commitmentEnd !== theirs.commitmentEnd &&
      (ours.commitmentEnd === null ||
        theirs.commitmentEnd === null ||
        !sameCommitmentEnd(ours.commitmentEnd, theirs.commitmentEnd))
    )
      report(pair, "commitment-end")
  }

  if (ours.scheduledChange !== undefined) compareScheduledChange(pair, ours.scheduledChange)
  comparePartnerOfRecord(pair)
  if (ours.parent !== undefined && ours.parent !== theirs.parent) report(pair, "parent")
  if (
    knowledge.rules.compareFriendlyName &&
    ours.friendlyName !== undefined &&
    ours.friendlyName !== theirs.friendlyName
  )
    report(pair, "friendly-name")
  if (knowsPrices(knowledge) && pricesDiffer(subscription, knowledge)) report(pair, "price")
}

/** Microsoft goes on billing a suspended new-commerce subscription (domain.md §3c); we do not invoice one. */
const stillBilled = ({ subscription, observed }: Pair): boolean =>
  observed?.terms.status === "suspended" &&
  isNewCommerce(observed.terms.offer) &&
  subscription !== null &&
  (subscription.terms.status === "suspended" || !isLive(subscription.terms.status))

/**
 * Since 4 May 2026 a commitment that neither renews nor was cancelled rolls into a paid Extended Service
 * Term. A change that is scheduled for the term's end replaces it.
 */
const startsPaidExtension = ({ terms, effectiveStart }: Observed, rules: Rules): boolean =>
  terms.status === "active" &&
  !terms.isTrial &&
  (terms.term === "P1Y" || terms.term === "P3Y") &&
  terms.scheduledChange === null &&
  isNewCommerce(terms.offer) &&
  terms.commitmentEnd !== null &&
  terms.commitmentEnd >= rules.paidExtension.endingFrom &&
  (effectiveStart === null || effectiveStart >= rules.paidExtension.startedFrom)

const compareScheduledChange = (pair: Pair, ours: ScheduledChange | null): void => {
  const theirs = pair.observed?.terms.scheduledChange ?? null
  if (ours === null && theirs === null) return
  if (ours === null) report(pair, "scheduled-change-unexpected")
  else if (theirs === null)
    report(
      pair,
      (agreedBefore(pair)?.terms.scheduledChange ?? null) === null
        ? "scheduled-change-missing"
        : "scheduled-change-wiped"
    )
  else if (!sameChange(ours, theirs)) report(pair, "scheduled-change-different")
}

/** domain.md §6: a direct partner's subscriptions carry none; an indirect provider's carry the reseller's. */
const comparePartnerOfRecord = (pair: Pair): void => {
  const ours = pair.subscription?.terms.partnerOfRecord
  const theirs = pair.observed?.terms.partnerOfRecord ?? null
  if (pair.customer.cspStatus === "direct") {
    if (theirs !== null || (ours !== undefined && ours !== null))
      report(pair, "partner-of-record-not-allowed")
    return
  }
  if (ours === undefined || ours === theirs) return
  report(pair, theirs === null ? "partner-of-record-empty" : "partner-of-record-different")
}

/** Only prices of one currency can be compared; what is not in the list has no price to differ from. */
export const pricesDiffer = (subscription: Subscription, known: PriceKnowledge): boolean => {
  const { unitPrice } = subscription
  if (unitPrice === null) return false
  const list = listedHere(subscription, known)
  return list !== undefined && list.currency === unitPrice.currency && !equals(list, unitPrice)
}

const agreedBefore = ({ customer, subscription }: Pair): Baseline | undefined => {
  if (subscription === null) return undefined
  const baseline = customer.baselines.get(subscription.id)
  return baseline?.microsoftId === subscription.microsoftId ? baseline : undefined
}

/** Adds a finding to the row, with what it is about, who moved, what it costs and what can be done. */
export const report = (pair: Pair, kind: FindingKind): void => {
  const { field } = kindFacts[kind]
  const baseline = agreedBefore(pair)
  pair.findings.push({
    kind,
    field,
    baseline:
      field === null ? (baseline?.microsoftId ?? null) : shown(field, baseline?.terms[field]),
    ...valuesOf(pair, kind, field),
    movedBy: field === null ? moverOfWhole(pair, kind) : moverOf(pair, baseline, field),
    severity: severityOf(pair, kind),
    atRisk: atRisk(kind, pair.subscription, pair.observed, pair.knowledge),
    actions: actionsFor(kind, pair.subscription, pair.observed, pair.knowledge)
  })
}

const valuesOf = (
  { subscription, observed, customer, knowledge }: Pair,
  kind: FindingKind,
  field: Field | null
): { readonly bss: FindingValue; readonly partnerCenter: FindingValue } => {
  if (field !== null)
    return {
      bss: shown(field, subscription?.terms[field]),
      partnerCenter: shown(field, observed?.terms[field])
    }
  if (kind === "wrong-tenant")
    return { bss: customer.tenantId, partnerCenter: observed?.tenantId ?? null }
  if (kind === "wrong-instance")
    return { bss: customer.instanceId, partnerCenter: observed?.instanceId ?? null }
  if (kind === "price" && subscription !== null) {
    const list = listedHere(subscription, knowledge)
    return {
      bss: subscription.unitPrice === null ? null : format(subscription.unitPrice),
      // The price list is ours, yet it is what Partner Center's side of the sale is measured against.
      partnerCenter: list === undefined ? null : format(list)
    }
  }
  return { bss: subscription?.microsoftId ?? null, partnerCenter: observed?.microsoftId ?? null }
}

/** A side has moved when it no longer holds what both last agreed on. */
const moverOf = (
  { subscription, observed }: Pair,
  baseline: Baseline | undefined,
  field: Field
): MovedBy => {
  const before = baseline?.terms[field]
  if (before === undefined || subscription === null || observed === null) return "unknown"
  const ours = !same(field, subscription.terms[field], before)
  const theirs = !same(field, observed.terms[field], before)
  return ours ? (theirs ? "both" : "bss") : theirs ? "partner-center" : "unknown"
}

/** Who moved, where the finding is about the subscription as a whole. */
const moverOfWhole = (pair: Pair, kind: FindingKind): MovedBy => {
  const { customer, subscription, observed } = pair
  if (kind === "price" || kind === "order-not-arrived") return "unknown"
  if (subscription === null)
    return observed === null ? "unknown" : moverOfUnclaimed(customer, observed)
  const before = customer.baselines.get(subscription.id)
  if (before === undefined) return "unknown"
  if (before.microsoftId !== subscription.microsoftId) return "bss"
  return kind === "duplicate-mapping" ? "unknown" : "partner-center"
}

/** It was created after this tenant first agreed, or a BSS row was once mapped to it. */
const moverOfUnclaimed = (customer: Customer, observed: Observed): MovedBy => {
  let firstAgreed = Number.POSITIVE_INFINITY
  for (const baseline of customer.baselines.values()) {
    if (baseline.microsoftId === observed.microsoftId) return "bss"
    firstAgreed = Math.min(firstAgreed, baseline.agreedAt)
  }
  return observed.createdAt !== null && observed.createdAt > firstAgreed
    ? "partner-center"
    : "unknown"
}

/** More seats there than here, or life there after an end here, is money that nobody invoices. */
const severityOf = ({ subscription, observed }: Pair, kind: FindingKind): Severity => {
  const { severity } = kindFacts[kind]
  if (subscription === null || observed === null) return severity
  if (kind === "quantity")
    return observed.terms.quantity > subscription.terms.quantity ? "critical" : "warning"
  if (kind === "status" && isLive(subscription.terms.status) && isLive(observed.terms.status))
    return subscription.terms.status === "suspended" ? "critical" : "warning"
  return severity
}
