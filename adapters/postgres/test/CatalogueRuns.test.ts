import type { CatalogueProduct } from "@concordat/core/catalogue/CatalogueProduct"
import { CatalogueProducts, type ProductPatch } from "@concordat/core/catalogue/CatalogueProducts"
import type { CatalogueRun, CatalogueRunId } from "@concordat/core/catalogue/CatalogueRun"
import { CatalogueRuns } from "@concordat/core/catalogue/CatalogueRuns"
import { readCatalogue } from "@concordat/core/catalogue/readCatalogue"
import {
  requestCatalogueRun,
  startDueCatalogueRuns
} from "@concordat/core/catalogue/requestCatalogueRun"
import {
  type CataloguePart,
  VendorCatalogue,
  type VendorItem
} from "@concordat/core/catalogue/VendorCatalogue"
import { format } from "@concordat/core/money/Money"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { SyncOptions } from "@concordat/core/tenant/SyncOptions"
import {
  Busy,
  Malformed,
  Refused,
  SignInRejected,
  VendorError
} from "@concordat/core/vendor/VendorError"
import { Deferred, Effect, Fiber, Layer, ManagedRuntime } from "effect"
import { TestClock } from "effect/testing"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { catalogueProductsLayer } from "../src/CatalogueProducts.ts"
import { catalogueRunsLayer } from "../src/CatalogueRuns.ts"
import { identifiersLayer } from "../src/Identifiers.ts"
import { catalogueRunQueue } from "../src/queues.ts"
import { syncOptionsLayer } from "../src/SyncOptions.ts"
import { addInstance, clear, euros, instanceId, repositories, rowsOf } from "./World.ts"

/** What Partner Center sells today, and what of it cannot be read. */
const shop = {
  items: [] as VendorItem[],
  /** By country, or by product. */
  refused: new Map<string, VendorError["reason"]>(),
  asked: [] as string[],
  /** Called before a part is answered. */
  before: (_part: CataloguePart): Effect.Effect<void> => Effect.void
}
const productOf = ({ offer }: VendorItem) => offer.split(":")[0] ?? ""
const refusal = (key: string) => {
  const reason = shop.refused.get(key)
  return reason === undefined
    ? Effect.void
    : Effect.fail(
        new VendorError({
          operation: "listOffers",
          reason,
          status: 500,
          code: null,
          text: `no ${key}`,
          correlationId: ""
        })
      )
}
const vendor = Layer.succeed(VendorCatalogue, {
  parts: (_instance, country) =>
    Effect.as(
      refusal(country),
      [...new Set(shop.items.filter((one) => one.country === country).map(productOf))].map(
        (productId): CataloguePart => ({
          _tag: "Product",
          country,
          view: "OnlineServices",
          segment: "commercial",
          productId
        })
      )
    ),
  items: (_instance, part) =>
    Effect.suspend(() => {
      const productId = part._tag === "Product" ? part.productId : ""
      shop.asked.push(`${part.country} ${productId}`)
      return shop
        .before(part)
        .pipe(
          Effect.andThen(refusal(productId)),
          Effect.andThen(refusal(`${part.country} ${productId}`)),
          Effect.as(
            shop.items.filter((one) => one.country === part.country && productOf(one) === productId)
          )
        )
    }),
  current: () => Effect.succeed([])
})

const ports = Layer.mergeAll(
  catalogueRunsLayer,
  catalogueProductsLayer,
  identifiersLayer,
  syncOptionsLayer,
  vendor
)
const runtime = ManagedRuntime.make(Layer.provideMerge(ports, repositories))
afterAll(() => runtime.dispose())

const offer = (n: number) => OfferId.make(`CFQ7TTC0000${n}:0001`)
const item = (n: number, country = "DE", given: Partial<VendorItem> = {}): VendorItem => ({
  offer: offer(n),
  family: "nce",
  country,
  segment: "commercial",
  name: `Product ${n}`,
  description: "short",
  uri: null,
  isTrial: false,
  isAddon: false,
  prerequisites: [],
  conversionTargets: [],
  minimumQuantity: 1,
  maximumQuantity: 300,
  plans: [{ term: "P1Y", billingCycle: "monthly" }],
  isPurchasable: true,
  catalogItemId: `${offer(n)}:A`,
  ...given
})

