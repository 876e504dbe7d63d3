import { Clock, Effect, Option } from "effect"
import { Instances } from "../instance/Instances.ts"
import { VendorAgreements } from "../tenant/VendorAgreements.ts"
import { Instant, minuteMs } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { CurrentPriority } from "../vendor/RateBudget.ts"
import { RequestId } from "../vendor/RequestId.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { type AcceptanceId, isSameContact } from "./Acceptance.ts"
import { type AcceptanceToSend, Agreements } from "./Agreements.ts"
import { keptByMicrosoft } from "./agreementOf.ts"

/** How soon it is looked again whether an operator has done what the telling waits for. */
const waitMs = minuteMs

/**
 * Tells Microsoft that a customer accepted, once: it asks first whether that is known already, and a try of which no
 * answer came is repeated under its own request id. `isLast` says that nobody will try again. Fails with what may pass,
 * and with `Paused`; everything else is noted, for a person to see.
 */
export const sendAcceptance = Effect.fn("sendAcceptance")(function* (
  id: AcceptanceId,
  isLast: boolean
) {
  const agreements = yield* Agreements
  const found = yield* agreements.toSend(id)
  if (Option.isNone(found)) return
  const work = found.value
  const { correlationId } = work.acceptance
  yield* tell(work).pipe(
    Effect.flatMap((telling) => agreements.settle(id, telling)),
    Effect.catchTag("VendorError", (error) => noteRefusal(work, error, isLast)),
    Effect.provideService(CurrentPriority, "interactive"),
    Effect.provideService(CurrentCorrelation, correlationId)
  )
})

const tell = Effect.fnUntraced(function* ({ acceptance, requestId, tenantId }: AcceptanceToSend) {
  const vendor = yield* VendorAgreements
  const agreements = yield* Agreements
  const { agreedAt, contact, instanceId, templateId, type } = acceptance
  const instance = yield* Effect.orDie(Effect.flatMap(Instances, ({ get }) => get(instanceId)))
  const now = Instant.make(yield* Clock.currentTimeMillis)
  const waits = (problem: string) =>
    ({ status: "pending", problem, nextAt: Instant.make(now + waitMs) }) as const
  if (instance.disabled) return waits(`Instance "${instance.name}" is disabled; enable it.`)
  if (instance.environment !== acceptance.environment)
    return waits(
      `It was confirmed in the ${acceptance.environment} of ${instance.name}, and the ${instance.environment} is live now.`
    )
  const kept = yield* keptByMicrosoft(instance, tenantId, type)
  if (kept !== undefined) {
    // Of an earlier try, whose answer was lost, it is ours.
    const isOurs = kept.accepted?.contact != null && isSameContact(kept.accepted.contact, contact)
    return { status: isOurs ? "sent" : "already" } as const
  }
  const templates = yield* vendor.templates(instance, type)
  yield* agreements.keepTemplates(instance, templates)
  if (!templates.some((template) => template.templateId === templateId))
    return {
      status: "failed",
      problem: "Microsoft has another text of the agreement now: let it be confirmed anew.",
      requestId
    } as const
  const told = yield* vendor.accept(
    instance,
    tenantId,
    { templateId, type, agreedAt, contact },
    requestId
  )
  return { status: told === "accepted" ? "sent" : "already" } as const
})

const noteRefusal = Effect.fnUntraced(function* (
  { acceptance: { id }, requestId }: AcceptanceToSend,
  error: VendorError,
  isLast: boolean
) {
  const agreements = yield* Agreements
  const now = Instant.make(yield* Clock.currentTimeMillis)
  switch (error.reason._tag) {
    case "Paused":
      return yield* error
    case "SignInRejected":
      return yield* agreements.settle(id, {
        status: "pending",
        problem: error.message,
        nextAt: Instant.make(now + waitMs)
      })
    case "Refused": {
      // Partner Center has answered: what is told next is another telling.
      const next = RequestId.make(
        yield* Effect.flatMap(Identifiers, (identifiers) => identifiers.next)
      )
      return yield* agreements.settle(id, {
        status: "failed",
        problem: error.message,
        requestId: next
      })
    }
    // A tenant that was just made, or has just accepted us, is not known everywhere at once.
    case "NotFound":
    case "NoRelationship":
    case "Busy":
    case "Malformed":
      return isLast
        ? yield* agreements.settle(id, { status: "failed", problem: error.message, requestId })
        : yield* error
  }
})
