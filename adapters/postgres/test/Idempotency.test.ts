import { Idempotency } from "@concordat/core/work/Idempotency"
import { Effect, ManagedRuntime, Option } from "effect"
import { afterAll, beforeEach, expect, it } from "vitest"
import { clear, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(clear))

const answer = { status: 202, headers: { location: "/v1/reconciliations/1" }, body: "{}" }
const claim = (hash = "h", caller = "key:a", key = "k") =>
  runtime.runPromise(
    Effect.match(
      Idempotency.use((idempotency) => idempotency.claim(caller, key, hash)),
      {
        onSuccess: (found) => (Option.isNone(found) ? "claimed" : found.value),
        onFailure: (error) => error._tag
      }
    )
  )
const give = () =>
  runtime.runPromise(Idempotency.use((idempotency) => idempotency.answer("key:a", "k", answer)))
const release = () =>
  runtime.runPromise(Idempotency.use((idempotency) => idempotency.release("key:a", "k")))
const age = (time: string) =>
  runtime.runPromise(
    rowsOf(`update idempotency_key set claimed_at = claimed_at - interval '${time}'`)
  )

it("a repeated command gets the first answer again", async () => {
  expect(await claim()).toBe("claimed")
  await give()
  expect(await claim()).toEqual(answer)
})

it("of many that come at the same time, one is at work and the others are told so", async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => claim()))
  expect(all.toSorted()).toEqual([...Array.from({ length: 7 }, () => "KeyInUse"), "claimed"])
})

it("a key is not good for another request, answered or not", async () => {
  await claim("h")
  expect(await claim("other")).toBe("KeyReused")
  await give()
  expect(await claim("other")).toBe("KeyReused")
})

it("callers do not meet each other's keys", async () => {
  await claim()
  expect(await claim("h", "key:b")).toBe("claimed")
})

it("a claim that was given back, or whose owner died a minute ago, is free", async () => {
  await claim()
  await release()
  expect(await claim()).toBe("claimed")
  await age("59 seconds")
  expect(await claim()).toBe("KeyInUse")
  await age("2 seconds")
  expect(await claim("other")).toBe("KeyReused")
  expect(await claim()).toBe("claimed")
})

it("an answer is not given back", async () => {
  await claim()
  await give()
  await release()
  expect(await claim()).toEqual(answer)
})

it("answers are kept for 30 days", async () => {
  await claim()
  await give()
  await age("29 days 23 hours")
  expect(await claim()).toEqual(answer)
  await age("2 hours")
  expect(await claim("other")).toBe("claimed")
  await age("31 days")
  await claim("h", "key:c")
  expect(await runtime.runPromise(rowsOf("select caller from idempotency_key"))).toEqual([
    { caller: "key:c" }
  ])
})
