import { Clock, Effect, Redacted, Result, Stream } from "effect"
import { countryDefault } from "../instance/Country.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import { Instances } from "../instance/Instances.ts"
import { dayMs, hourMs, Instant, minuteMs } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { CurrentPriority } from "../vendor/RateBudget.ts"
import { RequestId } from "../vendor/RequestId.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { domainSuffix, prefixCandidates, prefixOf } from "./Domain.ts"
import { countryRulesOf } from "./KeptCountryRules.ts"
import { addressOf, newTenantOf, prerequisiteProblems } from "./prerequisites.ts"
import {
  existingText,
  linkedText,
  type Synchronization,
  type SynchronizationId,
  type SyncQuestion
} from "./Synchronization.ts"
import { type FirstCredentials, Synchronizations } from "./Synchronizations.ts"
import type { FieldProblem } from "./SyncOption.ts"
import {
  countryOf,
  factsOf,
  type Known,
  knownOf,
  listedResellerOf,
  resellerOf,
  writeTo
} from "./tenantFacts.ts"
import {
  type CreatedTenant,
  type NewTenant,
  type TenantField,
  type TenantRefused,
  VendorTenants
} from "./VendorTenants.ts"
import { type VendorUser, VendorUsers } from "./VendorUsers.ts"

/** How long an open question, or a customer's administrator, is waited for. */
export const waitMsMax = 30 * dayMs
/** What Microsoft has accepted can be missing in its lists for 15 minutes (api.md §14). */
const lagMsMax = 20 * minuteMs
const lagLookMs = 20_000
/** From the first look for an acceptance on; each wait is twice the one before. */
const lookMsFirst = minuteMs
const lookMsMax = hourMs

/** Of one job; a synchronisation has fewer. */
const stepsMax = 12

/** Of a tenant that has just been made there are a handful. */
const usersMax = 1_000
const suggestionsMax = 3

const daemon = "daemon:reconciler"

/** Whether this is the last try of what fails for a passing reason. */
export interface AdvanceOptions {
  readonly isLast: (reason: VendorError["reason"]) => boolean
}

/**
 * Goes on with a synchronisation until it has ended, or waits. It may stop anywhere and be called again: what was asked
 * of Microsoft was written down before, and is looked for before it is asked again.
 */
export const advanceSynchronization = Effect.fn("advanceSynchronization")(function* (
  id: SynchronizationId,
  options: AdvanceOptions
) {
  const synchronizations = yield* Synchronizations
  for (let step = 0; step < stepsMax; step++) {
    const sync = yield* synchronizations.get(id)
    if (sync === null || sync.status !== "in-progress") return
    const now = yield* currentInstant
    if (sync.expiresAt !== null && sync.expiresAt <= now) return yield* expire(sync)
    if (sync.waitsFor === "confirmation") return
    if (sync.nextLookAt !== null && sync.nextLookAt > now) return
    yield* advance(sync, options).pipe(
      Effect.provideService(CurrentCorrelation, sync.correlationId),
      Effect.provideService(CurrentPriority, sync.waitsFor === null ? "interactive" : "sweep")
    )
  }
})

/** It cannot go on; the reason is kept, and mailed to the CSP. Does nothing to one that has ended. */
export const failSynchronization = Effect.fn("failSynchronization")(function* (
  id: SynchronizationId,
  problem: string
) {
  const sync = yield* Effect.flatMap(Synchronizations, ({ get }) => get(id))
  if (sync === null || sync.status !== "in-progress") return
  const instance = yield* Effect.flatMap(Instances, ({ get }) => get(sync.instanceId))
  yield* fail({ sync, instance, known: yield* knownOf(sync.accountId, instance) }, problem)
})

interface Case {
  readonly sync: Synchronization
  readonly instance: Instance
  readonly known: Known
}

const currentInstant = Effect.map(Clock.currentTimeMillis, (ms) => Instant.make(ms))

