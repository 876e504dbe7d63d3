import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { Instant } from "../time/Instant.ts"
import type { Consent, ConsentPlace, ConsentProblem } from "./Consent.ts"
import type { SignInLink, UserToken } from "./SignIn.ts"

/** The secrets of a consent: what renews it, and the tokens that are still good. */
export interface Grant {
  readonly renewal: Redacted.Redacted
  readonly tokens: ReadonlyArray<UserToken>
}

/** A consent with its secrets. */
export interface HeldConsent {
  readonly consent: Consent
  readonly grant: Grant
  /** How many uses failed in a row. */
  readonly failures: number
  /** Counts the writes. */
  readonly version: number
}

/** Somebody's try to authenticate an instance. */
export interface Attempt {
  readonly id: string
  readonly place: ConsentPlace
  readonly requestedBy: string
  readonly startedAt: Instant
  readonly expiresAt: Instant
  /** waiting: for the user; done: the consent was given; failed: `problem` says why. */
  readonly state: "waiting" | "done" | "failed"
  readonly problem: ConsentProblem | null
}

/** What must be known again when the user comes back. */
export interface PendingSignIn {
  readonly attempt: Attempt
  readonly nonce: Redacted.Redacted
  readonly verifier: Redacted.Redacted
}

/**
 * A link or an answer of the sign-in page that is not taken. `unknown`: never made here, or replaced by a later
 * opening of the link; `used`: it had its one answer; `expired`: too late; `elsewhere`: it did not come back to the
 * browser that opened the link.
 */
export class AttemptRefused extends Schema.TaggedError<AttemptRefused>()("AttemptRefused", {
  reason: Schema.Literals(["unknown", "used", "expired", "elsewhere"])
}) {
  override get message(): string {
    const why = {
      unknown: "This sign-in was not started here, or the link was opened again since.",
      used: "This sign-in was answered already; each link works once.",
      expired: "This link is too old; it works for 15 minutes.",
      elsewhere: "This answer belongs to another browser than the one that opened the link."
    }[this.reason]
    return `${why} Nothing was changed. Ask for a new link and open it in the browser of whoever signs in.`
  }
}

/** The consents of all instances, with their secrets sealed, and the tries to get one. Safe for several processes. */
export class Consents extends Context.Service<
  Consents,
  {
    readonly get: (place: ConsentPlace) => Effect.Effect<Option.Option<Consent>>
    /** With its secrets, opened for the one call that needs them. */
    readonly held: (place: ConsentPlace) => Effect.Effect<Option.Option<HeldConsent>>
    /** Keeps a new consent in the place of whatever was there. Joins the current transaction. */
    readonly keep: (consent: Consent, grant: Grant, nextUseAt: Instant) => Effect.Effect<void>
    /** Writes what a use brought; false, and nothing, when somebody wrote since `version`. */
    readonly used: (
      consent: Consent,
      version: number,
      grant: Grant,
      nextUseAt: Instant
    ) => Effect.Effect<boolean>
    /** Writes that a use failed, and when to try again; a consent that has ended is not tried. False as above. */
    readonly failed: (
      consent: Consent,
      version: number,
      nextUseAt: Instant
    ) => Effect.Effect<boolean>
    /** Removes it with its secrets; false when there is none. Work that waited for it goes on. */
    readonly forget: (place: ConsentPlace) => Effect.Effect<boolean>
    /**
     * The right to use the consent, for one holder over all processes; false while somebody else has it. It ends by
     * itself after a minute of the database's time, when its holder died.
     */
    readonly lease: (place: ConsentPlace, holder: string) => Effect.Effect<boolean>
    readonly release: (place: ConsentPlace, holder: string) => Effect.Effect<void>
    /** Consents whose next use is due, longest due first. */
    readonly due: (now: Instant, limit: number) => Effect.Effect<ReadonlyArray<ConsentPlace>>
    /** Consents that have not ended and were not used since, longest unused first. */
    readonly unusedSince: (
      usedBefore: Instant,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Consent>>

    /** Those of the instances whose live account's consent has ended: their work waits. */
    readonly paused: (
      instances: ReadonlyArray<InstanceId>
    ) => Effect.Effect<ReadonlySet<InstanceId>>
    /** Work that waits for instances which are not paused any more goes on; returns how many jobs. */
    readonly resume: Effect.Effect<number>

    /** Begins a try; the ticket opens it once or more, until it is answered or too old. */
    readonly begin: (
      attempt: Omit<Attempt, "id" | "state" | "problem">
    ) => Effect.Effect<{ readonly id: string; readonly ticket: Redacted.Redacted }>
    readonly attempt: (
      ticket: Redacted.Redacted,
      now: Instant
    ) => Effect.Effect<Attempt, AttemptRefused>
    /** The link was opened: what was kept of an earlier opening is void. The session is for that browser alone. */
    readonly opened: (id: string, link: SignInLink) => Effect.Effect<Redacted.Redacted>
    /** Takes the one answer to a try: the same state never comes through again, whatever becomes of it. */
    readonly take: (
      state: Redacted.Redacted,
      session: Redacted.Redacted,
      now: Instant
    ) => Effect.Effect<PendingSignIn, AttemptRefused>
    readonly finish: (id: string, problem: ConsentProblem | null) => Effect.Effect<void>
    readonly latest: (place: ConsentPlace) => Effect.Effect<Option.Option<Attempt>>
  }
>()("core/consent/Consents") {}
