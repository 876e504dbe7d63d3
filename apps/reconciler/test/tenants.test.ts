import type { Account } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import type { Actor } from "@concordat/core/actor/Actor"
import { Country } from "@concordat/core/instance/Country"
import type { Instance } from "@concordat/core/instance/Instance"
import { MpnId } from "@concordat/core/instance/Instance"
import {
  advanceSynchronization,
  failSynchronization
} from "@concordat/core/tenant/advanceSynchronization"
import {
  requestSynchronization,
  type SyncWish
} from "@concordat/core/tenant/requestSynchronization"
import type { Synchronization } from "@concordat/core/tenant/Synchronization"
import { Synchronizations } from "@concordat/core/tenant/Synchronizations"
import { VendorTenants } from "@concordat/core/tenant/VendorTenants"
import { VendorUsers } from "@concordat/core/tenant/VendorUsers"
import { Clock, Context, Effect, Exit, Schedule, Scope } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { tenantLane } from "../src/tenantLane.ts"
import { cause, operator, type TenantWorld, tenantWorld } from "./TenantWorld.ts"

const scope = Scope.makeUnsafe()
let world: TenantWorld
beforeAll(async () => {
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
  world = await Effect.runPromise(tenantWorld.pipe(Scope.provide(scope)))
}, 30_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
beforeEach(() => {
  world.simulator.faults.clear()
  world.simulator.settings("indirect", {
    newCustomerLagSeconds: 0,
    repeatedRequests: "replay"
  })
})

type R = TenantWorld["ports"] extends Context.Context<infer Services> ? Services : never
const run = <A, E>(effect: Effect.Effect<A, E, R>): Promise<A> =>
  Effect.runPromise(Effect.provideContext(effect, world.ports))

let prefixes = 0
const freshPrefix = () => `fabrikam${++prefixes}x${process.pid}`

const request = (
  account: Account,
  instance: Instance,
  mode: SyncWish["mode"] = "create",
  confirm = false,
  actor = operator
) => requestSynchronization(actor, account.id, instance.name, { mode, confirm }, cause)

const newest = (account: Account, instance: Instance) =>
  Synchronizations.use((port) => port.newest(account.id, instance)).pipe(
    Effect.map((sync) => {
      if (sync === null) throw new Error("nothing was begun")
      return sync
    })
  )

/** What a reconciler does with a job, at most so often as a job comes back. */
const advance = (account: Account, instance: Instance, isLast = false) =>
  Effect.gen(function* () {
    const { id } = yield* newest(account, instance)
    yield* advanceSynchronization(id, { isLast: () => isLast })
    return yield* newest(account, instance)
  })

/** The same, so much later. */
const later =
  (ms: number) =>
  <A, E, R2>(self: Effect.Effect<A, E, R2>): Effect.Effect<A, E, R2> =>
    Effect.flatMap(Clock.Clock, (clock) =>
      Effect.provideService(self, Clock.Clock, {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ms,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + ms),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      })
    )

const tenantsOf = (account: Account) =>
  Effect.map(
    Accounts.use((accounts) => accounts.get(account.id, null)),
    ({ tenants }) => tenants
  )

/** An end customer of the reseller that wants to become a new tenant. */
const wanting = (userName = "admin", given: Parameters<TenantWorld["add"]>[0] = {}) =>
  Effect.gen(function* () {
    const prefix = freshPrefix()
    const account = yield* world.add({ parentId: world.seller.id, ...given })
    yield* world.say(account, world.indirect, { userName, domainPrefix: prefix })
    return { account, prefix, domain: `${prefix}.onmicrosoft.com` }
  })

/** One tenant, that of the account, and one Welcome mail, with the password that its administrator has. */
const expectWelcomed = async (account: Account, domain: string, userName = "admin") => {
  const [customer, ...others] = world.customersOf("indirect", domain)
  expect(others).toEqual([])
  expect(
    world.customersOf("indirect").filter(({ profile }) => profile?.companyName === account.name)
  ).toHaveLength(1)
  expect(await run(tenantsOf(account))).toEqual([
    { instanceId: world.indirect.id, tenantId: customer?.id, domain }
  ])
  const mails = await run(world.mailsOf(account))
  expect(mails).toMatchObject([{ kind: "welcome-customer", to: ["office@fabrikam.example"] }])
  const password = world.passwordOf(domain, userName)
  expect(password).toMatch(/.{8}/u)
  expect(mails[0]?.mail.text).toContain(`${userName}@${domain}`)
  expect(mails[0]?.mail.text).toContain(`first password is ${password} `)
  const { id } = await run(newest(account, world.indirect))
  expect(await run(Synchronizations.use((port) => port.credentials(id)))).toEqual([])
}

