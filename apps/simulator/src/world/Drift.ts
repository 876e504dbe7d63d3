import * as Schema from "effect/Schema"

/** Ways in which Partner Center and a CSP's books come apart. */
export const driftKinds = [
  "not-found",
  "only-in-partner-center",
  "duplicate-subscription",
  "quantity",
  "status",
  "expired",
  "offer",
  "billing-cycle",
  "term",
  "auto-renew",
  "paid-extension",
  "commitment-end",
  "scheduled-change-wiped",
  "scheduled-change-different",
  "scheduled-change-unexpected",
  "partner-of-record-empty",
  "partner-of-record-different",
  "partner-of-record-not-allowed",
  "wrong-tenant",
  "parent",
  "trial-became-paid",
  "friendly-name"
] as const
export const DriftKind = Schema.Literals(driftKinds).annotate({ identifier: "DriftKind" })
export type DriftKind = typeof DriftKind.Type

export const driftsMax = 10_000

export const DriftRequest = Schema.Struct({
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: driftsMax })),
  seed: Schema.Union([Schema.Int, Schema.String.check(Schema.isBetweenLength(1, 100))]).annotate({
    description: "equal seeds on equal books inject equal drifts"
  }),
  kinds: Schema.optionalKey(
    Schema.Array(DriftKind).check(Schema.isBetweenLength(1, driftKinds.length))
  ).annotate({
    description:
      "default: every kind that the account's CSP status allows, except friendly-name, in equal shares"
  })
}).annotate({ identifier: "DriftRequest" })
export type DriftRequest = typeof DriftRequest.Type

/** One line of the answer key: what a comparison with the book from before must find. */
export const DriftAnswer = Schema.Struct({
  kind: DriftKind,
  customerTenantId: Schema.String,
  microsoftId: Schema.String.annotate({ description: "in lower case" }),
  field: Schema.String.annotate({
    description:
      "the field of the book that moved; `microsoftId` when a subscription came or went, `tenantId` when it moved"
  }),
  before: Schema.Unknown.annotate({ description: "null when there was nothing" }),
  after: Schema.Unknown.annotate({ description: "null when there is nothing any more" }),
  movedBy: Schema.Literal("partner-center")
}).annotate({ identifier: "DriftAnswer" })
export type DriftAnswer = typeof DriftAnswer.Type
