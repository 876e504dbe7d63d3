import { Address, Cloud, endpointsOf } from "@concordat/core/instance/Cloud"
import { Countries } from "@concordat/core/instance/Country"
import {
  CronText,
  CspStatus,
  catalogueScheduleDefault,
  Environment,
  InstanceId,
  InstanceName,
  MpnId,
  ProductNames,
  requestsPerMinuteDefault,
  TenantId
} from "@concordat/core/instance/Instance"
import { InstanceEventKind, SettingValue } from "@concordat/core/instance/InstanceEvent"
import { Language, languageDefault } from "@concordat/core/instance/Language"
import { retiredPattern } from "@concordat/core/instance/retiredFields"
import { Schema, SchemaGetter } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, flag, guid, line, plainGuid, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  BodyTooLarge,
  InstanceChangeRefused,
  InstanceNameTaken,
  InstanceNotFound,
  InstancesNotImported,
  MediaTypeUnsupported,
  PreconditionRequired,
  VersionStale
} from "./Problem.ts"

const address = (description: string) => described(Address, description)

const addresses = {
  api: address("Where Partner Center's REST API answers."),
  login: address("Where Entra signs applications in."),
  resource: address("The audience of the token.")
}
const pricesText = "Where price sheets are."

const Addresses = Schema.Struct({
  api: Schema.String.annotate({ description: "Where Partner Center's REST API answers." }),
  login: Schema.String.annotate({ description: "Where Entra signs applications in." }),
  resource: Schema.String.annotate({ description: "The audience of the token." }),
  prices: Schema.String.annotate({ description: pricesText })
}).annotate({ identifier: "Endpoints", description: "Where a cloud answers." })

