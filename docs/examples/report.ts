// Runs a reconciliation and prints what is critical. From the clone:
//   CONCORDAT_API_KEY=… node_modules/.bin/node docs/examples/report.ts contoso-eu
import { randomUUID } from "node:crypto"
import { bearer, makeClient } from "@concordat/contracts/Client"
import { InstanceName } from "@concordat/core/instance/Instance"
import { format } from "@concordat/core/money/Money"
import { isFinished } from "@concordat/core/reconciliation/Run"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"

/** Asks, waits, and reads the report page by page. Problems are tagged errors: `catchTags` tells them apart. */
export const report = Effect.fn("report")(function* (baseUrl: string, instance: string) {
  const client = yield* makeClient({ baseUrl })
  const { body: asked } = yield* client.reconciliations.request({
    headers: { "idempotency-key": randomUUID() },
    query: {},
    payload: { instance: InstanceName.make(instance), scope: { kind: "organisation" } }
  })
  let run = asked
  while (!isFinished(run.status)) {
    yield* Effect.sleep("500 millis")
    run = yield* client.reconciliations.get({ params: { id: run.id }, query: {} })
  }
  if (run.status !== "completed" && run.status !== "incomplete")
    return [`${run.status}: ${run.problem ?? "there is no report"}`]
  const lines = [`${run.status}: ${run.rows} rows, ${run.findings} findings`]
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = yield* client.reconciliations.rows({
      params: { id: run.id },
      query: { onlyFindings: true, limit: 500, ...(cursor === undefined ? {} : { cursor }) }
    })
    for (const { customer, name, findings } of page.items)
      for (const { atRisk, severity, title } of findings)
        if (severity === "critical")
          lines.push(
            `${customer}, ${name}: ${title}${atRisk === null ? "" : `, ${format(atRisk)} ${atRisk.currency} a month`}`
          )
    cursor = page.next
  }
  return lines
})

if (process.argv[1] === import.meta.filename) {
  const key = Redacted.make(process.env["CONCORDAT_API_KEY"] ?? "")
  const url = process.env["CONCORDAT_URL"] ?? "http://127.0.0.1:3000"
  const lines = await Effect.runPromise(
    report(url, process.argv[2] ?? "contoso-eu").pipe(
      Effect.catchTags({
        InstanceNotFound: ({ name }) => Effect.succeed([`There is no instance ${name}.`]),
        Unauthorized: () => Effect.succeed(["CONCORDAT_API_KEY is not a valid key."])
      }),
      Effect.provide([bearer(key), FetchHttpClient.layer])
    )
  )
  console.log(lines.join("\n"))
}
