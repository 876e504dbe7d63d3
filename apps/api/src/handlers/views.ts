import { Api } from "@concordat/contracts/Api"
import { CurrentSession } from "@concordat/contracts/Auth"
import { SavedViewNotFound, TooManySavedViews } from "@concordat/contracts/Problem"
import { SavedViews } from "@concordat/core/operator/SavedViews"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"

/** One's own saved views. */
export const viewsLayer = HttpApiBuilder.group(
  Api,
  "views",
  Effect.fnUntraced(function* (handlers) {
    const views = yield* SavedViews
    return handlers.handleAll({
      list: Effect.fnUntraced(function* () {
        const { operator } = yield* CurrentSession
        return { items: yield* views.list(operator.id) }
      }),
      save: Effect.fnUntraced(
        function* ({ payload }) {
          const { operator } = yield* CurrentSession
          return yield* views.save(operator.id, payload)
        },
        Effect.catchTag("TooManySavedViews", ({ message }) =>
          Effect.fail(new TooManySavedViews({ detail: message }))
        )
      ),
      remove: Effect.fnUntraced(
        function* ({ params }) {
          const { operator } = yield* CurrentSession
          yield* views.remove(operator.id, params.id)
        },
        Effect.catchTag("SavedViewNotFound", ({ id, message }) =>
          Effect.fail(new SavedViewNotFound({ id, detail: `${message} GET /v1/views lists them.` }))
        )
      )
    })
  })
)
