import { Database } from "@concordat/adapter-postgres/Database"
import type { Account } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import type { Actor } from "@concordat/core/actor/Actor"
import type { AcceptanceStatus } from "@concordat/core/agreement/Acceptance"
import { Agreements } from "@concordat/core/agreement/Agreements"
import { acceptAgreement, type Confirmation } from "@concordat/core/agreement/acceptAgreement"
import { agreementOf } from "@concordat/core/agreement/agreementOf"
import { sendAcceptance } from "@concordat/core/agreement/sendAcceptance"
import { Consents } from "@concordat/core/consent/Consents"
import { Country } from "@concordat/core/instance/Country"
import type { Instance } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { customerAgreement } from "@concordat/core/tenant/VendorAgreements"
import { VendorTenants } from "@concordat/core/tenant/VendorTenants"
import { RequestId } from "@concordat/core/vendor/RequestId"
import { Effect, Exit, Fiber, Schedule, Scope } from "effect"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { agreementLane } from "../src/agreementLane.ts"
import { operator, type TenantWorld, tenantWorld } from "./TenantWorld.ts"

const scope = Scope.makeUnsafe()
let world: TenantWorld
beforeAll(async () => {
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
  world = await Effect.runPromise(tenantWorld.pipe(Scope.provide(scope)))
}, 30_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
beforeEach(() => {
  world.simulator.faults.clear()
  world.simulator.requests.clear()
})

type R = TenantWorld["ports"] extends import("effect").Context.Context<infer Services>
  ? Services
  : never
const run = <A, E>(effect: Effect.Effect<A, E, R>): Promise<A> =>
  Effect.runPromise(Effect.provideContext(effect, world.ports))

let made = 0
/** A tenant at Microsoft that nobody has confirmed anything for. */
const makeTenant = Effect.fnUntraced(function* (instance: Instance) {
  const domain = `agreed${made++}x${process.pid}.onmicrosoft.com`
  const { tenantId } = yield* VendorTenants.use((tenants) =>
    tenants.create(
      instance,
      {
        domain,
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
          postalCode: "20457",
          country: Country.make("DE")
        },
        registrationNumber: null,
        resellerTenantId: null
      },
      RequestId.make(crypto.randomUUID())
    )
  )
  return { tenantId, domain }
})

/** The account is the tenant, as a synchronisation would leave it. */
const link = Effect.fnUntraced(function* (account: Account, instance: Instance) {
  const { domain, tenantId } = yield* makeTenant(instance)
  yield* Database.use((database) =>
    database.run("link", (db) =>
      sql`insert into account_tenant (instance_id, tenant_id, account_id, domain)
        values (${instance.id}, ${tenantId}, ${account.id}, ${domain})`.execute(db)
    )
  )
  return domain
})

/** What Partner Center keeps of a customer. */
const keptOf = (domain: string, name: "indirect" | "direct" = "direct") =>
  world.customersOf(name, domain).flatMap(({ agreements }) => agreements)
const asked = (operation: string) =>
  world.simulator.requests.list(1, 500, (request) => request.operation === operation).items

const standing = (account: Account, instance: Instance, actor: Actor = operator) =>
  agreementOf(actor, account.id, instance.name)

const ada = { firstName: "Ada", lastName: "Kovac", email: "ada@alpine.example", phone: null }
const confirm = Effect.fnUntraced(function* (
  account: Account,
  instance: Instance,
  given: Partial<Confirmation> = {},
  actor: Actor = operator
) {
  const { form } = yield* standing(account, instance)
  return yield* acceptAgreement(actor, {
    accountId: account.id,
    instance: instance.name,
    templateId: form?.template.templateId ?? "",
    contact: ada,
    agreedAt: undefined,
    role: undefined,
    userName: null,
    orderCode: null,
    ipAddress: null,
    userAgent: null,
    ...given
  })
})

/** What a reconciler does with the job of it. */
const send = (id: Parameters<typeof sendAcceptance>[0], isLast = false) =>
  sendAcceptance(id, isLast)
const statusOf = (id: Parameters<typeof sendAcceptance>[0]) =>
  Agreements.use((agreements) => agreements.get(id, null))

