type Headers = Readonly<Record<string, string | undefined>>

/**
 * Where a request comes from, as the browser says: a page of ours, one of another site, or unknown, since only
 * browsers say it. `Sec-Fetch-Site` cannot be set by a page and knows nothing of proxies; older browsers have `Origin`.
 */
export const cameFrom = (
  headers: Headers,
  publicOrigin: string
): "here" | "elsewhere" | "unknown" => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) return site === "same-origin" ? "here" : "elsewhere"
  const origin = headers["origin"]
  if (origin === undefined) return "unknown"
  return origin === publicOrigin || hostOf(origin) === headers["host"] ? "here" : "elsewhere"
}

const hostOf = (origin: string): string | undefined => URL.parse(origin)?.host
