import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import type {
  InstancePatch,
  NewInstance,
  SandboxCredentials,
  SettingsFile
} from "@concordat/contracts/instances"
import {
  InstanceChangeRefused,
  InstanceNameTaken,
  InstanceNotFound,
  InstancesNotImported
} from "@concordat/contracts/Problem"
import { type Endpoints, endpointsOf } from "@concordat/core/instance/Cloud"
import { changeInstance } from "@concordat/core/instance/changeInstance"
import {
  type Instance,
  InstanceId,
  type InstanceName,
  newInstance
} from "@concordat/core/instance/Instance"
import type { InstanceChange } from "@concordat/core/instance/InstanceChange"
import { Instances } from "@concordat/core/instance/Instances"
import { type ImportedInstance, importInstances } from "@concordat/core/instance/importInstances"
import { retiredField } from "@concordat/core/instance/retiredFields"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { conditionGiven, etagOf, stale, tagged, versionRead } from "../ifMatch.ts"

/** The Partner Center accounts we are connected to. */
export const instancesLayer = HttpApiBuilder.group(
  Api,
  "instances",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const identifiers = yield* Identifiers
    /** A change of the version that was read, in the name of the caller. */
    const change = Effect.fnUntraced(function* (
      name: InstanceName,
      condition: string | undefined,
      change: (current: Instance) => InstanceChange
    ) {
      const given = yield* conditionGiven(condition)
      const current = yield* instances.byName(name)
      const version = yield* versionRead(given, current)
      return tagged(yield* changeInstance(current.id, version, change(current), yield* acting()))
    }, Effect.catchTags(refusals))
    return handlers.handleAll({
      list: ({ query }) => pageOf("instances", query, instances.list),
      get: ({ params }) =>
        instances
          .byName(params.name)
          .pipe(Effect.map(tagged), Effect.catchTag("InstanceNotFound", instanceNotFound)),
      add: Effect.fnUntraced(
        function* ({ payload }) {
          const id = InstanceId.make(yield* identifiers.next)
          const { instance, secrets } = yield* registration(id, payload)
          yield* instances.add(instance, secrets, yield* acting())
          return HttpApiSchema.withHeaders({
            body: instance,
            headers: { etag: etagOf(instance), location: `/v1/instances/${instance.name}` }
          })
        },
        Effect.catchTag("InstanceNameTaken", nameTaken)
      ),
      import: Effect.fnUntraced(
        function* ({ payload, query }) {
          const dryRun = query.dryRun ?? false
          const imported = payload.instances.map(importedOf)
          const act = yield* acting()
          return { dryRun, instances: yield* importInstances(imported, { dryRun, act }) }
        },
        Effect.catchTag("ImportRefused", ({ problems }) =>
          Effect.fail(
            new InstancesNotImported({
              detail: "Nothing was imported. Correct what is named in errors and import again.",
              errors: problems.map(({ index, field, text }) => ({
                path: ["payload", "instances", index, ...field.split(".")],
                message: text
              }))
            })
          )
        )
      ),
      update: ({ headers, params, payload }) =>
        change(params.name, headers["if-match"], (current) => changeOf(current, payload)),
      setSandbox: ({ headers, params, payload }) =>
        change(params.name, headers["if-match"], () => ({ sandbox: sandboxOf(payload) })),
      switchEnvironment: Effect.fnUntraced(function* ({ params, payload }) {
        const { environment, reason } = payload
        const current = yield* instances.byName(params.name)
        const act = yield* acting(reason)
        const after = yield* instances.update(current.id, current.version, { environment }, act)
        return tagged(after)
      }, Effect.catchTags(switchRefusals)),
      events: Effect.fnUntraced(
        function* ({ params, query }) {
          const { id } = yield* instances.byName(params.name)
          return yield* pageOf(`events of ${id}`, query, (page) => instances.events(id, page))
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      )
    })
  })
)

const acting = Effect.fnUntraced(function* (reason?: string) {
  const caller = yield* Caller
  return { actor: caller.name, correlationId: yield* CurrentCorrelation, reason }
})

