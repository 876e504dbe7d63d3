import { Clock, Effect, Result } from "effect"
import type { Instance, InstanceId, TenantId } from "../instance/Instance.ts"
import { Instances } from "../instance/Instances.ts"
import { VendorSubscriptions } from "../subscription/VendorSubscriptions.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { countingRequests } from "../vendor/Requests.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { Mirror, type Observation } from "./Mirror.ts"
import { Runs } from "./Runs.ts"

/** How it went for one customer; `problem` says what has to be done when it could not be observed. */
export interface Outcome {
  readonly tenantId: TenantId
  readonly problem: string | null
  /** Whether to ask again later, because that may help. */
  readonly again: boolean
  readonly requests: number
}

/** How often it is checked whether anybody still waits for the customers. */
const checkEvery = "1 second"

/**
 * Looks at some customers of one instance and makes the mirror, and the runs that wait for them, say so: all
 * in one transaction, so that a run never counts a customer whose state was not kept. Customers that
 * fail for a passing reason are not given up unless `giveUp` says that they were tried often enough. With
 * `whileAwaited` the looks end as soon as no run waits for any of them, because it was cancelled: they cost no further
 * requests.
 */
export const observeCustomers = Effect.fn("observeCustomers")(function* (
  instanceId: InstanceId,
  tenants: ReadonlyArray<TenantId>,
  options: {
    readonly concurrency: number
    readonly correlationId: string
    readonly giveUp: (tenantId: TenantId, reason: VendorError["reason"]) => boolean
    readonly whileAwaited?: boolean
  }
) {
  const instances = yield* Instances
  const mirror = yield* Mirror
  const runs = yield* Runs
  const unitOfWork = yield* UnitOfWork
  const instance = yield* instances.get(instanceId)
  const digests = yield* mirror.digests(instanceId, tenants)
  const looks = yield* Effect.forEach(
    tenants,
    (tenantId) => look(instance, tenantId, digests.get(tenantId) ?? null, options.giveUp),
    { concurrency: options.concurrency }
  ).pipe(
    Effect.provideService(CurrentCorrelation, options.correlationId),
    Effect.raceFirst(
      options.whileAwaited === true ? nobodyWaits(instanceId, tenants) : Effect.never
    )
  )

  const observations = looks.flatMap(({ observation }) =>
    observation === null ? [] : [observation]
  )
  const outcomes = looks.map(({ outcome }) => outcome)
  const settled = outcomes.filter(({ again }) => !again)
  yield* unitOfWork.within(
    Effect.gen(function* () {
      yield* mirror.record(observations, {
        actor: "daemon:reconciler",
        correlationId: options.correlationId
      })
      yield* runs.observed(instanceId, settled)
    })
  )
  return { settled, again: outcomes.filter(({ again }) => again) }
})

/** What one look at a customer showed, and how it went. */
export interface Look {
  readonly observation: Observation | null
  readonly outcome: Outcome
}

/** Ends, with nothing seen, when no run waits for any of the customers any more. */
const nobodyWaits = Effect.fnUntraced(function* (
  instanceId: InstanceId,
  tenants: ReadonlyArray<TenantId>
) {
  const { awaited } = yield* Runs
  // While the database is away, somebody may be waiting.
  const waiting = Effect.map(awaited(instanceId, tenants), ({ size }) => size > 0).pipe(
    Effect.catchDefect(() => Effect.succeed(true))
  )
  yield* Effect.delay(waiting, checkEvery).pipe(Effect.repeat({ while: (some) => some }))
  const nothing: ReadonlyArray<Look> = []
  return nothing
})

/** Looks at one customer; what it shows is for the caller to keep. */
export const look = Effect.fnUntraced(function* (
  instance: Instance,
  tenantId: TenantId,
  digest: string | null,
  giveUp: (tenantId: TenantId, reason: VendorError["reason"]) => boolean
): Effect.fn.Return<Look, never, VendorSubscriptions> {
  const vendor = yield* VendorSubscriptions
  const [result, requests] = yield* vendor
    .list(instance, tenantId, digest)
    .pipe(Effect.result, countingRequests)
  const at = Instant.make(yield* Clock.currentTimeMillis)
  const place = { instanceId: instance.id, environment: instance.environment, tenantId, at }
  if (Result.isSuccess(result))
    return {
      observation: { ...place, ...result.success },
      outcome: { tenantId, problem: null, again: false, requests }
    }
  const { reason } = result.failure
  if (reason._tag === "NotFound" || reason._tag === "NoRelationship")
    return {
      observation: { ...place, _tag: "Gone" },
      outcome: { tenantId, problem: null, again: false, requests }
    }
  return {
    observation: null,
    outcome: {
      tenantId,
      problem: result.failure.message,
      again:
        reason._tag === "Paused" ||
        ((reason._tag === "Busy" || reason._tag === "Malformed") && !giveUp(tenantId, reason)),
      requests
    }
  }
})
