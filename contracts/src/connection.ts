import { InstanceName } from "@concordat/core/instance/Instance"
import { ResourceFamily } from "@concordat/core/vendor/RateBudget"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery } from "./Page.ts"
import { InstanceDisabled, InstanceNotFound } from "./Problem.ts"

const text = (description: string) => Schema.String.annotate({ description })

const CheckView = Schema.Struct({
  step: Schema.Literals(["sign-in", "read"]).annotate({
    description:
      "Which one. sign-in: the application signs in with its key; read: it reads one customer of the account."
  }),
  outcome: Schema.Literals(["worked", "failed", "not-tried"]).annotate({
    description: "How it ended. What comes after a failed step is not tried."
  }),
  problem: Schema.NullOr(
    Schema.Struct({
      code: Schema.NullOr(Schema.String).annotate({
        description: "Microsoft's code; null where nobody answered.",
        examples: ["AADSTS7000215"]
      }),
      text: text("What Microsoft said, or what happened on the way to it."),
      wayOut: text("What it means and what to do."),
      correlationId: text("By which Microsoft's support finds it.")
    }).annotate({ identifier: "ConnectionProblem", description: "Why a step failed." })
  ).annotate({ description: "Why it failed; null where it did not." })
}).annotate({ identifier: "ConnectionCheck", description: "One step of a test." })

/** What a test of an instance's connection found. */
export const ConnectionTest = Schema.Struct({
  instance: described(InstanceName, "The instance."),
  testedAt: timestamp("When."),
  works: Schema.Boolean.annotate({ description: "Whether every step worked." }),
  checks: Schema.Array(CheckView).annotate({ description: "The steps, in their order." })
}).annotate({
  identifier: "ConnectionTest",
  description: "Whether an instance's live account can be signed in to and read."
})
export type ConnectionTest = typeof ConnectionTest.Type

const FamilyBudget = Schema.Struct({
  family: described(
    ResourceFamily,
    "A family of resources, for each of which Partner Center counts apart."
  ),
  perMinute: count(
    "Requests that may be sent in a minute now: a little less than the instance's limit, and less still after refusals, from which it recovers by itself."
  ),
  reservedUntil: Schema.NullOr(timestamp("The end of what is reserved.")).annotate({
    description:
      "Until when requests have reserved their turn, all processes together; in the past when nobody is sending. null where nothing was ever sent."
  }),
  heldBackUntil: Schema.NullOr(timestamp("Until when nobody sends.")).annotate({
    description:
      "Until when nobody sends, because Partner Center has refused (429); null otherwise."
  })
}).annotate({ identifier: "FamilyBudget", description: "The budget of one family of resources." })

/** The requests that an instance may send. */
export const RequestBudget = Schema.Struct({
  instance: described(InstanceName, "The instance."),
  requestsPerMinute: count("The limit of each family, as the instance is set."),
  families: Schema.Array(FamilyBudget).annotate({ description: "Every family." })
}).annotate({
  identifier: "RequestBudget",
  description: "The requests that all processes together may send for an instance."
})

const params = { name: described(InstanceName, "The instance's name.") }

/** How an instance's account can be reached. */
export class ConnectionGroup extends HttpApiGroup.make("connection")
  .add(
    HttpApiEndpoint.post("test", "/:name/test", {
      params,
      headers: idempotencyKey,
      query: noQuery,
      success: ConnectionTest,
      error: [InstanceNotFound, InstanceDisabled]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Test whether an instance signs in and reads")
      .annotate(
        OpenApi.Description,
        "Signs the live account's application in with its key and reads one customer, before requests of jobs and within the same limit. Nothing is kept and nothing changes at Microsoft. A key that Microsoft has just rejected is not tried again for half a minute unless the instance is changed. Whether a user has consented, GET /v1/instances/{name}/consent says."
      )
      .annotateMerge(requires("instances:read")),
    HttpApiEndpoint.get("budget", "/:name/budget", {
      params,
      query: noQuery,
      success: RequestBudget,
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Get the requests that an instance may send now")
      .annotateMerge(requires("instances:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/instances")
  .annotateMerge(
    OpenApi.annotations({
      title: "Connection",
      description: "Whether an instance's account can be reached, and how much may be asked of it."
    })
  ) {}
