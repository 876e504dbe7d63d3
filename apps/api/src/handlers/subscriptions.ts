import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { InvalidRequest, ProductNotFound, SubscriptionNotFound } from "@concordat/contracts/Problem"
import type { PriceProtectionOutcome, SubscriptionView } from "@concordat/contracts/subscriptions"
import { AccountId } from "@concordat/core/account/Account"
import { Instances } from "@concordat/core/instance/Instances"
import { cycleChanges, type PricedCycleChange } from "@concordat/core/price/cycleChanges"
import { isValidAt } from "@concordat/core/price/PriceList"
import {
  PriceProtections,
  type ProtectionScopeNotFound,
  protectionsAtOnceMax
} from "@concordat/core/price/PriceProtections"
import type { Protection } from "@concordat/core/price/Protection"
import { type ProtectionOutcome, protectPrices } from "@concordat/core/price/protectPrices"
import { cycleRefusalText } from "@concordat/core/subscription/changeBillingCycle"
import { type ListedSubscription, Subscriptions } from "@concordat/core/subscription/Subscriptions"
import { Instant } from "@concordat/core/time/Instant"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Clock, Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { termsView } from "../views.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** What customers have, what it costs, and what may change about how it is billed. */
export const subscriptionsLayer = HttpApiBuilder.group(
  Api,
  "subscriptions",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const protections = yield* PriceProtections
    const subscriptions = yield* Subscriptions
    return handlers.handleAll({
      list: Effect.fnUntraced(
        function* ({ query }) {
          const caller = yield* Caller
          const { cursor, instance, limit, sort = "name", ...filter } = query
          const instanceId =
            instance === undefined ? undefined : (yield* instances.byName(instance)).id
          const page = yield* pageOf(`subscriptions ${sort}`, { cursor, limit }, (page) =>
            subscriptions.list(caller.branch, { ...filter, instanceId }, sort, page)
          )
          return { ...page, items: page.items.map(listedView) }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      get: Effect.fnUntraced(
        function* ({ params: { id } }) {
          const caller = yield* Caller
          const { subscription, observed } = yield* subscriptions.get(id, caller.branch)
          return {
            ...listedView(subscription),
            observed:
              observed === null
                ? null
                : { terms: termsView(observed.terms), fetchedAt: observed.fetchedAt }
          }
        },
        Effect.catchTag("SubscriptionNotFound", subscriptionNotFound)
      ),
      protectPrices: Effect.fnUntraced(
        function* ({ payload: { instance, scope, months, dryRun, cursor, limit } }) {
          const caller = yield* Caller
          const { id: instanceId } = yield* instances.byName(instance)
          const cause = { actor: caller.name, correlationId: yield* CurrentCorrelation }
          let at = Instant.make(0)
          const { items, next } = yield* pageOf(
            `price protections ${instanceId} ${JSON.stringify(scope)}`,
            { cursor, limit: limit ?? protectionsAtOnceMax },
            (page) =>
              protectPrices({ instanceId, scope, months, dryRun }, caller.branch, page, cause).pipe(
                Effect.tap((done) => Effect.sync(() => (at = done.at)))
              )
          )
          return { dryRun, at, summary: summaryOf(items), items: items.map(outcomeView), next }
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          ProtectionScopeNotFound: scopeNotFound,
          InvalidRequest: ({ detail = "", errors }) =>
            Effect.fail(
              new InvalidRequest({
                detail,
                errors: errors.map(({ message }) => ({ path: ["payload", "cursor"], message }))
              })
            )
        })
      ),
      priceProtection: Effect.fnUntraced(
        function* ({ params: { id } }) {
          const caller = yield* Caller
          const { protection } = yield* protections.subscription(id, caller.branch)
          const at = Instant.make(yield* Clock.currentTimeMillis)
          const own = caller.branch === null ? protection : null
          return {
            subscriptionId: id,
            state:
              protection === null
                ? ("none" as const)
                : isValidAt(protection, at)
                  ? ("protected" as const)
                  : ("ended" as const),
            protection: viewOf(protection),
            priceListId: own?.priceListId ?? null,
            activatedBy: own?.activatedBy ?? null
          }
        },
        Effect.catchTag("SubscriptionNotFound", subscriptionNotFound)
      ),
      billingCycleChanges: Effect.fnUntraced(
        function* ({ params: { id } }) {
          const caller = yield* Caller
          const { subscription, choices } = yield* cycleChanges(id, caller.branch)
          return {
            subscriptionId: id,
            term: subscription.plan?.term ?? null,
            billingCycle: subscription.plan?.billingCycle ?? null,
            choices: choices.map(choiceView)
          }
        },
        Effect.catchTag("SubscriptionNotFound", subscriptionNotFound)
      )
    })
  })
)

const listedView = ({ instanceId: _, terms, ...rest }: ListedSubscription): SubscriptionView => ({
  ...rest,
  terms: termsView(terms)
})

const summaryOf = (items: ReadonlyArray<ProtectionOutcome>) => {
  const added = items.filter(({ outcome }) => outcome === "protected").length
  const already = items.filter(({ outcome }) => outcome === "protected-already").length
  return {
    protected: added,
    protectedAlready: already,
    refused: items.length - added - already
  }
}

const viewOf = (protection: Protection | null) =>
  protection === null
    ? null
    : {
        price: protection.price,
        term: protection.term,
        billingCycle: protection.billingCycle,
        months: protection.months,
        validFrom: protection.validFrom,
        validTo: protection.validTo
      }

const outcomeView = ({
  subscription,
  outcome,
  protection,
  reason
}: ProtectionOutcome): PriceProtectionOutcome => ({
  subscriptionId: subscription.id,
  reference: subscription.reference,
  name: subscription.name,
  accountId: subscription.accountId,
  account: subscription.account,
  offer: subscription.offer,
  outcome,
  protection: viewOf(protection),
  reason
})

const choiceView = ({ change, price }: PricedCycleChange) => ({
  to: change.to,
  which: change.which,
  allowed: change.allowed,
  cancelsScheduledChange: change.allowed && change.cancelsScheduledChange,
  refusals: change.allowed
    ? []
    : change.refusals.map((refusal) => ({ code: refusal.code, text: cycleRefusalText(refusal) })),
  price: price?.price ?? null,
  priceSource: price?.source ?? null
})

const subscriptionNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(new SubscriptionNotFound({ id, detail: message }))

const scopeNotFound = ({ id, kind, message }: ProtectionScopeNotFound) => {
  switch (kind) {
    case "account":
      return accountNotFound({ id: AccountId.make(id), message })
    case "product":
      return Effect.fail(new ProductNotFound({ id, detail: message }))
    case "subscription":
      return subscriptionNotFound({ id, message })
  }
}
