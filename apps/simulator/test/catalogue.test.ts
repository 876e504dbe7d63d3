import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inflateRawSync } from "node:zlib"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { catalogue } from "../src/Catalogue.ts"
import { Catalogues } from "../src/catalogue/Catalogues.ts"
import { compareMonths } from "../src/catalogue/compareMonths.ts"
import type { Item } from "../src/catalogue/Item.ts"
import { isLegacyProduct, isSoldIn, type Month, monthOf, skusIn } from "../src/catalogue/Month.ts"
import { countries } from "../src/catalogue/markets.ts"
import { Bench, epoch, type Reply } from "./harness.ts"

const instant = Date.parse(epoch)
const november = monthOf(instant)
const catalogueOf = (seed: string, month = november): Month =>
  new Catalogues(seed, instant).of(month)
const modern = (month: Month) =>
  month.stocks.filter(({ product }) => !isLegacyProduct(product)).flatMap(({ skus }) => skus)
const everything = (month: Month): ReadonlyArray<Item> => [...month.offers, ...modern(month)]

/** Few, since each makes a catalogue. */
const seeds = { numRuns: 12 }
const seed = fc.string({ minLength: 1, maxLength: 12 })
const ahead = fc.integer({ min: 0, max: 14 })

describe("a generated catalogue", () => {
  it("size: in every country, at least 300 legacy offers and 400 SKUs of new commerce in all", () =>
    fc.assert(
      fc.property(seed, (name) => {
        const month = catalogueOf(name)
        const online = modern(month).filter(({ productId }) => productId.startsWith("CFQ"))
        expect(month.offers.length).toBeGreaterThanOrEqual(300)
        expect(online.length).toBeGreaterThanOrEqual(400)
        for (const country of countries)
          expect(month.offers.filter((one) => isSoldIn(one, country)).length).toBeGreaterThan(250)
      }),
      seeds
    ))

  it("determinism: the same seed makes the same months, in whatever order they are asked for", () =>
    fc.assert(
      fc.property(seed, ahead, ahead, (name, one, other) => {
        const catalogues = new Catalogues(name, instant)
        catalogues.of(november + one)
        expect(catalogues.of(november + other)).toEqual(catalogueOf(name, november + other))
      }),
      seeds
    ))

  it("another seed makes another catalogue", () => {
    const ids = (name: string) => catalogueOf(name).offers.map(({ offer }) => offer)
    expect(ids("a").filter((id) => ids("b").includes(id)).length).toBeLessThan(10)
  })

  it("identity: every offer is there once, in every month", () =>
    fc.assert(
      fc.property(seed, ahead, (name, months) => {
        const month = catalogueOf(name, november + months)
        const offers = everything(month).map(({ offer }) => offer)
        expect(new Set(offers).size).toBe(offers.length)
        const products = month.stocks.map(({ product }) => product.id)
        expect(new Set(products).size).toBe(products.length)
      }),
      seeds
    ))

  it("what generated books hold is in it for good, as the books have it", () =>
    fc.assert(
      fc.property(seed, ahead, (name, months) => {
        const now = new Map(
          everything(catalogueOf(name, november + months)).map((item) => [item.offer, item])
        )
        for (const {
          offer,
          name: title,
          plans,
          isTrial,
          isAddon,
          addonFor,
          paidOffer
        } of catalogue)
          expect(now.get(offer)).toMatchObject({
            ...{ name: title, plans, isTrial, isAddon, isPurchasable: true, countries },
            ...{ prerequisites: addonFor, becomes: paidOffer === null ? [] : [paidOffer] }
          })
      }),
      seeds
    ))

  it("trials and add-ons belong to something that is sold to the same buyers", () =>
    fc.assert(
      fc.property(seed, (name) => {
        const all = new Map(everything(catalogueOf(name)).map((item) => [item.offer, item]))
        for (const item of all.values()) {
          for (const offer of [...item.becomes, ...item.prerequisites])
            expect(all.get(offer)?.segments[0], item.name).toBe(item.segments[0])
          expect(item.becomes.length > 0, item.name).toBe(item.isTrial)
          if (item.isAddon) expect(item.prerequisites.length, item.name).toBeGreaterThan(0)
        }
      }),
      seeds
    ))

  it("silence: a month does not differ from itself", () => {
    const month = catalogueOf("x", november + 3)
    expect(compareMonths(month, month)).toEqual({
      added: [],
      changed: [],
      discontinued: [],
      repriced: []
    })
  })

  it("every month brings something new, changed and discontinued, and a later one more", () =>
    fc.assert(
      fc.property(seed, ahead, (name, months) => {
        const before = catalogueOf(name, november + months)
        const key = compareMonths(before, catalogueOf(name, november + months + 1))
        expect(key.added.length).toBeGreaterThan(2)
        expect(key.discontinued.filter(({ listed }) => listed).length).toBeGreaterThan(0)
        expect(key.discontinued.filter(({ listed }) => !listed).length).toBeGreaterThan(0)
        expect(key.repriced.length).toBeGreaterThan(0)
        const fields = new Set(key.changed.flatMap((one) => one.fields.map(({ field }) => field)))
        for (const field of ["name", "plans", "trialEnabled"] as const)
          expect(fields.has(field), field).toBe(true)
        expect(fields.has("minimumQuantity") || fields.has("maximumQuantity")).toBe(true)
      }),
      seeds
    ))
})