describe("a new tenant", () => {
  it("is made under its reseller, linked, and its password is in one Welcome mail", async () => {
    const { account, domain } = await run(wanting())
    expect(await run(request(account, world.indirect))).toMatchObject({
      status: "in-progress",
      stage: "checking"
    })
    expect(await run(advance(account, world.indirect))).toMatchObject({
      status: "synchronised",
      problem: null,
      domain
    })
    await expectWelcomed(account, domain)
    expect(world.customersOf("indirect", domain)[0]?.reseller?.tenantId).toBe(world.sellerTenant)
    const again = await run(Effect.flip(request(account, world.indirect)))
    expect(again._tag).toBe("AlreadySynchronised")
  })

  it("has the administrator that was wished for", async () => {
    const { account, domain } = await run(wanting("ada.lovelace"))
    await run(Effect.andThen(request(account, world.indirect), advance(account, world.indirect)))
    await expectWelcomed(account, domain, "ada.lovelace")
  })

  it("is not asked for while anything is missing, all of which is named", async () => {
    const seller = await run(world.add({ kind: "reseller", edition: "basic", address: null }))
    const account = await run(
      world.add({ parentId: seller.id, phone: null, email: null, address: null })
    )
    const refusal = await run(Effect.flip(request(account, world.indirect)))
    expect(refusal).toMatchObject({
      _tag: "SynchronizationRefused",
      problems: [
        { field: "email" },
        { field: "phone" },
        { field: "address" },
        { field: "userName" },
        { field: "domainPrefix" }
      ]
    })
  })

  it("has its reseller's address where it has none, by Microsoft's rules of the country", async () => {
    const seller = await run(
      world.add({
        kind: "reseller",
        edition: "basic",
        address: {
          line1: "Hauptstr. 1",
          line2: null,
          city: "Bonn",
          state: null,
          postalCode: "5311",
          country: Country.make("DE")
        }
      })
    )
    const { account } = await run(wanting("admin", { parentId: seller.id, address: null }))
    const refusal = await run(Effect.flip(request(account, world.indirect)))
    expect(refusal).toMatchObject({
      problems: [
        {
          field: "address.postalCode",
          problem: expect.stringMatching(/"5311" is no post code of DE .*account above/u)
        }
      ]
    })
  })

  it("that is used already leaves the account as it was, with prefixes that are free", async () => {
    const { account, prefix } = await run(wanting())
    await run(
      Effect.gen(function* () {
        yield* world.say(account, world.indirect, { userName: "admin", domainPrefix: "fabrikam" })
        yield* request(account, world.indirect)
        const sync = yield* advance(account, world.indirect)
        expect(sync).toMatchObject({
          status: "not-synchronised",
          problem: expect.stringMatching(/fabrikam.onmicrosoft.com is used already/u),
          problems: [{ field: "domainPrefix" }]
        })
        expect(sync.suggestions.length).toBeGreaterThan(0)
        const vendor = yield* VendorTenants
        for (const suggestion of sync.suggestions)
          expect(yield* vendor.isDomainTaken(world.indirect, `${suggestion}.onmicrosoft.com`)).toBe(
            false
          )
        expect(yield* world.mailsOf(account)).toEqual([])
        yield* world.say(account, world.indirect, { userName: "admin", domainPrefix: prefix })
        yield* request(account, world.indirect)
        expect(yield* advance(account, world.indirect)).toMatchObject({ status: "synchronised" })
      })
    )
  })

  it("whose answer was lost is found, not made again, and its administrator gets a new password", async () => {
    world.simulator.settings("indirect", { repeatedRequests: "forget" })
    const { account, domain } = await run(wanting())
    world.fault({ operation: "createCustomer", fault: { kind: "reset-after" }, count: 1 })
    await run(request(account, world.indirect))
    const before = world.creations()
    const first = await run(Effect.exit(advance(account, world.indirect)))
    expect(Exit.isFailure(first)).toBe(true)
    expect(await run(advance(account, world.indirect))).toMatchObject({ status: "synchronised" })
    await expectWelcomed(account, domain)
    expect(world.creations() - before).toBe(1)
  })

  it("whose answer was lost is waited for while Microsoft's list does not show it", async () => {
    world.simulator.settings("indirect", { repeatedRequests: "forget" })
    const { account, domain } = await run(wanting())
    world.fault({ operation: "createCustomer", fault: { kind: "reset-after" }, count: 1 })
    await run(request(account, world.indirect))
    await run(Effect.exit(advance(account, world.indirect)))
    const blind = Effect.provideService(VendorTenants, {
      ...Context.get(world.ports, VendorTenants),
      find: () => Effect.succeed(null),
      get: () => Effect.succeed(null)
    })
    for (const minutes of [0, 5, 15])
      expect(
        await run(advance(account, world.indirect).pipe(blind, later(minutes * 60_000)))
      ).toMatchObject({ status: "in-progress" })
    expect(world.customersOf("indirect", domain)).toHaveLength(1)
    expect(await run(later(16 * 60_000)(advance(account, world.indirect)))).toMatchObject({
      status: "synchronised"
    })
    await expectWelcomed(account, domain)
  })

  it("whose domain somebody else was quicker to take is not believed to be ours", async () => {
    const { account } = await run(wanting())
    await run(world.say(account, world.indirect, { userName: "admin", domainPrefix: "litware" }))
    const { id } = await run(request(account, world.indirect))
    // Free when it was looked, and taken when Microsoft was asked.
    const quick = Effect.provideService(VendorTenants, {
      ...Context.get(world.ports, VendorTenants),
      isDomainTaken: () => Effect.succeed(false)
    })
    await run(quick(advanceSynchronization(id, { isLast: () => false })))
    expect(await run(advance(account, world.indirect))).toMatchObject({ status: "in-progress" })
    expect(await run(later(21 * 60_000)(advance(account, world.indirect)))).toMatchObject({
      status: "not-synchronised",
      sentAt: null,
      problem: expect.stringMatching(/litware.onmicrosoft.com is used already/u)
    })
    expect(await run(tenantsOf(account))).toEqual([])
  })

  it("whose answer was lost, and which was given up then, is found before any other is asked for", async () => {
    world.simulator.settings("indirect", { repeatedRequests: "forget" })
    const { account, domain } = await run(wanting())
    world.fault({ operation: "createCustomer", fault: { kind: "reset-after" }, count: 1 })
    await run(request(account, world.indirect))
    await run(Effect.exit(advance(account, world.indirect)))
    const { id } = await run(newest(account, world.indirect))
    await run(failSynchronization(id, "Partner Center did not answer."))
    // Another prefix now would be a second tenant.
    await run(
      world.say(account, world.indirect, { userName: "admin", domainPrefix: freshPrefix() })
    )
    expect(await run(request(account, world.indirect, "link"))).toMatchObject({ id, domain })
    expect(await run(advance(account, world.indirect))).toMatchObject({ status: "synchronised" })
    expect(await run(tenantsOf(account))).toMatchObject([{ domain }])
    expect(
      world.customersOf("indirect").filter(({ profile }) => profile?.companyName === account.name)
    ).toHaveLength(1)
  })

  it("that Microsoft refuses fails with its words and the field, and can be tried again", async () => {
    const { account, domain } = await run(wanting())
    world.fault({
      operation: "createCustomer",
      fault: { kind: "status", status: 400, code: 600051 },
      count: 1
    })
    await run(request(account, world.indirect))
    const failed = await run(advance(account, world.indirect))
    expect(failed).toMatchObject({
      status: "failed",
      sentAt: null,
      problems: [{ field: "phone" }]
    })
    expect(await run(world.mailsOf(account))).toMatchObject([{ kind: "provisioning-failed" }])
    await run(Effect.andThen(request(account, world.indirect), advance(account, world.indirect)))
    expect(await run(newest(account, world.indirect))).toMatchObject({ status: "synchronised" })
    expect(world.customersOf("indirect", domain)).toHaveLength(1)
  })

  it("of two accounts that want one prefix is one's only", async () => {
    const { account, prefix } = await run(wanting())
    const { account: other } = await run(wanting())
    await run(world.say(other, world.indirect, { userName: "admin", domainPrefix: prefix }))
    const results = await run(
      Effect.forEach([account, other], (one) => Effect.result(request(one, world.indirect)), {
        concurrency: 2
      })
    )
    expect(results.map(({ _tag }) => _tag).toSorted()).toEqual(["Failure", "Success"])
  })

  it.each([
    ["does not know", () => MpnId.make("1"), /is not named to Microsoft \(invalid MPN id: 1\)/u],
    [
      "does not let sell",
      () => world.ineligibleMpnId,
      /is not named to Microsoft \(\d+ is not valid/u
    ]
  ])(
    "of a reseller whom Microsoft %s is the provider's own, and that is said",
    async (_, mpnId, said) => {
      const stranger = await run(world.add({ kind: "reseller", edition: "basic", mpnId: mpnId() }))
      const { account, domain } = await run(wanting("admin", { parentId: stranger.id }))
      await run(Effect.andThen(request(account, world.indirect), advance(account, world.indirect)))
      expect(world.customersOf("indirect", domain)[0]?.reseller ?? null).toBeNull()
      const { items } = await run(
        Synchronizations.use((port) =>
          port.steps(account.id, world.indirect.id, { cursor: undefined, limit: 50 })
        )
      )
      expect(items.map(({ text }) => text).join("\n")).toMatch(said)
    }
  )
})

/** Ports of a process that dies at its `at`-th step, before or after what it does there. */
const mortal = (at: number) => {
  let steps = 0
  const tick = Effect.suspend(() =>
    ++steps === at ? Effect.die(new Error("killed")) : Effect.void
  )
  const wrapped = <S extends object>(service: S): S =>
    new Proxy(service, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== "function") return member
        return (...given: ReadonlyArray<unknown>) => {
          const made: unknown = Reflect.apply(member, target, given)
          return Effect.isEffect(made) ? Effect.tap(Effect.andThen(tick, made), tick) : made
        }
      }
    })
  const ports = world.ports.pipe(
    Context.add(VendorTenants, wrapped(Context.get(world.ports, VendorTenants))),
    Context.add(VendorUsers, wrapped(Context.get(world.ports, VendorUsers))),
    Context.add(Synchronizations, wrapped(Context.get(world.ports, Synchronizations)))
  )
  return {
    run: <A, E>(effect: Effect.Effect<A, E, R>) =>
      Effect.runPromiseExit(Effect.provideContext(effect, ports)),
    died: () => steps >= at
  }
}

