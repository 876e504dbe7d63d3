import { Clock, Effect, Option, Result } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { pricingCurrencyOf } from "../money/pricingCurrency.ts"
import { defineSyncOptions } from "../tenant/defineSyncOptions.ts"
import { Instant } from "../time/Instant.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { countingRequests } from "../vendor/Requests.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import { Identifiers } from "../work/Identifiers.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { applyCatalogue, type CatalogueOutcome } from "./applyCatalogue.ts"
import { CatalogueProducts } from "./CatalogueProducts.ts"
import type { CatalogueRun, CatalogueRunId } from "./CatalogueRun.ts"
import { CatalogueRuns, type PendingPart } from "./CatalogueRuns.ts"
import { Family } from "./Family.ts"
import { newProductType, ProductTypeId } from "./ProductType.ts"
import { type CataloguePart, VendorCatalogue } from "./VendorCatalogue.ts"

export interface ReadCatalogueOptions {
  /** Parts that are read at the same time. */
  readonly concurrency: number
  /** Whether it was tried often enough, for this reason. */
  readonly giveUp: (reason: VendorError["reason"]) => boolean
}

/** Of so many failures in one go, the rest is left for the next: Partner Center is not well. */
const failuresMax = 20
/** How often it is checked whether the run was cancelled. */
const checkEvery = "1 second"

/**
 * Does a catalogue run, or what is left of it: lists the parts of each country, reads those that have not been read,
 * and applies all of it in one transaction (`applyCatalogue`), with the sync options of accounts. Returns why it should
 * be tried again later, or null when the run has ended. Fails with `VendorError` where nobody gets in until an operator has done something; then
 * nothing has changed.
 */
export const readCatalogue = Effect.fn("readCatalogue")(function* (
  id: CatalogueRunId,
  options: ReadCatalogueOptions
) {
  const runs = yield* CatalogueRuns
  const active = yield* runs.begin(id)
  if (Option.isNone(active)) return null
  const run = active.value
  const instance = yield* Effect.flatMap(Instances, ({ get }) => get(run.instanceId))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  return yield* Effect.gen(function* () {
    const { unlisted } = yield* runs.work(id)
    const listing = yield* inTurn(unlisted, 2, (country) =>
      listCountry(run, instance, country, options)
    )
    const { pending } = yield* runs.work(id)
    const left = Map.groupBy(pending, ({ part }) => part.country)
    const remaining = new Map([...left].map(([country, parts]) => [country, parts.length]))
    const reading = yield* inTurn(pending, options.concurrency, (part) =>
      readPart(run, instance, part, remaining, options)
    )
    const again = listing ?? reading
    if (again === null) yield* apply(run, instance)
    return again
  }).pipe(
    Effect.provideService(CurrentCorrelation, run.correlationId),
    Effect.raceFirst(unwanted(id))
  )
})

/** Ends when the run was cancelled, and with it what is under way. */
const unwanted = Effect.fnUntraced(function* (id: CatalogueRunId) {
  const { isWanted } = yield* CatalogueRuns
  // While the database is away, somebody may want it.
  const wanted = isWanted(id).pipe(Effect.catchDefect(() => Effect.succeed(true)))
  yield* Effect.delay(wanted, checkEvery).pipe(Effect.repeat({ while: (still) => still }))
  return null
})

/** Each in turn, some at a time; null when all are settled, else the first reason why not. */
const inTurn = <A, E, R>(
  all: ReadonlyArray<A>,
  concurrency: number,
  step: (one: A) => Effect.Effect<string | null, E, R>
): Effect.Effect<string | null, E, R> =>
  Effect.suspend(() => {
    const reasons: Array<string> = []
    return Effect.forEach(
      all,
      (one) =>
        Effect.suspend(() =>
          reasons.length < failuresMax
            ? Effect.map(step(one), (reason) => {
                if (reason !== null) reasons.push(reason)
              })
            : Effect.void
        ),
      { concurrency, discard: true }
    ).pipe(Effect.map(() => reasons[0] ?? null))
  })

/** Why it should be asked again; null when that is settled. Nobody gets in: the run ends. */
const settle = Effect.fnUntraced(function* (
  error: VendorError,
  options: ReadCatalogueOptions,
  giveUp: (problem: string) => Effect.Effect<unknown>
): Effect.fn.Return<string | null, VendorError> {
  const { reason, message } = error
  if (reason._tag === "SignInRejected" || reason._tag === "Paused") return yield* error
  const mayPass = reason._tag === "Busy" || reason._tag === "Malformed"
  if (mayPass && !options.giveUp(reason)) return message
  yield* giveUp(message)
  return null
})

