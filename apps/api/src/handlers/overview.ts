import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { Overviews } from "@concordat/core/overview/Overviews"
import { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { runView } from "../views.ts"

/** What should be known first, within the caller's branch. */
export const overviewLayer = HttpApiBuilder.group(
  Api,
  "overview",
  Effect.fnUntraced(function* (handlers) {
    const overviews = yield* Overviews
    return handlers.handleAll({
      get: Effect.fnUntraced(function* () {
        const { branch } = yield* Caller
        const at = Instant.make(yield* Clock.currentTimeMillis)
        const overview = yield* overviews.read(branch, at)
        return {
          ...overview,
          books: overview.books.map(({ deadlines, run }) => ({ run: runView(run), deadlines }))
        }
      })
    })
  })
)