describe("a first password that was lost", () => {
  /** The tenant is there, and nobody may touch its users. */
  const lost = Effect.gen(function* () {
    world.simulator.settings("indirect", { repeatedRequests: "forget" })
    const made = yield* wanting()
    world.fault({ operation: "createCustomer", fault: { kind: "reset-after" }, count: 1 })
    yield* request(made.account, world.indirect)
    yield* Effect.exit(advance(made.account, world.indirect))
    world.fault({ operation: "listUsers", fault: { kind: "status", status: 403, code: 900308 } })
    return made
  })

  it("and cannot be replaced is said, and the account is a tenant all the same", async () => {
    const { account, domain } = await run(lost)
    const failed = await run(advance(account, world.indirect))
    expect(failed).toMatchObject({
      status: "failed",
      stage: "administrator",
      problem: expect.stringMatching(/the answer with its first password was lost/u)
    })
    expect(await run(tenantsOf(account))).toMatchObject([{ domain }])
    expect(await run(world.mailsOf(account))).toMatchObject([{ kind: "provisioning-failed" }])

    // Once the rights are there, the same request goes on where it stopped.
    world.simulator.faults.clear()
    await run(Effect.andThen(request(account, world.indirect), advance(account, world.indirect)))
    expect(await run(newest(account, world.indirect))).toMatchObject({ status: "synchronised" })
    expect(world.customersOf("indirect", domain)).toHaveLength(1)
    const welcome = (await run(world.mailsOf(account))).filter(
      ({ kind }) => kind === "welcome-customer"
    )
    expect(welcome).toHaveLength(1)
    expect(welcome[0]?.mail.text).toContain(String(world.passwordOf(domain, "admin")))
  })

  it("is no matter where Microsoft's own administrator can be named instead of the wished one", async () => {
    const { account, domain } = await run(wanting("ada"))
    world.fault({ operation: "listUsers", fault: { kind: "status", status: 403, code: 900308 } })
    await run(Effect.andThen(request(account, world.indirect), advance(account, world.indirect)))
    expect(await run(newest(account, world.indirect))).toMatchObject({ status: "synchronised" })
    await expectWelcomed(account, domain, "admin")
  })
})

