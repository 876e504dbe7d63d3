import { Bearer, Caller, RequiredScope } from "@concordat/contracts/Auth"
import { Forbidden, Unauthorized } from "@concordat/contracts/Problem"
import { may } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"

/**
 * Who calls, from the key; then whether the key may do what the operation needs. An operation that names no
 * scope is refused for everybody, so that a forgotten annotation opens nothing.
 */
export const bearerLayer = Layer.effect(
  Bearer,
  Effect.map(ApiKeys, (keys) =>
    Bearer.of({
      bearer: Effect.fnUntraced(function* (answer, { credential, endpoint }) {
        const key = Redacted.value(credential)
        const actor = key === "" ? Option.none() : yield* keys.authenticate(Redacted.make(key))
        if (Option.isNone(actor)) {
          yield* challenge(key === "" ? "Bearer" : 'Bearer error="invalid_token"')
          return yield* new Unauthorized({
            detail:
              key === ""
                ? 'Send an API key as "Authorization: Bearer KEY".'
                : "The API key is not known here, or it was revoked; ask an operator for another one."
          })
        }
        const scope = Option.getOrUndefined(Context.getOption(endpoint.annotations, RequiredScope))
        if (scope === undefined || !may(actor.value, scope))
          return yield* new Forbidden({
            scope: scope ?? "",
            detail: `This needs the scope ${scope ?? "of nobody"}; ask an operator for a key whose role and scopes allow it.`
          })
        return yield* Effect.provideService(answer, Caller, actor.value)
      })
    })
  )
)

const challenge = (value: string) =>
  HttpEffect.appendPreResponseHandler((_request, response) =>
    Effect.succeed(HttpServerResponse.setHeader(response, "www-authenticate", value))
  )
