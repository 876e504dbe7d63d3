import type { Item } from "../../api/Operations.ts"
import { type ListSearch, listSearch, nameIn, type RawSearch, textIn } from "../../frame/search.ts"
import type { Tone } from "../../show/tone.ts"

export type Mail = Item<"GET /v1/outbox">

export const mailTone: Record<Mail["status"], Tone> = {
  queued: "busy",
  kept: "neutral",
  sent: "good",
  failed: "bad"
}

/** What a mail is about, by the names of the occasions. */
export const kindNames: Record<Mail["kind"], string> = {
  "welcome-customer": "Welcome",
  "order-without-credit": "Order without credit",
  "reseller-mpn-id-invalid": "Invalid MPN id",
  "cancellation-requested": "Cancellation requested",
  "cancellation-completed": "Cancellation completed",
  "cancellation-withdrawn": "Cancellation withdrawn",
  "addon-cancellation-requested": "Add-on cancellation requested",
  "addon-cancellation-completed": "Add-on cancellation completed",
  "addon-cancellation-withdrawn": "Add-on cancellation withdrawn",
  "downgrade-requested": "Downgrade requested",
  "downgrade-completed": "Downgrade completed",
  "downgrade-withdrawn": "Downgrade withdrawn",
  "provisioning-failed": "Provisioning failed",
  "authorization-requested": "Authorization requested",
  "consent-expiring": "Consent expires",
  "consent-ended": "Consent ended",
  "consent-failing": "Consent fails",
  "reconciliation-findings": "Reconciliation findings"
}

export interface OutboxSearch extends ListSearch {
  readonly status?: Mail["status"] | undefined
  readonly account?: string | undefined
  readonly kind?: Mail["kind"] | undefined
}

export const outboxSearch = (raw: RawSearch): OutboxSearch => ({
  ...listSearch(raw),
  status: nameIn(raw, "status", mailTone),
  account: textIn(raw, "account"),
  kind: nameIn(raw, "kind", kindNames)
})
