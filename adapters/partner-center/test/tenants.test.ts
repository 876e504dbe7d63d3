import { UserTokens } from "@concordat/core/consent/UserTokens"
import { Country } from "@concordat/core/instance/Country"
import { type Instance, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { customerAgreement, VendorAgreements } from "@concordat/core/tenant/VendorAgreements"
import { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { VendorResellers } from "@concordat/core/tenant/VendorResellers"
import { type NewTenant, VendorTenants } from "@concordat/core/tenant/VendorTenants"
import { VendorUsers } from "@concordat/core/tenant/VendorUsers"
import { Instant } from "@concordat/core/time/Instant"
import { RequestId } from "@concordat/core/vendor/RequestId"
import { countingRequests } from "@concordat/core/vendor/Requests"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type RunningSimulator, startSimulator } from "../../../apps/simulator/src/server.ts"
import { type Adapter, adapter, impatient, instanceAt, secretsOnly } from "./fixtures.ts"
import { scriptedServer } from "./scriptedServer.ts"

const Accounts = Schema.Struct({
  accounts: Schema.Array(
    Schema.Struct({
      tenantId: TenantId,
      appId: Schema.String,
      clientSecret: Schema.String,
      refreshToken: Schema.String,
      customers: Schema.Int,
      resellers: Schema.Array(
        Schema.Struct({
          tenantId: TenantId,
          mpnId: MpnId,
          name: Schema.String,
          eligible: Schema.Boolean
        })
      )
    })
  )
})
const Requests = Schema.Struct({
  requests: Schema.Array(Schema.Struct({ requestId: Schema.String, status: Schema.Int }))
})
const Granted = Schema.Struct({ access_token: Schema.String })
const Foreign = Schema.Struct({
  tenants: Schema.Array(Schema.Struct({ tenantId: TenantId, domains: Schema.Array(Schema.String) }))
})

let simulator: RunningSimulator
let instance: Instance
let account: (typeof Accounts.Type)["accounts"][number]
let userToken: string

const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(`${simulator.url}/_simulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}
const asked = (method: string, path: string, body?: unknown) =>
  Effect.promise(() => control(method, path, body))
const arm = (operation: string, fault: unknown, count = 1) =>
  asked("POST", "/faults", { operation, fault, count })
const patch = (settings: object) => asked("PATCH", "/accounts/contoso-eu", settings)
const accountNow = Effect.map(asked("GET", "/accounts"), (found) => {
  const [one] = Schema.decodeUnknownSync(Accounts)(found).accounts
  return one ?? assert.fail("one account was asked for")
})

beforeAll(async () => {
  simulator = await startSimulator({
    initial: {
      seed: 7,
      accounts: [
        {
          name: "contoso-eu",
          cspStatus: "indirect",
          customers: 12,
          resellers: 8,
          limitPerMinute: 0
        }
      ]
    }
  })
  account = await Effect.runPromise(accountNow)
  const { tenantId, appId } = account
  instance = instanceAt(simulator.url, { tenantId, appId, cspStatus: "indirect" })
  const granted = await fetch(`${simulator.url}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      client_id: appId,
      client_secret: account.clientSecret,
      refresh_token: account.refreshToken,
      scope: "https://api.partnercenter.microsoft.com/.default"
    })
  })
  userToken = Schema.decodeUnknownSync(Granted)(await granted.json()).access_token
})
beforeEach(async () => {
  await control("DELETE", "/faults")
  await control("DELETE", "/requests")
})
afterAll(() => simulator.close())

/** The administrator who signed in to the simulator. */
const signedIn = Layer.succeed(UserTokens, {
  get: (_, resource) =>
    Effect.sync(() => ({
      resource,
      value: Redacted.make(userToken),
      expiresAt: Instant.make(Number.MAX_SAFE_INTEGER),
      mfa: true
    })),
  mfaMissing: () => Effect.void
})

