import { Clock, Effect } from "effect"
import type { Actor } from "../actor/Actor.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { type Run, RunId, type RunScope } from "./Run.ts"
import { Runs } from "./Runs.ts"

/**
 * Asks for a reconciliation; the work is done by whichever reconciler takes its jobs. A caller with a branch
 * gets a run of that branch, whatever the scope (domain.md §1: organisation, account or subscription).
 */
export const requestReconciliation = Effect.fn("requestReconciliation")(function* (
  actor: Actor,
  instanceName: string,
  scope: RunScope
) {
  const instances = yield* Instances
  const runs = yield* Runs
  const identifiers = yield* Identifiers
  const instance = yield* instances.byName(instanceName)
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const correlation = yield* CurrentCorrelation
  const run: Run = {
    id: RunId.make(yield* identifiers.next),
    instanceId: instance.id,
    instance: instance.name,
    environment: instance.environment,
    scope,
    branch: actor.branch,
    status: "queued",
    requestedBy: actor.name,
    correlationId: correlation === "" ? yield* identifiers.next : correlation,
    customers: 0,
    customersObserved: 0,
    customersFailed: 0,
    requests: 0,
    rows: 0,
    findings: 0,
    counts: [],
    atRisk: [],
    problem: null,
    createdAt: Instant.make(yield* Clock.currentTimeMillis),
    startedAt: null,
    finishedAt: null
  }
  return yield* runs.request(run)
})