const listCountry = Effect.fnUntraced(function* (
  run: CatalogueRun,
  instance: Instance,
  country: string,
  options: ReadCatalogueOptions
) {
  const runs = yield* CatalogueRuns
  const vendor = yield* VendorCatalogue
  const [result, requests] = yield* vendor
    .parts(instance, country, run.language)
    .pipe(Effect.result, countingRequests)
  if (Result.isSuccess(result)) {
    yield* runs.listed(run.id, country, result.success, requests)
    yield* runs.note(run.id, "info", `${country}: ${count(result.success.length, "part")} to read`)
    return null
  }
  const again = yield* settle(result.failure, options, (problem) =>
    Effect.andThen(
      runs.unlisted(run.id, country, problem, requests),
      runs.note(run.id, "error", `${country}: cannot be read: ${problem}`)
    )
  )
  if (again !== null) yield* runs.spent(run.id, requests)
  return again
})

const readPart = Effect.fnUntraced(function* (
  run: CatalogueRun,
  instance: Instance,
  { part, position }: PendingPart,
  remaining: Map<string, number>,
  options: ReadCatalogueOptions
) {
  const runs = yield* CatalogueRuns
  const vendor = yield* VendorCatalogue
  const [result, requests] = yield* vendor
    .items(instance, part, run.language)
    .pipe(Effect.result, countingRequests)
  if (Result.isSuccess(result)) {
    yield* runs.read(run.id, position, result.success, requests)
  } else {
    const again = yield* settle(result.failure, options, (problem) =>
      Effect.andThen(
        runs.unread(run.id, position, problem, requests),
        runs.note(run.id, "warning", `${nameOf(part)} cannot be read: ${problem}`)
      )
    )
    if (again !== null) {
      yield* runs.spent(run.id, requests)
      return again
    }
  }
  const left = (remaining.get(part.country) ?? 1) - 1
  remaining.set(part.country, left)
  if (left === 0) yield* runs.note(run.id, "info", `${part.country}: read`)
  return null
})

const nameOf = (part: CataloguePart): string =>
  part._tag === "LegacyOffers"
    ? `${part.country}: the list of legacy offers`
    : `${part.country}: product ${part.productId} of ${part.view} (${part.segment})`

/** The effects and the end of the run: all of it in one transaction, or nothing. */
const apply = Effect.fnUntraced(function* (run: CatalogueRun, instance: Instance) {
  const runs = yield* CatalogueRuns
  const products = yield* CatalogueProducts
  const instances = yield* Instances
  const identifiers = yield* Identifiers
  const { within } = yield* UnitOfWork
  const types = yield* Effect.forEach(Family.literals, (family) =>
    Effect.map(identifiers.next, (id) => newProductType(ProductTypeId.make(id), instance, family))
  )
  const [home = "US"] = run.countries
  yield* within(
    Effect.gen(function* () {
      const reading = yield* runs.finish(run.id)
      if (Option.isNone(reading)) return
      const { items, unread } = reading.value
      if (run.countries.every((country) => unread.has(country)) && items.length === 0) {
        yield* runs.fail(run.id, "No country could be read.")
        return
      }
      const at = Instant.make(yield* Clock.currentTimeMillis)
      yield* products.addTypes(types)
      const outcome = applyCatalogue(
        yield* products.known(run.instanceId),
        { items, unread, countries: run.countries, at },
        { productNames: instance.productNames, currency: pricingCurrencyOf(home) }
      )
      yield* products.keep(run.instanceId, outcome.products)
      // By the settings of now, which may have been saved while the run read.
      const made = yield* Effect.flatMap(
        Effect.orDie(instances.get(run.instanceId)),
        defineSyncOptions
      )
      if (made.length > 0)
        yield* runs.note(run.id, "info", `Sync options of accounts made: ${made.join(", ")}.`)
      yield* runs.note(run.id, "info", summaryOf(outcome))
      yield* runs.complete(run.id, outcome)
    })
  )
})

const summaryOf = ({ changes, unchanged }: CatalogueOutcome): string => {
  if (changes.length === 0) return `Nothing new; ${count(unchanged, "product")} as before.`
  const of = (kind: string) => changes.filter((change) => change.kind === kind).length
  return `${of("new")} new, ${of("changed")} changed, ${of("discontinued")} discontinued; ${count(unchanged, "product")} as before.`
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`
