import { MailStatus } from "@concordat/core/mail/Outbox"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, timestamp } from "./Field.ts"
import { noQuery } from "./Page.ts"

export const HealthView = Schema.Struct({
  database: Schema.Struct({
    version: Schema.String.annotate({ description: "PostgreSQL's version." }),
    bytes: count("How large the database is.")
  }).annotate({ identifier: "DatabaseHealth", description: "The database." }),
  reconcilerConnections: count(
    "Connections that reconcilers hold. Without one, nobody does the work that waits."
  ),
  mail: Schema.Struct({
    failedToday: count("Mails that were refused, or had nobody to go to, within a day."),
    newest: described(
      Schema.NullOr(
        Schema.Struct({
          status: described(MailStatus, "What became of it. `kept`: there is no mail server."),
          at: timestamp("When it was sent, or else written.")
        }).annotate({
          identifier: "NewestMail",
          description: "The newest mail that is not waiting."
        })
      ),
      "The newest mail that is not waiting; null where there is none."
    )
  }).annotate({ identifier: "MailHealth", description: "The mail server, by what it did." })
}).annotate({ identifier: "Health", description: "How the parts are that no request tells of." })

/** Whether all parts are there. */
export class HealthGroup extends HttpApiGroup.make("health")
  .add(
    HttpApiEndpoint.get("look", "/", { query: noQuery, success: HealthView })
      .annotate(OpenApi.Summary, "Look at the database, the reconcilers and the mail server")
      .annotate(
        OpenApi.Description,
        "For people. Load balancers ask `/readyz`, Prometheus `/metrics`; instances say themselves how they are, jobs are counted by `GET /v1/jobs/counts`."
      )
      .annotateMerge(requires("jobs:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/health")
  .annotateMerge(
    OpenApi.annotations({ title: "Health", description: "Whether all parts are there." })
  ) {}