const settings = { ...impatient, pageSize: 5, attemptTimeoutMs: 500 }
const run = <A, E>(effect: Effect.Effect<A, E, Adapter>) =>
  effect.pipe(
    Effect.provide(
      adapter({ settings, secrets: secretsOnly(account.clientSecret), users: signedIn })
    ),
    TestClock.withLive
  )

let numbered = 0
const aDomain = () => `alpine${numbered++}.onmicrosoft.com`
const aRequestId = () => RequestId.make(crypto.randomUUID())

const tenant = (change: Partial<NewTenant> = {}): NewTenant => ({
  domain: aDomain(),
  companyName: "Alpine Ski House GmbH",
  email: "office@alpine.example",
  culture: "de-DE",
  language: "de",
  firstName: "Ada",
  lastName: "Kovac",
  phone: "+49 40 123456",
  address: {
    line1: "Speicherstrasse 1",
    line2: null,
    city: "Hamburg",
    state: null,
    postalCode: "20095",
    country: Country.make("DE")
  },
  registrationNumber: null,
  resellerTenantId: null,
  ...change
})
const create = (wanted: NewTenant, requestId = aRequestId()) =>
  VendorTenants.use((port) => port.create(instance, wanted, requestId))
const find = (domain: string) => VendorTenants.use((port) => port.find(instance, domain))
const isTaken = (domain: string) =>
  VendorTenants.use((port) => port.isDomainTaken(instance, domain))

/** What the page says to the administrator of a tenant who accepts. */
const accepting = async (url: string, tenant: string): Promise<number> => {
  const body = new URLSearchParams({ action: "accept", tenant })
  return (await fetch(url, { method: "POST", body })).status
}

const foreign = Effect.map(
  asked("GET", "/accounts/contoso-eu/foreign-tenants"),
  (found) => Schema.decodeUnknownSync(Foreign)(found).tenants
)

