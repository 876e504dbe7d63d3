import { existsSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { routes, routesOf } from "../src/partnerCenter/routes.ts"
import { Bench, exchange, newCustomer, type Reply } from "./harness.ts"

/**
 * Microsoft's documented and recorded bodies are not part of this repository. The folder holds
 * samples/index.csv and recordings/index.csv with the bodies they name.
 */
const folder = resolve(
  process.env["PARTNER_CENTER_SAMPLES"] ??
    join(import.meta.dirname, "../../../../shared/partner-center")
)
const available = existsSync(join(folder, "samples/index.csv"))
if (!available)
  console.warn(
    `The simulator is not compared with Microsoft's documented bodies: there are none at ${folder}. PARTNER_CENTER_SAMPLES names another folder.`
  )

/** Documented keys that the simulator does not send, each with its reason. */
const allowed: ReadonlyMap<string, string> = new Map([
  ["items[].customizedData[].value:null", "only purchases without a partner of record carry it"],
  ["items[].dynamicAttributes.upgradeTargetOffers:null", "nulls are left out everywhere else"]
])

/** Bodies that are printed under another operation than the one they are of. */
const misprinted: ReadonlyMap<string, string> = new Map([
  ["get-a-list-of-products-by-customer.response-200.1.json", "listCustomerSkus"],
  ["get-a-list-of-skus-for-a-product-by-customer.response-200.2.json", "listCustomerSkus"],
  ["get-a-list-of-availabilities-for-a-sku-by-customer.response-200.1.json", "getCustomerSku"]
])

/** Paths as they should have been printed. */
const mended = (path: string): string => path.replace(/^\/v1\/products(?=[A-Z])/u, "/v1/products/")

type Paths = Map<string, Set<string>>

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value

/** Every path of a body with the JSON types found there. */
const pathsOf = (value: unknown, path = "", into: Paths = new Map()): Paths => {
  into.set(path, (into.get(path) ?? new Set()).add(typeOf(value)))
  if (Array.isArray(value)) for (const one of value) pathsOf(one, `${path}[]`, into)
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value))
      pathsOf(one, path === "" ? key : `${path}.${key}`, into)
  return into
}

const missing = (documented: Paths, answered: Paths): ReadonlyArray<string> =>
  [...documented].flatMap(([path, types]) =>
    [...types]
      .filter((type) => !answered.get(path)?.has(type) && !allowed.has(`${path}:${type}`))
      .map((type) => `${path}:${type}`)
  )

const read = (path: string): string =>
  readFileSync(join(folder, path), "utf8").replace(/^\uFEFF/u, "")

/** Rows of a CSV file with quoted fields, by the names of its first line. */
const rowsOf = (text: string): ReadonlyArray<Readonly<Record<string, string>>> => {
  const lines: Array<Array<string>> = [[""]]
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const line = lines.at(-1)!
    const last = line.length - 1
    const char = text[i]!
    if (char === '"' && quoted && text[i + 1] === '"') line[last] = `${line[last]}${text[i++]}`
    else if (char === '"') quoted = !quoted
    else if (char === "," && !quoted) line.push("")
    else if (char === "\n" && !quoted) lines.push([""])
    else if (char !== "\r") line[last] = `${line[last]}${char}`
  }
  const [names = [], ...rows] = lines
  return rows
    .filter((row) => row.length === names.length)
    .map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""])))
}

/** The route that a documented path stands for. */
const routeOf = (method: string, path: string) => {
  const segments = (path.split("?")[0] ?? "").split("/").filter((segment) => segment !== "")
  return routesOf(segments).find((route) => route.method === method)
}

