import { Schema } from "effect"
import { InstanceId, TenantId } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"
import { MicrosoftId, Terms } from "./Subscription.ts"

/** Seats that can still be given back, and until when (Microsoft: refundableQuantity.details). */
export class RefundableSeats extends Schema.Opaque<RefundableSeats>()(
  Schema.Struct({ quantity: Schema.Int, until: Instant })
) {}

/** What Partner Center said last about one subscription. It is stored as this document, in the mirror. */
export class Observed extends Schema.Opaque<Observed>()(
  Schema.Struct({
    instanceId: InstanceId,
    tenantId: TenantId,
    microsoftId: MicrosoftId,
    terms: Terms,
    /** Microsoft's name of the offer. */
    name: Schema.String,
    orderId: Schema.NullOr(Schema.String),
    /** Start of the current term. */
    effectiveStart: Schema.NullOr(Instant),
    createdAt: Schema.NullOr(Instant),
    /** Microsoft: cancellationAllowedUntilDate. */
    cancellableUntil: Schema.NullOr(Instant),
    refundable: Schema.Array(RefundableSeats),
    etag: Schema.NullOr(Schema.String)
  }).annotate({ identifier: "Observed" })
) {}