describe("a tenant is made", () => {
  it.effect("with the credentials that are told once, and is found at once by its domain", () =>
    run(
      Effect.gen(function* () {
        yield* patch({ newCustomerLagSeconds: 900 })
        const wanted = tenant()
        assert.isFalse(yield* isTaken(wanted.domain))
        const made = yield* create(wanted)
        assert.strictEqual(made.credentials?.userName, `admin@${wanted.domain}`)
        assert.match(Redacted.value(made.credentials?.password ?? Redacted.make("")), /^\S{8}$/u)
        assert.notInclude(
          JSON.stringify(made),
          Redacted.value(made.credentials?.password ?? Redacted.make("x"))
        )
        assert.isTrue(yield* isTaken(wanted.domain))
        const listed = yield* VendorCustomers.use((port) => Stream.runCollect(port.all(instance)))
        assert.notInclude(
          listed.map(({ tenantId }) => tenantId),
          made.tenantId
        )
        const found = yield* find(wanted.domain.toUpperCase())
        assert.deepInclude(found, {
          tenantId: made.tenantId,
          domain: wanted.domain,
          name: wanted.companyName,
          resellerTenantId: null
        })
        yield* patch({ newCustomerLagSeconds: 0 })
      })
    )
  )

  it.effect("with everything that was asked for", () =>
    run(
      Effect.gen(function* () {
        const reseller = account.resellers[0]?.tenantId ?? assert.fail("there are resellers")
        const wanted = tenant({
          resellerTenantId: reseller,
          registrationNumber: "PL-12345",
          culture: "pl-PL",
          language: "pl",
          address: {
            line1: "ul. Portowa 1",
            line2: "2nd floor",
            city: "Gdansk",
            state: null,
            postalCode: "80-001",
            country: Country.make("PL")
          }
        })
        const { tenantId } = yield* create(wanted)
        const tenants = yield* VendorTenants
        const billing = yield* tenants.billingProfile(instance, tenantId)
        const company = yield* tenants.companyProfile(instance, tenantId)
        assert.strictEqual((yield* tenants.get(instance, tenantId))?.resellerTenantId, reseller)
        assert.deepStrictEqual(billing, {
          companyName: wanted.companyName,
          firstName: "Ada",
          lastName: "Kovac",
          email: wanted.email,
          culture: "pl-PL",
          language: "pl",
          address: {
            ...wanted.address,
            firstName: "Ada",
            lastName: "Kovac",
            phone: wanted.phone
          }
        })
        assert.deepStrictEqual(company, {
          companyName: wanted.companyName,
          domain: wanted.domain,
          email: null,
          registrationNumber: "PL-12345",
          address: null
        })
      })
    )
  )

  // what goes wrong twice, and the requests that it takes to get through
  for (const fault of [
    { kind: "reset-before" },
    { kind: "reset-after" },
    { kind: "truncate" },
    { kind: "lost-response" },
    { kind: "throttle", retryAfterSeconds: 0 },
    { kind: "status", status: 503 }
  ])
    it.effect(`once, although its answer is twice ${JSON.stringify(fault)}`, () =>
      run(
        Effect.gen(function* () {
          const before = (yield* accountNow).customers
          yield* arm("createCustomer", fault, 2)
          const [made, sent] = yield* countingRequests(create(tenant()))
          assert.strictEqual(sent, 3)
          assert.isNotNull(made.credentials)
          assert.strictEqual((yield* accountNow).customers, before + 1)
          const { requests } = yield* Schema.decodeUnknownEffect(Requests)(
            yield* asked("GET", "/requests?operation=createCustomer")
          )
          assert.strictEqual(new Set(requests.map(({ requestId }) => requestId)).size, 1)
        })
      )
    )

  it.effect(
    "once by a job that died before the answer, when Partner Center remembers the request",
    () =>
      run(
        Effect.gen(function* () {
          const [wanted, requestId] = [tenant(), aRequestId()]
          const first = yield* create(wanted, requestId)
          const second = yield* create(wanted, requestId)
          assert.deepStrictEqual(
            [second.tenantId, second.credentials && Redacted.value(second.credentials.password)],
            [first.tenantId, first.credentials && Redacted.value(first.credentials.password)]
          )
        })
      )
  )

  it.effect(
    "once also when it remembers nothing: the domain is taken, by the tenant that is found",
    () =>
      run(
        Effect.gen(function* () {
          yield* patch({ repeatedRequests: "forget", newCustomerLagSeconds: 900 })
          const wanted = tenant()
          yield* arm("createCustomer", { kind: "reset-after" })
          const refused = yield* Effect.flip(create(wanted))
          assert.deepInclude(refused, {
            _tag: "TenantRefused",
            kind: "domain taken",
            field: "domain"
          })
          assert.strictEqual((yield* find(wanted.domain))?.domain, wanted.domain)
          yield* patch({ repeatedRequests: "replay", newCustomerLagSeconds: 0 })
        })
      )
  )

  it.effect("not when nobody answers", () =>
    run(
      Effect.gen(function* () {
        yield* arm("createCustomer", { kind: "reset-before" }, 99)
        const error = yield* Effect.flip(create(tenant()))
        assert.strictEqual(error._tag === "VendorError" && error.reason._tag, "Busy")
      })
    )
  )

  const german = tenant().address
  const polish = { ...german, country: Country.make("PL"), postalCode: "80-001" }
  // what is asked for, and what is refused of it
  for (const [what, change, kind, field, code] of [
    [
      "a domain under another CSP",
      { domain: "fabrikam.onmicrosoft.com" },
      "domain taken",
      "domain",
      "409"
    ],
    ["a domain that is none", { domain: "fabrikam" }, "field", "domain", "3000"],
    ["a long name", { companyName: "A".repeat(300) }, "field", "companyName", "3000"],
    ["no e-mail address", { email: "nobody" }, "field", "email", "3000"],
    ["a strange culture", { culture: "?" }, "field", "culture", "3000"],
    ["no language", { language: "" }, "field", "language", "3000"],
    ["no first name", { firstName: "" }, "field", "firstName", "3000"],
    ["a long last name", { lastName: "K".repeat(51) }, "field", "lastName", "3000"],
    ["no street", { address: { ...german, line1: "" } }, "field", "address.line1", "2000"],
    [
      "a long second line",
      { address: { ...german, line2: "x".repeat(201) } },
      "field",
      "address.line2",
      "2000"
    ],
    ["no city", { address: { ...german, city: "" } }, "field", "address.city", "2000"],
    [
      "a bad postal code",
      { address: { ...german, postalCode: "1" } },
      "field",
      "address.postalCode",
      "2000"
    ],
    [
      "no state",
      { address: { ...german, country: Country.make("US"), postalCode: "98052" } },
      "field",
      "address.state",
      "2000"
    ],
    [
      "a country without customers",
      { address: { ...german, country: Country.make("AQ") } },
      "field",
      "address.country",
      "3000"
    ],
    ["no registration number", { address: polish }, "field", "registrationNumber", "600049"],
    [
      "a bad one",
      { address: polish, registrationNumber: "1" },
      "field",
      "registrationNumber",
      "600050"
    ],
    ["one too many", { registrationNumber: "12345" }, "field", "registrationNumber", "600002"],
    [
      "no phone",
      { address: polish, registrationNumber: "12345", phone: null },
      "field",
      "phone",
      "600051"
    ],
    [
      "a strange reseller",
      { resellerTenantId: TenantId.make("99999999-0000-4000-8000-000000000009") },
      "reseller",
      "resellerTenantId",
      "800016"
    ]
  ] as const)
    it.effect(`not with ${what}`, () =>
      run(
        Effect.gen(function* () {
          const refused = yield* Effect.flip(create(tenant(change)))
          assert.deepInclude(refused, { _tag: "TenantRefused", kind, field, code })
        })
      )
    )

  it.effect("not with a domain whose refusal is a 400 that names it", () =>
    run(
      Effect.gen(function* () {
        yield* patch({ domainTakenStatus: 400 })
        const refused = yield* Effect.flip(create(tenant({ domain: "litware.onmicrosoft.com" })))
        assert.deepInclude(refused, { _tag: "TenantRefused", kind: "domain taken" })
        yield* patch({ domainTakenStatus: 409 })
      })
    )
  )

  it.effect("not when a sandbox is full", () =>
    run(
      Effect.gen(function* () {
        yield* arm("createCustomer", { kind: "status", status: 400, code: 800018 })
        assert.deepInclude(yield* Effect.flip(create(tenant())), { kind: "limit", code: "800018" })
      })
    )
  )

  it.effect("not where the partner may not: that stays an error of Partner Center", () =>
    run(
      Effect.gen(function* () {
        yield* arm("createCustomer", { kind: "status", status: 403, code: 600006 })
        const error = yield* Effect.flip(create(tenant()))
        assert.strictEqual(error._tag, "VendorError")
      })
    )
  )
})

