import { Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Actor } from "../actor/Actor.ts"
import type { Cloud } from "../instance/Cloud.ts"
import { Guid } from "../instance/Guid.ts"
import type { Environment, InstanceId, InstanceName, TenantId } from "../instance/Instance.ts"
import type { AgreementContact } from "../tenant/VendorAgreements.ts"
import { Instant } from "../time/Instant.ts"

export const AcceptanceId = Guid.pipe(Schema.brand("AcceptanceId"))
export type AcceptanceId = typeof AcceptanceId.Type

/** In what role somebody confirmed: for itself, for its customer, or as a user of the BSS (domain.md §8h). */
export const SignerRole = Schema.Literals(["customer", "reseller", "bss-user"])
export type SignerRole = typeof SignerRole.Type

/**
 * What became of telling Microsoft:
 *
 * - `waiting`: for the account's tenant, which is not there yet;
 * - `pending`: it is being told, or will be as soon as the instance is authenticated;
 * - `sent`: Microsoft keeps it;
 * - `already`: Microsoft had an acceptance of the customer, so that nothing was told;
 * - `failed`: refused, or given up; it can be tried again, or confirmed anew.
 */
export const AcceptanceStatus = Schema.Literals(["waiting", "pending", "sent", "already", "failed"])
export type AcceptanceStatus = typeof AcceptanceStatus.Type

/** That somebody confirmed an agreement for a customer. All of it is a fact that never changes, but what became of it. */
export interface Acceptance {
  readonly id: AcceptanceId
  readonly accountId: AccountId
  /** As the account was called then. */
  readonly accountName: string
  readonly instanceId: InstanceId
  readonly instance: InstanceName
  readonly environment: Environment
  readonly type: string
  readonly templateId: string
  /** Of the template that was shown; null where Microsoft names none. */
  readonly versionRank: number | null
  /** The page about the agreement. Links to its text live for minutes and are not kept. */
  readonly link: string | null
  /** Who accepts for the customer. */
  readonly contact: AgreementContact
  /** The date that was given. */
  readonly agreedAt: Instant
  readonly confirmedAt: Instant
  /** The key that confirmed; null where it is not told to who asks. */
  readonly confirmedBy: string | null
  readonly role: SignerRole
  /** The signed-in user, as the storefront calls it. */
  readonly userName: string | null
  /** The order for which it was confirmed. */
  readonly orderCode: string | null
  /** Whence; null where it is not known, or not told to who asks. */
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly correlationId: string
  readonly status: AcceptanceStatus
  /** The tenant that is told about; null while there is none. */
  readonly tenantId: TenantId | null
  /** Why it failed, or what it waits for. */
  readonly problem: string | null
  /** When Microsoft was told, or it failed. */
  readonly settledAt: Instant | null
}

/** Clouds whose Partner Center has agreements (api.md §2). */
export const hasAgreements = (cloud: Cloud): boolean => cloud === "global" || cloud === "custom"

/** The role in which a key confirms; undefined: it may not. */
export const roleOf = ({ role }: Pick<Actor, "role">): SignerRole | undefined => {
  switch (role) {
    case "operator-admin":
    case "operator":
      return "bss-user"
    case "reseller":
    case "customer":
      return role
    case "read-only":
      return undefined
  }
}

/** What is wrong with a confirmation; undefined when nothing is. */
export const confirmationProblem = (
  given: { readonly agreedAt: Instant; readonly role: SignerRole | undefined },
  own: SignerRole,
  now: Instant
): { readonly field: "agreedAt" | "role"; readonly reason: string } | undefined => {
  if (given.agreedAt > now + clockSkewMs)
    return { field: "agreedAt", reason: "an agreement is not accepted in the future" }
  if (given.agreedAt < mandatorySince)
    return {
      field: "agreedAt",
      reason: "the customer agreement has been there since 1 February 2020"
    }
  // A storefront's integration key is an operator's, and says for whom it speaks.
  if (given.role !== undefined && given.role !== own && own !== "bss-user")
    return { field: "role", reason: `your key confirms as ${own}: leave it out` }
  return undefined
}

/** Clocks of browsers go a little wrong. */
const clockSkewMs = 300_000
/** domain.md §8h. */
const mandatorySince = Instant.make(Date.UTC(2020, 1, 1))

/** Whether what Microsoft keeps is of the very person, whatever the case. */
export const isSameContact = (
  kept: { readonly [Key in keyof AgreementContact]: string | null },
  contact: AgreementContact
): boolean =>
  (["firstName", "lastName", "email"] as const).every(
    (part) => (kept[part] ?? "").toLowerCase() === contact[part].toLowerCase()
  )
