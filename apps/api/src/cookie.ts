import { sessionCookie } from "@concordat/contracts/Auth"
import { Effect, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { PublicUrl } from "./PublicUrl.ts"

/**
 * Sets the session's cookie with the answer. It has no end of its own: the server knows when a session is over, and
 * the browser forgets it when it is closed. Strict: no link or form of another site carries it.
 */
export const giveCookie = (token: Redacted.Redacted) => withCookie(Redacted.value(token), undefined)

/** Takes the cookie away with the answer. */
export const takeCookie = withCookie("", 0)

function withCookie(value: string, maxAge: 0 | undefined) {
  return Effect.gen(function* () {
    const origin = yield* PublicUrl.use((place) => place.origin)
    yield* HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.orDie(
        HttpServerResponse.setCookie(response, sessionCookie, value, {
          path: "/",
          httpOnly: true,
          sameSite: "strict",
          secure: origin.startsWith("https:"),
          ...(maxAge === undefined ? {} : { maxAge })
        })
      )
    )
  })
}