describe.skipIf(!available)("conformance with documented bodies", () => {
  let bench: Bench
  let token: string
  let requests: ReadonlyMap<string, () => Promise<ReadonlyArray<Reply>>>
  const table: Array<{ operation: string; source: string; fields: number; missing: string }> = []

  beforeAll(async () => {
    bench = await Bench.start()
    token = await bench.userToken()
    const { resellers } = await bench.account()
    // A legacy add-on, which is what Microsoft's page shows.
    const [holder] = await bench.book()
    const buy = (offer: string, more: object = {}) =>
      bench.do("POST", "/accounts/eu/changes", {
        ...{ as: "partner", customer: holder.tenantId, kind: "newSubscription", offer },
        ...{ quantity: 1, ...more }
      })
    const base = await buy("195416c1-3447-423a-b37b-ee59a99a19c4")
    await buy("2828be46-46ba-4f91-b2fe-0bef7ea6d0d8", { parent: base.after.microsoftId })
    const book = await bench.book()
    const all = book.map(({ tenantId }) => `/v1/customers/${tenantId}`)
    const [first] = book[0].subscriptions
    // Something in the log, by each of those who can act.
    for (const as of ["partner", "customer", "microsoft"])
      await bench.do("POST", "/accounts/eu/changes", {
        as,
        customer: book[0].tenantId,
        subscription: first.microsoftId,
        kind: "quantity",
        quantity: 40
      })
    const { auditRecordId } = await bench.do("POST", "/accounts/eu/changes", {
      as: "partner",
      customer: book[0].tenantId,
      kind: "newSubscription",
      offer: "CFQ7TTC0LFDZ:0001",
      quantity: 1
    })
    const get =
      (...paths: ReadonlyArray<string>) =>
      () =>
        Promise.all(paths.map((path) => bench.get(path, token)))
    const each = (tail: string) => get(...all.map((path) => `${path}${tail}`))
    const bySubscription = (tail: string) =>
      get(
        ...book.flatMap(({ tenantId, subscriptions }) =>
          subscriptions.map(
            (one: { microsoftId: string }) =>
              `/v1/customers/${tenantId}/subscriptions/${one.microsoftId}${tail}`
          )
        )
      )
    const orders = await Promise.all(all.map((path) => bench.get(`${path}/orders`, token)))
    const type = "relationship_type=IsIndirectCloudSolutionProviderOf"
    const send =
      (method: string, path: string, ...bodies: ReadonlyArray<unknown>) =>
      () =>
        Promise.all(bodies.map((body) => bench.send(method, path, token, body)))
    const [second, third] = all.slice(1)
    const admin = (await bench.get(`${second}/users`, token)).json.items[0]
    const roles = (await bench.get(`${second}/directoryroles`, token)).json.items
    const password = { password: "Renew456*", forceChangePassword: false }
    requests = new Map([
      [
        "createCustomer",
        async () =>
          send(
            "POST",
            "/v1/customers",
            newCustomer(`wingtiptoys${made++}.onmicrosoft.com`, {
              more: { associatedPartnerId: resellers[0]!.tenantId },
              billing: { culture: "en-US", language: "en" },
              address: { country: "US", state: "WA", city: "Redmond", postalCode: "98052" }
            })
          )()
      ],
      [
        "validateAddress",
        send(
          "POST",
          "/v1/validations/address",
          { country: "US", city: "Redmond", state: "WA", addressLine1: "1 A", postalCode: "98052" },
          { country: "ZZ", city: "Redmond", addressLine1: "1 A" }
        )
      ],
      ["getRelationshipRequest", get("/v1/customers/relationshiprequests")],
      [
        "updateCustomer",
        async () => {
          const { customerId } = await removable()
          return send("PATCH", `/v1/customers/${customerId}`, { relationshipToPartner: "none" })()
        }
      ],
      [
        "deleteCustomer",
        async () => {
          const { customerId } = await removable()
          await bench.do("PATCH", "/accounts/eu", { sandbox: true })
          const replies = await send("DELETE", `/v1/customers/${customerId}`, undefined)()
          await bench.do("PATCH", "/accounts/eu", { sandbox: false })
          return replies
        }
      ],
      ["listUsers", get(`${second}/users`)],
      ["getUser", get(`${second}/users/${admin.id}`)],
      [
        "addUser",
        send("POST", `${third}/users`, {
          usageLocation: "DE",
          userPrincipalName: `first.last@${book[2].domain}`,
          firstName: "First",
          lastName: "Last",
          displayName: "First Last",
          passwordProfile: password
        })
      ],
      ["updateUser", send("PATCH", `${second}/users/${admin.id}`, { passwordProfile: password })],
      [
        "addUserMember",
        send("POST", `${second}/directoryroles/${roles[2].id}/usermembers`, { id: admin.id })
      ],
      [
        "acceptAgreement",
        send("POST", `${second}/agreements`, {
          primaryContact: {
            firstName: "Tania",
            lastName: "Carr",
            email: "someone@example.com",
            phoneNumber: "1234567890"
          },
          templateId: "117a77b0-9360-443b-8795-c6dedc750cf9",
          dateAgreed: "2026-06-14T00:00:00.000Z",
          type: "MicrosoftCustomerAgreement"
        })
      ],
      ["getDirectSigned", get(`${second}/directSignedMicrosoftCustomerAgreementStatus`)],
      [
        "getAgreementDocument",
        get(
          "/v1/agreementtemplates/117a77b0-9360-443b-8795-c6dedc750cf9/document?language=en-US&country=US"
        )
      ],
      ["listCustomers", get("/v1/customers")],
      ["getCustomer", each("")],
      ["getCompanyProfile", each("/profiles/company")],
      ["getBillingProfile", each("/profiles/billing")],
      ["listSubscriptions", each("/subscriptions")],
      ["getSubscription", bySubscription("")],
      ["listAddons", bySubscription("/addons")],
      ["listOrders", each("/orders")],
      [
        "getOrder",
        get(
          ...orders.flatMap(({ json }) => json.items.map((one: Self) => `/v1${one.links.self.uri}`))
        )
      ],
      ["listAgreements", each("/agreements?agreementType=*")],
      ["listAgreementTemplates", get("/v1/agreements")],
      ["listCustomerRelationships", each("/relationships")],
      ["listRelationships", get(`/v1/relationships?${type}`)],
      [
        "getMpnProfile",
        get(`/v1/profiles/mpn?mpnId=${resellers[0]!.mpnId}`, "/v1/profiles/mpn?mpnId=9999999")
      ],
      [
        "getCountryRules",
        get(...["DE", "GB", "CN"].map((code) => `/v1/countryvalidationrules/${code}`))
      ],
      ["listAuditRecords", get("/v1/auditrecords?startDate=2026-11-20")],
      ["getAuditRecord", get(`/auditactivity/v1/auditrecords/${auditRecordId}`)],
      ["listOffers", get("/v1/offers?country=US")],
      ["getOffer", get("/v1/offers/195416c1-3447-423a-b37b-ee59a99a19c4?country=US")],
      ["listOfferAddons", get("/v1/offers/195416c1-3447-423a-b37b-ee59a99a19c4/addons?country=us")],
      ["listOfferCategories", get("/v1/offercategories?country=US")],
      ...productRequests("", "/v1", "?country=US&", get),
      ...productRequests("Customer", all[0]!, "?", get),
      [
        "checkDomain",
        () =>
          Promise.all(
            [book[0].domain, "free.onmicrosoft.com"].map((domain) =>
              exchange(`${bench.url}/v1/domains/${domain}`, {
                method: "HEAD",
                headers: { Authorization: `Bearer ${token}` }
              })
            )
          )
      ]
    ])
  })

  let made = 0

  /** A customer without subscriptions, whom nobody misses. */
  const removable = async () => {
    const customer = newCustomer(`removable${made++}.onmicrosoft.com`)
    const { json } = await bench.send("POST", "/v1/customers", token, customer)
    return { customerId: json.id }
  }

  /** Of an online service, of reservations, of Azure. */
  const productRequests = (
    of: string,
    base: string,
    query: string,
    get: (...paths: ReadonlyArray<string>) => () => Promise<ReadonlyArray<Reply>>
  ) => {
    const skus = [
      "CFQ7TTC0LH18/skus/0001",
      "DZH318Z0V0VM/skus/0001",
      "DZH318Z0BPS6/skus/0001",
      "9DEA7946-EC2C-441E-9FFD-E3B275F7E838/skus/MS-AZR-0145P"
    ].map((path) => `${base}/products/${path}`)
    const products = skus.map((path) => path.split("/skus")[0]!)
    const lists = skus.map((path) => `${path}/availabilities${query}`)
    const ofOne = async () => {
      const answers = await get(...lists)()
      const [items] = answers.map(({ json }) => json.items)
      return get(...lists.slice(0, 1).map((path) => path.replace("?", `/${items[0].id}?`)))()
    }
    return new Map<string, () => Promise<ReadonlyArray<Reply>>>([
      [
        `list${of}Products`,
        get(
          ...["Azure", "OnlineServices", "MicrosoftAzure"].map(
            (view) => `${base}/products${query}targetView=${view}`
          )
        )
      ],
      [`get${of}Product`, get(...products.map((path) => path + query))],
      [`list${of}Skus`, get(...products.map((path) => `${path}/skus${query}`))],
      [`get${of}Sku`, get(...skus.map((path) => path + query))],
      [`list${of}Availabilities`, get(...lists)],
      [`get${of}Availability`, ofOne]
    ])
  }

  interface Self {
    readonly links: { readonly self: { readonly uri: string } }
  }

  afterAll(async () => {
    const covered = new Set(table.map(({ operation }) => operation))
    for (const { operation } of routes)
      if (!covered.has(operation))
        table.push({ operation, source: "(no documented body)", fields: 0, missing: "" })
    console.table(table)
    await bench.close()
  })

  const compare = async (operation: string, status: number, source: string, body: unknown) => {
    const replies = (await requests.get(operation)!()).filter((reply) => reply.status === status)
    expect(replies.length, `${operation} answers ${status}`).toBeGreaterThan(0)
    const answered: Paths = new Map()
    for (const { json } of replies) pathsOf(json, "", answered)
    const documented = pathsOf(body)
    const lacking = missing(documented, answered)
    table.push({
      operation,
      source,
      fields: documented.size,
      missing: lacking.join(" ")
    })
    expect(lacking, source).toEqual([])
  }

  const samples = available
    ? rowsOf(read("samples/index.csv")).flatMap((row) => {
        const route = row["kind"] === "response" && routeOf(row["method"]!, mended(row["path"]!))
        return route
          ? [
              {
                operation: misprinted.get(row["file"]!) ?? route.operation,
                file: row["file"] ?? "",
                status: Number.parseInt(row["status"] || "200", 10)
              }
            ]
          : []
      })
    : []
  const bodies = samples.filter((row) => row.file !== "")

  it.each(bodies)(
    "$operation has the fields, types and casing of $file",
    async ({ operation, file, status }) => {
      await compare(operation, status, file, JSON.parse(read(`samples/${file}`)))
    }
  )

  // Of the price sheet, a file, only the request is kept; a good address was answered with nothing before there were
  // suggestions.
  const empty = samples.filter(
    ({ file, operation }) =>
      file === "" && operation !== "getPriceSheet" && operation !== "validateAddress"
  )
  it.each(empty)("$operation answers $status without a body", async ({ operation, status }) => {
    const replies = await requests.get(operation)!()
    expect(replies.find((one) => one.status === status)?.bytes).toHaveLength(0)
    table.push({ operation, source: `${status}, empty`, fields: 0, missing: "" })
  })

  const mocks = available
    ? rowsOf(read("recordings/index.csv")).flatMap((row) => {
        const [, method = "", path = ""] = /^(GET) (\S+)/u.exec(row["methods_paths"]!) ?? []
        const route = routeOf(method, path)
        return route && row["file"]!.startsWith("mock-bodies/")
          ? [[route.operation, row["file"]!] as const]
          : []
      })
    : []

  it.each(mocks)("%s has the fields, types and casing of %s", async (operation, file) => {
    await compare(operation, 200, file, JSON.parse(read(`recordings/${file}`)))
  })

  it("agreement templates answer as recorded, headers included", async () => {
    const [record] = JSON.parse(read("recordings/GetPartnerAgreementDetail.json"))
    await compare("listAgreementTemplates", 200, "recorded", JSON.parse(record.ResponseBody))
    const reply = await bench.get("/v1/agreements", token)
    for (const name of Object.keys(record.ResponseHeaders))
      expect(reply.headers[name.toLowerCase()], name).toBeDefined()
    for (const name of ["Content-Type", "X-Locale"])
      expect(reply.headers[name.toLowerCase()]).toBe(record.ResponseHeaders[name][0])
  })

  it.each([
    ["GetPartnerOffer", "listOffers"],
    ["GetPartnerOfferCategory", "listOfferCategories"]
  ])("the answer recorded as %s has nothing that %s lacks", async (file, operation) => {
    const [record] = JSON.parse(read(`recordings/${file}.json`))
    await compare(operation, 200, "recorded", JSON.parse(record.ResponseBody))
    const [reply] = await requests.get(operation)!()
    for (const name of Object.keys(record.ResponseHeaders))
      expect(reply!.headers[name.toLowerCase()], name).toBeDefined()
    expect(reply!.headers["content-type"]).toBe(record.ResponseHeaders["Content-Type"][0])
  })

  it("a refusal by the throttle has the documented body", async () => {
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: 1, burst: 1 })
    await bench.get("/v1/customers", token)
    const { json } = await bench.get("/v1/customers", token)
    await bench.do("PATCH", "/accounts/eu", { limitPerMinute: null })
    const body = JSON.parse(read("samples/api-throttling-guidance.response-429.1.json"))
    expect(missing(pathsOf(body), pathsOf(json))).toEqual([])
  })

  it("the token has the documented fields", async () => {
    const body = JSON.parse(read("samples/partner-center-authentication.response-200.1.json"))
    const reply = await bench.signIn(await bench.account(), { grant_type: "client_credentials" })
    expect(missing(pathsOf(body), pathsOf(reply.json))).toEqual([])
  })
})
