import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import { Observed } from "@concordat/core/subscription/Observed"
import { MicrosoftId } from "@concordat/core/subscription/Subscription"
import { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { getSubscription, listAddons } from "../src/Subscriptions.ts"
import { adapter, aSubscription, instanceAt } from "./fixtures.ts"
import { scriptedServer } from "./scriptedServer.ts"

const tenantId = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
const id = MicrosoftId.make("a4c1340d-6911-4758-bba3-0c4c6007d161")

const list = (instance: Instance, known: string | null = null) =>
  VendorSubscriptions.use((vendor) => vendor.list(instance, tenantId, known))

const listed = (body: unknown) =>
  Effect.gen(function* () {
    const server = yield* scriptedServer([{ body }])
    const listing = yield* list(instanceAt(server.origin)).pipe(Effect.provide(adapter()))
    return listing._tag === "Listed" ? listing : assert.fail("the list is new")
  })

const one = (change: Record<string, unknown> = {}) =>
  Effect.map(listed({ items: [aSubscription(change)] }), ({ subscriptions: [first] }) => {
    if (first === undefined) return assert.fail("one was sent")
    return first
  })

const at = (iso: string) => Date.parse(iso)

describe("the list of a customer's subscriptions", () => {
  it.effect("is one request, in Microsoft's words made ours", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([{ body: { totalCount: 1, items: [aSubscription()] } }])
      const instance = instanceAt(server.origin)
      const listing = yield* list(instance).pipe(Effect.provide(adapter()))
      assert.deepStrictEqual<unknown>(listing._tag === "Listed" && listing.subscriptions[0], {
        instanceId: instance.id,
        tenantId,
        microsoftId: id,
        terms: {
          offer: "CFQ7TTC0LH18:0001",
          quantity: 15,
          status: "active",
          billingCycle: "monthly",
          term: "P1Y",
          autoRenew: true,
          commitmentEnd: at("2022-01-13T23:59:59Z"),
          scheduledChange: null,
          partnerOfRecord: "4847383",
          parent: null,
          isTrial: false,
          friendlyName: "Basic for the warehouse"
        },
        name: "Contoso Basic",
        orderId: "34b37d7340cc",
        effectiveStart: at("2021-01-14T16:57:14.498Z"),
        createdAt: at("2021-01-14T16:57:15.096Z"),
        cancellableUntil: at("2021-01-21T16:57:14Z"),
        refundable: [{ quantity: 10, until: at("2021-01-24T20:39:17.182Z") }],
        etag: "eyJpZCI6ImE0In0="
      })
      assert.deepStrictEqual(
        server.seen.map(({ method, url }) => `${method} ${url}`),
        [`GET /v1/customers/${tenantId}/subscriptions`]
      )
    })
  )

  it.effect("holds what the core can store and read again", () =>
    Effect.gen(function* () {
      const observed = yield* one()
      const codec = Schema.toCodecJson(Observed)
      const stored = JSON.stringify(yield* Schema.encodeEffect(codec)(observed))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(codec)(JSON.parse(stored)), observed)
    })
  )

  it.effect("that has not changed is known by its bytes, without being parsed", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([
        { body: { items: [aSubscription()] } },
        { body: { items: [aSubscription()] } },
        { body: { items: [aSubscription({ quantity: 16 })] } },
        { body: "no JSON at all" },
        { body: "no JSON at all" }
      ])
      const instance = instanceAt(server.origin)
      yield* Effect.gen(function* () {
        const first = yield* list(instance)
        const digest = first._tag === "Listed" ? first.digest : ""
        assert.strictEqual((yield* list(instance, digest))._tag, "Unchanged")
        assert.strictEqual((yield* list(instance, digest))._tag, "Listed")
        assert.strictEqual((yield* Effect.flip(list(instance))).reason._tag, "Malformed")
        const { createHash } = yield* Effect.promise(() => import("node:crypto"))
        const known = createHash("sha256").update("no JSON at all").digest("base64")
        assert.strictEqual((yield* list(instance, `1.${known}`))._tag, "Unchanged")
      }).pipe(Effect.provide(adapter()))
    })
  )

  it.effect("may be empty", () =>
    Effect.gen(function* () {
      const { subscriptions } = yield* listed({ totalCount: 0, items: [] })
      assert.deepStrictEqual(subscriptions, [])
    })
  )

  it.effect("with one wrong field is Malformed as a whole, and names the field", () =>
    Effect.gen(function* () {
      // what is wrong, and where it is
      for (const [change, where] of [
        [{ quantity: "fifteen" }, '["items"][1]["quantity"]'],
        [{ quantity: 1.5 }, '["items"][1]["quantity"]'],
        [{ quantity: undefined }, '["items"][1]["quantity"]'],
        [{ id: "no-guid" }, '["items"][1]["id"]'],
        [{ status: "sleeping" }, '["items"][1]["status"]'],
        [{ commitmentEndDate: "soon" }, '["items"][1]["commitmentEndDate"]'],
        [{ termDuration: "P9Y" }, '["items"][1]["termDuration"]'],
        [{ billingCycle: "biennial" }, '["items"][1]["billingCycle"]'],
        [{ partnerId: "Contoso" }, '["items"][1]["partnerId"]'],
        [{ offerId: "?" }, '["items"][1]["offerId"]'],
        [{ offerId: null, links: null }, '["items"][1]["offerId"]'],
        [
          {
            scheduledNextTermInstructions: { product: { productId: "?", skuId: "1" }, quantity: 1 }
          },
          '["items"][1]["scheduledNextTermInstructions"]["product"]["productId"]'
        ]
      ] as const) {
        const error = yield* listed({ items: [aSubscription(), aSubscription(change)] }).pipe(
          Effect.flip
        )
        assert.strictEqual(error.reason._tag, "Malformed")
        assert.include(error.message, "listSubscriptions")
        assert.include(error.text, where)
      }
    })
  )

  it.effect("is read to its last page, should it come in pages, and has one digest", () =>
    Effect.gen(function* () {
      const next = {
        uri: "/customers/x/subscriptions?page=2",
        headers: [{ key: "MS-ContinuationToken", value: "a,b/=" }]
      }
      let quantity = 2
      const server = yield* scriptedServer(({ url }) =>
        url.includes("page=2")
          ? { body: { items: [aSubscription({ quantity })] } }
          : { body: { items: [aSubscription({ quantity: 1 })], links: { next } } }
      )
      const instance = instanceAt(server.origin)
      yield* Effect.gen(function* () {
        const first = yield* list(instance)
        assert.deepStrictEqual(
          first._tag === "Listed" && first.subscriptions.map(({ terms }) => terms.quantity),
          [1, 2]
        )
        assert.strictEqual(server.seen[1]?.headers["ms-continuationtoken"], "a,b/=")
        const known = first._tag === "Listed" ? first.digest : null
        assert.strictEqual((yield* list(instance, known))._tag, "Unchanged")
        quantity = 3
        assert.strictEqual((yield* list(instance, known))._tag, "Listed")
      }).pipe(Effect.provide(adapter()))
    })
  )

  it.effect("whose pages never end is Malformed", () =>
    Effect.gen(function* () {
      const next = { uri: "/customers/x/subscriptions?again" }
      const error = yield* listed({ items: [], links: { next } }).pipe(Effect.flip)
      assert.include(error.text, "pages do not end")
    })
  )
})

