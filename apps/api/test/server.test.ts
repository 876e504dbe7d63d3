import { connect } from "node:net"
import { bearer, makeClient } from "@concordat/contracts/Client"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe("around the contract", () => {
  it("the process says that it is alive, and that it can serve, to anybody", async () => {
    for (const path of ["/healthz", "/readyz"])
      expect((await api.call("GET", path, { key: "" })).status).toBe(200)
  })

  it("while the database is away it is said so, and when it is back all goes on", async () => {
    await api.away(true)
    const [ready, list, command] = [
      await api.call("GET", "/readyz", { key: "" }),
      await api.call("GET", "/v1/accounts"),
      await api.call("POST", "/v1/reconciliations", {
        body: { instance: "contoso-eu", scope: { kind: "organisation" } },
        headers: { "idempotency-key": "while-away" }
      })
    ]
    expect((await api.call("GET", "/healthz", { key: "" })).status).toBe(200)
    await api.away(false)
    expect([ready, list, command].map(problemOf)).toEqual(Array(3).fill("503 unavailable"))
    expect(list.headers.get("retry-after")).toMatch(/^[0-9]+$/)
    expect((await api.call("GET", "/readyz", { key: "" })).status).toBe(200)
    expect((await api.call("GET", "/v1/accounts")).status).toBe(200)
    const again = await api.call("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "organisation" } },
      headers: { "idempotency-key": "while-away" }
    })
    expect(again.status).toBe(202)
  })

  it("the document is served as it is generated, and the page for people names every operation", async () => {
    const { body } = await api.call("GET", "/openapi.json", { key: "" })
    expect(body.openapi).toBe("3.1.0")
    const page = await api.call("GET", "/docs", { key: "" })
    expect(page.headers.get("content-type")).toContain("text/html")
    for (const methods of Object.values<Record<string, { operationId: string }>>(body.paths))
      for (const { operationId } of Object.values(methods))
        expect(page.text).toContain(`id="${operationId}"`)
  })

  it("the page for people loads nothing from elsewhere, and only its own script may run", async () => {
    const page = await api.call("GET", "/docs", { key: "" })
    expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//)
    expect(page.headers.get("content-security-policy")).toMatch(
      /default-src 'none'.*script-src 'sha256-/
    )
  })

  it("every answer is safe to show in a browser and stays out of caches", async () => {
    const { headers } = await api.call("GET", "/v1/accounts")
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("cache-control")).toBe("no-store")
  })

  it("a correlation id is taken over when it is a GUID, and made otherwise", async () => {
    const id = "0a1b2c3d-0000-4000-8000-00000000abcd"
    const sent = async (value: string) =>
      (
        await api.call("GET", "/v1/accounts", { headers: { "x-correlation-id": value } })
      ).headers.get("x-correlation-id")
    expect(await sent(id)).toBe(id)
    const made = await sent("drop table")
    expect(made).toMatch(guid)
    expect(await sent("drop table")).not.toBe(made)
  })

  it("requests are measured by route, not by address", async () => {
    await api.call("GET", `/v1/accounts/${api.seeded.south.account}`)
    const { text } = await api.call("GET", "/metrics", { key: "" })
    expect(text).toMatch(
      /concordat_http_requests_total\{[^}]*route="\/v1\/accounts\/\{id\}"[^}]*status="200"[^}]*\} \d+/
    )
    expect(text).not.toContain(api.seeded.south.account)
  })

  it("HEAD is answered as GET is, without the body", async () => {
    const answer = await api.call("HEAD", `/v1/accounts/${api.seeded.south.account}`)
    expect([answer.status, answer.text]).toEqual([200, ""])
  })

  it("headers over 16 KiB and malformed requests are refused", async () => {
    const big = await fetch(`${api.url}/v1/accounts`, { headers: { "x-big": "x".repeat(20_000) } })
    expect(big.status).toBe(431)
    expect(await raw(api.url, "NONSENSE\r\n\r\n")).toContain("HTTP/1.1 400")
  })
})

const raw = (url: string, text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
    socket.on("data", (data) => {
      resolve(String(data))
      socket.destroy()
    })
    socket.on("error", reject)
  })

describe("the typed client", () => {
  const run = <A, E>(
    use: (client: Effect.Success<ReturnType<typeof makeClient>>) => Effect.Effect<A, E>,
    key = api.admin
  ) =>
    Effect.runPromise(
      makeClient({ baseUrl: api.url }).pipe(
        Effect.flatMap(use),
        Effect.provide([bearer(Redacted.make(key)), FetchHttpClient.layer])
      )
    )

  it("reads lists, follows cursors and decodes values", async () => {
    const page = await run((client) => client.accounts.list({ query: { limit: 1 } }))
    expect(page.items).toHaveLength(1)
    const next = await run((client) =>
      client.accounts.list({ query: { limit: 1, cursor: page.next ?? "" } })
    )
    expect(next.items[0]?.id).not.toBe(page.items[0]?.id)
    const runs = await run((client) => client.reconciliations.list({ query: {} }))
    expect(typeof runs.items[0]?.createdAt).toBe("number")
  })

  it("has problems as tagged errors", async () => {
    const problem = await run(
      (client) => client.instances.list({ query: {} }).pipe(Effect.flip),
      "ck_wrong"
    )
    expect(problem).toMatchObject({ _tag: "Unauthorized", status: 401 })
  })

  it("sends a book in its format and downloads files", async () => {
    const bytes = new TextEncoder().encode("account_code\n")
    const refused = await run((client) =>
      client.book
        .import({
          query: { instance: api.seeded.instance, dryRun: true },
          headers: {},
          payload: { format: "csv", bytes }
        })
        .pipe(Effect.flip)
    )
    expect(refused).toMatchObject({ _tag: "BookInvalid" })
  })
})

describe("stopping", () => {
  it("takes no more requests, ends those under way, and is over within four seconds", async () => {
    const own = await serve()
    const idle = connect(Number(new URL(own.url).port), "127.0.0.1")
    await new Promise((resolve) => idle.once("connect", resolve))
    const began = Date.now()
    await own.stop()
    expect(Date.now() - began).toBeLessThan(8_000)
    await expect(fetch(own.url)).rejects.toThrow()
    idle.destroy()
  })
})
