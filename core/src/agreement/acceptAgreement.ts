import { Clock, Effect, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import { AccountChangeNotAllowed } from "../account/Accounts.ts"
import type { Actor } from "../actor/Actor.ts"
import type { AgreementContact } from "../tenant/VendorAgreements.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { RequestId } from "../vendor/RequestId.ts"
import { Identifiers } from "../work/Identifiers.ts"
import {
  AcceptanceId,
  confirmationProblem,
  hasAgreements,
  roleOf,
  type SignerRole
} from "./Acceptance.ts"
import { Agreements } from "./Agreements.ts"
import { askable, signingOf } from "./agreementOf.ts"

/** The confirmation is not one that can be kept; nothing was written. */
export class AgreementRefused extends Schema.TaggedError<AgreementRefused>()("AgreementRefused", {
  field: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `Nothing was confirmed. ${this.field}: ${this.reason}.`
  }
}

/** What somebody confirms. */
export interface Confirmation {
  readonly accountId: AccountId
  readonly instance: string
  /** The template of the form that was shown. */
  readonly templateId: string
  readonly contact: AgreementContact
  /** Now when undefined. */
  readonly agreedAt: Instant | undefined
  /** The caller's own when undefined. */
  readonly role: SignerRole | undefined
  readonly userName: string | null
  readonly orderCode: string | null
  readonly ipAddress: string | null
  readonly userAgent: string | null
}

/**
 * Keeps that somebody confirmed an agreement, and tells Microsoft by a job that is written with it. Nothing is asked of
 * Microsoft here: what was shown is known from `agreementOf`, and the job asks first whether the customer has accepted
 * meanwhile. Who confirms follows from the purchase mode: in end-customer mode the reseller for its customer.
 */
export const acceptAgreement = Effect.fn("acceptAgreement")(function* (
  actor: Actor,
  given: Confirmation
) {
  const agreements = yield* Agreements
  const identifiers = yield* Identifiers
  const { user, maySign } = yield* signingOf(actor, given.accountId)
  const own = roleOf(actor)
  if (!maySign || own === undefined)
    return yield* new AccountChangeNotAllowed({ field: "agreement" })
  const instance = yield* askable(given.instance)
  if (!hasAgreements(instance.cloud))
    return yield* new AgreementRefused({
      field: "instance",
      reason: `Partner Center of ${instance.name}'s cloud has no agreements, and none is needed`
    })
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const agreedAt = given.agreedAt ?? now
  const problem = confirmationProblem({ agreedAt, role: given.role }, own, now)
  if (problem !== undefined) return yield* new AgreementRefused(problem)
  const template = yield* agreements.template(instance, given.templateId)
  if (template === null)
    return yield* new AgreementRefused({
      field: "templateId",
      reason:
        "it is not what Microsoft asks customers to accept now: read the form anew with GET, and let it be confirmed"
    })
  return yield* agreements.confirm({
    id: AcceptanceId.make(yield* identifiers.next),
    accountId: user.id,
    accountName: user.name,
    instanceId: instance.id,
    environment: instance.environment,
    type: template.type,
    templateId: template.templateId,
    versionRank: template.versionRank,
    link: template.link,
    contact: given.contact,
    agreedAt,
    confirmedAt: now,
    confirmedBy: actor.name,
    role: given.role ?? own,
    userName: given.userName,
    orderCode: given.orderCode,
    ipAddress: given.ipAddress,
    userAgent: given.userAgent,
    correlationId: yield* CurrentCorrelation,
    requestId: RequestId.make(yield* identifiers.next)
  })
})
