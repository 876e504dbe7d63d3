import { Api } from "@concordat/contracts/Api"
import type { NewInstance } from "@concordat/contracts/instances"
import {
  InstanceNameTaken,
  InstanceNotFound,
  PreconditionRequired,
  VersionStale
} from "@concordat/contracts/Problem"
import { endpointsOf } from "@concordat/core/instance/Cloud"
import {
  type Instance,
  InstanceId,
  requestsPerMinuteDefault
} from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"

/** The Partner Center accounts we are connected to. */
export const instancesLayer = HttpApiBuilder.group(
  Api,
  "instances",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const identifiers = yield* Identifiers
    return handlers.handleAll({
      list: ({ query }) => pageOf("instances", query, instances.list),
      get: ({ params }) =>
        instances
          .byName(params.name)
          .pipe(Effect.map(tagged), Effect.catchTag("InstanceNotFound", instanceNotFound)),
      add: Effect.fnUntraced(
        function* ({ payload }) {
          const id = InstanceId.make(yield* identifiers.next)
          const instance = yield* instanceOf(id, payload)
          yield* instances.add(instance, payload.secret)
          return HttpApiSchema.withHeaders({
            body: instance,
            headers: { etag: etagOf(instance), location: `/v1/instances/${instance.name}` }
          })
        },
        Effect.catchTag("InstanceNameTaken", ({ name, message }) =>
          Effect.fail(new InstanceNameTaken({ name, detail: message }))
        )
      ),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const condition = headers["if-match"]
          if (condition === undefined)
            return yield* new PreconditionRequired({
              detail: "Read the instance, and send its ETag back as If-Match with the change."
            })
          const current = yield* instances.byName(params.name)
          if (!matches(condition, current)) return yield* stale()
          const changed = yield* instances.update(current.id, current.version, payload)
          return tagged(changed)
        },
        Effect.catchTags({ InstanceNotFound: instanceNotFound, StaleVersion: stale })
      )
    })
  })
)

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

const stale = () =>
  Effect.fail(
    new VersionStale({
      detail: "Nothing was changed. Read the instance again, and send the new ETag as If-Match."
    })
  )

const etagOf = (instance: Instance): string => `"${instance.version}"`

const tagged = (instance: Instance) =>
  HttpApiSchema.withHeaders({ body: instance, headers: { etag: etagOf(instance) } })

/** Strong comparison, as If-Match asks for: a weak tag never matches (RFC 9110, §13.1.1). */
const matches = (condition: string, instance: Instance): boolean =>
  condition
    .split(",")
    .map((tag) => tag.trim())
    .some((tag) => tag === "*" || tag === etagOf(instance))

/** The contract has seen to it that addresses are given exactly where none are published. */
const instanceOf = (id: InstanceId, given: NewInstance): Effect.Effect<Instance> => {
  const endpoints = given.endpoints ?? endpointsOf(given.cloud)
  if (endpoints === undefined) return Effect.die(new Error(`${given.cloud} has no addresses`))
  return Effect.succeed({
    id,
    name: given.name,
    cloud: given.cloud,
    endpoints,
    tenantId: given.tenantId,
    tenantDomain: given.tenantDomain ?? null,
    appId: given.appId,
    cspStatus: given.cspStatus,
    mpnId: given.mpnId ?? null,
    requestsPerMinute: given.requestsPerMinute ?? requestsPerMinuteDefault,
    disabled: false,
    version: 1
  })
}
