import { Schema } from "effect"
import { Instant } from "../time/Instant.ts"
import type { DeliveryReport, ReportedRecipient } from "./DeliveryReport.ts"

/** A recipient whom a mail did not reach: for good (`failed`), or not yet (`delayed`), which is still being tried. */
export class Bounce extends Schema.Opaque<Bounce>()(
  Schema.Struct({
    recipient: Schema.String,
    action: Schema.Literals(["failed", "delayed"]),
    /** The enhanced status code, such as 5.1.1 for an address that does not exist (RFC 3463). */
    status: Schema.String,
    /** What the recipient's mail system said; empty when it said nothing. */
    reason: Schema.String,
    /** When it was handed in. */
    at: Instant
  }).annotate({ identifier: "Bounce" })
) {}

/** A bounce before it is noted. */
export type NewBounce = Omit<Bounce, "at">

const recipientLengthMax = 320
const reasonLengthMax = 500

/**
 * Whom the report says that the mail did not reach, each once; what was delivered or handed on is no bounce. What was
 * done counts and not the code: a mail given up after days of delays has failed, with a code of delays (RFC 3464
 * §2.3.3). The code decides only where the report does not say what was done.
 */
export const bouncesOf = ({ recipients }: DeliveryReport): ReadonlyArray<NewBounce> => {
  const bounces = recipients.flatMap((reported): ReadonlyArray<NewBounce> => {
    const action = actionOf(reported)
    return action === undefined
      ? []
      : [
          {
            recipient: oneLine(reported.recipient, recipientLengthMax),
            action,
            status: codeOf(reported) ?? `${classOf[action]}.0.0`,
            reason: oneLine(reported.diagnostic ?? "", reasonLengthMax)
          }
        ]
  })
  // What is final outweighs what is not.
  const finalLast = bounces.toSorted((a, b) => rank[a.action] - rank[b.action])
  return [...new Map(finalLast.map((bounce) => [bounce.recipient.toLowerCase(), bounce])).values()]
}

const rank = { delayed: 0, failed: 1 }
const classOf = { delayed: 4, failed: 5 }

const actionOf = (reported: ReportedRecipient): Bounce["action"] | undefined => {
  const said = reported.action?.toLowerCase()
  if (said === "failed" || said === "delayed") return said
  if (said === "delivered" || said === "relayed" || said === "expanded") return undefined
  const code = codeOf(reported)
  if (code === undefined || code.startsWith("2.")) return undefined
  return code.startsWith("5.") ? "failed" : "delayed"
}

/** The code at the beginning; some mail systems write a comment after it. */
const codeOf = ({ status }: ReportedRecipient): string | undefined =>
  /^\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)/u.exec(status ?? "")?.[1]

const oneLine = (text: string, lengthMax: number): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, lengthMax)
    .toWellFormed()