const advance = Effect.fnUntraced(function* (sync: Synchronization, options: AdvanceOptions) {
  const instance = yield* Effect.flatMap(Instances, ({ get }) => get(sync.instanceId))
  const known = yield* knownOf(sync.accountId, instance)
  const of: Case = { sync, instance, known }
  if (instance.environment !== sync.environment)
    return yield* fail(
      of,
      `${instance.name} was switched to its ${instance.environment} account meanwhile; switch it back, or synchronise again.`
    )
  if (sync.stage === "administrator") return yield* seeToAdministrator(of, options)
  if (yield* hasTenant(of))
    return yield* finish(of, "The account has become a tenant in another way")
  switch (sync.stage) {
    case "checking":
      return yield* check(of)
    case "creating":
      return yield* create(of)
    case "finding":
    case "authorizing":
      return yield* find(of)
    case "done":
      return yield* finish(of, "Done")
  }
})

const hasTenant = ({ sync }: Case) =>
  Effect.flatMap(Synchronizations, (port) => port.of(sync.accountId)).pipe(
    Effect.map((states) =>
      states.some(({ instanceId, tenants }) => instanceId === sync.instanceId && tenants.length > 0)
    )
  )

const save = (sync: Synchronization, text: string | null) =>
  Effect.flatMap(Synchronizations, (port) =>
    port.save({ sync, step: text === null ? null : { actor: daemon, text }, goesOn: false })
  )

const within = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(UnitOfWork, (unit) => unit.within(work))

/** What is over waits for nothing. */
const ended = {
  waitsFor: null,
  sentAt: null,
  question: null,
  expiresAt: null,
  nextLookAt: null
} as const

const finish = Effect.fnUntraced(function* ({ sync }: Case, text: string) {
  const finishedAt = yield* currentInstant
  return yield* save({ ...sync, ...ended, status: "synchronised", stage: "done", finishedAt }, text)
})

/** Back to where it began: nothing failed, something else is to be chosen. */
const back = Effect.fnUntraced(function* (
  { sync }: Case,
  problem: string,
  problems: ReadonlyArray<FieldProblem> = [],
  suggestions: ReadonlyArray<string> = []
) {
  const finishedAt = yield* currentInstant
  return yield* save(
    { ...sync, ...ended, status: "not-synchronised", problem, problems, suggestions, finishedAt },
    problem
  )
})

const fail = Effect.fnUntraced(function* (
  { sync, instance, known }: Case,
  problem: string,
  problems: ReadonlyArray<FieldProblem> = []
) {
  const finishedAt = yield* currentInstant
  return yield* within(
    Effect.gen(function* () {
      // What Microsoft was asked for stays asked for, until it is known what became of it.
      const { sentAt } = sync
      const failed = yield* save(
        { ...sync, ...ended, sentAt, status: "failed", problem, problems, finishedAt },
        `Failed: ${problem}`
      )
      yield* writeTo(
        known,
        instance,
        "provisioning-failed",
        `provisioning failed ${sync.id} ${failed.version}`,
        { "Tenants.Domain": sync.domain, "Tenants.Problem": problem }
      )
      return failed
    })
  )
})

const expire = Effect.fnUntraced(function* (sync: Synchronization) {
  const finishedAt = yield* currentInstant
  const problem =
    sync.waitsFor === "authorization"
      ? "Nobody accepted within 30 days. Synchronise again for a new link."
      : "Nobody answered within 30 days. Synchronise again."
  return yield* save(
    { ...sync, ...ended, status: "not-synchronised", problem, finishedAt },
    problem
  )
})

const ask = Effect.fnUntraced(function* ({ sync }: Case, question: SyncQuestion) {
  const expiresAt = Instant.make((yield* currentInstant) + waitMsMax)
  return yield* save(
    {
      ...sync,
      waitsFor: "confirmation",
      question,
      confirmed: false,
      expiresAt,
      nextLookAt: null
    },
    `Asks: ${question.text}`
  )
})

// --- a new tenant

