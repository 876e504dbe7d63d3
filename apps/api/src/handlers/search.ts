import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { findAll } from "@concordat/core/search/findAll"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"

/** One question to everything. */
export const searchLayer = HttpApiBuilder.group(Api, "search", (handlers) =>
  Effect.succeed(
    handlers.handleAll({
      find: ({ query }) => Effect.flatMap(Caller, (caller) => findAll(query.q, caller))
    })
  )
)
