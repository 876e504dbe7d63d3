import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { type Credentials, Environment, InstanceId, TenantId } from "../instance/Instance.ts"
import { dayMs, hourMs, Instant, minuteMs } from "../time/Instant.ts"

/** The user who signed in and consented, as Microsoft names them. */
export class ConsentUser extends Schema.Opaque<ConsentUser>()(
  Schema.Struct({
    /** The user principal name, such as admin@contoso.onmicrosoft.com. */
    upn: Schema.String,
    name: Schema.NullOr(Schema.String),
    objectId: Guid
  })
) {}

/** Why a consent cannot be used, in Microsoft's words and ours. */
export class ConsentProblem extends Schema.Opaque<ConsentProblem>()(
  Schema.Struct({
    /** Microsoft's code, such as AADSTS700082; null where there is none. */
    code: Schema.NullOr(Schema.String),
    text: Schema.String,
    /** What it means and what to do. */
    wayOut: Schema.String,
    since: Instant
  })
) {}

/**
 * What lets us act for a user of the partner (Secure Application Model): somebody signed in once, with a second
 * factor, and every use renews it for another 90 days (domain.md §6). One for each account of an instance.
 */
export class Consent extends Schema.Opaque<Consent>()(
  Schema.Struct({
    instanceId: InstanceId,
    environment: Environment,
    /** Whose application was consented to: with other credentials it is worth nothing. */
    tenantId: TenantId,
    appId: Guid,
    user: ConsentUser,
    consentedAt: Instant,
    /** When Microsoft renewed it last: the 90 idle days count from here. */
    usedAt: Instant,
    /** Whether a second factor was used; null where the token does not tell. */
    mfa: Schema.NullOr(Schema.Boolean),
    problem: Schema.NullOr(ConsentProblem),
    /** Expired or revoked: only a person who signs in again can help, and work waits until then. */
    ended: Schema.Boolean
  })
) {}

/** The account of an instance that a consent belongs to. */
export interface ConsentPlace {
  readonly instanceId: Consent["instanceId"]
  readonly environment: Consent["environment"]
}

export const ConsentStatus = Schema.Literals(["not-authenticated", "authenticated", "paused"])
export type ConsentStatus = typeof ConsentStatus.Type

/** Microsoft ends a refresh token that nobody redeems for so long ("Refresh tokens in the Microsoft identity platform"). */
export const idleDaysMax = 90

/** How many days before the end somebody is warned, when the daily use cannot run. */
export const warningDays = [30, 14, 7, 1] as const

export const idleEndsAt = ({ usedAt }: Pick<Consent, "usedAt">): Instant =>
  Instant.make(usedAt + idleDaysMax * dayMs)

/** Days until the consent ends unless it is used, the one that has begun included; 0 when they are over. */
export const idleDaysLeft = (consent: Pick<Consent, "usedAt">, now: Instant): number =>
  Math.max(0, Math.ceil((idleEndsAt(consent) - now) / dayMs))

/**
 * The warning that is due: the most urgent of those whose day has come; null when none is. One that was missed,
 * because nothing ran, is not made up for: the next one says more.
 */
export const warningDue = (
  consent: Pick<Consent, "usedAt">,
  now: Instant
): (typeof warningDays)[number] | null => {
  const leftMs = idleEndsAt(consent) - now
  return warningDays.findLast((days) => leftMs <= days * dayMs) ?? null
}

/** Whether it was given for these credentials: an application or tenant that was changed needs another one. */
export const isFor = (
  consent: Pick<Consent, "tenantId" | "appId">,
  credentials: Pick<Credentials, "tenantId" | "appId">
): boolean => consent.tenantId === credentials.tenantId && consent.appId === credentials.appId

export const statusOf = (
  consent: Consent | null,
  credentials: Pick<Credentials, "tenantId" | "appId">
): ConsentStatus =>
  consent === null || !isFor(consent, credentials)
    ? "not-authenticated"
    : consent.ended
      ? "paused"
      : "authenticated"

/** The status in words (domain.md §6: "Instance is authenticated"). */
export const statusText = (status: ConsentStatus, consent: Consent | null): string => {
  if (status === "not-authenticated") return "Instance is not authenticated"
  if (status === "paused") return "Instance is paused: authenticate it again"
  return consent?.mfa === false
    ? "MFA is missing: sign in again with MFA"
    : "Instance is authenticated"
}

/** A first use each day leaves hours for several more tries before a day has passed. */
const useAfterMs = 16 * hourMs
const useSpreadMs = 6 * hourMs

/** When to use it next, after a use: spread by `random` in [0, 1), so that many are not used at once. */
export const nextUseAt = (usedAt: Instant, random: number): Instant =>
  Instant.make(Math.round(usedAt + useAfterMs + useSpreadMs * random))

const retryFirstMs = minuteMs
const retryMaxMs = hourMs

/** When to try again after so many failed uses in a row: soon, then hourly; ±20 % by `random` in [0, 1). */
export const nextTryAt = (failedAt: Instant, failures: number, random: number): Instant => {
  const pauseMs = Math.min(retryFirstMs * 2 ** Math.min(failures - 1, 10), retryMaxMs)
  return Instant.make(Math.round(failedAt + pauseMs * (0.8 + 0.4 * random)))
}

/** Somebody who signs in without a second factor must not take a consent's place that has one. */
export const replaces = (fresh: Pick<Consent, "mfa">, held: Consent | null): boolean =>
  fresh.mfa !== false || held === null || held.ended || held.mfa === false
