import { type MergeField, mergeFields } from "./mergeFields.ts"
import type { MailKind, Occasion } from "./Template.ts"

const fieldNames: ReadonlyArray<MergeField> = Object.keys(mergeFields).filter(
  (name): name is MergeField => name in mergeFields
)

type RecordName = MergeField extends `${infer Name}.${string}` ? Name : never

/** The organisation's own fields are known on every occasion. */
const occasion = (name: string, ...records: ReadonlyArray<RecordName>): Occasion => {
  const known: ReadonlyArray<string> = ["Organisation", ...records]
  return {
    name,
    fields: fieldNames.filter((field) => known.includes(field.split(".", 1)[0] ?? ""))
  }
}

const ofRequest: ReadonlyArray<RecordName> = ["Accounts", "Subscriptions", "Requests"]

/** Every occasion, with its name in the field (domain.md §7, §9, §10, §12) and the merge fields it fills. */
export const occasions: Readonly<Record<MailKind, Occasion>> = {
  "welcome-customer": occasion("Welcome Office 365 customer", "Accounts", "Tenants", "Instances"),
  "order-without-credit": occasion(
    "Storefront Order Submission with No Available Credit",
    "Accounts",
    "Orders"
  ),
  "reseller-mpn-id-invalid": occasion(
    "Reseller has an invalid MPNID",
    "Accounts",
    "Subscriptions",
    "Instances"
  ),
  "cancellation-requested": occasion("Subscription Cancellation Request", ...ofRequest),
  "cancellation-completed": occasion("Subscription Cancellation Request Completed", ...ofRequest),
  "cancellation-withdrawn": occasion("Subscription Cancellation Request Cancelled", ...ofRequest),
  "addon-cancellation-requested": occasion("Addon Cancellation Request", ...ofRequest),
  "addon-cancellation-completed": occasion("Addon Cancellation Request Completed", ...ofRequest),
  "addon-cancellation-withdrawn": occasion("Addon Cancellation Request Cancelled", ...ofRequest),
  "downgrade-requested": occasion("Downgrade Request", ...ofRequest),
  "downgrade-completed": occasion("Downgrade Request Completed", ...ofRequest),
  "downgrade-withdrawn": occasion("Downgrade Request Cancelled", ...ofRequest),
  "provisioning-failed": occasion(
    "Provisioning failed",
    "Accounts",
    "Tenants",
    "Subscriptions",
    "Instances"
  ),
  "authorization-requested": occasion(
    "Authorization of an existing tenant",
    "Accounts",
    "Tenants",
    "Instances"
  ),
  "consent-expiring": occasion("Consent is about to expire", "Instances", "Notifications"),
  "consent-ended": occasion("Consent has ended", "Instances", "Notifications"),
  "consent-failing": occasion("Consent cannot be used", "Instances", "Notifications"),
  "reconciliation-findings": occasion("Reconciliation findings", "Instances", "Reconciliations")
}
