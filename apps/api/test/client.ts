import type { Role, Scope } from "@concordat/core/actor/Actor"

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as any client does, without our types
  readonly body: any
}

export interface Ask {
  readonly key?: string | undefined
  /** Sent as JSON, or as it is when it is text or bytes. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Plain HTTP, as any client would. */
export const clientOf =
  (url: string, defaultKey: string) =>
  async (
    method: string,
    path: string,
    { key = defaultKey, body, headers = {} }: Ask = {}
  ): Promise<Answer> => {
    const raw = typeof body === "string" || body instanceof Uint8Array
    const response = await fetch(url + path, {
      method,
      redirect: "manual",
      headers: {
        ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(body === undefined ? {} : { body: raw ? bodyOf(body) : JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }

const bodyOf = (body: string | Uint8Array): BodyInit =>
  typeof body === "string" ? body : new Blob([new Uint8Array(body)])

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface NewKey {
  readonly role: Role
  readonly scopes?: ReadonlyArray<Scope>
  readonly branch?: string | null
}

/** A problem with its slug, as the tests name it. */
export const problemOf = (answer: Answer): string => {
  if (answer.headers.get("content-type") !== "application/problem+json")
    return `${answer.status}: no problem but ${answer.headers.get("content-type")}`
  return String(answer.body.type).replace("https://concordat.dev/problems/", `${answer.status} `)
}
