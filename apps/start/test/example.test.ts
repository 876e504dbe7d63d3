import { bearer } from "@concordat/contracts/Client"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { expect, it } from "vitest"
import { report } from "../../../docs/examples/report.ts"
import { registered } from "../src/demo/seedDemo.ts"
import { system } from "./system.ts"

it("the integrator guide's example reads a report to its end", async () => {
  const lines = await Effect.runPromise(
    Effect.gen(function* () {
      const running = yield* system
      const [account] = yield* running.control.reset({
        seed: "example",
        accounts: [{ name: "contoso-eu", cspStatus: "indirect", customers: 8, limitPerMinute: 0 }]
      })
      if (account === undefined) throw new Error("the simulator made no account")
      yield* registered(account, 10_000).pipe(Effect.provide(running.ports))
      return yield* report(running.api, "contoso-eu").pipe(
        Effect.provide(bearer(Redacted.make(running.key)))
      )
    }).pipe(Effect.provide(FetchHttpClient.layer), Effect.scoped)
  )
  // The book is empty, so that everything is only in Partner Center.
  const [summary, ...critical] = lines
  expect(critical.length).toBeGreaterThan(8)
  expect(summary).toBe(`completed: ${critical.length} rows, ${critical.length} findings`)
  expect(critical.every((line) => line.endsWith(": Only in Partner Center"))).toBe(true)
}, 60_000)
