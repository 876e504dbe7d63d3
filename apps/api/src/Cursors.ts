import { createHmac, timingSafeEqual } from "node:crypto"
import { InvalidRequest } from "@concordat/contracts/Problem"
import { type Page, type PageRequest, pageLimitDefault } from "@concordat/core/page/Page"
import { Context, Effect, Layer, Redacted } from "effect"

/**
 * Cursors as clients see them: signed, and bound to the list they belong to. So a list is only ever asked for
 * a cursor that it gave itself, and a wrong one is the client's mistake rather than a surprise further in.
 */
export class Cursors extends Context.Service<
  Cursors,
  {
    readonly seal: (list: string, cursor: string) => string
    readonly open: (list: string, sealed: string) => Effect.Effect<string, InvalidRequest>
  }
>()("api/Cursors") {}

/** Cursors are good as long as the secret is the same, on every machine that knows it. */
export const cursorsLayer = (secret: Redacted.Redacted): Layer.Layer<Cursors> => {
  const sign = (list: string, body: string) =>
    createHmac("sha256", Redacted.value(secret)).update(`cursor\n${list}\n${body}`).digest()
  return Layer.succeed(Cursors, {
    seal: (list, cursor) => {
      const body = Buffer.from(cursor, "utf8").toString("base64url")
      return `${body}.${sign(list, body).subarray(0, tagBytes).toString("base64url")}`
    },
    open: (list, sealed) => {
      const [body = "", tag = "", ...more] = sealed.split(".")
      const given = Buffer.from(tag, "base64url")
      const expected = sign(list, body).subarray(0, tagBytes)
      return more.length === 0 && given.length === tagBytes && timingSafeEqual(given, expected)
        ? Effect.succeed(Buffer.from(body, "base64url").toString("utf8"))
        : Effect.fail(
            new InvalidRequest({
              detail: "Send next of the previous page of this list, or leave the cursor out.",
              errors: [{ path: ["query", "cursor"], message: "not a cursor of this list" }]
            })
          )
    }
  })
}

const tagBytes = 16

/** One page of a list for a client: the cursor opened, the limit defaulted, and the next cursor sealed. */
export const pageOf = <A, E, R>(
  list: string,
  query: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
  read: (page: PageRequest) => Effect.Effect<Page<A>, E, R>
): Effect.Effect<Page<A>, E | InvalidRequest, R | Cursors> =>
  Effect.gen(function* () {
    const cursors = yield* Cursors
    const cursor = query.cursor === undefined ? undefined : yield* cursors.open(list, query.cursor)
    const page = yield* read({ cursor, limit: query.limit ?? pageLimitDefault })
    return {
      items: page.items,
      next: page.next === null ? null : cursors.seal(list, page.next)
    }
  })
