import { Clock, Effect, Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import { type AccountCause, AccountChangeNotAllowed, Accounts } from "../account/Accounts.ts"
import type { Actor } from "../actor/Actor.ts"
import { type Instance, InstanceName } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentPriority } from "../vendor/RateBudget.ts"
import { RequestId } from "../vendor/RequestId.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { domainOf } from "./Domain.ts"
import { countryRulesOf } from "./KeptCountryRules.ts"
import { prerequisiteProblems } from "./prerequisites.ts"
import {
  isBusy,
  isUnresolved,
  lacksPassword,
  type SyncAsker,
  type Synchronization,
  SynchronizationId,
  type SyncMode
} from "./Synchronization.ts"
import { Synchronizations, SynchronizationUnderWay } from "./Synchronizations.ts"
import { FieldProblem, notDefinedProblem, syncOptionProblems } from "./SyncOption.ts"
import { countryOf, factsOf, type Known, knownOf } from "./tenantFacts.ts"

/** Something is missing or wrong; all of it is named, and nothing was begun. */
export class SynchronizationRefused extends Schema.TaggedError<SynchronizationRefused>()(
  "SynchronizationRefused",
  { problems: Schema.Array(FieldProblem) }
) {
  override get message(): string {
    return `The account is not synchronised yet. ${this.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}.`
  }
}

/** The account is a tenant in this instance; it is nowhere two. */
export class AlreadySynchronised extends Schema.TaggedError<AlreadySynchronised>()(
  "AlreadySynchronised",
  { accountId: AccountId, instance: InstanceName }
) {
  override get message(): string {
    return `The account is synchronised with ${this.instance} already.`
  }
}

/** What is asked for. */
export interface SyncWish {
  readonly mode: SyncMode
  /** Answers the question that the account's synchronisation waits with. */
  readonly confirm: boolean
}

const askers: Readonly<Record<Actor["role"], SyncAsker | undefined>> = {
  "operator-admin": "operator",
  operator: "operator",
  "read-only": undefined,
  reseller: "reseller",
  customer: "customer"
}

/**
 * Begins to make an account a tenant of the instance, goes on with what failed, or answers what it asks: state and job
 * are kept together, and a reconciler does the rest (`advanceSynchronization`). What can be checked without Microsoft is
 * checked first, all of it.
 */
export const requestSynchronization = Effect.fn("requestSynchronization")(function* (
  actor: Actor,
  accountId: AccountId,
  instanceName: string,
  wish: SyncWish,
  cause: AccountCause
) {
  const accounts = yield* Accounts
  const synchronizations = yield* Synchronizations
  yield* accounts.get(accountId, actor.branch)
  const asker = askers[actor.role]
  if (asker === undefined) return yield* new AccountChangeNotAllowed({ field: "synchronization" })
  const instance = yield* Effect.flatMap(Instances, ({ byName }) => byName(instanceName))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const known = yield* knownOf(accountId, instance)
  const states = yield* synchronizations.of(accountId)
  const state = states.find(({ instanceId }) => instanceId === instance.id)
  const newest = state?.newest ?? null
  const isLinked = (state?.tenants.length ?? 0) > 0

  if (newest !== null && (isLinked ? lacksPassword(newest) : isUnresolved(newest))) {
    if (isBusy(newest)) return yield* new SynchronizationUnderWay({ accountId })
    // Another creation could make a second tenant: what became of the first is found out, whatever was asked for.
    return yield* goOn(newest, "Tried again", cause)
  }
  if (isLinked) return yield* new AlreadySynchronised({ accountId, instance: instance.name })
  if (newest !== null && isBusy(newest)) return yield* new SynchronizationUnderWay({ accountId })

  const problems = [
    ...accountProblems(known),
    ...(wish.mode === "create"
      ? prerequisiteProblems(factsOf(known, yield* rulesAtHand(instance, known)))
      : linkProblems(known))
  ]
  const domain = domainOf(instance.cloud, known.options.domainPrefix ?? "")
  if (wish.confirm && !isAnswer(newest, wish.mode, domain))
    problems.push({
      field: "confirm",
      problem:
        "nothing is asked that could be confirmed; send it without confirm, and look at the state"
    })
  if (problems.length > 0) return yield* new SynchronizationRefused({ problems })
  if (wish.confirm && newest !== null && !mayConfirm(asker, instance, newest))
    return yield* new AccountChangeNotAllowed({ field: "confirm" })
  if (wish.confirm && newest !== null)
    return yield* goOn({ ...newest, confirmed: true, asker }, "Confirmed", cause)

  const identifiers = yield* Identifiers
  const sync: Synchronization = {
    id: SynchronizationId.make(yield* identifiers.next),
    accountId,
    instanceId: instance.id,
    instance: instance.name,
    environment: instance.environment,
    mode: wish.mode,
    status: "in-progress",
    stage: wish.mode === "create" ? "checking" : "finding",
    waitsFor: null,
    asker,
    userName: known.options.userName ?? "",
    domain,
    requestId: RequestId.make(yield* identifiers.next),
    sentAt: null,
    tenantId: null,
    question: null,
    confirmed: false,
    authorizationLink: null,
    expiresAt: null,
    nextLookAt: null,
    looks: 0,
    problem: null,
    problems: [],
    suggestions: [],
    requestedBy: actor.name,
    correlationId: cause.correlationId,
    createdAt: Instant.make(yield* Clock.currentTimeMillis),
    finishedAt: null,
    version: 1
  }
  const text =
    wish.mode === "create" ? `Asked to make ${domain}` : `Asked to link the tenant of ${domain}`
  return yield* synchronizations
    .begin({ sync, step: { actor: cause.actor, text }, goesOn: true }, newest)
    .pipe(
      Effect.catchTag("DomainReserved", ({ message }) =>
        Effect.fail(
          new SynchronizationRefused({ problems: [{ field: "domainPrefix", problem: message }] })
        )
      )
    )
})

