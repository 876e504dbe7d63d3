import { Api } from "@concordat/contracts/Api"
import { InstanceDisabled } from "@concordat/contracts/Problem"
import { Instances } from "@concordat/core/instance/Instances"
import { testConnection } from "@concordat/core/instance/testConnection"
import { Instant } from "@concordat/core/time/Instant"
import { RateBudgets } from "@concordat/core/vendor/RateBudget"
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { instanceNotFound } from "./instances.ts"

/** How an instance's account can be reached. */
export const connectionLayer = HttpApiBuilder.group(
  Api,
  "connection",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const budgets = yield* RateBudgets
    return handlers.handleAll({
      test: Effect.fnUntraced(
        function* ({ params }) {
          const instance = yield* instances.byName(params.name)
          const checks = yield* testConnection(instance)
          return {
            instance: instance.name,
            testedAt: Instant.make(yield* Clock.currentTimeMillis),
            works: checks.every(({ outcome }) => outcome === "worked"),
            checks
          }
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message }))
        })
      ),
      budget: Effect.fnUntraced(
        function* ({ params }) {
          const { id, name, requestsPerMinute } = yield* instances.byName(params.name)
          return { instance: name, requestsPerMinute, families: yield* budgets.states(id) }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      )
    })
  })
)
