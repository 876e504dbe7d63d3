import type { ConsentUser } from "@concordat/core/consent/Consent"
import type { Application } from "@concordat/core/consent/SignIn"
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose"
import { untrusted } from "./refusal.ts"
import { WireIdentity, type WireKeys, WireMethods } from "./wire.ts"

/** Clocks of Microsoft and of this machine may differ by so much, as Microsoft's own libraries allow. */
const clockToleranceS = 300

const decodeIdentity = Schema.decodeUnknownOption(WireIdentity)
const decodeMethods = Schema.decodeUnknownOption(WireMethods)

/**
 * Who signed in, from an ID token: signed by a key of the tenant's authority (RS256 and nothing else), for our
 * application, of the partner's own tenant, in answer to our own request ("ID tokens in the Microsoft identity
 * platform", validating tokens). Microsoft's library for Node leaves the signature to its caller.
 */
export const identityIn = Effect.fnUntraced(function* (
  idToken: string,
  keys: typeof WireKeys.Type,
  application: Application,
  nonce: Redacted.Redacted,
  correlationId: string
) {
  const nowMs = yield* Clock.currentTimeMillis
  const tenantWayOut =
    "Sign in as an administrator of the partner's own tenant, the one that the instance names."
  const verified = yield* Effect.tryPromise({
    try: () =>
      jwtVerify(idToken, createLocalJWKSet({ keys: [...keys.keys] }), {
        algorithms: ["RS256"],
        audience: application.appId,
        requiredClaims: ["exp", "iat"],
        clockTolerance: clockToleranceS,
        currentDate: dateOf(nowMs)
      }),
    catch: () =>
      untrusted(
        "The answer of the sign-in is not signed by Microsoft for this application, or is too old.",
        "Check that the instance's sign-in address is that of its cloud and that the clocks are right, then sign in again.",
        correlationId
      )
  })
  const claims = decodeIdentity(verified.payload)
  if (Option.isNone(claims) || claims.value.nonce !== Redacted.value(nonce))
    return yield* untrusted(
      "The answer of the sign-in belongs to another request.",
      "Ask for a new link and sign in again.",
      correlationId
    )
  const { name, oid, preferred_username, tid, upn } = claims.value
  if (
    tid !== application.tenantId ||
    verified.payload.iss?.toLowerCase() !== issuerOf(application).toLowerCase()
  )
    return yield* untrusted("Whoever signed in is of another tenant.", tenantWayOut, correlationId)
  const user: ConsentUser = {
    upn: (preferred_username ?? upn ?? oid).slice(0, 200),
    name: name?.slice(0, 200) ?? null,
    objectId: oid
  }
  return user
})

/** As jose takes an instant. */
const dateOf = (ms: number): Date => new Date(ms)

/** "Microsoft identity platform ID tokens", iss: the authority of the tenant, version 2. */
const issuerOf = ({ login, tenantId }: Application): string => `${login}/${tenantId}/v2.0`

/**
 * Whether a second factor was used; null where the token does not tell. Only for our own status: an access token is its
 * service's to verify.
 */
export const mfaIn = (accessToken: string): boolean | null => {
  try {
    return Option.match(decodeMethods(decodeJwt(accessToken)), {
      onNone: () => null,
      onSome: ({ amr }) => amr.includes("mfa")
    })
  } catch {
    // Opaque, as a token may be.
    return null
  }
}
