import { createHmac, timingSafeEqual } from "node:crypto"
import type { SessionId } from "@concordat/core/operator/Session"
import { Context, Layer, Redacted } from "effect"

/**
 * What a page sends back to show that it could read our answers, which no other site can. It belongs to one session
 * and is made from its id, so that nothing of it is kept: every machine that knows the secret makes the same.
 */
export class Csrf extends Context.Service<
  Csrf,
  {
    readonly tokenOf: (session: SessionId) => string
    readonly fits: (session: SessionId, given: string) => boolean
  }
>()("api/Csrf") {}

export const csrfLayer = (secret: Redacted.Redacted): Layer.Layer<Csrf> => {
  const sign = (session: SessionId) =>
    createHmac("sha256", Redacted.value(secret)).update(`csrf\n${session}`).digest()
  return Layer.succeed(Csrf, {
    tokenOf: (session) => sign(session).toString("base64url"),
    fits: (session, given) => {
      const expected = sign(session)
      const bytes = Buffer.from(given, "base64url")
      return bytes.length === expected.length && timingSafeEqual(bytes, expected)
    }
  })
}
