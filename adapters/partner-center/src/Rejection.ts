import {
  Busy,
  NoRelationship,
  NotFound,
  Refused,
  SignInRejected,
  type VendorError
} from "@concordat/core/vendor/VendorError"
import { Option, Schema } from "effect"
import { hide } from "./hide.ts"
import { jsonIn } from "./json.ts"
import { WireRejection } from "./wire/Rejection.ts"

/** What Partner Center says when it does not do what it was asked. */
export interface Rejection {
  readonly status: number
  readonly code: string | null
  readonly text: string
  readonly retryAfterMs: number | null
}

/** A status, its body and the two places where the gateway hides what it means. */
export interface RejectedAnswer {
  readonly status: number
  readonly reasonPhrase: string
  readonly retryAfter: string | undefined
  readonly body: Uint8Array
}

const textMax = 500
const codeMax = 100

const decode = Schema.decodeUnknownOption(WireRejection)

/** Reads a refusal; an empty body, or one that is no JSON, leaves the reason phrase. The secret is what was sent along. */
export const rejectionFrom = (answer: RejectedAnswer, secret: string, nowMs: number): Rejection => {
  const body = Option.flatMap(jsonIn(answer.body), decode).pipe(Option.getOrUndefined)
  const code = body?.code ?? null
  const text = body?.description || body?.message || body?.errorName || answer.reasonPhrase
  return {
    status: answer.status,
    code: code === null ? null : hide(String(code), secret).slice(0, codeMax),
    text: hide(text || "no explanation", secret).slice(0, textMax),
    retryAfterMs:
      retryAfterFrom(answer.retryAfter, nowMs) ??
      (answer.status === 429 ? secondsIn(body?.message ?? "") : null)
  }
}

/** `Retry-After`: seconds, or a date ("API throttling guidance"; RFC 9110). */
const retryAfterFrom = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined) return null
  if (/^\d{1,9}(\.\d+)?$/u.test(header.trim())) return Math.ceil(Number(header) * 1_000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}

const secondsIn = (text: string): number | null => {
  const match = /try again in (\d{1,9}) seconds/iu.exec(text)
  return match === null ? null : Number(match[1]) * 1_000
}

/** Multi-factor sign-in is missing: as a reason phrase with an empty body, or as a code since 2026. */
export const lacksMfa = (rejection: Rejection): boolean =>
  rejection.code === "900421" || /\bMFA required\b/iu.test(rejection.text)

const mfaWayOut =
  "The token carries no multi-factor sign-in: sign in again with a second factor, or use app-only access where the operation allows it."

/** Refusals that an operator can end, by code ("Partner API REST error codes"). */
const wayOutOf: Record<string, string> = {
  "900421": mfaWayOut,
  "900420":
    "The token was made for another service: set the instance's resource to the Partner Center API of its cloud.",
  "800001":
    "Partner Center got no partner token: register the application in Partner Center under account settings, app management.",
  "900308":
    "The role is missing: give the application or user the Admin agent role, and the Entra role in the customer's GDAP relationship.",
  "900309": "A conditional-access policy blocks the sign-in: except the application from it.",
  "900329": "This operation is not possible with app-only access: sign in with a user.",
  "900150": "The role lacks this right: use an account with the Admin agent role.",
  "900316": "Licences need a token of a user with delegated rights in the customer's tenant.",
  "900416": "Microsoft has locked the partner account: ask Partner Center support.",
  "1002":
    "Partner Center's API is open to direct-bill partners and indirect providers only; indirect resellers ask their provider."
}

const signInWayOut =
  "Check in Partner Center, account settings, app management, that the application is registered, and that its key and tenant are those of the instance."
const roleWayOut =
  "Check that the application is registered in Partner Center and has the Admin agent role for this account."

/** The remedy, which is what callers decide by. */
export const reasonOf = (rejection: Rejection): VendorError["reason"] => {
  const { status, code } = rejection
  if (lacksMfa(rejection)) return new SignInRejected({ wayOut: mfaWayOut })
  if (status === 401) return new SignInRejected({ wayOut: wayOutOf[code ?? ""] ?? signInWayOut })
  if (status === 403 && code === "20002") return new NoRelationship({})
  if (status === 400 || status === 403) {
    const wayOut = wayOutOf[code ?? ""]
    if (wayOut !== undefined) return new SignInRejected({ wayOut })
    // The gateway refuses a token without a body; refusals of the service itself have a code.
    if (status === 403 && code === null) return new SignInRejected({ wayOut: roleWayOut })
    return new Refused({})
  }
  if (status === 404) return new NotFound({})
  if (isPassing(status)) return new Busy({ retryAfterMs: rejection.retryAfterMs })
  return new Refused({})
}

export const isNotFound = ({ reason }: VendorError): boolean => reason._tag === "NotFound"

/** Statuses that say nothing about the request itself. 501 is final: Partner Center cannot do it. */
export const isPassing = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501)
