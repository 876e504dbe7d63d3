import { type Answer, json, Refusal } from "./Answer.ts"
import { type Call, invalidProperty } from "./Call.ts"
import { collection, link } from "./resource.ts"

/** One page of a walk: what it holds, and where the next one begins (null after the last). */
export interface Page {
  readonly items: ReadonlyArray<unknown>
  readonly next: number | null
}

/**
 * Where the walk goes on. The token travels in a header that `links.next.headers` names; a client that follows the
 * link without the header begins anew with the first page, as with Microsoft.
 */
export const positionOf = (call: Call): number => {
  if (call.query.get("seekoperation")?.toLowerCase() !== "next") return 0
  const token = call.headers["ms-continuationtoken"]
  if (token === undefined) return 0
  const text = Buffer.from(String(token), "base64").toString()
  const match = /^next\/(\d{1,9}),/u.exec(text)
  if (match === null) throw new Refusal(invalidProperty("MS-ContinuationToken"))
  return Number(match[1])
}

/** The page with its links; `path` and `query` are those of the request, without `/v1` and without seekOperation. */
export const pageAnswer = (path: string, query: ReadonlyArray<string>, page: Page): Answer => {
  const uri = (more: ReadonlyArray<string>) => {
    const all = [...query, ...more]
    return all.length === 0 ? path : `${path}?${all.join("&")}`
  }
  const token = Buffer.from(`next/${page.next},${path}`).toString("base64")
  return json(
    collection(page.items, {
      self: link(uri([])),
      ...(page.next === null
        ? {}
        : {
            next: link(uri(["seekOperation=Next"]), [{ key: "MS-ContinuationToken", value: token }])
          })
    })
  )
}
