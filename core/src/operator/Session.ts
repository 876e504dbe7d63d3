import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { hourMs, Instant, minuteMs, secondMs } from "../time/Instant.ts"
import { OperatorId } from "./Operator.ts"

export const SessionId = Guid.pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** An operator who is signed in, in one browser. The token that the browser sends is not in it. */
export class Session extends Schema.Opaque<Session>()(
  Schema.Struct({
    id: SessionId,
    operatorId: OperatorId,
    startedAt: Instant,
    /** The last use, to the minute. */
    seenAt: Instant,
    /** Where it began; null where that is not known. */
    address: Schema.NullOr(Schema.String),
    /** The browser, as it calls itself. */
    userAgent: Schema.NullOr(Schema.String)
  })
) {}

/** OWASP, "Session Management Cheat Sheet": both ends, whatever the browser does. */
export const idleMsMax = 30 * minuteMs
export const sessionMsMax = 12 * hourMs

/** How long one token is sent until the session goes on under another. */
export const tokenMsMax = 15 * minuteMs
/** Requests that were under way with the former token may still arrive for so long. */
export const tokenOverlapMs = 30 * secondMs

/** Every request would write a row otherwise. */
export const seenPrecisionMs = minuteMs

/** When it ends if nothing is asked any more, and when it ends in any case. */
export const endsOf = ({
  startedAt,
  seenAt
}: Session): { readonly idleEndsAt: Instant; readonly endsAt: Instant } => {
  const endsAt = Instant.make(startedAt + sessionMsMax)
  return { idleEndsAt: Instant.make(Math.min(seenAt + idleMsMax, endsAt)), endsAt }
}

/** Over: too long unused, or too old. At the very moment of its end it is. */
export const isOver = (session: Session, now: Instant): boolean => now >= endsOf(session).idleEndsAt
