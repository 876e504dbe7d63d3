import { InstanceName, MpnId } from "@concordat/core/instance/Instance"
import { MpnVerdict } from "@concordat/core/tenant/partnerOfRecord"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery } from "./Page.ts"
import { InstanceNotFound } from "./Problem.ts"

/** What Partner Center says of an MPN id, with its age. */
export const MpnIdView = Schema.Struct({
  instance: described(InstanceName, "The instance."),
  mpnId: described(MpnId, "The MPN id (Partner ID) that was asked about."),
  verdict: described(
    MpnVerdict,
    "Whether it can be partner of record: valid; invalid, the reason says why; unknown, as long as Partner Center has never answered, the failure says why."
  ),
  partnerName: Schema.NullOr(Schema.String).annotate({
    description: "The partner that has it, as Microsoft names it; null where Microsoft told none."
  }),
  reason: Schema.NullOr(Schema.String).annotate({
    description: "Why it is invalid; null otherwise."
  }),
  checkedAt: Schema.NullOr(timestamp("When Partner Center said so.")).annotate({
    description: "When Partner Center said so; null as long as it never answered."
  }),
  ageSeconds: Schema.NullOr(count("How old the verdict is, in seconds.")).annotate({
    description: "How old the verdict is, in seconds; null as above."
  }),
  failure: Schema.NullOr(
    Schema.Struct({
      at: timestamp("When it was tried."),
      text: Schema.String.annotate({ description: "What went wrong, and what to do." })
    }).annotate({
      identifier: "MpnIdFailure",
      description: "A try that Partner Center did not answer."
    })
  ).annotate({
    description:
      "The newest try, when that failed: the verdict is then older than it should be. null otherwise."
  })
}).annotate({
  identifier: "MpnId",
  description: "What Partner Center says of an MPN id, with its age."
})
export type MpnIdView = typeof MpnIdView.Type

const params = {
  name: described(InstanceName, "The instance's name."),
  mpnId: described(MpnId, "The MPN id: a number.")
}

/** Checks of resellers' MPN ids with Partner Center. */
export class MpnIdsGroup extends HttpApiGroup.make("mpnids")
  .add(
    HttpApiEndpoint.get("get", "/:name/mpnids/:mpnId", {
      params,
      query: noQuery,
      success: MpnIdView,
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Get what Partner Center says of an MPN id")
      .annotate(
        OpenApi.Description,
        "From memory when it is at most a day old; else Partner Center is asked, in the name of the user who consented. Where it cannot be asked, the older verdict stays, with its age and the failure."
      )
      .annotateMerge(requires("instances:read")),
    HttpApiEndpoint.post("check", "/:name/mpnids/:mpnId/check", {
      params,
      headers: idempotencyKey,
      query: noQuery,
      success: MpnIdView,
      error: InstanceNotFound
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Check an MPN id with Partner Center now")
      .annotate(
        OpenApi.Description,
        "Whatever its age: to be used when a reseller says that Microsoft has enabled it meanwhile."
      )
      .annotateMerge(requires("instances:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/instances")
  .annotateMerge(
    OpenApi.annotations({
      title: "MPN ids",
      description: "Whether resellers' MPN ids can be partner of record."
    })
  ) {}
