import type { Readable } from "node:stream"

/** What the simulated Partner Center answers, before it is put on the wire. */
export interface Answer {
  readonly status: number
  /** Text of the status line, where Microsoft's differs from the usual. */
  readonly reason?: string
  /** null for none. */
  readonly body: Buffer | null
  /** Makes the body while it is sent, for what is too large to be held; `body` is then null. */
  readonly stream?: () => Readable
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Every recorded JSON body of Partner Center begins with a UTF-8 byte order mark; Content-Length counts it. */
const byteOrderMark = "\uFEFF"

export const jsonBytes = (value: unknown): Buffer =>
  Buffer.from(byteOrderMark + JSON.stringify(value))

/** `undefined` fields are left out, as Partner Center leaves out nulls. */
export const json = (value: unknown, status = 200): Answer => ({ status, body: jsonBytes(value) })

/** The standard error ("Partner Center REST error codes"). The code is a number on the wire. */
export const standardError = (
  status: number,
  code: number,
  description: string,
  data: ReadonlyArray<string> = []
): Answer => json({ code, description, data, source: "PartnerFD" }, status)

/** The error of the newer services, for instance agreements. */
export const newerError = (
  status: number,
  code: number,
  errorName: string,
  description: string
): Answer =>
  json(
    {
      code,
      message: description,
      description,
      errorName,
      isRetryable: status >= 500,
      parameters: {},
      errorMessageExtended: `InternalErrorCode=${code}`
    },
    status
  )

/** The third shape: the gateway's, without a code ("API throttling guidance"). */
export const tooManyRequests = (seconds: number): Answer => ({
  ...json(
    {
      statusCode: 429,
      message: `Rate limit is exceeded. Try again in ${seconds} seconds.`
    },
    429
  ),
  headers: { "Retry-After": String(seconds) }
})

/** A missing second factor, in either of the ways that Microsoft refuses it ("Mandating multi-factor authentication"). */
export const mfaMissing = (style: "classic" | "code"): Answer =>
  style === "classic"
    ? {
        status: 401,
        reason: "Unauthorized - MFA required",
        body: null,
        headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' }
      }
    : newerError(
        401,
        900421,
        "MfaClaimMissing",
        "The access token does not carry the multi-factor authentication claim."
      )

export const notFound = (): Answer => ({ status: 404, body: null })

/** Leaves a handler with this answer. Caught in one place, where the handler was called. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}