const check = Effect.fnUntraced(function* (of: Case) {
  const { sync, instance, known } = of
  const vendor = yield* VendorTenants
  const country = countryOf(known)
  const rules = country === undefined ? undefined : yield* countryRulesOf(instance, country)
  const facts = factsOf(known, rules)
  const problems = prerequisiteProblems(facts)
  const address = addressOf(facts)
  if (problems.length > 0 || address === null)
    return yield* fail(
      of,
      `Not everything is there that Microsoft asks for. ${problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}.`,
      problems
    )
  if (yield* vendor.isDomainTaken(instance, sync.domain)) return yield* taken(of)
  if (!sync.confirmed) {
    // Whether Microsoft knows an address is no reason not to ask for the tenant; that it would change it is.
    const verdict = yield* Effect.result(vendor.validateAddress(instance, address))
    if (Result.isSuccess(verdict) && verdict.success.status === "InteractionRequired")
      return yield* ask(of, {
        kind: "address",
        text: "Microsoft does not know the address like this. Correct it as suggested and synchronise again, or confirm that it stays as it is.",
        tenantId: null,
        suggestions: verdict.success.suggestions
      })
  }
  const { resellerTenantId, missing } = yield* resellerOf(instance, known)
  const draft = newTenantOf(facts, resellerTenantId)
  if (draft === undefined) return yield* Effect.die(new Error("a draft without problems is whole"))
  return yield* within(
    Effect.andThen(
      Effect.flatMap(Synchronizations, (port) => port.keepDraft(sync.id, draft)),
      save(
        { ...sync, stage: "creating", question: null },
        missing === null ? "Checked" : `Checked. ${missing}`
      )
    )
  )
})

/** Prefixes that are free just now, for somebody whose own is not. */
export const freePrefixes = Effect.fn("freePrefixes")(function* (
  instance: Instance,
  wished: string | null,
  name: string,
  country: string | null
) {
  const vendor = yield* VendorTenants
  const free: Array<string> = []
  for (const prefix of prefixCandidates(wished, name, country)) {
    if (free.length >= suggestionsMax) break
    const domain = prefix + domainSuffix(instance.cloud)
    if (!(yield* vendor.isDomainTaken(instance, domain))) free.push(prefix)
  }
  return free
})

const taken = Effect.fnUntraced(function* (of: Case) {
  const { sync, instance, known } = of
  const prefix = prefixOf(instance.cloud, sync.domain) ?? null
  const free = yield* freePrefixes(
    instance,
    prefix,
    known.account.name,
    countryOf(known) ?? null
  ).pipe(Effect.orElseSucceed((): ReadonlyArray<string> => []))
  const problem = `${sync.domain} is used already, here or under another partner.`
  return yield* back(
    of,
    `${problem} Choose another domain prefix and synchronise again; if it is the customer's own tenant, link it.`,
    [{ field: "domainPrefix", problem: "the prefix is taken" }],
    free
  )
})

/** The customer of ours that has the domain, also while Microsoft's list does not show it yet. */
const oursWith = Effect.fnUntraced(function* (instance: Instance, domain: string) {
  const vendor = yield* VendorTenants
  const listed = yield* vendor.find(instance, domain)
  if (listed !== null) return { tenant: listed, owner: listed.tenantId }
  const owner = yield* vendor.tenantOf(instance, domain)
  return {
    tenant: owner === null ? null : yield* vendor.get(instance, owner),
    owner
  }
})

const create = Effect.fnUntraced(function* (of: Case) {
  const { sync, instance } = of
  const vendor = yield* VendorTenants
  const draft = yield* Effect.flatMap(Synchronizations, (port) => port.draft(sync.id))
  if (draft === null)
    return yield* fail(of, "What was to be made is not known any more; synchronise again.")
  if (sync.sentAt !== null) {
    const { tenant } = yield* oursWith(instance, draft.domain)
    // It was nobody's before we asked, so it is what we asked for.
    if (tenant !== null)
      return yield* made(of, {
        tenantId: tenant.tenantId,
        domain: draft.domain,
        credentials: null
      })
    if (yield* vendor.isDomainTaken(instance, draft.domain)) return yield* lag(of)
  }
  const asked =
    sync.sentAt !== null
      ? sync
      : yield* save(
          { ...sync, sentAt: yield* currentInstant },
          `Microsoft is asked for ${draft.domain}`
        )
  return yield* vendor.create(instance, draft, asked.requestId).pipe(
    Effect.matchEffect({
      onSuccess: (tenant) => made({ ...of, sync: asked }, tenant),
      onFailure: (error) =>
        error._tag === "TenantRefused"
          ? refused({ ...of, sync: asked }, error, draft)
          : isFinal(error)
            ? fail({ ...of, sync: { ...asked, sentAt: null } }, error.message)
            : Effect.fail(error)
    })
  )
})