describe("an address that Microsoft would write differently", () => {
  it("is asked about, with the suggestion, and kept once that was confirmed", async () => {
    const { account, domain } = await run(
      Effect.gen(function* () {
        const made = yield* wanting()
        const accounts = yield* Accounts
        const { address, version } = made.account
        yield* accounts.update(
          made.account.id,
          null,
          version,
          { address: address === null ? null : { ...address, city: "berlin" } },
          cause
        )
        return made
      })
    )
    await run(request(account, world.indirect))
    expect(await run(advance(account, world.indirect))).toMatchObject({
      waitsFor: "confirmation",
      question: { kind: "address", suggestions: [{ city: "Berlin" }] }
    })
    expect(world.customersOf("indirect", domain)).toEqual([])
    await run(
      Effect.andThen(
        request(account, world.indirect, "create", true),
        advance(account, world.indirect)
      )
    )
    await expectWelcomed(account, domain)
  })
})

/** An account that is the existing tenant of a domain, by what it says. */
const owning = (domainPrefix: string, given: Parameters<TenantWorld["add"]>[0] = {}) =>
  Effect.gen(function* () {
    const account = yield* world.add({ parentId: world.seller.id, ...given })
    yield* world.say(account, world.indirect, { userName: "admin", domainPrefix })
    return account
  })
