import { Context, type Effect, type Redacted, Schema } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Instant } from "../time/Instant.ts"
import type { ConsentUser } from "./Consent.ts"

/** The application that signs a user in, at its own cloud's authority. */
export interface Application {
  readonly login: Instance["endpoints"]["login"]
  readonly tenantId: Instance["tenantId"]
  readonly appId: Instance["appId"]
  readonly secret: Redacted.Redacted
}

/** A token that acts for the user, for one of Microsoft's services. */
export interface UserToken {
  /** The service, such as https://api.partnercenter.microsoft.com. */
  readonly resource: string
  readonly value: Redacted.Redacted
  readonly expiresAt: Instant
  /** Whether the user used a second factor; null where the token does not tell. */
  readonly mfa: boolean | null
}

/** A link to Microsoft's sign-in, and what only we must know of it until the user comes back. */
export interface SignInLink {
  readonly url: Redacted.Redacted
  readonly state: Redacted.Redacted
  readonly nonce: Redacted.Redacted
  /** PKCE's secret half ("Microsoft identity platform and OAuth 2.0 authorization code flow"). */
  readonly verifier: Redacted.Redacted
}

/** What a sign-in or a renewal brings. `renewal` is opaque, a secret, and takes the place of the one before. */
export interface Granted {
  readonly renewal: Redacted.Redacted
  readonly token: UserToken
}

/**
 * Entra did not grant it. `passing`: no connection, a broken server; try again later. `ended`: the consent itself
 * is over, and a person must sign in again. `refused`: something has to be put right first (key, policy), and the
 * consent is as good as before.
 */
export class SignInRefused extends Schema.TaggedError<SignInRefused>()("SignInRefused", {
  kind: Schema.Literals(["passing", "ended", "refused"]),
  code: Schema.NullOr(Schema.String),
  text: Schema.String,
  wayOut: Schema.String,
  status: Schema.NullOr(Schema.Int),
  correlationId: Schema.String
}) {
  override get message(): string {
    return `The sign-in was not granted${this.code === null ? "" : ` (${this.code})`}: ${this.text} ${this.wayOut}`
  }
}

/** Microsoft's sign-in (Entra) for users: one application per account of an instance. */
export class SignIn extends Context.Service<
  SignIn,
  {
    /** Makes the link with a state, nonce and verifier of its own. Nothing is sent. */
    readonly link: (
      application: Application,
      ask: { readonly resource: string; readonly redirectUri: string }
    ) => Effect.Effect<SignInLink>
    /**
     * Redeems the code that came back. The user is believed only when Microsoft's signature, the application, the
     * tenant and the nonce are right; otherwise `refused`.
     */
    readonly redeem: (
      application: Application,
      answer: {
        readonly code: Redacted.Redacted
        readonly verifier: Redacted.Redacted
        readonly nonce: Redacted.Redacted
        readonly redirectUri: string
        readonly resource: string
      }
    ) => Effect.Effect<Granted & { readonly user: ConsentUser }, SignInRefused>
    /** A new token for a service, which renews the consent for another 90 days. */
    readonly renew: (
      application: Application,
      renewal: Redacted.Redacted,
      resource: string
    ) => Effect.Effect<Granted, SignInRefused>
    /** What Microsoft's page said when it sent the user back without a code. */
    readonly refusal: (error: string, description: string) => SignInRefused
  }
>()("core/consent/SignIn") {}
