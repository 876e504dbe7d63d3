import { InstanceName } from "@concordat/core/instance/Instance"
import { overviewCountMax, overviewPastDays } from "@concordat/core/overview/Overviews"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, timestamp } from "./Field.ts"
import { noQuery } from "./Page.ts"
import { ReconciliationView } from "./reconciliation.ts"

const Due = Schema.Struct({
  days: count("So many days from now."),
  before: timestamp("When these days are over."),
  count: count(`How many fall due by then; ${overviewCountMax} stands for that many or more.`)
}).annotate({ identifier: "Due", description: "How much falls due within so many days." })

/** What an operator should know first. */
export const OverviewView = Schema.Struct({
  at: timestamp("When this was so; the days are counted from here."),
  books: described(
    Schema.Array(
      Schema.Struct({
        run: ReconciliationView,
        deadlines: described(
          Schema.Array(Due),
          "Rows with a finding that can be settled until then only: `deadlineFrom` and `deadlineBefore` list them."
        )
      })
    ),
    "For each instance the newest report of everything, of the environment that is live."
  ),
  past: described(
    Schema.Array(
      Schema.Struct({
        instance: described(InstanceName, "The instance."),
        at: timestamp("When the report was asked for."),
        rows: count("Its rows."),
        findings: count("Its findings.")
      })
    ),
    `The last such report of each day of the last ${overviewPastDays} days, by instance and time.`
  ),
  renewals: described(
    Schema.Array(Due),
    "Subscriptions in use whose commitment ends, as the BSS holds them: `endsFrom` and `endsBefore` list them."
  ),
  queueLagSeconds: described(
    Schema.NullOr(count("Seconds.")),
    "How long the oldest job that could have begun has waited; 0 when none waits, null for who sees a branch only."
  )
}).annotate({ identifier: "Overview", description: "What an operator should know first." })

/** What an operator should know first. */
export class OverviewGroup extends HttpApiGroup.make("overview")
  .add(
    HttpApiEndpoint.get("get", "/", { query: noQuery, success: OverviewView })
      .annotate(OpenApi.Summary, "Get what should be known first")
      .annotate(
        OpenApi.Description,
        "The last report of each instance, what falls due in the next days, and whether jobs wait. Within the caller's branch: reports are those that the branch itself has asked for."
      )
      .annotateMerge(requires("reconciliations:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/overview")
  .annotateMerge(
    OpenApi.annotations({
      title: "Overview",
      description: "What should be known first, read cheaply."
    })
  ) {}