/** Microsoft has answered, and made nothing. */
const isFinal = ({ reason }: VendorError): boolean =>
  reason._tag === "Refused" || reason._tag === "NoRelationship" || reason._tag === "NotFound"

/**
 * Microsoft says that the domain is somebody's, and does not show it as a customer of ours: it is another's, or its
 * lists lag behind. After their longest lag it is another's.
 */
const lag = Effect.fnUntraced(function* (of: Case) {
  const { sync } = of
  const now = yield* currentInstant
  if (sync.sentAt !== null && now - sync.sentAt >= lagMsMax)
    return yield* taken({ ...of, sync: { ...sync, sentAt: null } })
  return yield* save(
    { ...sync, nextLookAt: Instant.make(now + lagLookMs), looks: sync.looks + 1 },
    sync.looks === 0 ? "Waits for Microsoft to show what became of it" : null
  )
})

const refused = Effect.fnUntraced(function* (of: Case, error: TenantRefused, draft: NewTenant) {
  const { sync, instance } = of
  if (error.kind === "domain taken") {
    // By ourselves perhaps, when the answer to an earlier attempt was lost.
    const { tenant } = yield* oursWith(instance, draft.domain)
    return tenant === null
      ? yield* lag(of)
      : yield* made(of, { tenantId: tenant.tenantId, domain: draft.domain, credentials: null })
  }
  const answered: Case = { ...of, sync: { ...sync, sentAt: null } }
  const field = error.field === null ? undefined : fieldNames[error.field]
  return yield* fail(
    answered,
    error.message,
    field === undefined ? [] : [{ field, problem: error.text }]
  )
})

/** Where each part of what Microsoft was asked for comes from. */
const fieldNames: Readonly<Record<TenantField, string>> = {
  domain: "domainPrefix",
  companyName: "name",
  email: "email",
  culture: "address.country",
  language: "language",
  firstName: "contacts",
  lastName: "contacts",
  phone: "phone",
  address: "address",
  "address.line1": "address.line1",
  "address.line2": "address.line2",
  "address.city": "address.city",
  "address.state": "address.state",
  "address.postalCode": "address.postalCode",
  "address.country": "address.country",
  registrationNumber: "taxId",
  resellerTenantId: "mpnId"
}

/** The tenant is there: from here on the account is synchronised. Its password is in the mail, or sealed. */
const made = Effect.fnUntraced(function* (of: Case, created: CreatedTenant) {
  const { sync } = of
  const port = yield* Synchronizations
  const { tenantId, domain, credentials } = created
  const known: Case = { ...of, sync: { ...sync, tenantId, sentAt: null, nextLookAt: null } }
  return yield* within(
    Effect.gen(function* () {
      yield* port.link(sync, { tenantId, domain }, daemon)
      if (credentials !== null && isWanted(sync, credentials.userName))
        return yield* welcome(known, credentials, `${domain} was made (${tenantId})`)
      yield* port.keepCredentials(sync.id, credentials === null ? [] : [credentials])
      return yield* save(
        { ...known.sync, stage: "administrator" },
        credentials === null
          ? `${domain} was made (${tenantId}); the answer with its first password was lost`
          : `${domain} was made (${tenantId})`
      )
    })
  ).pipe(
    // Another account was quicker.
    Effect.catchTag("TenantHeld", () => taken({ ...of, sync: { ...sync, sentAt: null } }))
  )
})