/** The problem of an instance that does not exist. */
export const instanceNotFound = ({
  name,
  message
}: {
  readonly name: string
  readonly message: string
}) =>
  Effect.fail(
    new InstanceNotFound({
      name,
      detail: `${message} GET /v1/instances lists those that exist.`
    })
  )

const nameTaken = ({ name, message }: { readonly name: string; readonly message: string }) =>
  Effect.fail(new InstanceNameTaken({ name, detail: message }))

const changeRefused = ({
  name,
  field,
  message
}: {
  readonly name: string
  readonly field: string
  readonly message: string
}) => Effect.fail(new InstanceChangeRefused({ name, field, detail: message }))

const refusals = {
  InstanceNotFound: instanceNotFound,
  InstanceNameTaken: nameTaken,
  InstanceChangeRefused: changeRefused,
  StaleVersion: stale
}
/** A switch does not name the instance anew: the name cannot be taken. */
const switchRefusals = {
  ...refusals,
  InstanceNameTaken: (error: { readonly message: string }) => Effect.die(error)
}

/** Addresses as given, price sheets where the API is unless they are elsewhere. */
const endpointsGiven = (given: NonNullable<NewInstance["endpoints"]>): Endpoints => ({
  ...given,
  prices: given.prices ?? given.api
})

const sandboxOf = ({ tenantId, tenantDomain, appId, secret }: SandboxCredentials) => ({
  tenantId,
  tenantDomain: tenantDomain ?? null,
  appId,
  secret
})

/** The contract has seen to it that addresses are given exactly where none are published, and a sandbox's secret. */
const registration = (id: InstanceId, given: NewInstance) => {
  const {
    secret,
    sandbox,
    endpoints: byHand,
    tenantId,
    tenantDomain = null,
    appId,
    mpnId = null,
    ...settings
  } = given
  const endpoints = byHand === undefined ? endpointsOf(given.cloud) : endpointsGiven(byHand)
  if (endpoints === undefined) return Effect.die(new Error(`${given.cloud} has no addresses`))
  const { secret: sandboxSecret = null, ...sandboxCredentials } =
    sandbox === undefined ? { secret: null } : sandboxOf(sandbox)
  return Effect.succeed({
    instance: newInstance({
      ...settings,
      id,
      endpoints,
      mpnId,
      credentials: {
        primary: { tenantId, tenantDomain, appId },
        sandbox: "tenantId" in sandboxCredentials ? sandboxCredentials : null
      }
    }),
    secrets: { primary: secret, sandbox: sandboxSecret }
  })
}

/** Which of the file's fields are settings, and which are from long ago. */
const importedOf = (given: SettingsFile["instances"][number]): ImportedInstance => ({
  name: given.name,
  settings: {
    cloud: given.cloud,
    endpoints:
      given.endpoints === undefined
        ? given.cloud === undefined
          ? undefined
          : endpointsOf(given.cloud)
        : endpointsGiven(given.endpoints),
    tenantId: given.tenantId,
    tenantDomain: given.tenantDomain,
    appId: given.appId,
    secret: given.secret,
    sandbox:
      given.sandbox === undefined || given.sandbox === null
        ? given.sandbox
        : sandboxOf(given.sandbox),
    cspStatus: given.cspStatus,
    mpnId: given.mpnId,
    catalogueLanguage: given.catalogueLanguage,
    countries: given.countries,
    productNames: given.productNames,
    annualProvisioning: given.annualProvisioning,
    catalogueSchedule: given.catalogueSchedule,
    requestsPerMinute: given.requestsPerMinute,
    disabled: given.disabled
  },
  purged: Object.keys(given).filter((field) => retiredField(field) !== undefined)
})

/** Another cloud brings its addresses along. */
const changeOf = (current: Instance, patch: InstancePatch): InstanceChange => {
  const { endpoints: byHand, sandbox, ...settings } = patch
  const endpoints =
    byHand !== undefined
      ? endpointsGiven(byHand)
      : patch.cloud !== undefined && patch.cloud !== current.cloud
        ? endpointsOf(patch.cloud)
        : undefined
  return {
    ...settings,
    endpoints,
    ...(sandbox === undefined ? {} : { sandbox: sandbox === null ? null : sandboxOf(sandbox) })
  }
}
