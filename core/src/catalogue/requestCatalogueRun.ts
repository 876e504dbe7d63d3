import { Clock, Effect } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { type CatalogueRun, CatalogueRunId, type CatalogueTrigger } from "./CatalogueRun.ts"
import { CatalogueRuns } from "./CatalogueRuns.ts"

/**
 * Asks for "Get Services Definitions" of an instance (domain.md §5); the work is done by whichever reconciler takes
 * its job. Where a run of the instance is under way already, it is that one.
 */
export const requestCatalogueRun = Effect.fn("requestCatalogueRun")(function* (
  requestedBy: string,
  instanceName: string
) {
  const instance = yield* Effect.flatMap(Instances, ({ byName }) => byName(instanceName))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  return yield* request(instance, requestedBy, "manual")
})

/** Instances that are looked at together. */
const instancesAtOnce = 100

/**
 * Asks for the runs that are due by the instances' schedules, each once over all processes that call this. A
 * disabled instance catches up when it is enabled again. Returns the runs.
 */
export const startDueCatalogueRuns = Effect.fn("startDueCatalogueRuns")(function* () {
  const { list } = yield* Instances
  const { strike } = yield* CatalogueRuns
  const { within } = yield* UnitOfWork
  const started: Array<CatalogueRun> = []
  let cursor: string | undefined
  do {
    const page = yield* list({ cursor, limit: instancesAtOnce })
    for (const instance of page.items) {
      if (instance.disabled) continue
      const run = yield* within(
        Effect.gen(function* () {
          const now = Instant.make(yield* Clock.currentTimeMillis)
          if (!(yield* strike(instance.id, instance.catalogueSchedule, now))) return undefined
          return yield* request(instance, "daemon:reconciler", "schedule")
        })
      )
      if (run !== undefined) started.push(run)
    }
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return started
})

const request = Effect.fnUntraced(function* (
  instance: Instance,
  requestedBy: string,
  trigger: CatalogueTrigger
) {
  const runs = yield* CatalogueRuns
  const identifiers = yield* Identifiers
  const correlation = yield* CurrentCorrelation
  return yield* runs.request({
    id: CatalogueRunId.make(yield* identifiers.next),
    instanceId: instance.id,
    instance: instance.name,
    status: "queued",
    trigger,
    requestedBy,
    correlationId: correlation === "" ? yield* identifiers.next : correlation,
    countries: instance.countries,
    language: instance.catalogueLanguage,
    parts: 0,
    partsRead: 0,
    partsFailed: 0,
    requests: 0,
    added: 0,
    changed: 0,
    discontinued: 0,
    unchanged: 0,
    problem: null,
    createdAt: Instant.make(yield* Clock.currentTimeMillis),
    startedAt: null,
    finishedAt: null
  })
})