beforeEach(async () => {
  shop.items = [item(1), item(2), item(1, "US")]
  shop.refused.clear()
  shop.asked = []
  shop.before = () => Effect.void
  await runtime.runPromise(
    clear.pipe(
      Effect.andThen(addInstance(1)),
      Effect.andThen(rowsOf("update instance set countries = array['DE', 'US']"))
    )
  )
})

type Ports =
  | CatalogueRuns
  | CatalogueProducts
  | SyncOptions
  | ManagedRuntime.ManagedRuntime.Services<typeof runtime>
const exec = <A, E>(effect: Effect.Effect<A, E, Ports>) => runtime.runPromise(effect)
const rows = <R = Record<string, unknown>>(text: string) => exec(rowsOf<R>(text))
const page = { cursor: undefined, limit: 100 }

const request = () => exec(requestCatalogueRun("key:test", "instance-1"))
const look = (id: CatalogueRunId) => exec(CatalogueRuns.use((runs) => runs.get(id)))
/** One attempt of the job; the last one gives up what it cannot read. */
const attempt = (id: CatalogueRunId, isLast = false) =>
  exec(readCatalogue(id, { concurrency: 2, giveUp: () => isLast }))
const read = async (): Promise<CatalogueRun> => {
  const { id } = await request()
  expect(await attempt(id, true)).toBeNull()
  return look(id)
}
const products = async (): Promise<ReadonlyArray<CatalogueProduct>> =>
  (
    await exec(
      CatalogueProducts.use(({ list }) =>
        list(
          {
            instanceId: instanceId(1),
            family: undefined,
            status: undefined,
            published: undefined,
            q: undefined
          },
          page
        )
      )
    )
  ).items
const edit = async (n: number, patch: ProductPatch) => {
  const product = (await products()).find((one) => one.offer === offer(n))
  if (product === undefined) throw new Error(`there is no product ${n}`)
  return exec(CatalogueProducts.use(({ update }) => update(product.id, product.version, patch)))
}
const log = async (id: CatalogueRunId) =>
  (await exec(CatalogueRuns.use((runs) => runs.log(id, page)))).items.map(
    ({ level, text }) => `${level}: ${text}`
  )
const changes = async (id: CatalogueRunId) =>
  (await exec(CatalogueRuns.use((runs) => runs.changes(id, undefined, page)))).items

