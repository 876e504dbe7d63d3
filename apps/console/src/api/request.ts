import type { Answer, Command, Name, Parts, Reading } from "./Operations.ts"
import { Problem, problemOf, unreachable } from "./Problem.ts"

/** How long an answer may take; longer than the server gives itself. */
const timeoutMs = 30_000

interface Given {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly payload?: unknown
}

/** The address of an operation: ids in their places, and the query without what is absent or empty. */
export const addressOf = <N extends Name>(name: N, parts: Parts<N>): string =>
  addressWith(name, parts)

const addressWith = (name: string, { params = {}, query = {} }: Given): string => {
  const path = name
    .slice(name.indexOf(" ") + 1)
    .replace(/:([A-Za-z]+)/gu, (_, key: string) => encodeURIComponent(params[key] ?? ""))
  const asked = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== "") asked.set(key, value)
  return asked.size === 0 ? path : `${path}?${asked}`
}

/** Reads. Throws a `Problem`. */
export const read = <N extends Reading>(
  name: N,
  parts: Parts<N>,
  signal?: AbortSignal
): Promise<Answer<N>> => send(name, parts, {}, signal)

/** What a command needs besides its parts. */
export interface CommandOptions {
  /** By which the server knows a command that is sent again. The same for each attempt of one intention. */
  readonly idempotencyKey: string
  /** The version that was read, of what several may edit. */
  readonly version?: number | undefined
  readonly csrfToken: string | null
}

/** Does. Throws a `Problem`. */
export const command = <N extends Command>(
  name: N,
  parts: Parts<N>,
  { csrfToken, idempotencyKey, version }: CommandOptions
): Promise<Answer<N>> =>
  send(name, parts, {
    ...(name.startsWith("POST ") ? { "idempotency-key": idempotencyKey } : {}),
    ...(version === undefined ? {} : { "if-match": `"${version}"` }),
    ...(csrfToken === null ? {} : { "x-csrf-token": csrfToken })
  })

/** A new key for a new intention. Not `randomUUID`, which browsers keep from plain http. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("")

const send = async (
  name: string,
  parts: Given,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal
) => {
  const timeout = AbortSignal.timeout(timeoutMs)
  const response = await fetch(addressWith(name, parts), {
    method: name.slice(0, name.indexOf(" ")),
    headers: {
      accept: "application/json, application/problem+json",
      ...(parts.payload === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    body: parts.payload === undefined ? null : JSON.stringify(parts.payload),
    credentials: "same-origin",
    redirect: "error",
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  }).catch((cause: unknown) => {
    throw signal?.aborted === true ? cause : unreachable(cause)
  })
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return null
  // A page of some proxy, such as its own sign-in, is no answer of ours.
  if (!/^application\/json\b/u.test(response.headers.get("content-type") ?? ""))
    throw new Problem({
      name: "unexpected",
      status: response.status,
      title: "The answer is not from the API",
      detail:
        "Something between the browser and the API has answered in its place. Load the page again.",
      correlationId: response.headers.get("x-correlation-id")
    })
  return response.json()
}