describe("the catalogue's operations", () => {
  let bench: Bench
  let token: string
  beforeAll(async () => {
    bench = await Bench.start()
    token = await bench.appToken()
  })
  afterAll(() => bench.close())

  const get = (path: string, headers: Record<string, string> = {}) =>
    bench.get(path, token, headers)
  const items = async (path: string, headers: Record<string, string> = {}) => {
    const { json, status } = await get(path, headers)
    expect([path, status]).toEqual([path, 200])
    return json.items
  }
  const basic = "/v1/products/CFQ7TTC0LH18/skus/0001"

  it("offers and SKUs are the month's, and those of the country", async () => {
    const month = catalogueOf("1")
    for (const country of ["US", "DE", "CH", "GB", "SE"]) {
      const offers = await items(`/v1/offers?country=${country}`)
      expect(offers.map(({ id }: { id: string }) => id.toLowerCase())).toEqual(
        month.offers.filter((one) => isSoldIn(one, country)).map(({ offer }) => offer)
      )
      const sold = new Set<string>()
      for (const segment of ["commercial", "education", "nonprofit", "government"]) {
        const query = `country=${country}&targetSegment=${segment}`
        const products = await items(`/v1/products?${query}&targetView=OnlineServices`)
        for (const { id } of products)
          for (const sku of await items(`/v1/products/${id}/skus?${query}`))
            sold.add(`${sku.productId}:${sku.id}`)
      }
      const online = month.stocks
        .filter(({ product }) => product.views.includes("OnlineServices"))
        .flatMap(({ skus }) => skus)
      expect([...sold].sort()).toEqual(
        online
          .filter((sku) => isSoldIn(sku, country))
          .map(({ offer }) => offer)
          .sort()
      )
    }
  })

  it.each([
    ["/v1/offers", 400, 3000],
    ["/v1/offers?country=XX", 400, 800070],
    ["/v1/offers?country=US&size=many", 400, 3000],
    ["/v1/offers/11111111-1111-4111-8111-111111111111?country=US", 404, 800004],
    ["/v1/offercategories?country=Atlantis", 400, 800070],
    ["/v1/products?country=US", 400, 3000],
    ["/v1/products?targetView=OnlineServices", 400, 3000],
    ["/v1/products?country=US&targetView=Toys", 400, 900126],
    ["/v1/products?country=US&targetView=OnlineServices&targetSegment=Pets", 400, 900126],
    ["/v1/products?country=US&targetView=Azure&reservationScope=Moon", 400, 900126],
    ["/v1/products?country=US&targetView=MarketplaceSaaS", 403, 400036],
    ["/v1/products/CFQ7TTC0XXXX?country=US", 404, 400013],
    ["/v1/products/CFQ7TTC0XXXX/skus?country=US", 404, 400013],
    ["/v1/products/CFQ7TTC0LH18/skus/0009?country=US", 404, 400018],
    ["/v1/products/CFQ7TTC0LH18/skus/0009/availabilities?country=US", 404, 400018],
    ["/v1/products/CFQ7TTC0LH18/skus/0001/availabilities/CFQ7TTC0XXXX?country=US", 404, 400019]
  ])("%s is refused with %i / %i", async (path, status, code) => {
    const reply = await get(path)
    expect([reply.status, reply.json.code]).toEqual([status, code])
    expect(reply.json.source).toBe("PartnerFD")
    expect([...reply.bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  })

  it("names of queries, values and ids are read without regard to case", async () => {
    const list = await items(
      "/v1/Products?COUNTRY=us&TargetView=ONLINESERVICES&TARGETSEGMENT=Commercial"
    )
    expect(list.length).toBeGreaterThan(50)
    const [one] = await items(`${basic.toLowerCase()}/Availabilities?Country=us`)
    expect(one.catalogItemId).toBe(`CFQ7TTC0LH18:0001:${one.id}`)
    const again = await get(`${basic}/availabilities/${one.id.toLowerCase()}?country=US`)
    expect(again.json.catalogItemId).toBe(one.catalogItemId)
  })

  it("availabilities for nonprofit organisations come only when they are asked for", async () => {
    const path = "/v1/products/DG7GMGF0P000/skus/0001/availabilities?country=US"
    const segmentsOf = (list: ReadonlyArray<{ segment: string }>) => list.map((one) => one.segment)
    expect(segmentsOf(await items(path))).toEqual(["commercial", "education", "government"])
    expect(segmentsOf(await items(`${path}&targetSegment=nonprofit`))).toEqual(["nonprofit"])
  })

  it("reservations of an Azure plan come only when they are asked for", async () => {
    const path = "/v1/products?country=US&targetView=AzureReservationsVM"
    const bare = await items(path)
    expect((await items(`${path}&reservationScope=AzurePlan`)).length).toBeGreaterThan(bare.length)
  })

  it("add-ons are found from the offer that they need, and categories choose", async () => {
    const base = "195416c1-3447-423a-b37b-ee59a99a19c4"
    const addons = await items(`/v1/offers/${base}/addons?country=US`)
    expect(addons.length).toBeGreaterThan(0)
    for (const { prerequisiteOffers, isAddOn } of addons)
      expect([isAddOn, prerequisiteOffers.includes(base.toUpperCase())]).toEqual([true, true])
    const trials = await items("/v1/offers?country=US&offer_category_id=Trial_Key")
    expect(trials.length).toBeGreaterThan(5)
    expect(trials.every((one: { isTrial: boolean }) => one.isTrial)).toBe(true)
    expect(await items("/v1/offers?country=US&size=3&offset=2")).toEqual(
      (await items("/v1/offers?country=US")).slice(2, 5)
    )
  })

  it("texts are in the language that X-Locale asks for, or in English", async () => {
    const names = async (locale: string) =>
      (await items("/v1/offers?country=DE", { "X-Locale": locale })).map(
        (one: { name: string; locale: string }) => `${one.locale} ${one.name}`
      )
    const german = await names("de-DE")
    expect(german.filter((name: string) => name.includes("Testversion")).length).toBeGreaterThan(5)
    expect(german.every((name: string) => name.startsWith("de-DE "))).toBe(true)
    expect(await names("xx-XX")).toEqual(await names("en-US"))
  })

  it("a customer's catalogue is that of the customer's country", async () => {
    const customers = await bench.customers(token)
    const book = await bench.book()
    const countryOf = async (id: string) =>
      (await bench.get(`/v1/customers/${id}`, token)).json.billingProfile.defaultAddress.country
    const [{ tenantId }] = book
    const country = await countryOf(tenantId)
    const own = `/v1/customers/${tenantId}`
    expect(customers.some(({ id }) => id === tenantId)).toBe(true)
    for (const [mine, theirs] of [
      [`${own}/offers`, `/v1/offers?country=${country}`],
      [`${own}/offercategories`, `/v1/offercategories?country=${country}`],
      [
        `${own}/products?targetView=OnlineServices`,
        `/v1/products?country=${country}&targetView=OnlineServices`
      ],
      [`${own}/products/CFQ7TTC0LH18/skus`, `/v1/products/CFQ7TTC0LH18/skus?country=${country}`],
      [
        `${own}/products/CFQ7TTC0LH18/skus/0001/availabilities`,
        `${basic}/availabilities?country=${country}`
      ]
    ] as const)
      expect(await items(mine), mine).toEqual(await items(theirs))
    const stranger = await get("/v1/customers/11111111-1111-4111-8111-111111111111/offers")
    expect([stranger.status, stranger.json.code]).toEqual([404, 60003])
  })
})

describe("the next month", () => {
  let bench: Bench
  let token: string
  beforeAll(async () => {
    bench = await Bench.start()
    token = await bench.appToken()
  })
  afterAll(() => bench.close())

  const availability = async (country: string) => {
    const path = "/v1/products/CFQ7TTC0LH18/skus/0001/availabilities"
    return (await bench.get(`${path}?country=${country}`, token)).json.items[0]
  }

  it("catalogue item ids differ by country and month, and old ones are not known any more", async () => {
    const [us, de] = [await availability("US"), await availability("DE")]
    expect(us.catalogItemId).not.toBe(de.catalogItemId)
    const key = await bench.do("POST", "/catalogue/advance", {})
    expect([key.from, key.to]).toEqual(["2026-11", "2026-12"])
    const next = await availability("US")
    expect(next.catalogItemId).not.toBe(us.catalogItemId)
    const old = await bench.get(
      `/v1/products/CFQ7TTC0LH18/skus/0001/availabilities/${us.id}?country=US`,
      token
    )
    expect([old.status, old.json.code]).toEqual([404, 400019])
  })

  it("the answer key is what the lists show", async () => {
    type Listed = { id: string; name: string; isAvailableForPurchase: boolean }
    const offers = async (): Promise<ReadonlyMap<string, Listed>> =>
      new Map(
        (await bench.get("/v1/offers?country=US", token)).json.items.map((one: Listed) => [
          one.id.toLowerCase(),
          one
        ])
      )
    const before = await offers()
    const key = await bench.do("POST", "/catalogue/advance", { months: 2 })
    const after = await offers()
    const inUs = (one: { offer: string; countries: ReadonlyArray<string> }) =>
      one.offer.includes("-") && one.countries.includes("US")
    for (const one of key.discontinued.filter(inUs)) {
      expect(before.get(one.offer)?.isAvailableForPurchase, one.name).toBe(true)
      expect(after.get(one.offer)?.isAvailableForPurchase, one.name).toBe(
        one.listed ? false : undefined
      )
    }
    const renamed = key.changed
      .filter(inUs)
      .flatMap((one: { offer: string; fields: Field[] }) =>
        one.fields
          .filter(({ field }) => field === "name")
          .map((field) => [one.offer, field] as const)
      )
    expect(renamed.length).toBeGreaterThan(0)
    for (const [offer, field] of renamed)
      expect([before.get(offer)?.name, after.get(offer)?.name]).toEqual([field.before, field.after])
    const gone = key.discontinued.filter((one: { listed: boolean }) => !one.listed).filter(inUs)
    expect([...before.keys()].filter((id) => !after.has(id)).sort()).toEqual(
      gone.map(({ offer }: { offer: string }) => offer).sort()
    )
  })

  interface Field {
    readonly field: string
    readonly before: unknown
    readonly after: unknown
  }

  it("the catalogue goes with the clock as well", async () => {
    const { month } = await bench.do("GET", "/catalogue/state")
    await bench.do("POST", "/clock", { setTo: "2027-03-15T00:00:00Z" })
    const moved = await bench.do("GET", "/catalogue/state")
    expect([month, moved.month]).toEqual(["2027-02", "2027-06"])
    const key = await bench.do("GET", "/catalogue/changes?from=2027-02&to=2027-06")
    expect(key.added.length).toBeGreaterThan(8)
    await bench.do("POST", "/reset", { seed: 1 })
    expect((await bench.do("GET", "/catalogue/state")).settings.monthsAhead).toBe(0)
  })

  it("a restart finds the catalogue as far ahead as it was", async () => {
    const folder = mkdtempSync(join(tmpdir(), "catalogue-"))
    const stateFile = join(folder, "world.jsonl")
    try {
      const first = await Bench.start({ stateFile })
      await first.do("POST", "/catalogue/advance", { months: 3 })
      const before = await first.do("PATCH", "/catalogue/price-sheets", { lines: 9 })
      await first.close()
      const second = await Bench.start({ stateFile })
      expect(await second.do("GET", "/catalogue/state")).toEqual(before)
      await second.close()
      expect([before.month, before.settings]).toEqual([
        "2027-02",
        { monthsAhead: 3, priceSheetLines: 9 }
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([
    ["GET", "/catalogue/changes?from=2026-13", "from"],
    ["GET", "/catalogue/changes?from=2027-12&to=2026-12", "from"],
    ["POST", "/catalogue/advance", "months", { months: 25 }],
    ["PATCH", "/catalogue/price-sheets", "lines", { lines: 0 }]
  ])("%s %s names the bad %s", async (method, path, field, body?: object) => {
    const reply = await bench.control(method, path, body)
    expect([reply.status, reply.json.errors[0].field]).toEqual([400, field])
  })
})

describe("price sheets", () => {
  let bench: Bench
  let token: string
  beforeAll(async () => {
    bench = await Bench.start()
    const account = await bench.account()
    const reply = await bench.signIn(account, {
      grant_type: "refresh_token",
      refresh_token: account.refreshToken,
      resource: "https://api.partner.microsoft.com"
    })
    token = reply.json.access_token
  })
  afterAll(() => bench.close())

  const sheet = (
    query = "",
    headers: Record<string, string> = {},
    market = "US",
    view = "updatedlicensebased"
  ) =>
    bench.get(
      `/v1.0/sales/pricesheets(Market='${market}',PricesheetView='${view}')/$value${query}`,
      token,
      headers
    )
  const linesOf = ({ bytes }: Reply) => bytes.toString().trimEnd().split("\r\n")
  const cellsOf = (line: string) => line.slice(1, -1).split('","')

  it("a sheet is a CSV in Microsoft's columns, with the prices of the month", async () => {
    const reply = await sheet()
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/octet-stream"])
    const [head = "", ...lines] = linesOf(reply)
    expect(head).toBe(
      '"ProductTitle","ProductId","SkuId","SkuTitle","Publisher","SkuDescription","UnitOfMeasure","TermDuration","BillingPlan","Market","Currency","UnitPrice","PricingTierRangeMin","PricingTierRangeMax","EffectiveStartDate","EffectiveEndDate","Tags","ERP Price","Segment"'
    )
    const sold = skusIn(catalogueOf("1")).filter(
      (sku) => sku.productId.startsWith("CFQ") && !sku.isTrial && isSoldIn(sku, "US")
    )
    expect(lines.length).toBe(sold.reduce((sum, { plans }) => sum + plans.length, 0))
    const [basic] = lines
      .map(cellsOf)
      .filter(([, product, sku]) => product === "CFQ7TTC0LH18" && sku === "0001")
    // 5.60 euro a month, a fifth more without commitment, at 1.08; four fifths of it are the partner's.
    expect(basic?.slice(7, 19)).toEqual([
      ...["P1M", "Monthly", "US", "USD", "5.81", "", ""],
      ...["11/1/2026 12:00:00 AM", "11/30/2026 11:59:59 PM", "License", "7.26", "Commercial"]
    ])
  })

  it("accepting deflate brings the same sheet in a zip", async () => {
    const plain = await sheet()
    const { bytes } = await sheet("", { "Accept-Encoding": "gzip, deflate" })
    expect(bytes.subarray(0, 2).toString()).toBe("PK")
    const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28)
    expect(inflateRawSync(bytes.subarray(start)).equals(plain.bytes)).toBe(true)
  })

  it("history and future are those months' sheets", async () => {
    const [current, future] = [await sheet("?timeline=current"), await sheet("?timeline=Future")]
    expect(current.bytes.equals(future.bytes)).toBe(false)
    const past = await sheet("?timeline=history&month=202611")
    expect(past.bytes.equals(current.bytes)).toBe(true)
    await bench.do("POST", "/catalogue/advance", {})
    expect((await sheet()).bytes.equals(future.bytes)).toBe(true)
    expect((await sheet("?timeline=history&month=202611")).bytes.equals(current.bytes)).toBe(true)
    await bench.do("POST", "/reset", {
      seed: 1,
      accounts: [{ name: "eu", cspStatus: "indirect", customers: 30, limitPerMinute: null }]
    })
  })

  it("what cannot be had is refused", async () => {
    const status = async (reply: Promise<Reply>) => (await reply).status
    expect(await status(sheet("?timeline=history"))).toBe(400)
    expect(await status(sheet("?timeline=history&month=202613"))).toBe(400)
    expect(await status(sheet("?timeline=history&month=203001"))).toBe(404)
    expect(await status(sheet("?timeline=never"))).toBe(400)
    expect(await status(sheet("", {}, "XX"))).toBe(400)
    expect(await status(sheet("", {}, "US", "toys"))).toBe(400)
  })

  it("an application alone gets no sheet", async () => {
    const { json } = await bench.signIn(await bench.account(), {
      grant_type: "client_credentials",
      resource: "https://api.partner.microsoft.com"
    })
    const path = "/v1.0/sales/pricesheets(Market='US',PricesheetView='software')/$value"
    expect((await bench.get(path, json.access_token)).status).toBe(400)
  })

  it("a sheet of 500,000 lines costs no memory", async () => {
    await bench.do("PATCH", "/catalogue/price-sheets", { lines: 500_000 })
    const before = process.memoryUsage.rss()
    const response = await fetch(
      `${bench.url}/v1.0/sales/pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value`,
      { headers: { authorization: `Bearer ${token}`, "accept-encoding": "identity" } }
    )
    let lines = 0
    let bytes = 0
    let peak = before
    for await (const chunk of response.body ?? []) {
      for (const byte of chunk) if (byte === 10) lines++
      bytes += chunk.length
      peak = Math.max(peak, process.memoryUsage.rss())
    }
    expect(lines).toBe(500_001)
    // It is made and read in this process; held as a whole, it would be there twice.
    expect(peak - before).toBeLessThan(bytes)
    await bench.do("PATCH", "/catalogue/price-sheets", { lines: null })
    expect(linesOf(await sheet()).length).toBeLessThan(5000)
  })

  it.each(["truncate", "malformed-body"])("a %s fault cuts the sheet", async (kind) => {
    const whole = await sheet()
    await bench.do("POST", "/faults", { operation: "getPriceSheet", fault: { kind }, count: 1 })
    const cut = await sheet().catch(() => null)
    expect(cut === null || cut.bytes.length < whole.bytes.length).toBe(true)
    expect(cut === null).toBe(kind === "truncate")
  })
})