describe("a catalogue run", () => {
  const options = () => exec(SyncOptions.use(({ definitions }) => definitions(instanceId(1))))

  it("makes the sync options of accounts, and changes them where the settings ask for it", async () => {
    const names = async () => (await options()).map(({ name }) => name)
    await rows("update instance set csp_status = 'indirect', countries = array['DE']")
    expect(await options()).toEqual([])
    const run = await read()
    expect(await names()).toEqual(["userName", "domainPrefix", "mpnId"])
    expect(await log(run.id)).toContain(
      "info: Sync options of accounts made: userName, domainPrefix, mpnId."
    )
    await rows("update instance set countries = array['DE', 'HU', 'BR']")
    await read()
    expect((await options()).at(-1)).toEqual({
      name: "taxId",
      lengthMin: 5,
      lengthMax: 22,
      countries: ["HU", "BR"]
    })
    await rows("update instance set countries = array['DE', 'BR']")
    await read()
    expect((await options()).at(-1)?.countries).toEqual(["BR"])
    await rows("update instance set countries = array['DE'], csp_status = 'direct'")
    await read()
    expect(await names()).toEqual(["userName", "domainPrefix", "mpnId", "taxId"])
  })

  it("that could read nothing makes none", async () => {
    for (const country of ["DE", "US"]) shop.refused.set(country, new Refused())
    await request().then(({ id }) => attempt(id, true))
    expect(await options()).toEqual([])
  })

  it("makes products and types, says so, and keeps nothing of what it read on the way", async () => {
    const run = await read()
    expect(run).toMatchObject({
      status: "completed",
      parts: 3,
      partsRead: 3,
      partsFailed: 0,
      added: 2,
      changed: 0,
      discontinued: 0,
      unchanged: 0,
      problem: null
    })
    expect(await products()).toMatchObject([
      {
        offer: offer(1),
        status: "new",
        published: false,
        version: 1,
        availabilities: [{ country: "DE" }, { country: "US" }]
      },
      {
        offer: offer(2),
        status: "new",
        published: false,
        version: 1,
        availabilities: [{ country: "DE" }]
      }
    ])
    expect(await rows("select from catalogue_part")).toEqual([])
    expect((await rows("select from product_type")).length).toBe(8)
    expect(await log(run.id)).toEqual([
      "info: Asked for by key:test: the catalogue of DE, US in en-US",
      // Two countries are listed at a time.
      expect.stringMatching(/^info: (DE: 2 parts|US: 1 part) to read$/u),
      expect.stringMatching(/^info: (DE: 2 parts|US: 1 part) to read$/u),
      expect.stringMatching(/^info: (DE|US): read$/u),
      expect.stringMatching(/^info: (DE|US): read$/u),
      "info: Sync options of accounts made: userName, domainPrefix.",
      "info: 2 new, 0 changed, 0 discontinued; 0 products as before."
    ])
    expect((await changes(run.id)).map(({ kind, name }) => [kind, name])).toEqual([
      ["new", "Product 1"],
      ["new", "Product 2"]
    ])
  })

  it("with nothing new changes nothing and says so", async () => {
    await read()
    await edit(1, { name: "Ours", published: true, sellPrice: euros("12.50"), acknowledged: true })
    const before = await products()
    const run = await read()
    expect(run).toMatchObject({ status: "completed", added: 0, changed: 0, unchanged: 2 })
    expect((await log(run.id)).at(-1)).toBe("info: Nothing new; 2 products as before.")
    const freshly = (all: ReadonlyArray<CatalogueProduct>) =>
      all.map((one) => ({
        ...one,
        availabilities: one.availabilities.map((a) => ({ ...a, readAt: 0 }))
      }))
    expect(freshly(await products())).toEqual(freshly(before))
  })

  it("leaves what is the operator's alone, whatever changed", async () => {
    await read()
    await edit(1, {
      name: "Ours",
      published: true,
      sellPrice: euros("12.50"),
      protectionMonths: 6,
      code: "OURS"
    })
    shop.items = [item(1, "DE", { name: "Renamed", maximumQuantity: 10 })]
    const run = await read()
    expect(run).toMatchObject({ changed: 1, discontinued: 1, added: 0 })
    expect(await products()).toMatchObject([
      {
        name: "Ours",
        microsoftName: "Renamed",
        published: true,
        protectionMonths: 6,
        code: "OURS",
        status: "new",
        maximumQuantity: 10
      },
      { offer: offer(2), status: "discontinued" }
    ])
    expect((await products()).map(({ sellPrice }) => format(sellPrice))).toEqual(["12.50", "0.00"])
    expect(await changes(run.id)).toMatchObject([
      {
        kind: "changed",
        fields: [
          { field: "microsoftName", before: "Product 1", after: "Renamed" },
          { field: "maximumQuantity", before: 300, after: 10 },
          { field: "countries", before: ["DE", "US"], after: ["DE"] }
        ]
      },
      { kind: "discontinued" }
    ])
  })

  it("writes Microsoft's names over those edited by hand where the instance says so", async () => {
    await read()
    await edit(1, { name: "Ours" })
    await rows("update instance set product_names = 'update'")
    expect(await read()).toMatchObject({ changed: 1 })
    expect((await products())[0]?.name).toBe("Product 1")
  })

  it("asked for twice at once is one, and a later one is another", async () => {
    const [first, second] = await Promise.all([request(), request()])
    expect(second.id).toBe(first.id)
    expect(await rows("select from catalogue_run")).toHaveLength(1)
    expect((await exec(catalogueRunQueue.counts())).waiting).toBe(1)
    await attempt(first.id)
    expect((await request()).id).not.toBe(first.id)
  })

  it("done by two workers at once is applied once", async () => {
    const { id } = await request()
    await Promise.all([attempt(id, true), attempt(id, true)])
    expect(await look(id)).toMatchObject({ status: "completed", partsRead: 3, added: 2 })
    expect((await products()).map(({ version }) => version)).toEqual([1, 1])
  })

  it("that was killed goes on with what is left", async () => {
    const { id } = await request()
    const stuck = await exec(Deferred.make<void>())
    const reached = await exec(Deferred.make<void>())
    // Countries are listed side by side, so that any part may be the last.
    const begun: Array<string> = []
    shop.before = ({ country }) =>
      Effect.suspend(() =>
        begun.push(country) === 3
          ? Effect.andThen(Deferred.succeed(reached, undefined), Deferred.await(stuck))
          : Effect.void
      )
    const worker = runtime.runFork(readCatalogue(id, { concurrency: 1, giveUp: () => false }))
    await exec(Deferred.await(reached))
    await exec(Fiber.interrupt(worker))
    expect(await look(id)).toMatchObject({ status: "running", partsRead: 2 })
    expect(await products()).toEqual([])
    shop.before = () => Effect.void
    shop.asked = []
    expect(await attempt(id)).toBeNull()
    expect(shop.asked.map((asked) => asked.split(" ", 1)[0])).toEqual([begun[2]])
    expect(await look(id)).toMatchObject({ status: "completed", parts: 3, partsRead: 3, added: 2 })
  })

  it("tries again what may pass, and keeps what was read meanwhile", async () => {
    const { id } = await request()
    shop.refused.set("CFQ7TTC00002", new Busy({ retryAfterMs: null }))
    expect(await attempt(id)).toMatch(/^listOffers: Busy .*no CFQ7TTC00002/u)
    expect(await look(id)).toMatchObject({ status: "running", partsRead: 2, partsFailed: 0 })
    shop.refused.clear()
    expect(await attempt(id)).toBeNull()
    expect(await look(id)).toMatchObject({ status: "completed", added: 2, problem: null })
  })

  it.each([
    ["a country", "US"],
    ["a product of it", "US CFQ7TTC00001"]
  ])("of which %s cannot be read is incomplete, and ends nothing there", async (_, what) => {
    shop.items = [item(1), item(1, "US"), item(2, "US")]
    await read()
    shop.items = [item(1, "US"), item(3)]
    shop.refused.set(what, new Malformed())
    const run = await read()
    expect(run).toMatchObject({ status: "incomplete", added: 1, discontinued: 0 })
    expect(run.problem).toMatch(/^US: listOffers: Malformed/u)
    expect((await log(run.id)).some((line) => /^(warning|error): US:/u.test(line))).toBe(true)
    const open = (await products()).map(({ availabilities, discontinuedAt, offer }) => [
      offer,
      discontinuedAt,
      availabilities.filter(({ isPurchasable }) => isPurchasable).map(({ country }) => country)
    ])
    expect(open).toEqual([
      [offer(1), null, ["US"]],
      [offer(2), null, ["US"]],
      [offer(3), null, ["DE"]]
    ])
  })

  it("that can read nothing fails and changes nothing", async () => {
    shop.refused.set("DE", new Refused()).set("US", new Refused())
    const run = await read()
    expect(run).toMatchObject({ status: "failed", problem: "No country could be read." })
    expect([await products(), await rows("select from catalogue_part")]).toEqual([[], []])
  })

  it("that nobody lets in fails at once, as an error of its caller", async () => {
    const { id } = await request()
    shop.refused.set("DE", new SignInRejected({ wayOut: "Consent." }))
    const error = await exec(
      Effect.flip(readCatalogue(id, { concurrency: 2, giveUp: () => false }))
    )
    expect(error.message).toMatch(/SignInRejected.*Consent\./u)
    await exec(CatalogueRuns.use(({ fail }) => fail(id, error.message)))
    expect(await look(id)).toMatchObject({ status: "failed" })
    expect((await log(id)).at(-1)).toMatch(/^error: Failed; nothing was changed: listOffers/u)
  })

  it("that is cancelled stops asking, changes nothing and stays cancelled", async () => {
    const { id } = await request()
    const reached = await exec(Deferred.make<void>())
    shop.before = () => Effect.andThen(Deferred.succeed(reached, undefined), Effect.never)
    const worker = runtime.runFork(readCatalogue(id, { concurrency: 1, giveUp: () => true }))
    await exec(Deferred.await(reached))
    expect(await exec(CatalogueRuns.use(({ cancel }) => cancel(id)))).toMatchObject({
      status: "cancelled"
    })
    expect(await exec(Fiber.join(worker))).toBeNull()
    expect(shop.asked).toHaveLength(1)
    expect([await products(), await rows("select from catalogue_part")]).toEqual([[], []])
    expect(await attempt(id)).toBeNull()
    expect(await look(id)).toMatchObject({ status: "cancelled" })
    expect((await exec(catalogueRunQueue.counts())).waiting).toBe(0)
  })

  it("whose job was lost gets another one, and one whose job was given up ends with the reason", async () => {
    const { id } = await request()
    const recover = () => exec(CatalogueRuns.use((runs) => runs.recover))
    expect(await recover()).toBe(0)
    await rows("delete from pgboss.job")
    expect(await recover()).toBe(1)
    expect((await exec(catalogueRunQueue.counts())).waiting).toBe(1)
    expect(await recover()).toBe(0)
    await rows(
      `update pgboss.job set state = 'failed', completed_on = now(), output = '{"message": "worn out"}' where name = 'catalogue-run'`
    )
    await recover()
    expect(await look(id)).toMatchObject({ status: "failed", problem: "it was given up: worn out" })
  })

  it("and its reports are read page by page", async () => {
    shop.items = Array.from({ length: 7 }, (_, n) => item(n + 1))
    const { id } = await read()
    const seen: Array<string> = []
    let cursor: string | undefined
    do {
      const part = await exec(
        CatalogueRuns.use((runs) => runs.changes(id, "new", { cursor, limit: 3 }))
      )
      seen.push(...part.items.map((change) => change.offer))
      cursor = part.next ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => offer(n + 1)))
  })
})

