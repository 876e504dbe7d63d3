import type { Instance } from "@concordat/core/instance/Instance"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Option, Stream } from "effect"
import { type Answer, Client, malformed, type ReadRequest } from "./Client.ts"
import type { WireLink } from "./wire/values.ts"

/** A page of a collection, as its schema reads it. */
export interface WirePage<Item> {
  readonly items: ReadonlyArray<Item>
  readonly links?: { readonly next?: typeof WireLink.Type | null } | null
}

/** Partner Center ends a list with a page without a next link; one without items may come before it. */
const emptyPagesMax = 10

/**
 * All items of a collection, each once, page by page ("Get a list of customers", pagination). The next page is
 * what the link says, with exactly the link's headers: who drops them gets the first page again. A server
 * that does so all by itself is stopped, as Malformed, rather than followed for ever.
 */
export const allItems = <Item>(
  instance: Instance,
  first: ReadRequest,
  page: (answer: Answer) => Effect.Effect<WirePage<Item>, VendorError>,
  idOf: (item: Item) => string
): Stream.Stream<Item, VendorError, Client> =>
  Stream.unwrap(
    Effect.map(Client, (client) => {
      const links = new Set<string>()
      const ids = new Set<string>()
      let emptyPages = 0
      const onePage = Effect.fnUntraced(function* (request: ReadRequest) {
        const answer = yield* client.send(instance, request)
        const { items, links: linked } = yield* page(answer)
        const fresh = items.filter((item) => {
          const known = ids.size
          return ids.add(idOf(item)).size > known
        })
        emptyPages = items.length === 0 ? emptyPages + 1 : 0
        const next = nextOf(request, linked?.next)
        if (next === undefined) return [fresh, Option.none<ReadRequest>()] as const
        const link = JSON.stringify([next.uri, next.headers])
        if (
          links.has(link) ||
          (items.length > 0 && fresh.length === 0) ||
          emptyPages > emptyPagesMax
        )
          return yield* malformed(answer, 'the pages repeat themselves\n  at ["links"]["next"]')
        links.add(link)
        return [fresh, Option.some(next)] as const
      })
      return Stream.paginate(first, onePage)
    })
  )

/** The request for the next page; undefined on the last one. */
export const nextOf = (
  request: ReadRequest,
  link: typeof WireLink.Type | null | undefined
): ReadRequest | undefined => {
  if (link === undefined || link === null) return undefined
  const headers: Record<string, string> = {}
  for (const { key, value } of link.headers ?? []) headers[key.toLowerCase()] = value
  return { ...request, uri: link.uri, headers }
}