/** An account that is a tenant in the direct instance. */
const linked = Effect.gen(function* () {
  const account = yield* world.add()
  const domain = yield* link(account, world.direct)
  return { account, domain }
})

describe("the form", () => {
  it("of an end customer is its reseller's to sign, in the customer's country and language, filled in", () =>
    run(
      Effect.gen(function* () {
        const account = yield* world.add({
          parentId: world.seller.id,
          language: Language.make("de-DE")
        })
        yield* Accounts.use((accounts) =>
          Effect.flatMap(accounts.get(world.seller.id, null), ({ version }) =>
            accounts.putContacts(
              world.seller.id,
              null,
              version,
              [
                {
                  name: "Rita Seller",
                  email: "rita@northwind.example",
                  phone: null,
                  roles: ["primary"]
                }
              ],
              { actor: "key:test", correlationId: "" }
            )
          )
        )
        const { form, state } = yield* standing(account, world.indirect)
        expect(state).toBe("needed")
        expect(form).toMatchObject({
          template: { type: customerAgreement },
          signer: { id: world.seller.id },
          mode: "EndCustomer",
          role: "bss-user",
          contact: { firstName: "Rita", lastName: "Seller", email: "rita@northwind.example" },
          document: { country: "DE", language: "de-DE" }
        })
        // The customer itself sees how it stands, and is not asked.
        const customer: Actor = { ...operator, role: "customer", branch: account.id }
        expect(yield* standing(account, world.indirect, customer)).toMatchObject({
          state: "needed",
          form: null
        })
        expect(yield* Effect.flip(confirm(account, world.indirect, {}, customer))).toMatchObject({
          _tag: "AccountChangeNotAllowed"
        })
        const reseller: Actor = { ...operator, role: "reseller", branch: world.seller.id }
        expect(yield* standing(account, world.indirect, reseller)).toMatchObject({
          form: { role: "reseller", signer: { name: world.seller.name } }
        })
      })
    ))

  it("is not shown to whoever has signed, with us or with Microsoft itself", () =>
    run(
      Effect.gen(function* () {
        const { account, domain } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        yield* send(acceptance.id)
        expect(yield* standing(account, world.direct)).toMatchObject({
          state: "accepted",
          acceptedBy: "partner",
          accepted: { contact: { lastName: "Kovac" } },
          form: null
        })
        expect(keptOf(domain)).toHaveLength(1)
        // Of the tenants of others, every fourth has signed itself.
        const own = [...world.simulator.world.foreign.values()].find((one) => one.directSigned)
        if (own === undefined) throw new Error("nobody has signed")
        world.simulator.decide("direct", own.id, null, "accept")
        const signed = yield* world.add()
        yield* Database.use((database) =>
          database.run("link", (db) =>
            sql`insert into account_tenant (instance_id, tenant_id, account_id)
              values (${world.direct.id}, ${own.id}, ${signed.id})`.execute(db)
          )
        )
        expect(yield* standing(signed, world.direct)).toMatchObject({
          state: "accepted",
          acceptedBy: "customer",
          form: null
        })
      })
    ))

  it("asks for the customer agreement by name: without, Microsoft means the old one", () =>
    run(
      Effect.gen(function* () {
        const { account } = yield* linked
        const { form } = yield* standing(account, world.direct)
        expect(form?.template.templateId).toBe("117a77b0-9360-443b-8795-c6dedc750cf9")
      })
    ))
})