describe("the schedule", () => {
  const due = (at: string) =>
    exec(
      Effect.gen(function* () {
        yield* TestClock.setTime(Date.parse(at))
        return yield* startDueCatalogueRuns()
      }).pipe(Effect.provide(TestClock.layer()))
    )

  it("starts a run when it has struck, once over all who look, and not for what was before", async () => {
    expect(await due("2026-11-20T12:00:00Z")).toEqual([])
    expect(await due("2026-12-01T02:59:00Z")).toEqual([])
    const asked = await Promise.all([due("2026-12-01T03:00:10Z"), due("2026-12-01T03:00:10Z")])
    expect(asked.flat()).toMatchObject([{ trigger: "schedule", requestedBy: "daemon:reconciler" }])
    expect(await due("2026-12-01T03:00:40Z")).toEqual([])
    const [run] = asked.flat()
    if (run !== undefined) await attempt(run.id)
    expect(await due("2026-12-31T23:00:00Z")).toEqual([])
    expect(await due("2027-03-15T00:00:00Z")).toHaveLength(1)
  })

  it("that was changed begins anew, and one that was taken away never strikes", async () => {
    await due("2026-11-20T12:00:00Z")
    await rows("update instance set catalogue_schedule = '0 * * * *'")
    expect(await due("2026-11-25T12:30:00Z")).toEqual([])
    expect(await due("2026-11-25T13:00:00Z")).toHaveLength(1)
    await rows("update instance set catalogue_schedule = null")
    expect(await due("2026-12-25T13:00:00Z")).toEqual([])
  })

  it("of a disabled instance waits until it is enabled", async () => {
    await due("2026-11-20T12:00:00Z")
    await rows("update instance set disabled = true")
    expect(await due("2026-12-02T00:00:00Z")).toEqual([])
    await rows("update instance set disabled = false")
    expect(await due("2026-12-02T00:01:00Z")).toHaveLength(1)
  })
})