const isWanted = ({ userName }: Synchronization, made: string): boolean =>
  made.split("@", 1)[0]?.toLowerCase() === userName.toLowerCase()

/** The Welcome mail, which has the only password there is, and the end, together. */
const welcome = Effect.fnUntraced(function* (
  of: Case,
  credentials: FirstCredentials,
  text: string
) {
  const { sync, instance, known } = of
  return yield* within(
    Effect.gen(function* () {
      const isWritten = yield* writeTo(
        known,
        instance,
        "welcome-customer",
        `welcome ${sync.tenantId}`,
        {
          "Tenants.Domain": sync.domain,
          "Tenants.UserName": credentials.userName,
          "Tenants.Password": Redacted.value(credentials.password)
        }
      )
      yield* Effect.flatMap(Synchronizations, (port) => port.keepCredentials(sync.id, []))
      return yield* finish(
        of,
        isWritten ? text : `${text}. No Welcome mail was written: its template is not active.`
      )
    })
  )
})

/**
 * Makes the administrator that was wished for, or gives one a new password whose first was lost. The password is sealed
 * before Microsoft is told of it, so that a repetition tells the same.
 */
const seeToAdministrator = Effect.fnUntraced(function* (of: Case, options: AdvanceOptions) {
  const { sync } = of
  const port = yield* Synchronizations
  const { tenantId } = sync
  if (tenantId === null) return yield* fail(of, "The tenant is not known; synchronise again.")
  const kept = yield* port.credentials(sync.id)
  const userName = `${sync.userName}@${sync.domain}`.toLowerCase()
  const own =
    kept.find((one) => one.userName === userName) ??
    ({ userName, password: yield* newPassword } satisfies FirstCredentials)
  if (!kept.includes(own)) yield* port.keepCredentials(sync.id, [...kept, own])
  const done = yield* Effect.result(administrate(of, tenantId, own))
  if (Result.isSuccess(done)) return yield* welcome(of, own, `${userName} is its administrator`)
  const error = done.failure
  const mayPass = error.reason._tag === "Busy" || error.reason._tag === "Malformed"
  if (error.reason._tag === "Paused" || (mayPass && !options.isLast(error.reason)))
    return yield* error
  const first = kept.find((one) => one.userName !== userName)
  if (first !== undefined)
    return yield* welcome(
      of,
      first,
      `${userName} was not made (${error.message}); its administrator is ${first.userName}`
    )
  return yield* fail(
    of,
    `The tenant ${sync.domain} is there, but the answer with its first password was lost, and no new one could be set: ${error.message} Let the customer grant delegated rights, or reset the password of ${userName} yourself; then synchronise again for the Welcome mail.`
  )
})

const administrate = Effect.fnUntraced(function* (
  { instance, known }: Case,
  tenantId: TenantId,
  { userName, password }: FirstCredentials
) {
  const vendor = yield* VendorUsers
  const users = yield* vendor.all(instance, tenantId).pipe(
    Stream.take(usersMax),
    Stream.filter((one) => one.principalName.toLowerCase() === userName && one.active),
    Stream.take(1),
    Stream.runCollect
  )
  const [there] = users
  const country = countryOf(known)
  let user: VendorUser
  if (there !== undefined) {
    yield* vendor.resetPassword(instance, tenantId, there.id, password)
    user = there
  } else {
    const name = userName.split("@", 1)[0] ?? userName
    user = yield* vendor.add(
      instance,
      tenantId,
      {
        principalName: userName,
        firstName: name,
        lastName: "Administrator",
        displayName: `${name} (administrator)`,
        usageLocation: country ?? countryDefault(instance.cloud),
        password
      },
      RequestId.make(yield* Effect.flatMap(Identifiers, ({ next }) => next))
    )
  }
  yield* vendor.makeAdministrator(instance, tenantId, user)
})

/** Three kinds of characters, and 80 random bits. */
const newPassword = Effect.map(
  Effect.flatMap(Identifiers, ({ next }) => next),
  (random) => Redacted.make(`Aa-${random.replaceAll("-", "").slice(0, 12)}${random.slice(-8)}`)
)

