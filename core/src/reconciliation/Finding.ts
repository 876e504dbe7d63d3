import { Schema } from "effect"
import { Money } from "../money/Money.ts"
import { Field, ScheduledChange } from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"

/** The names of findings, stable for the API, the stored reports and the operators' habits. */
export const FindingKind = Schema.Literals([
  "not-found",
  "only-in-partner-center",
  "quantity",
  "status",
  "suspended-still-billed",
  "expired",
  "offer",
  "billing-cycle",
  "term",
  "auto-renew",
  "paid-extension",
  "commitment-end",
  "scheduled-change-missing",
  "scheduled-change-different",
  "scheduled-change-wiped",
  "scheduled-change-unexpected",
  "partner-of-record-empty",
  "partner-of-record-different",
  "partner-of-record-not-allowed",
  "duplicate-mapping",
  "duplicate-subscription",
  "wrong-tenant",
  "wrong-instance",
  "parent",
  "trial-became-paid",
  "order-not-arrived",
  "friendly-name",
  "price"
])
export type FindingKind = typeof FindingKind.Type

/**
 * `critical`: money is being lost now, or a deadline makes it final. `warning`: money may be lost, or the
 * customer was promised something else. `info`: the books should say the same.
 */
export const Severity = Schema.Literals(["critical", "warning", "info"])
export type Severity = typeof Severity.Type

/** Which side left the last agreed state. `unknown`: no agreed state is recorded, or none of them moved. */
export const MovedBy = Schema.Literals(["bss", "partner-center", "both", "unknown"])
export type MovedBy = typeof MovedBy.Type

/** A value as reports show it: instants as ISO 8601. */
export const FindingValue = Schema.Union([
  Schema.String,
  Schema.Number,
  Schema.Boolean,
  Schema.Null,
  ScheduledChange
])
export type FindingValue = typeof FindingValue.Type

/** What an operator could do about a finding. They are offered, never executed, by a comparison. */
export const ActionName = Schema.Literals([
  "take-partner-center-value",
  "push-bss-value",
  "change-microsoft-id",
  "import-subscription",
  "cancel-in-partner-center",
  "cancel-in-bss",
  "resume-in-partner-center",
  "turn-on-auto-renew",
  "move-to-account",
  "retry-order",
  "accept-price-list"
])
export type ActionName = typeof ActionName.Type

/** Why Partner Center, or a rule of the BSS, would refuse; `closedAt` is the instant a window closed. */
export class Refusal extends Schema.Opaque<Refusal>()(
  Schema.Struct({
    code: Schema.Literals([
      "window-closed",
      "subscription-ended",
      "subscription-suspended",
      "not-in-partner-center",
      "only-at-renewal",
      "microsoft-decides",
      "trial",
      "not-known",
      "direct-partner"
    ]),
    text: Schema.String,
    closedAt: Schema.NullOr(Instant)
  })
) {}

/**
 * A corrective action: allowed when `refusal` is null, and then until `closesAt`, the instant at which a window closes
 * or a renewal decides; null where no such instant is known.
 */
export class CorrectiveAction extends Schema.Opaque<CorrectiveAction>()(
  Schema.Struct({
    name: ActionName,
    refusal: Schema.NullOr(Refusal),
    closesAt: Schema.NullOr(Instant)
  })
) {}

/** One thing that is not as it should be about one subscription. */
export class Finding extends Schema.Opaque<Finding>()(
  Schema.Struct({
    kind: FindingKind,
    field: Schema.NullOr(Field),
    baseline: FindingValue,
    bss: FindingValue,
    partnerCenter: FindingValue,
    movedBy: MovedBy,
    severity: Severity,
    /** What it is worth a month, where a price is known. */
    atRisk: Schema.NullOr(Money),
    actions: Schema.Array(CorrectiveAction)
  }).annotate({ identifier: "Finding" })
) {}
