import { Cloud, endpointsOf } from "@concordat/core/instance/Cloud"
import {
  CspStatus,
  InstanceId,
  InstanceName,
  MpnId,
  requestsPerMinuteDefault,
  TenantId
} from "@concordat/core/instance/Instance"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, line, plainGuid } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  BodyTooLarge,
  InstanceNameTaken,
  InstanceNotFound,
  MediaTypeUnsupported,
  PreconditionRequired,
  VersionStale
} from "./Problem.ts"

const origin = (description: string) =>
  Schema.String.check(
    Schema.isMaxLength(300),
    Schema.isPattern(/^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$/u, {
      message: "an http or https address without a trailing slash is needed"
    })
  ).annotate({ description })

const Addresses = Schema.Struct({
  api: origin("Where Partner Center's REST API answers."),
  login: origin("Where Entra signs applications in."),
  resource: origin("The audience of the token.")
}).annotate({
  identifier: "Endpoints",
  description:
    "Where a cloud answers. For a new instance: needed for the clouds custom and germany, refused for the others, whose addresses Microsoft publishes."
})

const requestsPerMinute = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))
const limitText =
  "Requests a minute that all processes together may send for one resource family of Partner Center."
const secret = Schema.RedactedFromValue(
  line("The application's secret (client secret). It is stored encrypted and never shown.", {
    min: 1,
    max: 4_096
  })
)

/** One configured Partner Center account, without its secret. */
export const InstanceView = Schema.Struct({
  id: guid(InstanceId, "The instance."),
  name: described(InstanceName, "The name operators type."),
  cloud: described(Cloud, "Which of Microsoft's clouds."),
  endpoints: Addresses,
  tenantId: guid(TenantId, "The partner's own Microsoft tenant."),
  tenantDomain: described(Schema.NullOr(Schema.String), "Its domain; null where it is not known."),
  appId: plainGuid("The application (client) id that signs in."),
  cspStatus: described(CspStatus, "Direct partner, or indirect provider."),
  mpnId: described(Schema.NullOr(MpnId), "The partner's own Partner ID."),
  requestsPerMinute: described(Schema.Int, limitText),
  disabled: described(Schema.Boolean, "Nothing is sent to Partner Center for a disabled instance."),
  version: described(Schema.Int, "Counts the changes; it is also the ETag.")
}).annotate({ identifier: "Instance", description: "One configured Partner Center account." })
export type InstanceView = typeof InstanceView.Type

/** A new instance. Addresses are given exactly where Microsoft publishes none. */
export const NewInstance = Schema.Struct({
  name: described(InstanceName, "The name operators will type, such as contoso-eu."),
  cloud: described(Cloud, "Which of Microsoft's clouds."),
  endpoints: Schema.optionalKey(Addresses),
  tenantId: guid(TenantId, "The partner's own Microsoft tenant."),
  tenantDomain: Schema.optionalKey(line("Its domain.", { min: 1, max: 253 })),
  appId: plainGuid("The application (client) id that signs in."),
  secret,
  cspStatus: described(CspStatus, "Direct partner, or indirect provider."),
  mpnId: described(Schema.optionalKey(MpnId), "The partner's own Partner ID."),
  requestsPerMinute: described(
    Schema.optionalKey(requestsPerMinute),
    `${limitText} ${requestsPerMinuteDefault} when absent, as Microsoft publishes.`
  )
})
  .check(
    Schema.makeFilter(({ cloud, endpoints }) => {
      const published = endpointsOf(cloud) !== undefined
      if (published && endpoints !== undefined)
        return {
          path: ["endpoints"],
          issue: `the addresses of the cloud ${cloud} are known: leave them out, or use the cloud custom`
        }
      return published || endpoints !== undefined
        ? undefined
        : { path: ["endpoints"], issue: `the cloud ${cloud} has no published addresses: give them` }
    })
  )
  .annotate({ identifier: "NewInstance", description: "A Partner Center account to connect to." })
export type NewInstance = typeof NewInstance.Type

/** What can be changed about an instance; what is absent stays. */
export const InstancePatch = Schema.Struct({
  requestsPerMinute: described(Schema.optionalKey(requestsPerMinute), limitText),
  disabled: described(
    Schema.optionalKey(Schema.Boolean),
    "True stops everything that is sent to Partner Center for the instance."
  ),
  secret: Schema.optionalKey(secret)
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0
        ? undefined
        : "give at least one of requestsPerMinute, disabled and secret"
    )
  )
  .annotate({ identifier: "InstancePatch", description: "What to change about an instance." })

const name = { name: described(InstanceName, "The instance's name.") }

/** The Partner Center accounts we are connected to. */
export class InstancesGroup extends HttpApiGroup.make("instances")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: pageQuery,
      success: pageOf(InstanceView, "InstancePage")
    })
      .annotate(OpenApi.Summary, "List instances, by name")
      .annotateMerge(requires("instances:read")),
    HttpApiEndpoint.get("get", "/:name", {
      params: name,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(InstanceView, etag),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Get one instance, with its ETag")
      .annotateMerge(requires("instances:read")),
    HttpApiEndpoint.post("add", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewInstance,
      success: HttpApiSchema.WithHeaders(InstanceView.pipe(HttpApiSchema.status(201)), {
        ...etag,
        location: Schema.String.annotate({ description: "Where the instance can be read." })
      }),
      error: [InstanceNameTaken, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Connect a Partner Center account")
      .annotate(
        OpenApi.Description,
        "Registers a Partner Center account with app-only credentials. Nothing is sent to Microsoft yet; the first reconciliation signs in."
      )
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.patch("update", "/:name", {
      params: name,
      headers: ifMatch,
      query: noQuery,
      payload: InstancePatch,
      success: HttpApiSchema.WithHeaders(InstanceView, etag),
      error: [
        InstanceNotFound,
        VersionStale,
        PreconditionRequired,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Change an instance's limit or secret, or disable it")
      .annotateMerge(requires("instances:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/instances")
  .annotateMerge(
    OpenApi.annotations({
      title: "Instances",
      description: "The Partner Center accounts that the BSS is connected to."
    })
  ) {}