describe("a subscription", () => {
  it.effect("of new commerce is its product and SKU, of legacy commerce its offer's GUID", () =>
    Effect.gen(function* () {
      const guid = "0cca44d6-68e9-4762-94ee-31ece98783b9"
      // what Partner Center sends, and what was bought
      for (const [change, offer] of [
        [{ offerId: "cfq7ttc0lh18:0001:cfq7ttc0k971" }, "CFQ7TTC0LH18:0001"],
        [{ offerId: "CFQ7TTC0LH18:000Z" }, "CFQ7TTC0LH18:000Z"],
        [{ offerId: guid.toUpperCase() }, guid],
        [
          {
            offerId: undefined,
            links: { offer: { uri: `/v1/offers/${guid.toUpperCase()}?country=US` } }
          },
          guid
        ],
        [{ offerId: undefined }, "CFQ7TTC0LH18:0001"]
      ] as const)
        assert.strictEqual<string>((yield* one(change)).terms.offer, offer)
    })
  )

  it.effect("of the first years, with next to nothing in it, is understood", () =>
    Effect.gen(function* () {
      const {
        subscriptions: [old]
      } = yield* listed({
        items: [
          {
            id: "83EF9D05-4169-4EF9-9657-0E86B1EAB1DE",
            quantity: 1,
            offerId: "0CCA44D6-68E9-4762-94EE-31ECE98783B9",
            status: "Active",
            commitmentEndDate: "9999-12-10T00:00:00Z",
            partnerId: "",
            orderId: "",
            parentSubscriptionId: "00000000-0000-0000-0000-000000000000",
            effectiveStartDate: "0001-01-01T00:00:00"
          }
        ]
      })
      assert.deepStrictEqual<unknown>(old?.terms, {
        offer: "0cca44d6-68e9-4762-94ee-31ece98783b9",
        quantity: 1,
        status: "active",
        billingCycle: "none",
        term: null,
        autoRenew: false,
        commitmentEnd: null,
        scheduledChange: null,
        partnerOfRecord: null,
        parent: null,
        isTrial: false,
        friendlyName: ""
      })
      assert.deepStrictEqual([old?.orderId, old?.effectiveStart, old?.etag], [null, null, null])
    })
  )

  it.effect(
    "names its base, its partner of record and its last day for a refund, however they are spelt",
    () =>
      Effect.gen(function* () {
        const addon = yield* one({
          parentSubscriptionId: id.toUpperCase(),
          partnerId: 4847383,
          cancellationAllowedUntilDate: null,
          refundOptions: [
            { type: "Full", expiresAt: "2026-01-02T00:00:00" },
            { type: "Partial", expiresAfter: "2026-01-08T00:00:00-01:00" }
          ]
        })
        assert.strictEqual(addon.terms.parent, id)
        assert.strictEqual(addon.terms.partnerOfRecord, "4847383")
        assert.strictEqual<unknown>(addon.cancellableUntil, at("2026-01-08T01:00:00Z"))
        const endless = yield* one({
          cancellationAllowedUntilDate: null,
          refundOptions: [{ type: "Full", expiresAt: "2026-01-02T00:00:00" }, { type: "Partial" }]
        })
        assert.isNull(endless.cancellableUntil)
      })
  )

  it.effect("has the change that its next term begins with", () =>
    Effect.gen(function* () {
      const product = {
        productId: "dg7gmgf0dvsv",
        skuId: "000p",
        availabilityId: "X",
        billingCycle: "Annual",
        termDuration: "P3Y"
      }
      // instructions, and the change
      for (const [instructions, change] of [
        [
          { product, quantity: 3, customTermEndDate: "2019-01-09T00:21:45.9263727" },
          { offer: "DG7GMGF0DVSV:000P", quantity: 3, billingCycle: "annual", term: "P3Y" }
        ],
        [
          { quantity: 3 },
          { offer: "CFQ7TTC0LH18:0001", quantity: 3, billingCycle: "monthly", term: "P1Y" }
        ],
        [
          { product: { productId: "DG7GMGF0DVSV", skuId: "000P" } },
          { offer: "DG7GMGF0DVSV:000P", quantity: 15, billingCycle: "monthly", term: "P1Y" }
        ],
        [null, null]
      ] as const) {
        const { terms } = yield* one({ scheduledNextTermInstructions: instructions })
        assert.deepStrictEqual<unknown>(terms.scheduledChange, change)
      }
    })
  )

  it.effect("can be asked for by its id, and so can its add-ons", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([
        { body: aSubscription() },
        { body: { items: [aSubscription({ parentSubscriptionId: id })] } },
        { status: 404, body: { code: 20003, description: "Subscription not found" } }
      ])
      const instance = instanceAt(server.origin)
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* getSubscription(instance, tenantId, id)).microsoftId, id)
        const [addon] = yield* listAddons(instance, tenantId, id)
        assert.strictEqual(addon?.terms.parent, id)
        const gone = yield* Effect.flip(getSubscription(instance, tenantId, id))
        assert.strictEqual(gone.reason._tag, "NotFound")
      }).pipe(Effect.provide(adapter()))
      assert.deepStrictEqual(
        server.seen.slice(0, 2).map(({ url }) => url),
        [
          `/v1/customers/${tenantId}/subscriptions/${id}`,
          `/v1/customers/${tenantId}/subscriptions/${id}/addons`
        ]
      )
    })
  )
})