describe("a tenant that exists already", () => {
  it.effect("is found by its domain and by its alias once its administrator has accepted", () =>
    run(
      Effect.gen(function* () {
        const tenants = yield* VendorTenants
        const reseller = account.resellers[1] ?? assert.fail("there are resellers")
        const [fabrikam] = yield* foreign
        const { tenantId, domains } = fabrikam ?? assert.fail("fabrikam is not ours")
        assert.lengthOf(domains, 2)
        for (const domain of domains) {
          assert.strictEqual(yield* tenants.tenantOf(instance, domain), tenantId)
          assert.isTrue(yield* isTaken(domain))
          assert.isNull(yield* find(domain))
        }
        assert.isNull(yield* tenants.get(instance, tenantId))
        const url = yield* tenants.relationshipRequest(instance, {
          resellerTenantId: reseller.tenantId
        })
        assert.include(url, reseller.mpnId)
        assert.strictEqual(yield* Effect.promise(() => accepting(url, tenantId)), 200)
        for (const domain of domains)
          assert.deepInclude(yield* find(domain), {
            tenantId,
            domain: domains[0] ?? "",
            resellerTenantId: reseller.tenantId
          })
      })
    )
  )

  it.effect("is nobody's where the domain is free, or none at all", () =>
    run(
      Effect.gen(function* () {
        const tenants = yield* VendorTenants
        for (const domain of [
          "free.example",
          "free.onmicrosoft.com",
          "../x",
          "a b",
          "",
          "x".repeat(300)
        ]) {
          assert.isNull(yield* tenants.tenantOf(instance, domain))
          assert.isNull(yield* find(domain))
        }
        assert.isNull(
          yield* tenants.get(instance, TenantId.make("99999999-0000-4000-8000-000000000009"))
        )
      })
    )
  )

  it.effect("is invited by an address of the web, however it is written, and by nothing else", () =>
    Effect.gen(function* () {
      const invitedBy = (url: string) =>
        Effect.flatMap(scriptedServer([{ body: { url } }]), ({ origin }) =>
          run(
            VendorTenants.use((port) =>
              port.relationshipRequest(instanceAt(origin), { resellerTenantId: null })
            )
          )
        )
      // As it was recorded: written for a page.
      assert.strictEqual(
        yield* invitedBy("https://portal.office.com/partnersignup.aspx?csp=1&amp;msppid=0"),
        "https://portal.office.com/partnersignup.aspx?csp=1&msppid=0"
      )
      for (const url of ["javascript:alert(1)", "", "https://a.example/ b", "https://a\n.example"])
        assert.strictEqual((yield* Effect.flip(invitedBy(url))).reason._tag, "Malformed")
    })
  )

  it.effect("is not asked for where the name could lead to another address", () =>
    Effect.gen(function* () {
      const server = yield* scriptedServer([{ status: 400 }])
      const tenantOf = (domain: string) =>
        run(VendorTenants.use((port) => port.tenantOf(instanceAt(server.origin), domain)))
      for (const domain of ["../common", "a/b.example", "a.example?x", "a.example#", "a", ""])
        assert.isNull(yield* tenantOf(domain))
      assert.lengthOf(server.seen, 0)
      yield* tenantOf("a.example")
      assert.deepStrictEqual(
        server.seen.map(({ url, headers }) => [url, headers.authorization]),
        [["/a.example/v2.0/.well-known/openid-configuration", undefined]]
      )
    })
  )

  it.effect("is found in the list where the sign-in service does not know the domain yet", () =>
    run(
      Effect.gen(function* () {
        const { tenantId, domain } = yield* create(tenant())
        yield* arm("signIn.configuration", { kind: "status", status: 400 })
        assert.strictEqual((yield* find(domain))?.tenantId, tenantId)
      })
    )
  )

  it.effect("is asked for again while the sign-in service is busy, and not for ever", () =>
    run(
      Effect.gen(function* () {
        const { tenantId, domain } = yield* create(tenant())
        const tenantOf = VendorTenants.use((port) => port.tenantOf(instance, domain))
        yield* arm("signIn.configuration", { kind: "status", status: 503 }, 2)
        assert.strictEqual(yield* tenantOf, tenantId)
        yield* arm("signIn.configuration", { kind: "reset-before" }, 99)
        assert.strictEqual((yield* Effect.flip(tenantOf)).reason._tag, "Busy")
      })
    )
  )
})

