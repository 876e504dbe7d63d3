import { Schema } from "effect"

/** Try again later: throttled, unavailable, timed out. `retryAfterMs` is Microsoft's wish, where it named one. */
export class Busy extends Schema.TaggedClass<Busy>()("Busy", {
  retryAfterMs: Schema.NullOr(Schema.Int)
}) {}

/** Nobody gets in until an operator has done something: secret, consent, role, multi-factor sign-in. */
export class SignInRejected extends Schema.TaggedClass<SignInRejected>()("SignInRejected", {
  wayOut: Schema.String
}) {}

/**
 * The consent that acts for a user has ended: work of the instance waits until somebody authenticates it again. It
 * is no failed try.
 */
export class Paused extends Schema.TaggedClass<Paused>()("Paused", { wayOut: Schema.String }) {}

/** Partner Center does not know the resource. */
export class NotFound extends Schema.TaggedClass<NotFound>()("NotFound", {}) {}

/** The customer is not, or no longer, a customer of this partner. */
export class NoRelationship extends Schema.TaggedClass<NoRelationship>()("NoRelationship", {}) {}

/** Understood and refused for good; asking again changes nothing. */
export class Refused extends Schema.TaggedClass<Refused>()("Refused", {}) {}

/** An answer that does not have the documented shape; nothing of it is used. */
export class Malformed extends Schema.TaggedClass<Malformed>()("Malformed", {}) {}

const Reason = Schema.Union([
  Busy,
  SignInRejected,
  Paused,
  NotFound,
  NoRelationship,
  Refused,
  Malformed
])
/** What a failure means for whoever asked. */
export type Reason = typeof Reason.Type

/**
 * Partner Center, or its sign-in, did not do what it was asked. The reason says what the caller can do;
 * `status`, `code`, `text` and `correlationId` are what Microsoft's support asks for.
 */
export class VendorError extends Schema.TaggedError<VendorError>()("VendorError", {
  operation: Schema.String,
  reason: Reason,
  status: Schema.NullOr(Schema.Int),
  code: Schema.NullOr(Schema.String),
  text: Schema.String,
  correlationId: Schema.String
}) {
  override get message(): string {
    const code = this.code === null ? "" : ` ${this.code}`
    const status = this.status === null ? "" : ` (HTTP ${this.status})`
    const wayOut = "wayOut" in this.reason ? ` ${this.reason.wayOut}` : ""
    return `${this.operation}: ${this.reason._tag}${code}${status}: ${this.text}${wayOut}`
  }
}