/** Addresses by hand. A secret is sent there: https, except on this machine. */
const GivenAddresses = Schema.Struct({
  ...addresses,
  prices: Schema.optionalKey(address(`${pricesText} As \`api\` when absent.`))
}).annotate({
  identifier: "GivenEndpoints",
  description:
    "Where a cloud answers: needed for the clouds custom and germany, refused for the others, whose addresses Microsoft publishes. https, or http on this machine."
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
const domain = Schema.String.check(
  Schema.isMaxLength(253),
  Schema.isPattern(/^[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$/u, {
    message: "a domain is needed, such as contoso.onmicrosoft.com"
  })
).annotate({ description: "The tenant's default domain, such as contoso.onmicrosoft.com." })

/** An empty text and null both say: by hand only. */
const schedule = Schema.NullOr(Schema.String).pipe(
  Schema.decodeTo(Schema.NullOr(CronText), {
    decode: SchemaGetter.transform((text: string | null) => (text === "" ? null : text)),
    encode: SchemaGetter.transform((text: string | null) => text)
  })
)

const texts = {
  cspStatus:
    "Direct partner, whose partner of record stays empty, or indirect provider, who names its reseller.",
  mpnId: "The partner's own Partner ID.",
  catalogueLanguage: "The language of the catalogue's names and descriptions, such as de-DE.",
  countries: "The countries whose catalogues are read, as two letters of ISO 3166-1.",
  productNames:
    "Product Names: `keep` names edited by hand, or `update` them to Microsoft's with each run.",
  annualProvisioning:
    "Provisioning of Annual Subscriptions: when false, Microsoft always gets monthly subscriptions, whatever the customer is billed.",
  catalogueSchedule:
    "When the catalogue is read by itself: minute, hour, day of month, month, weekday, in UTC. null or empty: by hand only.",
  disabled: "True stops everything that is sent to Partner Center for the instance."
}

/** Settings that a new instance need not give, and that a change may. */
const optionalSettings = {
  catalogueLanguage: described(
    Schema.optionalKey(Language),
    `${texts.catalogueLanguage} ${languageDefault} when a new instance does not say.`
  ),
  countries: described(
    Schema.optionalKey(Countries),
    `${texts.countries} When a new instance does not say, the home of its cloud: US, CN for china, DE for germany.`
  ),
  productNames: described(
    Schema.optionalKey(ProductNames),
    `${texts.productNames} \`keep\` when a new instance does not say.`
  ),
  annualProvisioning: described(
    Schema.optionalKey(Schema.Boolean),
    `${texts.annualProvisioning} false when a new instance does not say.`
  ),
  catalogueSchedule: described(
    Schema.optionalKey(schedule),
    `${texts.catalogueSchedule} ${catalogueScheduleDefault} when a new instance does not say: the 1st of each month.`
  ),
  requestsPerMinute: described(
    Schema.optionalKey(requestsPerMinute),
    `${limitText} ${requestsPerMinuteDefault} when a new instance does not say, as Microsoft publishes.`
  ),
  disabled: described(Schema.optionalKey(Schema.Boolean), texts.disabled)
}

const CredentialsView = Schema.Struct({
  tenantId: guid(TenantId, "The account id: the partner's own Microsoft tenant."),
  tenantDomain: described(Schema.NullOr(Schema.String), "Its domain; null where it is not known."),
  appId: plainGuid("The application (client) id that signs in.")
}).annotate({
  identifier: "Credentials",
  description: "Who signs in to an account; the secret is never shown."
})

/** The credentials of an integration sandbox, to be given whole; the secret may stay away when there is one. */
export const SandboxCredentials = Schema.Struct({
  tenantId: guid(TenantId, "The sandbox's own Microsoft tenant."),
  tenantDomain: Schema.optionalKey(domain),
  appId: plainGuid("The application (client) id that signs in to the sandbox."),
  secret: Schema.optionalKey(secret)
}).annotate({
  identifier: "SandboxCredentials",
  description:
    "The credentials of the integration sandbox. The secret is needed the first time; absent, the one that is kept stays."
})
export type SandboxCredentials = typeof SandboxCredentials.Type

/** One configured Partner Center account, without its secret. */
export const InstanceView = Schema.Struct({
  id: guid(InstanceId, "The instance."),
  name: described(InstanceName, "The name operators type."),
  cloud: described(Cloud, "Which of Microsoft's clouds."),
  endpoints: Addresses,
  environment: described(
    Environment,
    "Which credentials are live: the real account's, or the integration sandbox's."
  ),
  credentials: Schema.Struct({
    primary: CredentialsView,
    sandbox: described(
      Schema.NullOr(CredentialsView),
      "Of the integration sandbox; null where there is none."
    )
  }).annotate({ description: "Both sets; sandbox is null where there is none." }),
  tenantId: guid(TenantId, "The tenant of the live credentials."),
  tenantDomain: described(Schema.NullOr(Schema.String), "Its domain; null where it is not known."),
  appId: plainGuid("The application (client) id of the live credentials."),
  cspStatus: described(CspStatus, texts.cspStatus),
  mpnId: described(Schema.NullOr(MpnId), texts.mpnId),
  catalogueLanguage: described(Language, texts.catalogueLanguage),
  countries: described(Countries, texts.countries),
  productNames: described(ProductNames, texts.productNames),
  annualProvisioning: described(Schema.Boolean, texts.annualProvisioning),
  catalogueSchedule: described(Schema.NullOr(Schema.String), texts.catalogueSchedule),
  requestsPerMinute: described(Schema.Int, limitText),
  disabled: described(Schema.Boolean, "Nothing is sent to Partner Center for a disabled instance."),
  version: described(Schema.Int, "Counts the changes; it is also the ETag.")
}).annotate({ identifier: "Instance", description: "One configured Partner Center account." })
export type InstanceView = typeof InstanceView.Type

/** A new instance. Addresses are given exactly where Microsoft publishes none. */
export const NewInstance = Schema.Struct({
  name: described(InstanceName, "The name operators will type, such as contoso-eu."),
  cloud: described(Cloud, "Which of Microsoft's clouds."),
  endpoints: Schema.optionalKey(GivenAddresses),
  tenantId: guid(TenantId, "The account id: the partner's own Microsoft tenant."),
  tenantDomain: Schema.optionalKey(domain),
  appId: plainGuid("The application (client) id that signs in."),
  secret,
  cspStatus: described(CspStatus, texts.cspStatus),
  mpnId: described(Schema.optionalKey(MpnId), texts.mpnId),
  ...optionalSettings,
  sandbox: Schema.optionalKey(SandboxCredentials)
})
  .check(
    Schema.makeFilter(({ cloud, endpoints }) => addressIssue(cloud, endpoints !== undefined)),
    Schema.makeFilter(({ sandbox }) =>
      sandbox !== undefined && sandbox.secret === undefined
        ? {
            path: ["sandbox", "secret"],
            issue: "the secret of the sandbox's application is needed"
          }
        : undefined
    ),
    Schema.makeFilter(({ sandbox, tenantId }) =>
      sandbox?.tenantId === tenantId
        ? {
            path: ["sandbox", "tenantId"],
            issue: "the sandbox has a tenant of its own: this is the primary account's"
          }
        : undefined
    )
  )
  .annotate({ identifier: "NewInstance", description: "A Partner Center account to connect to." })
export type NewInstance = typeof NewInstance.Type

/** What is wrong with giving, or not giving, addresses for a cloud. */
const addressIssue = (cloud: Cloud, given: boolean) => {
  const published = endpointsOf(cloud) !== undefined
  if (published && given)
    return {
      path: ["endpoints"],
      issue: `the addresses of the cloud ${cloud} are known: leave them out, or use the cloud custom`
    }
  return published || given
    ? undefined
    : { path: ["endpoints"], issue: `the cloud ${cloud} has no published addresses: give them` }
}

/** What can be changed about an instance; what is absent stays. */
export const InstancePatch = Schema.Struct({
  name: described(Schema.optionalKey(InstanceName), "Another name; it takes the place of the old."),
  cloud: described(
    Schema.optionalKey(Cloud),
    "Another cloud, while the instance holds no data; give the secret again with it."
  ),
  endpoints: described(
    Schema.optionalKey(GivenAddresses),
    "Other addresses, of the clouds custom and germany; give the secret again with them, which is sent there."
  ),
  tenantId: described(
    Schema.optionalKey(guid(TenantId, "The account id.")),
    "Another account id of the primary account, while the instance holds no data of it."
  ),
  tenantDomain: described(
    Schema.optionalKey(Schema.NullOr(domain)),
    "The domain of the primary account's tenant; null where it is not known."
  ),
  appId: described(
    Schema.optionalKey(plainGuid("The application id.")),
    "The application (client) id of the primary account."
  ),
  secret: Schema.optionalKey(secret),
  sandbox: described(
    Schema.optionalKey(Schema.NullOr(SandboxCredentials)),
    "The sandbox's credentials; null removes them, while the sandbox holds no data."
  ),
  cspStatus: described(Schema.optionalKey(CspStatus), texts.cspStatus),
  mpnId: described(Schema.optionalKey(Schema.NullOr(MpnId)), `${texts.mpnId} null: none.`),
  ...optionalSettings
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0
        ? undefined
        : "give at least one setting to change; GET shows them all"
    ),
    Schema.makeFilter(({ cloud, endpoints }) =>
      cloud === undefined ? undefined : addressIssue(cloud, endpoints !== undefined)
    )
  )
  .annotate({ identifier: "InstancePatch", description: "What to change about an instance." })
export type InstancePatch = typeof InstancePatch.Type

/** So many instances one settings file may have. */
export const importedInstancesMax = 100

/**
 * An instance as settings files have it: all settings but the name may be absent, and retired fields are taken and
 * dropped.
 */
export const ImportedInstance = Schema.StructWithRest(
  Schema.Struct({
    name: described(InstanceName, "Which instance: a new name is added, a known one is changed."),
    cloud: described(
      Schema.optionalKey(Cloud),
      "Which of Microsoft's clouds. Needed for a new one."
    ),
    endpoints: Schema.optionalKey(GivenAddresses),
    tenantId: Schema.optionalKey(
      guid(TenantId, "The account id: the partner's own Microsoft tenant. Needed for a new one.")
    ),
    tenantDomain: described(
      Schema.optionalKey(Schema.NullOr(domain)),
      "The tenant's default domain; null where it is not known."
    ),
    appId: Schema.optionalKey(
      plainGuid("The application (client) id that signs in. Needed for a new one.")
    ),
    secret: Schema.optionalKey(secret),
    sandbox: described(
      Schema.optionalKey(Schema.NullOr(SandboxCredentials)),
      "The sandbox's credentials; null removes them, while the sandbox holds no data."
    ),
    cspStatus: described(Schema.optionalKey(CspStatus), `${texts.cspStatus} Needed for a new one.`),
    mpnId: described(Schema.optionalKey(Schema.NullOr(MpnId)), texts.mpnId),
    ...optionalSettings
  }),
  [Schema.Record(Schema.String.check(Schema.isPattern(retiredPattern)), Schema.Unknown)]
).annotate({
  identifier: "ImportedInstance",
  description:
    "An instance as a settings file has it; what is absent stays as it is. The retired fields Native App ID, Username, Password and Authorization Link are dropped, however they are written."
})

/** A settings file. */
export const SettingsFile = Schema.Struct({
  instances: Schema.Array(ImportedInstance)
    .check(Schema.isMinLength(1), Schema.isMaxLength(importedInstancesMax))
    .annotate({ description: "The instances, each name once." })
}).annotate({ identifier: "SettingsFile", description: "Instances with their settings." })
export type SettingsFile = typeof SettingsFile.Type

/** What an import of settings changed, or would change. */
export const SettingsImport = Schema.Struct({
  dryRun: described(Schema.Boolean, "True when nothing was kept."),
  instances: Schema.Array(
    Schema.Struct({
      name: described(InstanceName, "The instance."),
      outcome: described(
        Schema.Literals(["added", "changed", "unchanged"]),
        "What became of it, or would."
      ),
      fields: described(
        Schema.Array(Schema.String),
        "The settings that changed; all that were given, of one that was added."
      ),
      purged: described(
        Schema.Array(Schema.String),
        "Retired fields that the file held and that were dropped: delete them from it, above all passwords."
      )
    })
  ).annotate({ description: "In the order of the file." })
}).annotate({ identifier: "SettingsImport", description: "What an import of settings changed." })
export type SettingsImport = typeof SettingsImport.Type

/** Which environment shall be live, and why. */
export const EnvironmentSwitch = Schema.Struct({
  environment: described(Environment, "Which credentials shall be live."),
  reason: line("Why, for the log.", { min: 3, max: 500 })
}).annotate({
  identifier: "EnvironmentSwitch",
  description:
    "Orders against the primary account are real and billed; those in the sandbox are not."
})

/** What was done to an instance. */
export const InstanceEventView = Schema.Struct({
  id: described(Schema.Int, "Grows with each event."),
  at: timestamp("When."),
  actor: described(Schema.String, "Who."),
  correlationId: described(Schema.String, "Of the request that did it."),
  kind: described(
    InstanceEventKind,
    "It was registered, its settings were changed, or another environment was made live."
  ),
  reason: described(Schema.NullOr(Schema.String), "Why; null where nobody was asked."),
  changes: Schema.Array(
    Schema.Struct({
      field: described(Schema.String, "The setting."),
      before: described(SettingValue, "Its value before; null = none, or a secret."),
      after: described(SettingValue, "Its value after; null = none, or a secret.")
    }).annotate({
      identifier: "SettingChange",
      description: "A setting before and after. Of a secret only that it changed."
    })
  ).annotate({ description: "What changed, setting by setting." })
}).annotate({ identifier: "InstanceEvent", description: "What somebody did to an instance." })
export type InstanceEventView = typeof InstanceEventView.Type

const name = { name: described(InstanceName, "The instance's name.") }

const changeErrors = [
  InstanceNotFound,
  InstanceNameTaken,
  InstanceChangeRefused,
  VersionStale,
  PreconditionRequired,
  BodyTooLarge,
  MediaTypeUnsupported
] as const

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
    HttpApiEndpoint.post("import", "/import", {
      headers: idempotencyKey,
      query: {
        dryRun: Schema.optionalKey(
          flag("True checks and tells everything and keeps nothing; false when absent.")
        )
      },
      payload: SettingsFile,
      success: SettingsImport,
      error: [InstancesNotImported, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make the instances be as a settings file says: all, or nothing")
      .annotate(
        OpenApi.Description,
        `Adds the instances whose names are new and changes the others, at most ${importedInstancesMax}. What the file does not name stays; no instance is removed, and which environment is live is not imported. Repeating it changes nothing.`
      )
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.patch("update", "/:name", {
      params: name,
      headers: ifMatch,
      query: noQuery,
      payload: InstancePatch,
      success: HttpApiSchema.WithHeaders(InstanceView, etag),
      error: changeErrors
    })
      .annotate(OpenApi.Summary, "Change an instance's settings or credentials, or disable it")
      .annotate(
        OpenApi.Description,
        "What is absent stays as it is. An account id or cloud can be changed while the instance holds no data of the account: what was mirrored from one account is never compared with another's."
      )
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.put("setSandbox", "/:name/sandbox", {
      params: name,
      headers: ifMatch,
      query: noQuery,
      payload: SandboxCredentials,
      success: HttpApiSchema.WithHeaders(InstanceView, etag),
      error: changeErrors
    })
      .annotate(OpenApi.Summary, "Set the credentials of an instance's integration sandbox")
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.post("switchEnvironment", "/:name/environment", {
      params: name,
      headers: idempotencyKey,
      query: noQuery,
      payload: EnvironmentSwitch,
      success: HttpApiSchema.WithHeaders(InstanceView, etag),
      error: [
        InstanceNotFound,
        InstanceChangeRefused,
        VersionStale,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make the primary account or the sandbox live")
      .annotate(
        OpenApi.Description,
        "An explicit act, kept with its reason. Book, mirror and reconciliations of the two stay apart; reports of the sandbox say so. Refused while reconciliations are under way."
      )
      .annotateMerge(requires("instances:write")),
    HttpApiEndpoint.get("events", "/:name/events", {
      params: name,
      query: pageQuery,
      success: pageOf(InstanceEventView, "InstanceEventPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List what was done to an instance, newest first")
      .annotateMerge(requires("instances:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/instances")
  .annotateMerge(
    OpenApi.annotations({
      title: "Instances",
      description: "The Partner Center accounts that the BSS is connected to."
    })
  ) {}