describe("what a new tenant is made of", () => {
  it.effect("a country's rules, where there are any", () =>
    run(
      Effect.gen(function* () {
        const { countryRules } = yield* VendorTenants
        const china = yield* countryRules(instance, Country.make("CN"))
        assert.deepInclude(china, {
          stateRequired: true,
          cultureDefault: "zh-CN",
          postalCodePattern: "^[0-9]{6}$"
        })
        assert.include(china?.states ?? [], "SH")
        assert.deepInclude(yield* countryRules(instance, Country.make("AE")), {
          postalCodeRequired: false,
          postalCodePattern: null,
          taxIdSupported: true
        })
        assert.isNull(yield* countryRules(instance, Country.make("AQ")))
      })
    )
  )

  for (const [change, status, suggested] of [
    [{}, "VerifiedShippable", ["Hamburg"]],
    [{ city: "hamburg" }, "InteractionRequired", ["Hamburg"]],
    [{ line1: "Speicherstrasse" }, "StreetPartial", ["Hamburg", "Hamburg", "Hamburg"]],
    [{ postalCode: "1" }, "None", []],
    [{ country: Country.make("AQ") }, "None", []]
  ] as const)
    it.effect(`an address with ${JSON.stringify(change)} is ${status}`, () =>
      run(
        Effect.gen(function* () {
          const { validateAddress } = yield* VendorTenants
          const verdict = yield* validateAddress(instance, { ...tenant().address, ...change })
          assert.deepStrictEqual(
            [verdict.status, verdict.suggestions.map(({ city }) => city)],
            [status, suggested]
          )
        })
      )
    )
})