const link = (account: Account, confirm = false, actor = operator) =>
  Effect.andThen(
    request(account, world.indirect, "link", confirm, actor),
    advance(account, world.indirect)
  )
const resellerKey = (branch: Account): Actor => ({
  name: "key:reseller",
  role: "reseller",
  scopes: ["accounts:write"],
  branch: branch.id
})
/** A customer in Partner Center that no account is, of the reseller or of another one. */
const customerOf = (isOurs: boolean, skip = 0) => {
  const customer = world
    .customersOf("indirect")
    .filter(({ reseller }) => (reseller?.tenantId === world.sellerTenant) === isOurs)
    .filter(({ id }) => !used.has(id))[skip]
  if (customer === undefined) throw new Error("there are too few customers")
  used.add(customer.id)
  return customer
}
const used = new Set<string>()

describe("a tenant that exists", () => {
  it("in Partner Center is linked once that was confirmed, without a user being made", async () => {
    const customer = customerOf(true)
    const before = customer.directory
    const account = await run(owning(customer.domain.split(".", 1)[0] ?? ""))
    const asked = await run(link(account))
    expect(asked).toMatchObject({
      status: "in-progress",
      waitsFor: "confirmation",
      question: {
        kind: "existing",
        text: "A Customer with the same Customer Code already exists in Microsoft Partner Cloud Services indirect. Please confirm that you want to synchronize this account with the existing Customer",
        tenantId: customer.id
      }
    })
    expect(await run(tenantsOf(account))).toEqual([])
    expect(await run(link(account, true))).toMatchObject({ status: "synchronised" })
    expect(await run(tenantsOf(account))).toMatchObject([
      { tenantId: customer.id, domain: customer.domain }
    ])
    expect(customer.directory).toBe(before)
    expect(await run(world.mailsOf(account))).toEqual([])
  })

  it("of another account becomes this one's once that was confirmed, unless that one has subscriptions", async () => {
    const customer = customerOf(true)
    const holder = await run(owning(customer.domain))
    await run(Effect.andThen(link(holder), link(holder, true)))
    const account = await run(owning(customer.domain))
    expect(await run(link(account))).toMatchObject({
      waitsFor: "confirmation",
      question: {
        kind: "linked",
        text: "An Account with the same Customer Code already exists in BSS. Please confirm that you want to synchronize this account with the same Customer."
      }
    })
    expect(await run(link(account, true))).toMatchObject({ status: "synchronised" })
    expect(await run(tenantsOf(holder))).toEqual([])
    expect(await run(tenantsOf(account))).toMatchObject([{ tenantId: customer.id }])

    await run(world.sell(account, world.indirect, customer.id))
    await run(link(holder))
    expect(await run(link(holder, true))).toMatchObject({
      status: "not-synchronised",
      problem: expect.stringMatching(/which has subscriptions in it: 1\./u)
    })
    expect(await run(tenantsOf(account))).toMatchObject([{ tenantId: customer.id }])
  })

  it("of nobody here is linked after its administrator has accepted, be it named by an alias", async () => {
    const account = await run(owning("Fabrikam.example"))
    const waiting = await run(link(account))
    expect(waiting).toMatchObject({
      status: "in-progress",
      waitsFor: "authorization",
      domain: "fabrikam.example"
    })
    expect(waiting.authorizationLink).toContain(world.sellerTenant)
    const mails = await run(world.mailsOf(account))
    expect(mails).toMatchObject([
      { kind: "authorization-requested", to: ["office@fabrikam.example"] }
    ])
    expect(mails[0]?.mail.text).toContain(waiting.authorizationLink)

    const looked = await run(later(2 * 60_000)(advance(account, world.indirect)))
    expect(looked).toMatchObject({ waitsFor: "authorization", looks: 1 })
    world.decide("fabrikam.onmicrosoft.com", world.sellerTenant)
    // Not before it is due.
    expect(await run(advance(account, world.indirect))).toMatchObject({ looks: 1 })
    expect(await run(later(4 * 60_000)(advance(account, world.indirect)))).toMatchObject({
      status: "synchronised",
      waitsFor: null
    })
    expect(await run(tenantsOf(account))).toMatchObject([{ domain: "fabrikam.onmicrosoft.com" }])
    expect(await run(world.mailsOf(account))).toHaveLength(1)
  })

  it("whose administrator does not accept is waited for 30 days, and can be asked again", async () => {
    const account = await run(owning("litware"))
    await run(link(account))
    const over = await run(later(31 * 86_400_000)(advance(account, world.indirect)))
    expect(over).toMatchObject({
      status: "not-synchronised",
      waitsFor: null,
      problem: expect.stringMatching(/within 30 days/u)
    })
    expect(await run(link(account))).toMatchObject({ waitsFor: "authorization" })
  })

  it("of no domain at all is said to be none", async () => {
    const account = await run(owning("nobody-has-this.example"))
    expect(await run(link(account))).toMatchObject({
      status: "not-synchronised",
      problems: [{ field: "domainPrefix" }],
      problem: expect.stringMatching(/No tenant has the domain nobody-has-this.example/u)
    })
  })

  it("is confirmed only where something is asked, about the domain that is meant now", async () => {
    const customer = customerOf(false)
    const account = await run(owning(customer.domain))
    const early = await run(Effect.flip(request(account, world.indirect, "link", true)))
    expect(early).toMatchObject({ problems: [{ field: "confirm" }] })
    await run(link(account))
    await run(world.say(account, world.indirect, { userName: "admin", domainPrefix: "litware" }))
    const other = await run(Effect.flip(request(account, world.indirect, "link", true)))
    expect(other).toMatchObject({ problems: [{ field: "confirm" }] })
  })

  it("is a reseller's own only as Microsoft says", async () => {
    const another = customerOf(false)
    const taking = await run(owning(another.domain))
    // It exists, but not as this reseller's customer: its administrator has to accept the reseller.
    expect(await run(link(taking, false, resellerKey(world.seller)))).toMatchObject({
      waitsFor: "authorization"
    })
    expect(await run(later(120_000)(advance(taking, world.indirect)))).toMatchObject({
      waitsFor: "authorization"
    })
    const own = customerOf(true)
    const account = await run(owning(own.domain))
    await run(link(account, false, resellerKey(world.seller)))
    expect(await run(link(account, true, resellerKey(world.seller)))).toMatchObject({
      status: "synchronised"
    })
    // Nor does it take it from another account outside its branch.
    const foreign = customerOf(true)
    const holder = await run(owning(foreign.domain, { parentId: null }))
    await run(Effect.andThen(link(holder), link(holder, true)))
    const thief = await run(owning(foreign.domain))
    expect(await run(link(thief, false, resellerKey(world.seller)))).toMatchObject({
      status: "not-synchronised",
      problem: expect.stringMatching(/ask your provider/u)
    })
  })

  it("is not linked by a reseller whom Microsoft does not know", async () => {
    const stranger = await run(world.add({ kind: "reseller", edition: "basic" }))
    const customer = customerOf(false)
    const account = await run(owning(customer.domain, { parentId: stranger.id }))
    expect(await run(link(account, false, resellerKey(stranger)))).toMatchObject({
      status: "not-synchronised",
      problem: expect.stringMatching(/no MPN id.*Ask your provider/u)
    })
  })

  it("that a customer names is confirmed by an operator", async () => {
    const customer = customerOf(false)
    const account = await run(owning(customer.domain, { parentId: null }))
    const key: Actor = { ...resellerKey(account), name: "key:customer", role: "customer" }
    expect(await run(link(account, false, key))).toMatchObject({ waitsFor: "confirmation" })
    const refused = await run(Effect.flip(request(account, world.indirect, "link", true, key)))
    expect(refused).toMatchObject({ _tag: "AccountChangeNotAllowed", field: "confirm" })
    expect(await run(link(account, true))).toMatchObject({ status: "synchronised" })
  })
})

