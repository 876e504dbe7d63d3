import {
  type Handler,
  type Job,
  Outcome,
  type Outcomes
} from "@concordat/adapter-postgres/queue/Worker"
import { Consents } from "@concordat/core/consent/Consents"
import type { InstanceId } from "@concordat/core/instance/Instance"
import { Cause, Effect } from "effect"

/**
 * Work that goes out to Partner Center, as a paused instance does it: jobs are put aside until somebody has
 * authenticated the instance again, which uses up no attempt, and then go on by themselves. That a consent has ended
 * is also found out by a job, so those that would be tried again are looked at once more afterwards.
 */
export const unlessPaused =
  <A, E, R, R2>(
    instanceOf: (payload: A) => Effect.Effect<InstanceId | undefined, never, R2>,
    handler: Handler<A, E, R>
  ): Handler<A, E, R | R2 | Consents> =>
  (jobs) =>
    Effect.gen(function* () {
      const instances = new Map<string, InstanceId>()
      for (const { id, payload } of jobs) {
        const instance = yield* instanceOf(payload)
        if (instance !== undefined) instances.set(id, instance)
      }
      const before = yield* parkedOf(jobs, instances)
      const free = jobs.filter(({ id }) => !before.has(id))
      if (free.length === 0) return before
      const outcomes = yield* handler(free).pipe(
        Effect.catchCause((cause) =>
          // All of them would be tried again; those of a paused instance wait instead.
          Cause.hasInterruptsOnly(cause)
            ? Effect.failCause(cause)
            : Effect.flatMap(parkedOf(free, instances), (parked) =>
                parked.size === free.length ? Effect.succeed(parked) : Effect.failCause(cause)
              )
        )
      )
      const again = free.filter(({ id }) => (outcomes.get(id) ?? retry)._tag === "Retry")
      const after = again.length === 0 ? none : yield* parkedOf(again, instances)
      return new Map([...before, ...outcomes, ...after])
    })

const retry = Outcome.cases.Retry.make({ reason: "" })
const none: Outcomes = new Map()

const parkedOf = Effect.fnUntraced(function* <A>(
  jobs: ReadonlyArray<Job<A>>,
  instances: ReadonlyMap<string, InstanceId>
) {
  const { paused } = yield* Consents
  const concerned = new Set(
    jobs.flatMap(({ id }) => {
      const instance = instances.get(id)
      return instance === undefined ? [] : [instance]
    })
  )
  const stopped = concerned.size === 0 ? new Set() : yield* paused([...concerned])
  const parked = new Map<string, Outcome>()
  for (const { id } of jobs) {
    const gate = instances.get(id)
    if (gate !== undefined && stopped.has(gate)) parked.set(id, Outcome.cases.Park.make({ gate }))
  }
  return parked
})
