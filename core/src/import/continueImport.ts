import { Effect, Option, Result, Stream } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { Mirror, type Observation } from "../reconciliation/Mirror.ts"
import { look } from "../reconciliation/observeCustomers.ts"
import { SyncOptions } from "../tenant/SyncOptions.ts"
import { type VendorCustomer, VendorCustomers } from "../tenant/VendorCustomers.ts"
import { type VendorReseller, VendorResellers } from "../tenant/VendorResellers.ts"
import { type BillingProfile, VendorTenants } from "../tenant/VendorTenants.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { countingRequests } from "../vendor/Requests.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { line, nameMax } from "./accountFrom.ts"
import type { CustomerImport, ImportId } from "./CustomerImport.ts"
import { Imports, type PlannedCustomer, type WaitingCustomer } from "./Imports.ts"
import { importedOptions } from "./importedOptions.ts"
import { planCustomer } from "./planCustomer.ts"

export interface ContinueImportOptions {
  /** Requests under way at the same time. */
  readonly concurrency: number
  /** Whether it was tried often enough, for this reason. */
  readonly giveUp: (reason: VendorError["reason"]) => boolean
}

/** Customers of one job, so that no job takes for ever: the rest is for the next one. */
export const customersOfJobMax = 1_000
/** Customers that are written together. */
const customersAtOnce = 100
/** Of a whole domain name. */
const domainMax = 253
/** How often it is checked whether somebody has stopped it. */
const checkEvery = "1 second"

/**
 * Goes on with an import: reads its hierarchy, or imports the customers that wait. Whatever was done is kept, some customers
 * at a time. Returns why it should be tried again later, or null when this job has nothing left to do. Fails with
 * `VendorError` where nobody gets in until an operator has done something.
 */
export const continueImport = Effect.fn("continueImport")(function* (
  id: ImportId,
  options: ContinueImportOptions
) {
  const imports = yield* Imports
  const active = yield* imports.begin(id)
  if (Option.isNone(active)) return null
  const asked = active.value
  const instance = yield* Effect.flatMap(Instances, ({ get }) => get(asked.instanceId))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  if (instance.environment !== asked.environment) {
    yield* imports.fail(
      id,
      `The instance was switched to ${instance.environment}; ask for another import.`
    )
    return null
  }
  return yield* Effect.gen(function* () {
    return asked.status === "importing"
      ? yield* importWaiting(asked, instance, options)
      : yield* readHierarchy(asked, instance, options)
  }).pipe(
    Effect.provideService(CurrentCorrelation, asked.correlationId),
    Effect.raceFirst(unwanted(id))
  )
})

/** Ends when somebody has stopped the import, and with it what is under way. */
const unwanted = Effect.fnUntraced(function* (id: ImportId) {
  const { isWanted } = yield* Imports
  // While the database is away, somebody may want it.
  const wanted = isWanted(id).pipe(Effect.catchDefect(() => Effect.succeed(true)))
  yield* Effect.delay(wanted, checkEvery).pipe(Effect.repeat({ while: (still) => still }))
  return null
})

const readHierarchy = Effect.fnUntraced(function* (
  asked: CustomerImport,
  instance: Instance,
  options: ContinueImportOptions
) {
  const imports = yield* Imports
  let unread = yield* imports.unread(asked.id, customersOfJobMax)
  if (unread === null) {
    yield* listHierarchy(asked, instance)
    unread = (yield* imports.unread(asked.id, customersOfJobMax)) ?? []
  }
  let again: string | null = null
  for (const tenants of inChunks(unread)) {
    const reason = yield* readCustomers(asked, instance, tenants, options)
    again ??= reason
  }
  return again ?? (yield* handOver(asked.id, unread.length))
})

/** The next job, or the end: a full list may have been only the first part. */
const handOver = Effect.fnUntraced(function* (id: ImportId, customers: number) {
  const imports = yield* Imports
  yield* customers < customersOfJobMax ? imports.done(id) : imports.goOn(id)
  return null
})

/**
 * A page of the list of customers for each 500 of them, and one request for the resellers. Their names need a user who
 * has consented; without one, the MPN ids on the subscriptions group the customers all the same.
 */