// --- a tenant that exists

const find = Effect.fnUntraced(function* (of: Case) {
  const { sync, instance, known } = of
  const port = yield* Synchronizations
  const { tenant, owner } = yield* oursWith(instance, sync.domain)
  if (tenant === null)
    return owner === null
      ? yield* back(
          of,
          `No tenant has the domain ${sync.domain}. Check how it is written; an alias domain needs its suffix. If the customer has no tenant yet, make a new one.`,
          [{ field: "domainPrefix", problem: "no tenant has the domain" }]
        )
      : yield* authorize(of)
  const holder = yield* port.holderOf(instance.id, tenant.tenantId)
  const isElsewhere = holder !== null && holder.accountId !== sync.accountId
  const own = sync.asker === "reseller" ? known.reseller : null
  if (sync.asker !== "operator" && isElsewhere) {
    const root = own?.id ?? known.account.id
    if (!holder.ancestors.includes(root))
      return yield* back(of, "The tenant belongs to another account already; ask your provider.")
  }
  const hasProof = own !== null && instance.cspStatus === "indirect"
  if (hasProof) {
    // A reseller shows that the customer is its own by what Microsoft says of the customer.
    const { missing, resellerTenantId } = yield* listedResellerOf(instance, known)
    if (resellerTenantId === null)
      return yield* back(
        of,
        `Whose customer the tenant is cannot be told${missing === null ? "" : `: ${missing}`} Ask your provider to link it.`
      )
    if (tenant.resellerTenantId !== resellerTenantId) return yield* authorize(of)
  }
  const kind = isElsewhere ? "linked" : "existing"
  const isAnswered =
    sync.confirmed && sync.question?.kind === kind && sync.question.tenantId === tenant.tenantId
  // Microsoft's link names nobody: only who may link any customer, or has shown that it is his, needs no other answer.
  const isAuthorized = sync.stage === "authorizing" && (sync.asker === "operator" || hasProof)
  if (!isAnswered && (isElsewhere || !isAuthorized))
    return yield* ask(of, {
      kind,
      text: isElsewhere ? linkedText : existingText(instance.name),
      tenantId: tenant.tenantId,
      suggestions: []
    })
  const { tenantId } = tenant
  return yield* within(
    Effect.andThen(
      port.link(sync, { tenantId, domain: tenant.domain }, daemon),
      finish(
        { ...of, sync: { ...sync, tenantId } },
        `Linked to the tenant ${tenantId} of ${sync.domain}`
      )
    )
  ).pipe(Effect.catchTag("TenantHeld", (held) => back(of, held.message)))
})

/** Asks the customer's administrator to accept us, or looks whether he has: level-triggered, by what Microsoft shows. */
const authorize = Effect.fnUntraced(function* (of: Case) {
  const { sync, instance, known } = of
  const now = yield* currentInstant
  if (sync.stage === "authorizing") {
    const waitMs = Math.min(lookMsFirst * 2 ** Math.min(sync.looks, 10), lookMsMax)
    return yield* save(
      { ...sync, looks: sync.looks + 1, nextLookAt: Instant.make(now + waitMs) },
      null
    )
  }
  const vendor = yield* VendorTenants
  const { resellerTenantId, missing } = yield* listedResellerOf(instance, known)
  const link = yield* vendor.relationshipRequest(instance, { resellerTenantId })
  return yield* within(
    Effect.gen(function* () {
      const waiting = yield* save(
        {
          ...sync,
          stage: "authorizing",
          waitsFor: "authorization",
          question: null,
          confirmed: false,
          authorizationLink: link,
          expiresAt: Instant.make(now + waitMsMax),
          nextLookAt: Instant.make(now + lookMsFirst),
          looks: 0
        },
        `Waits for an administrator of ${sync.domain} to accept${missing === null ? "" : `. ${missing}`}`
      )
      yield* writeTo(known, instance, "authorization-requested", `authorization ${sync.id}`, {
        "Tenants.Domain": sync.domain,
        "Tenants.AuthorizationLink": link
      })
      return waiting
    })
  )
})
