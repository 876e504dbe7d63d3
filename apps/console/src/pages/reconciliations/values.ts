import type { Finding } from "./runs.ts"

export type FindingValue = Finding["bss"]

const isInstant = /^\d{4}-\d\d-\d\dT/u
/** Commitments as people say them. */
export const termNames = { P1M: "1 month", P1Y: "1 year", P3Y: "3 years" } as const
const terms: Readonly<Record<string, string>> = termNames

/** A value of one side as people say it. */
export const valueText = (value: FindingValue): string => {
  if (value === null) return "–"
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (typeof value === "number") return new Intl.NumberFormat().format(value)
  if (typeof value === "object")
    return `${value.offer} × ${value.quantity}, ${value.billingCycle}, ${termText(value.term)}`
  if (isInstant.test(value))
    return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(Date.parse(value))
  return terms[value] ?? value
}

export const termText = (term: string | null): string =>
  term === null ? "no commitment" : (terms[term] ?? term)

/** The fields of a subscription, in the order in which people compare them. */
export const fieldNames = {
  offer: "Offer",
  quantity: "Seats",
  status: "Status",
  billingCycle: "Billing cycle",
  term: "Commitment",
  autoRenew: "Renews by itself",
  commitmentEnd: "End of the commitment",
  scheduledChange: "At the next renewal",
  partnerOfRecord: "Partner of record",
  parent: "Base subscription",
  isTrial: "Trial",
  friendlyName: "Name given by the customer"
} as const

/** A field as people call it, also one that only the history knows. */
export const fieldLabel = (field: string): string =>
  Object.entries({ ...fieldNames, ...pastNames }).find(([name]) => name === field)?.[1] ?? field

const pastNames = {
  account: "Account",
  tenant: "Tenant",
  microsoftId: "Microsoft id",
  name: "Name",
  unitPrice: "Agreed price",
  acceptedAt: "Order accepted",
  orderId: "Order",
  effectiveStart: "Start of the term",
  createdAt: "Made",
  cancellableUntil: "Can be cancelled until",
  refundable: "Seats that can be given back"
} as const

export const actionNames: Record<Finding["actions"][number]["name"], string> = {
  "take-partner-center-value": "Take Partner Center's value into the BSS",
  "push-bss-value": "Push the BSS's value to Partner Center",
  "change-microsoft-id": "Map the subscription to another Microsoft id",
  "import-subscription": "Import the subscription into the BSS",
  "cancel-in-partner-center": "Cancel it in Partner Center",
  "cancel-in-bss": "Cancel it in the BSS",
  "resume-in-partner-center": "Resume it in Partner Center",
  "turn-on-auto-renew": "Let it renew by itself",
  "move-to-account": "Move it to another account",
  "retry-order": "Send the order again",
  "accept-price-list": "Take the price of the price list"
}