const listHierarchy = Effect.fnUntraced(function* (asked: CustomerImport, instance: Instance) {
  const imports = yield* Imports
  const vendorCustomers = yield* VendorCustomers
  const [customers, requests] = yield* Stream.runCollect(vendorCustomers.all(instance)).pipe(
    countingRequests
  )
  const [resellers, more] = yield* resellersOf(instance).pipe(Effect.result, countingRequests)
  // An outage passes, and a consent that has ended is given again: only who never consented goes without names.
  if (Result.isFailure(resellers) && passes.has(resellers.failure.reason._tag))
    return yield* resellers.failure
  yield* imports.listed(
    asked.id,
    customers.map(tidied),
    Result.isSuccess(resellers)
      ? resellers.success.map((reseller) => ({ ...reseller, name: line(reseller.name, nameMax) }))
      : [],
    Result.isSuccess(resellers)
      ? null
      : `The names of the resellers are not known: ${resellers.failure.message}`,
    requests + more
  )
})

const passes: ReadonlySet<VendorError["reason"]["_tag"]> = new Set(["Busy", "Paused"])

/** Names come from strangers; from here on they are one line of text. */
const tidied = ({ domain, name, tenantId }: VendorCustomer): VendorCustomer => ({
  tenantId,
  name: line(name, nameMax) || line(domain, nameMax) || tenantId,
  domain: line(domain, domainMax).toLowerCase()
})

/** A direct partner has none, and is not asked. */
const resellersOf = (
  instance: Instance
): Effect.Effect<ReadonlyArray<VendorReseller>, VendorError, VendorResellers> =>
  instance.cspStatus === "direct"
    ? Effect.succeed([])
    : Effect.flatMap(VendorResellers, ({ all }) => Stream.runCollect(all(instance)))

/** One request a customer: the list of its subscriptions, into the mirror. */
const readCustomers = Effect.fnUntraced(function* (
  asked: CustomerImport,
  instance: Instance,
  tenants: ReadonlyArray<TenantId>,
  options: ContinueImportOptions
) {
  const imports = yield* Imports
  const { within } = yield* UnitOfWork
  const { again, observations, readings, requests } = yield* lookAt(instance, tenants, options)
  yield* within(
    Effect.gen(function* () {
      yield* record(asked, observations)
      yield* imports.read(asked.id, readings, requests)
    })
  )
  return again
})

const record = Effect.fnUntraced(function* (
  { correlationId, executedBy, requestedBy }: CustomerImport,
  observations: ReadonlyArray<Observation>
) {
  if (observations.length === 0) return
  yield* Effect.flatMap(Mirror, (mirror) =>
    mirror.record(observations, { actor: executedBy ?? requestedBy, correlationId })
  )
})

/** Looks at the customers' subscriptions; `again` says why some of them should be looked at later. */
const lookAt = Effect.fnUntraced(function* (
  instance: Instance,
  tenants: ReadonlyArray<TenantId>,
  { concurrency, giveUp }: ContinueImportOptions
) {
  const mirror = yield* Mirror
  const digests = yield* mirror.digests(instance.id, tenants)
  const looks = yield* Effect.forEach(
    tenants,
    (tenantId) =>
      look(instance, tenantId, digests.get(tenantId) ?? null, (_, reason) => giveUp(reason)),
    { concurrency }
  )
  const outcomes = looks.map(({ outcome }) => outcome)
  return {
    observations: looks.flatMap(({ observation }) => (observation === null ? [] : [observation])),
    readings: looks
      .filter(({ outcome }) => !outcome.again)
      .map(({ observation, outcome: { problem, tenantId } }) => ({
        tenantId,
        problem: observation?._tag === "Gone" ? "It is no customer of ours any more." : problem
      })),
    again: outcomes.find(({ again }) => again)?.problem ?? null,
    requests: outcomes.reduce((sum, one) => sum + one.requests, 0)
  }
})

const importWaiting = Effect.fnUntraced(function* (
  asked: CustomerImport,
  instance: Instance,
  options: ContinueImportOptions
) {
  const imports = yield* Imports
  const waiting = yield* imports.waiting(asked.id, customersOfJobMax)
  let again: string | null = null
  for (const customers of inChunks(waiting)) {
    const reason = yield* importCustomers(asked, instance, customers, options)
    again ??= reason
  }
  return again ?? (yield* handOver(asked.id, waiting.length))
})

/**
 * One request a customer that becomes an account: its billing profile. One more where the last look at its
 * subscriptions is not recent. All that becomes of the customers is one transaction.
 */
