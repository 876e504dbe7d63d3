import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { Effect, type Scope } from "effect"

/** What the server does with one request to the API; the last one of a script is repeated. */
export type Reply =
  | {
      readonly status?: number
      readonly reason?: string
      readonly headers?: Readonly<Record<string, string>>
      /** A string or bytes go out as they are, anything else as JSON with a byte-order mark. */
      readonly body?: unknown
    }
  /** Takes the request and closes the connection. */
  | "reset"
  /** Starts an answer and closes the connection. */
  | "half"
  /** Never answers. */
  | "silence"
  /** Answers without end. */
  | "endless"

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ScriptedServer {
  readonly origin: string
  /** Requests to the API, and to the sign-in. */
  readonly seen: ReadonlyArray<Seen>
  readonly signIns: ReadonlyArray<Seen>
  /** Done when so many requests to the API have come. */
  readonly until: (requests: number) => Effect.Effect<void>
}

const token = { token_type: "Bearer", expires_in: 3_600 }

const send = (response: ServerResponse, reply: Reply): void => {
  if (reply === "silence") return
  if (reply === "endless") {
    const more = () => {
      if (!response.destroyed) response.write("x".repeat(10_000), () => setImmediate(more))
    }
    more()
    return
  }
  if (reply === "reset") {
    response.destroy()
    return
  }
  if (reply === "half") {
    response.writeHead(200, { "content-length": 1_000 })
    response.write('{"items":[', () => response.destroy())
    return
  }
  const { status = 200, reason, headers = {}, body } = reply
  const bytes =
    body === undefined || typeof body === "string" || body instanceof Uint8Array
      ? (body ?? "")
      : `\ufeff${JSON.stringify(body)}`
  response.writeHead(status, reason, headers)
  response.end(bytes)
}

/** A server that answers as the script says; `/oauth2/` by the second script, with ever new tokens by default. */
export const scriptedServer = (
  script: ReadonlyArray<Reply> | ((seen: Seen, before: number) => Reply),
  signInScript: ReadonlyArray<Reply> = []
): Effect.Effect<ScriptedServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<ScriptedServer & { readonly close: () => void }>((resume) => {
      const seen: Array<Seen> = []
      const signIns: Array<Seen> = []
      const waiting = new Set<() => void>()
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const one = {
            method: request.method ?? "",
            url: request.url ?? "",
            headers: request.headers,
            body: Buffer.concat(chunks).toString()
          }
          if (one.url.includes("/oauth2/")) {
            const reply = signInScript[Math.min(signIns.length, signInScript.length - 1)]
            signIns.push(one)
            const fresh = { ...token, access_token: `token-${signIns.length}` }
            send(response, reply ?? { body: JSON.stringify(fresh) })
            return
          }
          const reply =
            typeof script === "function"
              ? script(one, seen.length)
              : script[Math.min(seen.length, script.length - 1)]
          seen.push(one)
          send(response, reply ?? { status: 404 })
          for (const wake of waiting) wake()
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(
          Effect.succeed({
            origin: `http://127.0.0.1:${port}`,
            seen,
            signIns,
            until: (requests: number) =>
              Effect.callback<void>((done) => {
                const look = () => {
                  if (seen.length < requests) return
                  waiting.delete(look)
                  done(Effect.void)
                }
                waiting.add(look)
                look()
              }),
            close: () => {
              server.closeAllConnections()
              server.close()
            }
          })
        )
      })
    }),
    (server) => Effect.sync(server.close)
  )
