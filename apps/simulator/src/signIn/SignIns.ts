import { randomBytes } from "node:crypto"
import { hourMs, minuteMs } from "../Clock.ts"
import type { Identity } from "./tokens.ts"

/** What an application asked of the sign-in page, checked. */
export interface AuthorizationRequest {
  /** Name of the account whose application it is. */
  readonly account: string
  readonly redirectUri: string
  readonly responseMode: "query" | "form_post"
  readonly scope: string
  readonly state: string | null
  readonly nonce: string | null
  /** SHA-256 of the verifier that the code's redeemer must know; null when there is none (RFC 7636). */
  readonly challenge: string | null
  readonly prompt: "login" | "consent" | "select_account" | null
  readonly loginHint: string | null
  /** Whether the answer shall say who signed in. */
  readonly clientInfo: boolean
}

/** A page that somebody has open. */
export interface Interaction {
  readonly request: AuthorizationRequest
  /** Name of the user who was chosen; null until then. */
  readonly upn: string | null
  readonly openedAt: number
}

/** What an authorization code stands for. */
export interface Grant {
  readonly request: AuthorizationRequest
  readonly identity: Identity
  readonly issuedAt: number
  redeemed: boolean
}

/** A page that stood open for longer is answered no more. */
export const interactionMs = hourMs
/** "Microsoft identity platform and OAuth 2.0 authorization code flow": about ten minutes. */
export const codeMs = 10 * minuteMs
/** Of pages and of codes; the oldest are forgotten. */
const rememberedMax = 1000

/**
 * Sign-ins under way. They live in memory alone: a restart ends them, as it would end any browser's session. Their
 * names are the only proof of whose they are, so these are real random numbers, unlike everything else here.
 */
export class SignIns {
  readonly #interactions = new Map<string, Interaction>()
  readonly #grants = new Map<string, Grant>()

  /** The name under which the page's form comes back, once. */
  open(interaction: Interaction): string {
    return remember(this.#interactions, interaction)
  }

  /** What the page was about; undefined when it was answered before, is too old or never was. */
  close(id: string, at: number): Interaction | undefined {
    const interaction = this.#interactions.get(id)
    this.#interactions.delete(id)
    return interaction !== undefined && at - interaction.openedAt <= interactionMs
      ? interaction
      : undefined
  }

  /** An authorization code. */
  grant(grant: Omit<Grant, "redeemed">): string {
    return remember(this.#grants, { ...grant, redeemed: false })
  }

  grantOf(code: string): Grant | undefined {
    return this.#grants.get(code)
  }

  clear(): void {
    this.#interactions.clear()
    this.#grants.clear()
  }
}

const remember = <A>(into: Map<string, A>, value: A): string => {
  const id = `1.${randomBytes(32).toString("base64url")}`
  into.set(id, value)
  const [oldest] = into.keys()
  if (into.size > rememberedMax && oldest !== undefined) into.delete(oldest)
  return id
}
