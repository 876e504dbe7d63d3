import type { Field } from "../subscription/Subscription.ts"
import type { FindingKind, Severity } from "./Finding.ts"

/**
 * `difference`: the two sides do not say the same. `risk`: both may say the same and it still costs money
 * or breaks a rule.
 */
export type Category = "difference" | "risk"

/** What is fixed about a kind of finding; the severity may be worsened by the direction of a difference. */
export interface KindFacts {
  readonly title: string
  readonly category: Category
  readonly field: Field | null
  readonly severity: Severity
}

const facts = (
  title: string,
  category: Category,
  field: Field | null,
  severity: Severity
): KindFacts => ({ title, category, field, severity })

/** Every kind of finding with its title for people, in the order in which reports list them. */
export const kindFacts: Readonly<Record<FindingKind, KindFacts>> = {
  "only-in-partner-center": facts("Only in Partner Center", "difference", null, "critical"),
  "not-found": facts("Not found in Partner Center", "difference", null, "critical"),
  "wrong-tenant": facts("Belongs to another tenant", "difference", null, "critical"),
  "wrong-instance": facts(
    "Belongs to another Partner Center instance",
    "difference",
    null,
    "critical"
  ),
  "duplicate-mapping": facts("Two BSS rows, one Microsoft ID", "difference", null, "critical"),
  "duplicate-subscription": facts(
    "Second subscription of one offer in a tenant",
    "risk",
    null,
    "critical"
  ),
  "order-not-arrived": facts(
    "Order accepted, no subscription arrived",
    "difference",
    null,
    "critical"
  ),
  status: facts("Status differs", "difference", "status", "critical"),
  "suspended-still-billed": facts(
    "Suspended but still billed by Microsoft",
    "risk",
    "status",
    "critical"
  ),
  expired: facts("Expired in Partner Center", "difference", "status", "critical"),
  "trial-became-paid": facts("Trial became paid", "difference", "isTrial", "critical"),
  quantity: facts("Quantity differs", "difference", "quantity", "warning"),
  offer: facts("Offer or SKU differs", "difference", "offer", "warning"),
  "billing-cycle": facts("Billing cycle differs", "difference", "billingCycle", "warning"),
  term: facts("Term differs", "difference", "term", "warning"),
  "auto-renew": facts("Auto-renew differs", "difference", "autoRenew", "warning"),
  "paid-extension": facts(
    "The end of the term would start a paid extension",
    "risk",
    "autoRenew",
    "critical"
  ),
  "commitment-end": facts(
    "Commitment end or renewal date differs",
    "difference",
    "commitmentEnd",
    "warning"
  ),
  "scheduled-change-missing": facts(
    "Scheduled change missing in Partner Center",
    "difference",
    "scheduledChange",
    "warning"
  ),
  "scheduled-change-different": facts(
    "Scheduled change differs",
    "difference",
    "scheduledChange",
    "warning"
  ),
  "scheduled-change-wiped": facts(
    "Scheduled change wiped in Partner Center",
    "difference",
    "scheduledChange",
    "critical"
  ),
  "scheduled-change-unexpected": facts(
    "Scheduled change only in Partner Center",
    "difference",
    "scheduledChange",
    "warning"
  ),
  "partner-of-record-empty": facts(
    "Partner of record empty",
    "difference",
    "partnerOfRecord",
    "warning"
  ),
  "partner-of-record-different": facts(
    "Partner of record differs",
    "difference",
    "partnerOfRecord",
    "warning"
  ),
  "partner-of-record-not-allowed": facts(
    "Partner of record not allowed for a direct CSP",
    "risk",
    "partnerOfRecord",
    "warning"
  ),
  parent: facts("Add-on belongs to another base subscription", "difference", "parent", "warning"),
  price: facts("Price differs from the price list", "risk", null, "warning"),
  "friendly-name": facts("Friendly name differs", "difference", "friendlyName", "info")
}
