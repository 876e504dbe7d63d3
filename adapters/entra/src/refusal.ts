import { SignInRefused } from "@concordat/core/consent/SignIn"
import { endsConsent, wayOutOfSignIn } from "@concordat/core/consent/signInCodes"

const textMax = 500

/** A text of somebody else without the secrets that we sent them, in case they repeat one. */
const hidden = (text: string, secrets: ReadonlyArray<string>): string =>
  secrets.reduce(
    (shown, secret) =>
      secret === ""
        ? shown
        : shown.replaceAll(secret, "<hidden>").replaceAll(encodeURIComponent(secret), "<hidden>"),
    text
  )

/** What Entra said when it refused, in our words. */
export const refusalOf = (said: {
  readonly error: string
  readonly description: string
  readonly codes: ReadonlyArray<number>
  readonly status: number | null
  readonly correlationId: string
  readonly secrets: ReadonlyArray<string>
}): SignInRefused => {
  const description = hidden(said.description, said.secrets)
  const [number] = said.codes
  const code =
    /AADSTS\d+/u.exec(description)?.[0] ?? (number === undefined ? null : `AADSTS${number}`)
  // Trace ids and the like are for Microsoft's support, and follow on lines of their own or behind "Trace ID".
  const text = (description.split(/\r?\n| Trace ID:/u, 1)[0] ?? "").replace(/^AADSTS\d+:\s*/u, "")
  return new SignInRefused({
    kind: endsConsent(said.error, code) ? "ended" : "refused",
    code: code ?? (said.error === "" ? null : hidden(said.error, said.secrets).slice(0, 100)),
    text: (text || "no explanation").slice(0, textMax),
    wayOut: wayOutOfSignIn(code),
    status: said.status,
    correlationId: said.correlationId
  })
}

/** Nobody knows whether it would have been granted. */
export const passing = (
  text: string,
  status: number | null,
  correlationId: string
): SignInRefused =>
  new SignInRefused({
    kind: "passing",
    code: null,
    text,
    wayOut: "It is tried again by itself.",
    status,
    correlationId
  })

/** An answer that must not be believed. */
export const untrusted = (text: string, wayOut: string, correlationId: string): SignInRefused =>
  new SignInRefused({ kind: "refused", code: null, text, wayOut, status: null, correlationId })
