import { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { adapter, instanceAt } from "./fixtures.ts"
import { type Reply, type ScriptedServer, type Seen, scriptedServer } from "./scriptedServer.ts"

const idOf = (n: number) => `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, "0")}`
const customer = (n: number) => ({
  id: idOf(n).toUpperCase(),
  companyProfile: {
    tenantId: idOf(n),
    domain: `c${n}.onmicrosoft.com`,
    companyName: `Company ${n}`
  },
  relationshipToPartner: "reseller"
})
const nextLink = (token: string) => ({
  uri: "/customers?size=500&seekOperation=Next",
  method: "GET",
  headers: [{ key: "MS-ContinuationToken", value: token }]
})

const all = (server: ScriptedServer) =>
  VendorCustomers.use((customers) =>
    Stream.runCollect(customers.all(instanceAt(server.origin)))
  ).pipe(Effect.provide(adapter()))

const tokenOf = (seen: Seen) => String(seen.headers["ms-continuationtoken"] ?? "")

describe("the list of customers", () => {
  it.effect("is read page by page, with exactly the link's headers", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer((seen) => {
        const page = Number(tokenOf(seen).split(",")[1] ?? 0)
        const items = page === 1 ? [] : [customer(page * 2), customer(page * 2 + 1)]
        const links = page < 3 ? { next: nextLink(`/a=,${page + 1}`) } : {}
        return { body: { totalCount: 2, items, links } }
      })
      const customers = yield* all(server)
      assert.deepStrictEqual(
        customers.map(({ name }) => name),
        [0, 1, 4, 5, 6, 7].map((n) => `Company ${n}`)
      )
      assert.deepStrictEqual<unknown>(customers[0], {
        tenantId: idOf(0),
        domain: "c0.onmicrosoft.com",
        name: "Company 0"
      })
      assert.deepStrictEqual(
        server.seen.map((seen) => [seen.url, tokenOf(seen)]),
        [
          ["/v1/customers?size=500", ""],
          ["/v1/customers?size=500&seekOperation=Next", "/a=,1"],
          ["/v1/customers?size=500&seekOperation=Next", "/a=,2"],
          ["/v1/customers?size=500&seekOperation=Next", "/a=,3"]
        ]
      )
    })
  )

  it.effect("shows a customer once when two pages have it", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([
        { body: { items: [customer(1), customer(2)], links: { next: nextLink("2") } } },
        { body: { items: [customer(2), customer(3)] } }
      ])
      assert.strictEqual((yield* all(server)).length, 3)
    })
  )

  it.effect("tells a customer without a profile by its id", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([{ body: { items: [{ id: idOf(1) }] } }])
      assert.deepStrictEqual<unknown>(yield* all(server), [
        { tenantId: idOf(1), domain: "", name: idOf(1) }
      ])
    })
  )

  const items = [customer(1), customer(2)]
  let turn = 0
  // A lying server, and how many requests it gets.
  const lies: ReadonlyArray<readonly [string, (seen: Seen) => Reply, number]> = [
    [
      "leaves the paging header out, and so gives the first page again",
      () => ({
        body: { items, links: { next: { uri: "/customers?seekOperation=Next", headers: [] } } }
      }),
      2
    ],
    [
      "gives the first page again with ever new tokens",
      () => ({ body: { items, links: { next: nextLink(`token ${turn++}`) } } }),
      2
    ],
    [
      "names a page that was read already",
      ({ headers }) => ({
        body: {
          items: [customer(turn++)],
          links: { next: nextLink(headers["ms-continuationtoken"] === "b" ? "a" : "b") }
        }
      }),
      3
    ],
    [
      "has no customers on page after page",
      () => ({ body: { items: [], links: { next: nextLink(`token ${turn++}`) } } }),
      11
    ]
  ]
  for (const [lie, reply, requests] of lies)
    it.effect(`of a server that ${lie} is Malformed, after ${requests} requests`, () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer(reply)
        const error = yield* Effect.flip(all(server))
        assert.strictEqual(error.reason._tag, "Malformed")
        assert.include(error.text, "repeat")
        assert.strictEqual(server.seen.length, requests)
      })
    )

  it.effect("with a link header that would smuggle another one is Malformed", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([
        { body: { items, links: { next: nextLink("a\r\nAuthorization: none") } } }
      ])
      assert.include((yield* Effect.flip(all(server))).text, '["headers"][0]["value"]')
    })
  )
})