const importCustomers = Effect.fnUntraced(function* (
  asked: CustomerImport,
  instance: Instance,
  customers: ReadonlyArray<WaitingCustomer>,
  options: ContinueImportOptions
) {
  const imports = yield* Imports
  const { within } = yield* UnitOfWork
  const stale = customers.filter(({ isFresh }) => !isFresh).map(({ tenantId }) => tenantId)
  const looked = yield* lookAt(instance, stale, options)
  const problems = new Map(
    looked.readings.flatMap(({ problem, tenantId }) =>
      problem === null ? [] : [[tenantId, problem] as const]
    )
  )
  const seen = new Set(looked.readings.map(({ tenantId }) => tenantId))
  const ready = customers.filter(
    ({ isFresh, tenantId }) => (isFresh || seen.has(tenantId)) && !problems.has(tenantId)
  )
  // Before anything is asked or written: Microsoft shows its profile of those only that become new accounts.
  const drafts = yield* within(
    plansOf(
      asked.id,
      ready.map(({ tenantId }) => tenantId),
      new Map()
    )
  )
  const [profiles, requests] = yield* Effect.forEach(
    drafts,
    ({ plan, tenantId }) =>
      plan._tag === "Import" && plan.place._tag === "New"
        ? profileOf(instance, tenantId, options)
        : Effect.succeed<Profile>({ tenantId, profile: null, note: null, again: null }),
    { concurrency: options.concurrency }
  ).pipe(countingRequests)
  const known = new Map(profiles.map((one) => [one.tenantId, one]))
  const settled = profiles.filter(({ again }) => again === null)

  yield* within(
    Effect.gen(function* () {
      yield* record(asked, looked.observations)
      yield* imports.read(asked.id, looked.readings, 0)
      const planned = yield* plansOf(
        asked.id,
        settled.map(({ tenantId }) => tenantId),
        known
      )
      const refused = [...problems].map(
        ([tenantId, reason]): PlannedCustomer => ({
          tenantId,
          domain: "",
          plan: { _tag: "Refused", reason },
          notes: []
        })
      )
      const accounts = yield* imports.keep(
        asked.id,
        [...planned, ...refused],
        looked.requests + requests
      )
      yield* keepOptions(asked, instance, planned, accounts)
    })
  )
  return looked.again ?? profiles.find(({ again }) => again !== null)?.again ?? null
})

/** What is to become of the customers that still wait, by what is known at this moment. */
const plansOf = Effect.fnUntraced(function* (
  id: ImportId,
  tenants: ReadonlyArray<TenantId>,
  profiles: ReadonlyMap<TenantId, Profile>
) {
  const { facts } = yield* Imports
  const { customers, products } = yield* facts(id, tenants)
  return customers.map((customer): PlannedCustomer => {
    const { domain, tenantId } = customer
    const { note = null, profile = null } = profiles.get(tenantId) ?? {}
    return {
      tenantId,
      domain,
      plan: planCustomer(customer, products, profile),
      notes: note === null ? [] : [note]
    }
  })
})

/** Accounts that have sync options keep theirs. */
const keepOptions = Effect.fnUntraced(function* (
  { correlationId, executedBy, requestedBy }: CustomerImport,
  instance: Instance,
  planned: ReadonlyArray<PlannedCustomer>,
  accounts: ReadonlyMap<TenantId, AccountId>
) {
  const options = planned.flatMap(({ domain, plan, tenantId }) => {
    const accountId = accounts.get(tenantId)
    return plan._tag === "Import" && accountId !== undefined
      ? [{ accountId, values: importedOptions(instance, domain, plan.place) }]
      : []
  })
  yield* Effect.flatMap(SyncOptions, ({ addMissing }) =>
    addMissing(instance.id, options, { actor: executedBy ?? requestedBy, correlationId })
  )
})

interface Profile {
  readonly tenantId: TenantId
  readonly profile: BillingProfile | null
  readonly note: string | null
  /** Why it should be asked for again. */
  readonly again: string | null
}

/** What Microsoft does not show, an account goes without; what it cannot show at this moment is asked for later. */
const profileOf = Effect.fnUntraced(function* (
  instance: Instance,
  tenantId: TenantId,
  { giveUp }: ContinueImportOptions
): Effect.fn.Return<Profile, VendorError, VendorTenants> {
  const vendor = yield* VendorTenants
  const result = yield* Effect.result(vendor.billingProfile(instance, tenantId))
  if (Result.isSuccess(result))
    return { tenantId, profile: result.success, note: null, again: null }
  const { message, reason } = result.failure
  if (reason._tag === "SignInRejected" || reason._tag === "Paused") return yield* result.failure
  const mayPass = reason._tag === "Busy" && !giveUp(reason)
  return {
    tenantId,
    profile: null,
    note: mayPass ? null : `address, e-mail and phone are not known: ${message}`,
    again: mayPass ? message : null
  }
})

const inChunks = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / customersAtOnce) }, (_, at) =>
    all.slice(at * customersAtOnce, (at + 1) * customersAtOnce)
  )