describe("a process that is killed at any step", () => {
  // Who wants another administrator than Microsoft's takes the same steps up to the tenant, and more after it.
  it.each([
    ["admin", 1],
    ["ada", 18]
  ] as const)(
    "of making a tenant with the administrator %s leaves one tenant and one right Welcome mail",
    async (userName, first) => {
      world.simulator.settings("indirect", { repeatedRequests: "forget" })
      let killed = 0
      for (let at = first; at < 200; at++) {
        const { account, domain } = await run(wanting(userName))
        const { id } = await run(request(account, world.indirect))
        const before = world.creations()
        const process = mortal(at)
        await process.run(advanceSynchronization(id, { isLast: () => false }))
        if (!process.died()) break
        killed++
        // Whoever comes next.
        expect(await run(advance(account, world.indirect))).toMatchObject({
          status: "synchronised",
          problem: null
        })
        await expectWelcomed(account, domain, userName)
        expect(world.creations() - before).toBe(1)
      }
      expect(killed).toBeGreaterThan(10)
    },
    60_000
  )

  it("of linking an existing tenant leaves it linked once, and one mail that asked for it", async () => {
    let killed = 0
    for (let at = 1; at < 100; at++) {
      const tenant = [...world.simulator.world.foreign.values()][3 + at]
      if (tenant === undefined) break
      const account = await run(owning(tenant.domain))
      const { id } = await run(request(account, world.indirect, "link"))
      const asking = mortal(at)
      await asking.run(advanceSynchronization(id, { isLast: () => false }))
      if (!asking.died()) break
      killed++
      expect(await run(advance(account, world.indirect))).toMatchObject({
        waitsFor: "authorization"
      })
      world.decide(tenant.id, world.sellerTenant)
      const looking = mortal(at)
      await looking.run(later(120_000)(advanceSynchronization(id, { isLast: () => false })))
      expect(await run(later(240_000)(advance(account, world.indirect)))).toMatchObject({
        status: "synchronised"
      })
      expect(await run(tenantsOf(account))).toMatchObject([{ tenantId: tenant.id }])
      expect(await run(world.mailsOf(account))).toMatchObject([{ kind: "authorization-requested" }])
    }
    expect(killed).toBeGreaterThan(10)
  }, 60_000)
})