describe("a confirmation", () => {
  it(
    "of an account without a tenant waits, and is told once the tenant is there",
    () =>
      run(
        Effect.gen(function* () {
          const account = yield* world.add()
          const acceptance = yield* confirm(account, world.direct)
          expect(acceptance.status).toBe("waiting")
          expect(yield* standing(account, world.direct)).toMatchObject({
            state: "on-its-way",
            form: null
          })
          const lane = yield* Effect.forkChild(
            Effect.scoped(Effect.andThen(agreementLane, Effect.never))
          )
          const domain = yield* link(account, world.direct)
          const told = yield* statusOf(acceptance.id).pipe(
            Effect.repeat({
              until: ({ status }) => status === "sent",
              schedule: Schedule.spaced("50 millis")
            }),
            Effect.timeout("15 seconds")
          )
          yield* Fiber.interrupt(lane)
          expect(told).toMatchObject({ status: "sent", problem: null })
          expect(keptOf(domain)).toMatchObject([
            { contact: { email: "ada@alpine.example" }, type: customerAgreement }
          ])
        })
      ),
    20_000
  )

  it("names a text that was shown, and that Microsoft still asks for", () =>
    run(
      Effect.gen(function* () {
        const { account } = yield* linked
        expect(
          yield* Effect.flip(confirm(account, world.direct, { templateId: "another" }))
        ).toMatchObject({ _tag: "AgreementRefused", field: "templateId" })
        const acceptance = yield* confirm(account, world.direct)
        expect(yield* Effect.flip(confirm(account, world.direct))).toMatchObject({
          field: "templateId"
        })
        expect(acceptance.status).toBe("pending")
      })
    ))

  it.each([
    ["before it is asked what Microsoft has", "listAgreements", "reset-before"],
    ["while it asks what Microsoft has", "listAgreements", "lost-response"],
    ["while it asks whether the customer signed itself", "getDirectSigned", "lost-response"],
    ["while it reads the text", "listAgreementTemplates", "lost-response"],
    ["before Microsoft is told", "acceptAgreement", "reset-before"],
    ["after Microsoft was told, with the answer lost", "acceptAgreement", "lost-response"],
    ["after Microsoft was told, as the connection breaks", "acceptAgreement", "reset-after"]
  ] as const)("reaches Microsoft once when the process is killed %s", (_, operation, kind) =>
    run(
      Effect.gen(function* () {
        const { account, domain } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        world.simulator.requests.clear()
        world.fault({ operation, fault: { kind }, count: 1 })
        const process = yield* Effect.forkChild(Effect.exit(send(acceptance.id)))
        // Killed as soon as the request has arrived; of a broken connection it has learnt by itself.
        yield* Effect.sync(() => asked(operation).length).pipe(
          Effect.repeat({ until: (count) => count > 0, schedule: Schedule.spaced("5 millis") }),
          Effect.timeout("5 seconds")
        )
        yield* Fiber.interrupt(process)
        expect((yield* statusOf(acceptance.id)).status).toBe("pending")
        yield* send(acceptance.id)
        expect(yield* statusOf(acceptance.id)).toMatchObject({ status: "sent", problem: null })
        expect(keptOf(domain)).toHaveLength(1)
        const ids = new Set(asked("acceptAgreement").map(({ requestId }) => requestId))
        expect(ids.size).toBe(1)
      })
    )
  )

  it("that Microsoft has of the customer already is told no more", () =>
    run(
      Effect.gen(function* () {
        const { account, domain } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        const [customer] = world.customersOf("direct", domain)
        if (customer === undefined) throw new Error("no such customer")
        world.simulator.acceptAgreement("direct", customer, {
          templateId: acceptance.templateId,
          type: customerAgreement,
          dateAgreed: 0,
          userId: crypto.randomUUID(),
          contact: { ...ada, email: "somebody@else.example", phoneNumber: null }
        })
        yield* send(acceptance.id)
        expect((yield* statusOf(acceptance.id)).status).toBe("already" satisfies AcceptanceStatus)
        expect(asked("acceptAgreement")).toEqual([])
      })
    ))

  it("that Partner Center refuses fails with the reason, and is tried again under another request id", () =>
    run(
      Effect.gen(function* () {
        const { account, domain } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        world.fault({
          operation: "acceptAgreement",
          fault: { kind: "status", status: 400, code: 600_009 },
          count: 1
        })
        yield* send(acceptance.id)
        expect(yield* statusOf(acceptance.id)).toMatchObject({
          status: "failed",
          problem: expect.stringContaining("600009")
        })
        expect(yield* standing(account, world.direct)).toMatchObject({
          state: "needed",
          acceptance: { status: "failed" }
        })
        yield* Agreements.use((agreements) => agreements.retry(acceptance.id, null))
        yield* send(acceptance.id)
        expect((yield* statusOf(acceptance.id)).status).toBe("sent")
        expect(keptOf(domain)).toHaveLength(1)
        expect(new Set(asked("acceptAgreement").map(({ requestId }) => requestId)).size).toBe(2)
      })
    ))

  it("comes again while that can help, and then fails visibly", () =>
    run(
      Effect.gen(function* () {
        const { account } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        world.fault({ operation: "acceptAgreement", fault: { kind: "status", status: 503 } })
        expect(yield* Effect.flip(send(acceptance.id))).toMatchObject({ _tag: "VendorError" })
        expect((yield* statusOf(acceptance.id)).status).toBe("pending")
        yield* send(acceptance.id, true)
        expect(yield* statusOf(acceptance.id)).toMatchObject({
          status: "failed",
          problem: expect.stringContaining("503")
        })
      })
    ))

  it("waits for a person where nobody gets in, and says so", () =>
    run(
      Effect.gen(function* () {
        const { account } = yield* linked
        const acceptance = yield* confirm(account, world.direct)
        world.fault({
          operation: "listAgreements",
          fault: { kind: "mfa", style: "code" },
          count: 1
        })
        yield* send(acceptance.id)
        expect(yield* statusOf(acceptance.id)).toMatchObject({
          status: "pending",
          problem: expect.stringContaining("multi-factor")
        })
        yield* send(acceptance.id)
        expect(yield* statusOf(acceptance.id)).toMatchObject({ status: "sent", problem: null })
      })
    ))

  it(
    "waits at the gate of an instance whose consent has ended, and goes on once it is there again",
    () =>
      run(
        Effect.gen(function* () {
          const { account } = yield* linked
          const acceptance = yield* confirm(account, world.direct)
          const { tenantId, appId, id } = world.direct
          const query = (text: ReturnType<typeof sql>) =>
            Database.use((database) => database.run("consent", (db) => text.execute(db)))
          yield* query(sql`
          insert into consent (instance_id, environment, tenant_id, app_id, user_upn, user_object_id, consented_at,
            used_at, ended, next_use_at, failures, version, sealed)
          values (${id}, 'primary', ${tenantId}, ${appId}, 'admin@x.example', gen_random_uuid(), now(), now(), true,
            now() + interval '1 day', 0, 1, 'x')`)
          world.simulator.requests.clear()
          const lane = yield* Effect.forkChild(
            Effect.scoped(Effect.andThen(agreementLane, Effect.never))
          )
          yield* query(sql`select from parked_job where gate = ${id}`).pipe(
            Effect.repeat({
              until: ({ rows }) => rows.length > 0,
              schedule: Schedule.spaced("50 millis")
            }),
            Effect.timeout("10 seconds")
          )
          expect((yield* statusOf(acceptance.id)).status).toBe("pending")
          expect(asked("acceptAgreement")).toEqual([])
          yield* query(sql`delete from consent`)
          yield* Consents.use(({ resume }) => resume)
          yield* statusOf(acceptance.id).pipe(
            Effect.repeat({
              until: ({ status }) => status === "sent",
              schedule: Schedule.spaced("50 millis")
            }),
            Effect.timeout("10 seconds")
          )
          yield* Fiber.interrupt(lane)
        })
      ),
    20_000
  )

  it(
    "is told once by several reconcilers that work at one time",
    () =>
      run(
        Effect.gen(function* () {
          const those = yield* Effect.forEach(Array.from({ length: 6 }), () => linked)
          const acceptances = yield* Effect.forEach(those, ({ account }) =>
            confirm(account, world.direct)
          )
          world.simulator.requests.clear()
          const lanes = yield* Effect.forEach([1, 2, 3], () =>
            Effect.forkChild(Effect.scoped(Effect.andThen(agreementLane, Effect.never)))
          )
          yield* Effect.forEach(acceptances, ({ id }) => statusOf(id)).pipe(
            Effect.repeat({
              until: (all) => all.every(({ status }) => status === "sent"),
              schedule: Schedule.spaced("50 millis")
            }),
            Effect.timeout("15 seconds")
          )
          yield* Fiber.interruptAll(lanes)
          for (const { domain } of those) {
            expect(keptOf(domain)).toHaveLength(1)
            const [customer] = world.customersOf("direct", domain)
            const tellings = asked("acceptAgreement").filter(({ path }) =>
              path.includes(customer?.id ?? "nobody")
            )
            expect(tellings).toHaveLength(1)
          }
        })
      ),
    20_000
  )
})
