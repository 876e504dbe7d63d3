import { Clock, Effect } from "effect"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { type CustomerImport, ImportId } from "./CustomerImport.ts"
import { Imports } from "./Imports.ts"

/**
 * Asks for the hierarchy of an instance ("Get Hierarchy", domain.md §11): its customers, resellers and subscriptions.
 * The work is done by whichever reconciler takes its job; nothing is imported by it.
 */
export const requestImport = Effect.fn("requestImport")(function* (
  requestedBy: string,
  instanceName: string
) {
  const imports = yield* Imports
  const identifiers = yield* Identifiers
  const instance = yield* Effect.flatMap(Instances, ({ byName }) => byName(instanceName))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const correlation = yield* CurrentCorrelation
  const asked: CustomerImport = {
    id: ImportId.make(yield* identifiers.next),
    instanceId: instance.id,
    instance: instance.name,
    environment: instance.environment,
    status: "queued",
    requestedBy,
    executedBy: null,
    correlationId: correlation === "" ? yield* identifiers.next : correlation,
    customers: 0,
    customersRead: 0,
    customersFailed: 0,
    customersWaiting: 0,
    customersImported: 0,
    customersIncomplete: 0,
    resellers: 0,
    subscriptions: 0,
    subscriptionsImported: 0,
    requests: 0,
    problem: null,
    createdAt: Instant.make(yield* Clock.currentTimeMillis),
    startedAt: null,
    finishedAt: null
  }
  return yield* imports.request(asked)
})