describe("resellers", () => {
  it.effect("are listed, with their customers, and those of a customer", () =>
    run(
      Effect.gen(function* () {
        const port = yield* VendorResellers
        const all = yield* Stream.runCollect(port.all(instance))
        assert.deepStrictEqual(
          all.map(({ tenantId, mpnId, name }) => ({ tenantId, mpnId, name })),
          account.resellers.map(({ eligible: _, ...reseller }) => reseller)
        )
        const [reseller] = all
        const { tenantId } = yield* create(
          tenant({ resellerTenantId: reseller?.tenantId ?? assert.fail("none") })
        )
        const theirs = yield* port.ofCustomer(instance, tenantId)
        assert.deepStrictEqual(
          theirs.map(({ mpnId }) => mpnId),
          [reseller?.mpnId]
        )
        const customers = yield* Stream.runCollect(
          port.customersOf(instance, reseller?.tenantId ?? assert.fail("none"))
        )
        assert.include(
          customers.map((one) => one.tenantId),
          tenantId
        )
        assert.isBelow(customers.length, (yield* accountNow).customers)
      })
    )
  )

  it.effect("have MPN ids that are known or not, and can be partner of record or not", () =>
    run(
      Effect.gen(function* () {
        const port = yield* VendorResellers
        const ids = [...account.resellers.map(({ mpnId }) => mpnId), MpnId.make("9999999")]
        const verdicts = (yield* port.validate(instance, ids)) ?? []
        assert.deepStrictEqual(
          verdicts.map(({ mpnId, valid }) => [mpnId, valid]),
          ids.map((mpnId) => [
            mpnId,
            account.resellers.some((one) => one.mpnId === mpnId && one.eligible)
          ])
        )
        assert.deepStrictEqual(
          verdicts.map(({ code, text }) => [code, text === null]),
          verdicts.map(({ valid }) => (valid ? [null, true] : ["900400", false]))
        )
        const [known] = account.resellers
        assert.deepStrictEqual(
          yield* port.mpnProfile(instance, known?.mpnId ?? assert.fail("none")),
          { name: known?.name ?? "" }
        )
        assert.isNull(yield* port.mpnProfile(instance, MpnId.make("9999999")))
        yield* patch({ resellerValidation: false })
        assert.isNull(yield* port.validate(instance, ids))
        yield* patch({ resellerValidation: true })
      })
    )
  )
})