const goOn = Effect.fnUntraced(function* (
  sync: Synchronization,
  text: string,
  { actor }: AccountCause
) {
  const { save } = yield* Synchronizations
  return yield* save({
    sync: {
      ...sync,
      status: "in-progress",
      waitsFor: null,
      expiresAt: null,
      nextLookAt: null,
      problem: null,
      problems: [],
      suggestions: [],
      finishedAt: null
    },
    step: { actor, text },
    goesOn: true
  })
})

/** Whether a yes answers what is asked: of the same kind, about the domain that the options say now. */
const isAnswer = (newest: Synchronization | null, mode: SyncMode, domain: string): boolean =>
  newest !== null &&
  newest.waitsFor === "confirmation" &&
  newest.mode === mode &&
  newest.domain === domain

/** Whose a tenant is confirms who may link any, or a reseller, whom Microsoft is asked about then. */
const mayConfirm = (asker: SyncAsker, instance: Instance, { question }: Synchronization): boolean =>
  asker === "operator" ||
  question?.kind === "address" ||
  (asker === "reseller" && instance.cspStatus === "indirect")

/** Without the rules of a country that are not known yet, the job asks for them and says what it finds. */
const rulesAtHand = Effect.fnUntraced(function* (instance: Instance, known: Known) {
  const country = countryOf(known)
  if (country === undefined) return undefined
  return yield* countryRulesOf(instance, country).pipe(
    Effect.provideService(CurrentPriority, "interactive"),
    Effect.timeout(rulesTimeout),
    Effect.orElseSucceed(() => undefined)
  )
})

/** Somebody waits for the answer. */
const rulesTimeout = "5 seconds"

const accountProblems = ({ account }: Known): Array<FieldProblem> => [
  ...(account.kind === "organisation"
    ? [
        {
          field: "kind",
          problem:
            "an organisation is the CSP itself; customers, affiliates and resellers are synchronised"
        }
      ]
    : []),
  ...(account.active
    ? []
    : [{ field: "active", problem: "the account is not active: activate it first" }])
]

/** Of a tenant that exists Microsoft knows the rest. */
const linkProblems = ({ options, of }: Known): ReadonlyArray<FieldProblem> => [
  ...(options.userName === null
    ? [
        {
          field: "userName",
          problem:
            notDefinedProblem(of) ??
            "a user name is asked for here too, such as admin; nobody is made of it"
        }
      ]
    : []),
  ...(options.domainPrefix === null
    ? [
        {
          field: "domainPrefix",
          problem:
            notDefinedProblem(of) ??
            "the tenant's prefix is needed, or one of its domains with the suffix"
        }
      ]
    : []),
  ...syncOptionProblems(options, of)
]
