import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type CataloguePart, VendorCatalogue } from "@concordat/core/catalogue/VendorCatalogue"
import { Country } from "@concordat/core/instance/Country"
import { type Instance, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { MicrosoftId, OfferId } from "@concordat/core/subscription/Subscription"
import { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import { VendorAgreements } from "@concordat/core/tenant/VendorAgreements"
import { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { type TenantRefused, VendorTenants } from "@concordat/core/tenant/VendorTenants"
import { VendorUsers } from "@concordat/core/tenant/VendorUsers"
import { Instant } from "@concordat/core/time/Instant"
import { RequestId } from "@concordat/core/vendor/RequestId"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { getDirectSigned, listAgreements, listAgreementTemplates } from "../src/Agreements.ts"
import { listAuditRecords } from "../src/Audit.ts"
import { getCountryRules } from "../src/CountryRules.ts"
import { getBillingProfile } from "../src/Customers.ts"
import { getOrder, listOrders } from "../src/Orders.ts"
import { getMpnProfile } from "../src/Profiles.ts"
import { rejectionFrom } from "../src/Rejection.ts"
import { listPartners, listResellersOf } from "../src/Relationships.ts"
import { getSubscription, listAddons } from "../src/Subscriptions.ts"
import { type Adapter, adapter, instanceAt } from "./fixtures.ts"
import { scriptedServer } from "./scriptedServer.ts"

/**
 * Microsoft's documented answers, kept outside the repository: `samples/` with an index.csv, and
 * `recordings/`. PARTNER_CENTER_SAMPLES names another folder of that form.
 */
const repository = resolve(import.meta.dirname, "../../..")
const folder = resolve(
  repository,
  process.env["PARTNER_CENTER_SAMPLES"] ?? "../shared/partner-center"
)
const index = join(folder, "samples/index.csv")
const missing = !existsSync(index)
if (missing)
  console.warn(
    `The adapter is not tried on Microsoft's documented bodies: there are none at ${folder}. PARTNER_CENTER_SAMPLES names another folder.`
  )

type Row = Readonly<Record<string, string>>

const cells = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/gu)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ""
  )

const rows = (): ReadonlyArray<Row> => {
  const [head = "", ...lines] = readFileSync(index, "utf8").trim().split(/\r?\n/u)
  const names = cells(head)
  return lines.map((line) => {
    const values = cells(line)
    return Object.fromEntries(names.map((name, at) => [name, values[at] ?? ""]))
  })
}

const decodeRecording = Schema.decodeUnknownSync(
  Schema.Array(Schema.Struct({ ResponseBody: Schema.String }))
)

const tenantId = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
const id = MicrosoftId.make("a4c1340d-6911-4758-bba3-0c4c6007d161")

const requestId = RequestId.make("0a1b2c3d-0000-4000-8000-0000000000aa")
const address = {
  line1: "1 Microsoft Way",
  line2: null,
  city: "Redmond",
  state: "WA",
  postalCode: "98052",
  country: Country.make("US")
}
const contact = { firstName: "Tania", lastName: "Carr", email: "t@example.com", phone: null }

type Operation = (
  instance: Instance
) => Effect.Effect<unknown, TenantRefused | VendorError, Adapter>

const customer = String.raw`^/v1/customers/\{[^/]*\}`
const nceProduct: CataloguePart = {
  _tag: "Product",
  country: "US",
  view: "OnlineServices",
  segment: "commercial",
  productId: "CFQ7TTC0LH18"
}
const readPart = (part: CataloguePart) => (at: Instance) =>
  VendorCatalogue.use((port) => port.items(at, part, "en-US"))
const readCurrent = (at: Instance) =>
  VendorCatalogue.use((port) => port.current(at, "US", OfferId.make("CFQ7TTC0LH18:0001")))

const aSku = { id: "0001", title: "A", minimumQuantity: 1, maximumQuantity: 1 }
/** What the other requests of an operation get that takes several. */
const besides = new Map<string, (url: string) => unknown>([
  ["listSkus", (url) => (url.includes("/availabilities") ? { items: [] } : undefined)],
  ["listAvailabilities", (url) => (/skus\?/u.test(url) ? { items: [aSku] } : undefined)],
  [
    "getProduct",
    (url) =>
      url.includes("/availabilities") ? { items: [] } : url.includes("/skus/") ? aSku : undefined
  ],
  [
    "getSku",
    (url) =>
      url.includes("/availabilities")
        ? { items: [] }
        : url.includes("/skus/")
          ? undefined
          : { id: "CFQ7TTC0LH18" }
  ]
])

// operation, the addresses whose samples it has to read, the recordings, and the call
const operations: ReadonlyArray<readonly [string, RegExp, ReadonlyArray<string>, Operation]> = [
  [
    "listCustomers",
    /^\/v1\/customers\?/u,
    [],
    (at) => VendorCustomers.use((port) => Stream.runCollect(port.all(at)))
  ],
  [
    "getBillingProfile",
    new RegExp(`${customer}/profiles/billing$`, "u"),
    [],
    (at) => getBillingProfile(at, tenantId)
  ],
  [
    "listSubscriptions",
    new RegExp(String.raw`${customer}/subscriptions(\?.*)?$`, "u"),
    [],
    (at) => VendorSubscriptions.use((port) => port.list(at, tenantId, null))
  ],
  [
    "getSubscription",
    new RegExp(String.raw`${customer}/subscriptions/\{[^/]*\}$`, "u"),
    [],
    (at) => getSubscription(at, tenantId, id)
  ],
  [
    "listAddons",
    new RegExp(String.raw`${customer}/subscriptions/\{[^/]*\}/addons$`, "u"),
    [],
    (at) => listAddons(at, tenantId, id)
  ],
  [
    "listOrders",
    new RegExp(String.raw`${customer}/orders(\?.*)?$`, "u"),
    [],
    (at) => Stream.runCollect(listOrders(at, tenantId))
  ],
  [
    "getOrder",
    new RegExp(String.raw`${customer}/orders/\{[^/]*\}$`, "u"),
    [],
    (at) => getOrder(at, tenantId, "x")
  ],
  [
    "createCustomer",
    /^\/v1\/customers$/u,
    [],
    (at) =>
      VendorTenants.use((port) =>
        port.create(
          at,
          {
            domain: "xyz.ccsctp.net",
            companyName: "A",
            culture: "en-US",
            language: "en",
            registrationNumber: null,
            resellerTenantId: null,
            address,
            ...contact
          },
          requestId
        )
      )
  ],
  [
    "validateAddress",
    /^\/v1\/validations\/address$/u,
    [],
    (at) => VendorTenants.use((port) => port.validateAddress(at, address))
  ],
  [
    "getRelationshipRequest",
    /^\/v1\/customers\/relationshiprequests$/u,
    ["GetResellerRelationshipLink"],
    (at) => VendorTenants.use((port) => port.relationshipRequest(at, { resellerTenantId: null }))
  ],
  [
    "listUsers",
    new RegExp(`${customer}/users$`, "u"),
    [],
    (at) => VendorUsers.use((port) => Stream.runCollect(port.all(at, tenantId)))
  ],
  [
    "addUser",
    new RegExp(`${customer}/users$`, "u"),
    ["GetCustomerUserById"],
    (at) =>
      VendorUsers.use((port) =>
        port.add(
          at,
          tenantId,
          {
            principalName: "userid@domain.onmicrosoft.com",
            firstName: "First",
            lastName: "Last",
            displayName: "User name",
            usageLocation: Country.make("US"),
            password: Redacted.make("Str0ng*word")
          },
          requestId
        )
      )
  ],
  [
    "getAgreementDocument",
    /^\/v1\/agreementtemplates\//u,
    [],
    (at) =>
      VendorAgreements.use((port) =>
        port.document(at, "117a", Country.make("US"), Language.make("en-US"))
      )
  ],
  ["listAgreementTemplates", /^\/v1\/agreements$/u, [], (at) => listAgreementTemplates(at, "*")],
  [
    "listAgreements",
    new RegExp(String.raw`${customer}/agreements\?`, "u"),
    [],
    (at) => listAgreements(at, tenantId, "*")
  ],
  [
    "getDirectSigned",
    new RegExp(`${customer}/directSigned`, "u"),
    [],
    (at) => getDirectSigned(at, tenantId)
  ],
  [
    "listPartners",
    /^\/v1\/relationships\?/u,
    ["GetIndirectResellers"],
    (at) => Stream.runCollect(listPartners(at, "IsIndirectCloudSolutionProviderOf"))
  ],
  [
    "listResellersOf",
    /^$/u,
    ["GetPartnerRelationship"],
    (at) => Stream.runCollect(listResellersOf(at, tenantId))
  ],
  [
    "getMpnProfile",
    /^\/v1\/profiles\/mpn/u,
    ["GetMpnProfile"],
    (at) => getMpnProfile(at, MpnId.make("1"))
  ],
  [
    "getCountryRules",
    /^$/u,
    [
      "GetCountryValidationRules-CN",
      "GetCountryValidationRules-DE",
      "GetCountryValidationRules-GB"
    ],
    (at) => getCountryRules(at, "CN")
  ],
  [
    "listOffers",
    /^\/v1\/offers\/\{offer-id\}\/addons\?/u,
    ["GetOfferAddon"],
    readPart({ _tag: "LegacyOffers", country: "US" })
  ],
  [
    "listProducts",
    /^\/v1\/products\?/u,
    ["GetProduct"],
    (at) => VendorCatalogue.use((port) => port.parts(at, "US", "en-US"))
  ],
  // The pages by customer print lists of SKUs under other addresses.
  [
    "listSkus",
    new RegExp(String.raw`^/v1/products/[^/]*/skus\?|${customer}/products(/DZH318Z0BPS6)?$`, "u"),
    [],
    readPart(nceProduct)
  ],
  [
    "listAvailabilities",
    /^\/v1\/products\/?\w+\/skus\/0001\/availabilities$/u,
    ["GetProductAvailability"],
    readPart(nceProduct)
  ],
  ["getProduct", /^\/v1\/products\/\{product-id\}\?/u, ["GetProductByProductId"], readCurrent],
  [
    "getSku",
    new RegExp(
      String.raw`skus/\{sku-id\}\?|${customer}/products/\w+/skus/0001/availabilities$`,
      "u"
    ),
    [],
    readCurrent
  ],
  [
    "listAuditRecords",
    /^\/v1\/auditrecords/u,
    [],
    (at) => Stream.runCollect(listAuditRecords(at, { from: Instant.make(0) }))
  ]
]

/** Operations whose answers are to something else than a question. */
const writes = new Map([
  ["createCustomer", ["POST"]],
  ["validateAddress", ["POST"]],
  ["addUser", ["POST"]]
])

describe.skipIf(missing)("Microsoft's documented answers", () => {
  const table: Array<{ operation: string; samples: number; understood: number; note: string }> = []
  afterAll(() => console.table(table))

  for (const [name, address, recordings, call] of missing ? [] : operations) {
    // PUT gives the changed resource back; what the pages call answers to PATCH are mostly requests.
    const methods = writes.get(name) ?? ["GET", "PUT"]
    const answers = rows().filter(
      (row) =>
        row["kind"] === "response" &&
        row["file"] !== "" &&
        methods.includes(row["method"] ?? "") &&
        ["", "200", "201"].includes(row["status"] ?? "") &&
        address.test(row["path"] ?? "")
    )
    const files = [
      ...answers.map((row) => join(folder, "samples", row["file"] ?? "")),
      ...recordings.map((file) => join(folder, "recordings/mock-bodies", `${file}.json`))
    ]
    it.effect(`${name} reads all ${files.length} of its samples`, () =>
      Effect.gen(function* () {
        assert.isAbove(files.length, 0, "no sample was found")
        const entry = { operation: name, samples: files.length, understood: 0, note: "" }
        table.push(entry)
        for (const file of files) {
          const body = readFileSync(file)
          const other = besides.get(name)
          const server = yield* scriptedServer(({ url }) => ({ body: other?.(url) ?? body }))
          const result = yield* call(instanceAt(server.origin)).pipe(
            Effect.as(""),
            Effect.catch((error) => Effect.succeed(error.message)),
            Effect.provide(adapter())
          )
          if (result === "") entry.understood += 1
          else assert.fail(`${file}: ${result}`)
        }
      })
    )
  }

  it("an error has its code and text in every shape", () => {
    const errors = rows().filter((row) => Number(row["status"]) >= 400 && row["file"] !== "")
    assert.isAbove(errors.length, 0)
    for (const row of errors) {
      const rejection = rejectionFrom(
        {
          status: Number(row["status"]),
          reasonPhrase: "",
          retryAfter: undefined,
          body: readFileSync(join(folder, "samples", row["file"] ?? ""))
        },
        "",
        0
      )
      assert.notStrictEqual(rejection.text, "no explanation", row["file"])
      if (row["status"] === "429") assert.strictEqual(rejection.retryAfterMs, 57_000)
      else assert.match(String(rejection.code), /^\d+$/u, row["file"])
    }
    table.push({
      operation: "(errors)",
      samples: errors.length,
      understood: errors.length,
      note: ""
    })
  })

  it.effect("the recorded list of offers is read whole, each offer as what it is", () =>
    Effect.gen(function* () {
      const file = join(folder, "recordings/GetPartnerOffer.json")
      const [recorded] = decodeRecording(
        JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/u, ""))
      )
      const server = yield* scriptedServer([
        { body: Buffer.from(`\ufeff${recorded?.ResponseBody}`) }
      ])
      const items = yield* readPart({ _tag: "LegacyOffers", country: "US" })(
        instanceAt(server.origin)
      ).pipe(Effect.provide(adapter()))
      const count = (what: (item: (typeof items)[number]) => boolean) => items.filter(what).length
      assert.lengthOf(items, 274)
      assert.strictEqual(
        count(({ isAddon }) => isAddon),
        75
      )
      assert.strictEqual(
        count(({ prerequisites }) => prerequisites.length > 0),
        75
      )
      assert.strictEqual(
        count(({ isTrial }) => isTrial),
        17
      )
      assert.strictEqual(
        count(({ conversionTargets }) => conversionTargets.length > 0),
        17
      )
      assert.strictEqual(
        count(({ segment }) => segment === "nonprofit"),
        87
      )
      assert.strictEqual(
        count(({ family }) => family === "azure"),
        1
      )
      assert.strictEqual(
        count(({ family }) => family === "dynamics"),
        132
      )
      assert.strictEqual(
        count(({ plans }) => plans.length === 2),
        256
      )
    })
  )

  it.effect("a recorded answer is read as it went over the wire", () =>
    Effect.gen(function* () {
      const file = join(folder, "recordings/GetPartnerAgreementDetail.json")
      const [first] = decodeRecording(
        JSON.parse(readFileSync(file, "utf8").replace(/^\ufeff/u, ""))
      )
      // The recorder dropped the byte-order mark that its Content-Length still counts.
      const server = yield* scriptedServer([{ body: Buffer.from(`\ufeff${first?.ResponseBody}`) }])
      const { items } = yield* listAgreementTemplates(instanceAt(server.origin), "*").pipe(
        Effect.provide(adapter())
      )
      assert.strictEqual(items[0]?.agreementType, "MicrosoftCloudAgreement")
    })
  )
})
