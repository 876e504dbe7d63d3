import type { Instance } from "@concordat/core/instance/Instance"
import { CurrentPriority, RateBudget } from "@concordat/core/vendor/RateBudget"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, ManagedRuntime, Scope } from "effect"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { Database } from "../src/Database.ts"
import { rateBudgetLayer } from "../src/RateBudget.ts"
import { makeDatabase } from "../src/testing.ts"
import { instance, instanceId, rowsOf } from "./World.ts"

const scope = Effect.runSync(Scope.make())
const database = Effect.runPromise(Scope.provide(makeDatabase, scope))
/** A process: its own pool and its own gates. */
const newProcess = () =>
  ManagedRuntime.make(
    rateBudgetLayer.pipe(
      Layer.provideMerge(
        Layer.unwrap(
          Effect.map(
            Effect.promise(() => database),
            ({ url }) => Database.layer({ url, applicationName: "budget", poolMax: 3 })
          )
        )
      )
    )
  )
const [one, other] = [newProcess(), newProcess()]
afterAll(async () => {
  await one.dispose()
  await other.dispose()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const rate = 6_000
const id = instanceId(1)
const budgeted = ({ name, tenantId, appId }: Instance) => `
  truncate instance cascade;
  insert into instance values ('${id}', '${name}', 'custom', '', '', '', '${tenantId}', null, '${appId}',
    'direct', null, ${rate}, false, 1, '', 'primary', null, null, null, 'en-US', '{US}')`
beforeAll(() => Promise.all([one.runPromise(Effect.void), other.runPromise(Effect.void)]))
beforeEach(() => one.runPromise(rowsOf(budgeted(instance(1)))))

const take = RateBudget.use((budget) => budget.take(id, "subscriptions"))
const now = Effect.sync(() => performance.now())
/** When each of `count` requests that wait at the same time may be sent. */
const timesOf = (count: number, sent: () => Effect.Effect<unknown>) =>
  Effect.forEach(
    Array.from({ length: count }),
    () => take.pipe(Effect.andThen(now), Effect.tap(sent)),
    { concurrency: "unbounded" }
  )
const times = (count: number) => timesOf(count, () => Effect.void)
const throttled = (retryAfter: Duration.Duration) =>
  RateBudget.use((budget) => budget.throttled(id, "subscriptions", retryAfter))
/** The most requests of any window, and the share of what was allowed that was used. */
const figures = (sent: ReadonlyArray<number>) => {
  const sorted = sent.toSorted((a, b) => a - b)
  const first = sorted[0] ?? 0
  const elapsed = (sorted.at(-1) ?? 0) - first
  let most = 0
  for (const [at, start] of sorted.entries())
    most = Math.max(most, sorted.slice(at).filter((time) => time < start + 1_000).length)
  return { used: (sorted.length - 1) / ((elapsed / 60_000) * rate), most }
}

it("one process uses at least 90 % of the limit, and never more than it", async () => {
  const { used, most } = figures(await one.runPromise(times(300)))
  expect(used).toBeGreaterThan(0.9)
  expect(used).toBeLessThanOrEqual(1)
  // 100 a second, and what comes late because this machine is busy.
  expect(most).toBeLessThan(130)
})

it("two processes share one limit, and use at least 90 % of it together", async () => {
  const sent = await Promise.all([one.runPromise(times(150)), other.runPromise(times(150))])
  const { used } = figures(sent.flat())
  expect(used).toBeGreaterThan(0.9)
  expect(used).toBeLessThanOrEqual(1)
})

it("requests that wait together reserve together", async () => {
  await one.runPromise(take)
  await one.runPromise(
    rowsOf(`
      create table reservation (at timestamptz);
      create function reserved() returns trigger language plpgsql as
        $$ begin insert into reservation values (now()); return null; end $$;
      create trigger reserved after update on rate_budget for each row execute function reserved()`)
  )
  await one.runPromise(times(100))
  await one.runPromise(rowsOf("drop trigger reserved on rate_budget"))
  const made = await one.runPromise(rowsOf("select * from reservation"))
  // A second of 100 requests takes a handful, not a hundred.
  expect(made.length).toBeGreaterThan(0)
  expect(made.length).toBeLessThan(20)
})

it("a person's request goes before any number of a sweep's, and costs the sweep its slot", async () => {
  const { sweep, person, start } = await one.runPromise(
    Effect.gen(function* () {
      const start = yield* now
      const begun = yield* Deferred.make<void>()
      const sweeping = yield* Effect.forkChild(
        timesOf(150, () => Deferred.succeed(begun, undefined))
      )
      yield* Deferred.await(begun)
      const person = yield* Effect.provideService(times(20), CurrentPriority, "interactive")
      return { sweep: yield* Fiber.join(sweeping), person, start }
    })
  )
  const lastOfPerson = Math.max(...person)
  // 20 requests take 0.2 s of their own, while a sweep of 150 takes 1.5 s.
  expect(sweep.filter((time) => time > lastOfPerson).length).toBeGreaterThan(75)
  expect(Math.max(...sweep) - start).toBeGreaterThan(1_650)
})

it("after a refusal all processes hold back as long as Partner Center wants, and what was reserved is void", async () => {
  const begun = Promise.withResolvers<void>()
  const sending = Promise.all([
    one.runPromise(timesOf(60, () => Effect.sync(() => begun.resolve()))),
    other.runPromise(times(60))
  ])
  await begun.promise
  await one.runPromise(throttled(Duration.seconds(1)))
  const refused = performance.now()
  const [ours, theirs] = await sending
  const during = (sent: ReadonlyArray<number>) =>
    sent.filter((time) => time > refused && time < refused + 950).length
  // Nobody here sends any more; the other process may have reserved half a second.
  expect(during(ours)).toBe(0)
  expect(during(theirs)).toBeLessThanOrEqual(50)
  expect(ours.length + theirs.length).toBe(120)
})

it("refusals that arrive together slow down once; the rate recovers by and by", async () => {
  await one.runPromise(take)
  const factor = () => one.runPromise(rowsOf<{ factor: number }>("select factor from rate_budget"))
  await Promise.all([
    ...Array.from({ length: 5 }, () => one.runPromise(throttled(Duration.seconds(30)))),
    ...Array.from({ length: 5 }, () => other.runPromise(throttled(Duration.seconds(30))))
  ])
  expect(await factor()).toEqual([{ factor: 0.95 }])
  const age = (time: string) =>
    one.runPromise(
      rowsOf(`update rate_budget set blocked_until = now() - interval '${time}',
        factor_at = now() - interval '${time}', next_at = now(), interactive_at = now()`)
    )
  await age("25 seconds")
  await one.runPromise(throttled(Duration.millis(1)))
  // Recovered by two steps to 0.97, and lowered from there.
  expect((await factor())[0]?.factor).toBeCloseTo(0.97 * 0.95, 6)
  await one.runPromise(rowsOf("update rate_budget set factor = 0.1"))
  await age("1 second")
  await one.runPromise(throttled(Duration.millis(1)))
  expect(await factor()).toEqual([{ factor: 0.1 }])
})

it("a request that is given up does not keep its place", async () => {
  const interrupted = await one.runPromise(
    Effect.gen(function* () {
      yield* take
      yield* throttled(Duration.millis(700))
      const many = Effect.timeoutOption(times(200), "50 millis")
      yield* many
      const start = performance.now()
      yield* take
      return performance.now() - start
    })
  )
  // 200 that nobody waits for would have kept it for two seconds.
  expect(interrupted).toBeLessThan(1_500)
})

it("goes on after its connections were cut", async () => {
  await one.runPromise(take)
  await other.runPromise(
    rowsOf(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'budget' and pid <> pg_backend_pid()"
    )
  )
  expect((await one.runPromise(times(5))).length).toBe(5)
})