describe("a reconciler", () => {
  it("does what was asked for, and looks again by itself when that is due", async () => {
    const { account, domain } = await run(wanting())
    const waiting = await run(owning("adventureworks"))
    await run(
      Effect.scoped(
        Effect.gen(function* () {
          yield* tenantLane
          yield* request(account, world.indirect)
          yield* request(waiting, world.indirect, "link")
          const until = (one: Account, right: (sync: Synchronization) => boolean) =>
            newest(one, world.indirect).pipe(
              Effect.repeat({ until: right, schedule: Schedule.spaced("20 millis") }),
              Effect.timeout("20 seconds")
            )
          yield* until(account, ({ status }) => status === "synchronised")
          yield* until(waiting, ({ waitsFor }) => waitsFor === "authorization")
          world.decide("adventureworks.onmicrosoft.com", world.sellerTenant)
        })
      )
    )
    // Another one, two minutes later.
    await run(
      Effect.scoped(
        Effect.andThen(
          tenantLane,
          newest(waiting, world.indirect).pipe(
            Effect.repeat({
              until: ({ status }) => status === "synchronised",
              schedule: Schedule.spaced("20 millis")
            }),
            Effect.timeout("20 seconds")
          )
        )
      ).pipe(later(120_000))
    )
    await expectWelcomed(account, domain)
    expect(await run(tenantsOf(waiting))).toHaveLength(1)
  }, 30_000)
})