describe("agreements", () => {
  it.effect("are accepted once for each contact, and then told of", () =>
    run(
      Effect.gen(function* () {
        const port = yield* VendorAgreements
        const { tenantId } = yield* create(tenant())
        const [template, ...others] = yield* port.templates(instance, customerAgreement)
        assert.deepStrictEqual([template?.type, others], [customerAgreement, []])
        assert.deepStrictEqual(yield* port.accepted(instance, tenantId, customerAgreement), [])
        assert.isFalse(yield* port.directSigned(instance, tenantId))
        const acceptance = {
          templateId: template?.templateId ?? "",
          type: customerAgreement,
          agreedAt: Instant.make(Date.UTC(2026, 10, 20, 10)),
          contact: { firstName: "Ada", lastName: "Kovac", email: "ada@alpine.example", phone: null }
        }
        const accept = port.accept(instance, tenantId, acceptance, aRequestId())
        yield* arm("acceptAgreement", { kind: "reset-after" })
        // The lost answer is asked for again, and Microsoft says that it is there.
        assert.strictEqual(yield* accept, "already")
        assert.strictEqual(yield* accept, "already")
        const other = {
          ...acceptance,
          contact: { ...acceptance.contact, email: "b@alpine.example" }
        }
        assert.strictEqual(yield* port.accept(instance, tenantId, other, aRequestId()), "accepted")
        const accepted = yield* port.accepted(instance, tenantId, customerAgreement)
        assert.deepStrictEqual(
          accepted.map(({ agreedAt, contact }) => [agreedAt, contact?.email]),
          [
            [acceptance.agreedAt, "ada@alpine.example"],
            [acceptance.agreedAt, "b@alpine.example"]
          ]
        )
        const wrong = { ...acceptance, templateId: acceptance.templateId.toUpperCase() }
        const refused = yield* Effect.flip(port.accept(instance, tenantId, wrong, aRequestId()))
        assert.strictEqual(refused.reason._tag, "Refused")
      })
    )
  )

  it.effect("have templates whose ids are kept letter by letter", () =>
    Effect.gen(function* () {
      const templateId = "117A77b0-9360-443b-8795-c6dedc750cf9"
      const server = yield* scriptedServer([{ body: { items: [{ templateId }] } }])
      const [template] = yield* run(
        VendorAgreements.use((port) => port.templates(instanceAt(server.origin), customerAgreement))
      )
      assert.deepInclude(template, { templateId, type: customerAgreement })
      assert.strictEqual(server.seen[0]?.url, `/v1/agreements?agreementType=${customerAgreement}`)
    })
  )

  it.effect("have a text in the country's languages", () =>
    run(
      Effect.gen(function* () {
        const port = yield* VendorAgreements
        const [template] = yield* port.templates(instance, customerAgreement)
        const id = template?.templateId ?? ""
        const text = yield* port.document(instance, id, Country.make("DE"), Language.make("de-DE"))
        assert.deepInclude(text, { country: "DE", language: "de-DE" })
        assert.isNull(
          yield* port.document(instance, "none", Country.make("DE"), Language.make("de-DE"))
        )
      })
    )
  )
})

describe("a tenant's users", () => {
  it.effect("are added, made administrators and given passwords, each as often as one likes", () =>
    run(
      Effect.gen(function* () {
        const port = yield* VendorUsers
        const { tenantId, domain } = yield* create(tenant())
        const boss = yield* port.add(
          instance,
          tenantId,
          {
            principalName: `boss@${domain}`,
            firstName: "Ada",
            lastName: "Kovac",
            displayName: "Ada Kovac",
            usageLocation: Country.make("DE"),
            password: Redacted.make("Str0ng*word")
          },
          aRequestId()
        )
        yield* port.makeAdministrator(instance, tenantId, boss)
        yield* port.makeAdministrator(instance, tenantId, boss)
        yield* port.resetPassword(instance, tenantId, boss.id, Redacted.make("An0ther*word"))
        const users = yield* Stream.runCollect(port.all(instance, tenantId))
        assert.deepStrictEqual(
          users.map(({ principalName, active }) => [principalName, active]),
          [
            [`admin@${domain}`, true],
            [`boss@${domain}`, true]
          ]
        )
        const weak = yield* Effect.flip(
          port.resetPassword(instance, tenantId, boss.id, Redacted.make("weak"))
        )
        assert.strictEqual(weak.reason._tag, "Refused")
        assert.notInclude(weak.message, "weak ")
      })
    )
  )
})
