/** How Partner Center points from one resource to another; `uri` is relative and without `/v1`. */
export const link = (
  uri: string,
  headers: ReadonlyArray<{ readonly key: string; readonly value: string }> = []
) => ({ uri, method: "GET", headers })

export const collection = (
  items: ReadonlyArray<unknown>,
  links?: Readonly<Record<string, unknown>>
) => ({
  // The count of this page, not of everything.
  totalCount: items.length,
  items,
  links,
  attributes: { objectType: "Collection" }
})

/** Seven fractional digits, as .NET writes instants. */
export const dateOf = (at: number): string => `${new Date(at).toISOString().slice(0, -1)}0000Z`

/** Midnight at the beginning of the instant's day. */
export const dayOf = (at: number): string => `${new Date(at).toISOString().slice(0, 10)}T00:00:00Z`

/** Without fractions. */
export const secondOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

/** An opaque etag: base64 of id and version. */
export const etagOf = (id: string, version: number): string =>
  Buffer.from(JSON.stringify({ id: id.toLowerCase(), version })).toString("base64")
