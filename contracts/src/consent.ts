import { ConsentStatus, ConsentUser } from "@concordat/core/consent/Consent"
import { Environment, InstanceName } from "@concordat/core/instance/Instance"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, plainGuid, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery } from "./Page.ts"
import { ConsentNotFound, InstanceNotFound } from "./Problem.ts"

const text = (description: string) => Schema.String.annotate({ description })

const Problem = Schema.Struct({
  code: Schema.NullOr(Schema.String).annotate({
    description: "Microsoft's code; null where there is none.",
    examples: ["AADSTS700082"]
  }),
  text: text("What Microsoft said."),
  wayOut: text("What it means and what to do."),
  since: timestamp("Since when.")
}).annotate({
  identifier: "ConsentProblem",
  description: "Why a consent cannot be used, or was not given."
})

/** How an instance's live account stands with Microsoft's sign-in. */
export const ConsentView = Schema.Struct({
  instance: described(InstanceName, "The instance."),
  environment: described(Environment, "Which of its accounts is live, and meant here."),
  status: described(
    ConsentStatus,
    "not-authenticated: nobody has consented. authenticated: it can be used. paused: it has expired or was revoked; the instance's work waits until somebody signs in again."
  ),
  text: text("The status in words, such as: Instance is authenticated."),
  user: Schema.NullOr(
    Schema.Struct({
      upn: described(ConsentUser.fields.upn, "The user principal name."),
      name: described(ConsentUser.fields.name, "The user's name, where Microsoft told it."),
      objectId: plainGuid("The user's object id in Microsoft Entra.")
    }).annotate({ identifier: "ConsentUser", description: "Who consented." })
  ).annotate({ description: "Who signed in and consented; null when nobody has." }),
  consentedAt: Schema.NullOr(timestamp("When.")).annotate({ description: "When; null as above." }),
  lastUsedAt: Schema.NullOr(timestamp("When it was used last.")).annotate({
    description: "When Microsoft renewed it last; the idle days count from here."
  }),
  idleDaysLeft: Schema.NullOr(
    count("Days until it expires unless it is used; it is used once a day by itself.")
  ).annotate({
    description:
      "Days until it expires, the one that has begun included; null when there is none, or it has ended."
  }),
  mfa: Schema.NullOr(Schema.Boolean).annotate({
    description: "Whether the user used a second factor; null where Microsoft does not tell."
  }),
  problem: Schema.NullOr(Problem).annotate({ description: "What is wrong; null when nothing is." }),
  lastAttempt: Schema.NullOr(
    Schema.Struct({
      startedAt: timestamp("When the link was asked for."),
      expiresAt: timestamp("Until when it works."),
      state: Schema.Literals(["waiting", "done", "failed"]).annotate({
        description:
          "What became of it. waiting: for whoever signs in; done; failed: the problem says why."
      }),
      problem: Schema.NullOr(Problem).annotate({ description: "Why it failed." })
    }).annotate({ identifier: "ConsentAttempt", description: "The newest try to authenticate." })
  ).annotate({ description: "The newest try to authenticate; null when there was none of late." })
}).annotate({
  identifier: "Consent",
  description: "How an instance's live account stands with Microsoft's sign-in."
})
export type ConsentView = typeof ConsentView.Type

/** The only answer that holds the link. */
export const ConsentLink = Schema.Struct({
  url: Schema.RedactedFromValue(Schema.String).pipe(
    Schema.annotateEncoded({
      description:
        "Leads to Microsoft's sign-in. Open it in the browser of the administrator who signs in; whoever has it can authenticate the instance with a user of the partner's own tenant, once."
    })
  ),
  expiresAt: timestamp("Until when it works.")
}).annotate({ identifier: "ConsentLink", description: "A link to Microsoft's sign-in." })

const params = { name: described(InstanceName, "The instance's name.") }

/** The consent by which an instance acts for a user of the partner. */
export class ConsentGroup extends HttpApiGroup.make("consent")
  .add(
    HttpApiEndpoint.get("get", "/:name/consent", {
      params,
      query: noQuery,
      success: ConsentView,
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Get the consent of an instance's live account")
      .annotateMerge(requires("instances:read")),
    HttpApiEndpoint.post("begin", "/:name/consent", {
      params,
      headers: idempotencyKey,
      query: noQuery,
      success: ConsentLink.pipe(HttpApiSchema.status(201)),
      error: InstanceNotFound
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Authenticate an instance: get a link to Microsoft's sign-in")
      .annotate(
        OpenApi.Description,
        "An administrator of the partner's own tenant opens the link, signs in with a second factor and accepts the permissions. The link works for 15 minutes and for one sign-in; the answer only counts in the browser that opened it. The redirect URI is CONCORDAT_PUBLIC_URL with /v1/consent/callback, and has to be one of the application's."
      )
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.delete("forget", "/:name/consent", {
      params,
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: [InstanceNotFound, ConsentNotFound]
    })
      .annotate(OpenApi.Summary, "Forget a consent and its tokens")
      .annotate(
        OpenApi.Description,
        "Nothing is said to Microsoft: to revoke it there, remove the application's permissions or the user's sessions in Microsoft Entra."
      )
      .annotateMerge(requires("instances:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/instances")
  .annotateMerge(
    OpenApi.annotations({
      title: "Consent",
      description: "The consent by which an instance acts for a user of the partner."
    })
  ) {}
