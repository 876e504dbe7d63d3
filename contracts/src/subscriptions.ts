import { AccountId } from "@concordat/core/account/Account"
import { Environment, InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { PriceListId } from "@concordat/core/price/PriceList"
import { protectionsAtOnceMax } from "@concordat/core/price/PriceProtections"
import { protectionMonthsMax } from "@concordat/core/price/Protection"
import {
  BillingCycle,
  MicrosoftId,
  OfferId,
  Status,
  SubscriptionId,
  Term
} from "@concordat/core/subscription/Subscription"
import { SubscriptionOrder } from "@concordat/core/subscription/Subscriptions"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, guid, line, Money, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountNotFound,
  BodyTooLarge,
  InstanceNotFound,
  MediaTypeUnsupported,
  ProductNotFound,
  SubscriptionNotFound
} from "./Problem.ts"
import { TermsView } from "./reconciliation.ts"

const id = { id: guid(SubscriptionId, "The subscription.") }
const term = described(Schema.NullOr(Term), "The commitment; null where there is none.")
const billingCycle = described(BillingCycle, "How often it is billed.")

const listedFields = {
  ...id,
  reference: described(Schema.String, "The CSP's own number for the subscription."),
  name: described(Schema.String, "The name of what was bought."),
  instance: described(InstanceName, "The instance."),
  environment: described(
    Environment,
    "The environment that it belongs to. Nobody is billed for what is in the sandbox."
  ),
  accountId: guid(AccountId, "Whose it is."),
  account: described(Schema.String, "That account's name."),
  tenantId: guid(TenantId, "The customer's Microsoft tenant."),
  microsoftId: described(
    Schema.NullOr(guid(MicrosoftId, "The subscription in Partner Center.")),
    "Partner Center's id of it; null as long as it is not there."
  ),
  isAddon: described(Schema.Boolean, "Whether it is an add-on of another subscription."),
  parentId: described(
    Schema.NullOr(guid(SubscriptionId, "The base subscription.")),
    "The base subscription of an add-on; null for none, or where the book does not say."
  ),
  terms: described(TermsView, "What was agreed, as the BSS holds it."),
  unitPrice: described(
    Schema.NullOr(Money),
    "Of one seat for one billing period; null where the book does not say."
  ),
  acceptedAt: described(
    Schema.NullOr(timestamp("When Partner Center accepted the order.")),
    "When Partner Center accepted the order; null where it was not ordered here."
  )
}

/** A subscription of the book. */
export const SubscriptionView = Schema.Struct(listedFields).annotate({
  identifier: "Subscription",
  description: "What a customer has, as the BSS holds it."
})
export type SubscriptionView = typeof SubscriptionView.Type

/** A subscription with what Partner Center said of it last. */
export const SubscriptionDetailView = Schema.Struct({
  ...listedFields,
  observed: described(
    Schema.NullOr(
      Schema.Struct({
        terms: described(TermsView, "As Partner Center holds it."),
        fetchedAt: described(
          Schema.NullOr(timestamp("When it was fetched.")),
          "When it was fetched; null where that is not known."
        )
      }).annotate({
        identifier: "ObservedSubscription",
        description: "What Partner Center said last."
      })
    ),
    "What Partner Center said of it last; null where it was not seen there."
  )
}).annotate({
  identifier: "SubscriptionDetail",
  description: "A subscription of the book, with what Partner Center said of it last."
})

const ScopeView = Schema.Union([
  Schema.Struct({
    kind: described(
      Schema.Literal("subscriptions"),
      "Those that are named, and their active add-ons."
    ),
    ids: described(
      Schema.Array(guid(SubscriptionId, "A subscription of the instance.")).check(
        Schema.isMinLength(1),
        Schema.isMaxLength(protectionsAtOnceMax)
      ),
      `The subscriptions, at most ${protectionsAtOnceMax}.`
    )
  }),
  Schema.Struct({
    kind: described(
      Schema.Literal("account"),
      "Those of an account, and of everybody below it in the tree."
    ),
    id: guid(AccountId, "The account.")
  }),
  Schema.Struct({
    kind: described(
      Schema.Literal("product"),
      "Those of a product, whoever has it, and their active add-ons."
    ),
    offer: described(OfferId, "The product's offer.")
  }),
  Schema.Struct({
    kind: described(Schema.Literal("all"), "Every subscription of the instance.")
  })
]).annotate({
  identifier: "PriceProtectionScope",
  description: "Which subscriptions are to be protected."
})

export const NewPriceProtections = Schema.Struct({
  instance: described(InstanceName, "The instance whose subscriptions they are."),
  scope: ScopeView,
  months: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: protectionMonthsMax })).annotate({
      description:
        "For how many months; those of each product when absent, and those of the base subscription's product for an add-on whose own has none."
    })
  ),
  dryRun: described(
    Schema.Boolean,
    "True tells what would be protected, and protects nothing. To be said with every request."
  ),
  cursor: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2_000)).annotate({
      description: "`next` of the previous answer, as it was; absent for the first page."
    })
  ),
  limit: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: protectionsAtOnceMax })).annotate({
      description: `How many subscriptions at most, 1 to ${protectionsAtOnceMax}; ${protectionsAtOnceMax} when absent.`
    })
  )
}).annotate({
  identifier: "NewPriceProtections",
  description: "Prices to be protected, page by page."
})

const PriceProtectionView = Schema.Struct({
  price: described(Money, "Of one seat for one billing period, as long as it holds."),
  term,
  billingCycle,
  months: count("For how many months it was activated."),
  validFrom: timestamp("The first instant at which it holds."),
  validTo: timestamp("The first instant at which it holds no more.")
}).annotate({
  identifier: "PriceProtection",
  description: "A price that a subscription keeps, whatever price lists do meanwhile."
})

export const PriceProtectionOutcome = Schema.Struct({
  subscriptionId: guid(SubscriptionId, "The subscription."),
  reference: described(Schema.String, "The CSP's own number for the subscription."),
  name: described(Schema.String, "The subscription's name."),
  accountId: guid(AccountId, "Who has it."),
  account: described(Schema.String, "The account's name."),
  offer: described(OfferId, "What was bought."),
  outcome: described(
    Schema.Literals([
      "protected",
      "protected-already",
      "not-live",
      "sandbox",
      "no-plan",
      "no-price",
      "no-months"
    ]),
    "What was done with it, or would be."
  ),
  protection: described(
    Schema.NullOr(PriceProtectionView),
    "The new protection, or the one that runs already; null where there is none."
  ),
  reason: described(
    Schema.NullOr(Schema.String),
    "Why it is not protected, and the way out; null where it is."
  )
}).annotate({
  identifier: "PriceProtectionOutcome",
  description: "What an activation did, or would do, with a subscription."
})
export type PriceProtectionOutcome = typeof PriceProtectionOutcome.Type

export const PriceProtectionsResult = Schema.Struct({
  dryRun: described(Schema.Boolean, "True when nothing was kept."),
  at: timestamp("The instant whose prices they are."),
  summary: Schema.Struct({
    protected: count("Subscriptions that are protected now, or would be."),
    protectedAlready: count("Subscriptions that were protected before and stay as they are."),
    refused: count("Subscriptions that are not protected; each says why.")
  }).annotate({ identifier: "PriceProtectionSummary", description: "The outcomes of this page." }),
  items: described(Schema.Array(PriceProtectionOutcome), "Each subscription of this page, by id."),
  next: described(
    Schema.NullOr(Schema.String),
    "To be sent as `cursor` for the next subscriptions of the scope; null when all were looked at."
  )
}).annotate({
  identifier: "PriceProtections",
  description: "What an activation did, or would do, with one page of its scope."
})

export const SubscriptionPriceProtection = Schema.Struct({
  subscriptionId: guid(SubscriptionId, "The subscription."),
  state: described(
    Schema.Literals(["protected", "ended", "none"]),
    "Whether the protection holds now; `none` when there never was one."
  ),
  protection: described(
    Schema.NullOr(PriceProtectionView),
    "The one that was activated last; null when there never was one."
  ),
  priceListId: described(
    Schema.NullOr(guid(PriceListId, "A price list.")),
    "The list that its price came from; null where there is none, and for resellers and customers."
  ),
  activatedBy: described(
    Schema.NullOr(Schema.String),
    "Who activated it; null where there is none, and for resellers and customers."
  )
}).annotate({
  identifier: "SubscriptionPriceProtection",
  description: "Whether a subscription keeps its price, and until when."
})

export const BillingCycleChangeView = Schema.Struct({
  to: described(BillingCycle, "The billing cycle that could be chosen."),
  which: described(
    Schema.Literals(["current", "next"]),
    "From when: for the billing period that runs, or for the one that follows."
  ),
  allowed: described(Schema.Boolean, "Whether it may be chosen."),
  cancelsScheduledChange: described(
    Schema.Boolean,
    "Whether it would cancel what is scheduled for the next cycle."
  ),
  refusals: described(
    Schema.Array(
      Schema.Struct({
        code: described(
          Schema.Literals([
            "not-live",
            "pending-invoices",
            "not-recurring",
            "same-cycle",
            "not-longer",
            "not-sold"
          ]),
          "Why not, for programs."
        ),
        text: described(Schema.String, "Why not, and the way out.")
      }).annotate({
        identifier: "BillingCycleRefusal",
        description: "Why a billing cycle cannot be chosen."
      })
    ),
    "Everything that stands against it; empty where it is allowed."
  ),
  price: described(
    Schema.NullOr(Money),
    "Of one seat for one period of that cycle, at the prices of now; null where none is known."
  ),
  priceSource: described(
    Schema.NullOr(Schema.Literals(["protected", "current", "external", "user-priced"])),
    "Where the price comes from: the subscription's protection, or the account's price lists."
  )
}).annotate({
  identifier: "BillingCycleChange",
  description: "A billing cycle that could be chosen: whether it may be, and its price."
})

export const BillingCycleChanges = Schema.Struct({
  subscriptionId: guid(SubscriptionId, "The subscription."),
  term: described(
    Schema.NullOr(Term),
    "The commitment, which stays; null where there is none, or the book does not say."
  ),
  billingCycle: described(
    Schema.NullOr(BillingCycle),
    "How often it is billed; null where the book does not say, and then nothing can be chosen."
  ),
  choices: described(
    Schema.Array(BillingCycleChangeView),
    "Every billing cycle of its product, for the current and the next cycle."
  )
}).annotate({
  identifier: "BillingCycleChanges",
  description: "What may change about how often a subscription is billed."
})

/** What customers have, what it costs, and what may change about how it is billed. */
export class SubscriptionsGroup extends HttpApiGroup.make("subscriptions")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        account: Schema.optionalKey(guid(AccountId, "Only of this account and of those below it.")),
        instance: described(Schema.optionalKey(InstanceName), "Only of this instance."),
        status: described(Schema.optionalKey(Status), "Only of this status."),
        parent: Schema.optionalKey(
          guid(SubscriptionId, "Only the add-ons of this base subscription.")
        ),
        endsFrom: described(
          Schema.optionalKey(timestamp("Commitments that end then or later.")),
          "Only commitments that end then or later."
        ),
        endsBefore: described(
          Schema.optionalKey(timestamp("Commitments that end before.")),
          "Only commitments that end before."
        ),
        q: Schema.optionalKey(
          line(
            "The beginning of a name or reference; or a whole id: of the subscription, in the BSS or in Partner Center, or of the tenant.",
            { min: 0, max: 200 }
          )
        ),
        sort: described(
          Schema.optionalKey(SubscriptionOrder),
          "`name` when absent; `end`: by the end of the commitment, and only those that have one."
        ),
        ...pageQuery
      },
      success: pageOf(SubscriptionView, "SubscriptionPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List subscriptions of the book")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: SubscriptionDetailView,
      error: SubscriptionNotFound
    })
      .annotate(OpenApi.Summary, "Read one subscription, with what Partner Center said of it last")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.post("protectPrices", "/price-protections", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewPriceProtections,
      success: PriceProtectionsResult,
      error: [
        InstanceNotFound,
        AccountNotFound,
        SubscriptionNotFound,
        ProductNotFound,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Protect the prices of subscriptions, or tell what would be")
      .annotate(
        OpenApi.Description,
        "Each subscription keeps, for so many months, the price that its account's price lists give it now. It is done page by page: send the same again with `next` as `cursor` until `next` is null. What is protected already stays as it is, so that repeating it changes nothing."
      )
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("priceProtection", "/:id/price-protection", {
      params: id,
      query: noQuery,
      success: SubscriptionPriceProtection,
      error: SubscriptionNotFound
    })
      .annotate(OpenApi.Summary, "Tell whether a subscription keeps its price, and until when")
      .annotateMerge(requires("products:read")),
    HttpApiEndpoint.get("billingCycleChanges", "/:id/billing-cycle-changes", {
      params: id,
      query: noQuery,
      success: BillingCycleChanges,
      error: SubscriptionNotFound
    })
      .annotate(OpenApi.Summary, "Tell what may change about how often a subscription is billed")
      .annotate(
        OpenApi.Description,
        "In the current cycle only a longer billing cycle may be chosen; from the next one on any that the product is sold with. What is refused says why, and what is allowed which price it takes: the protected one while the protection holds, else the price of the account's lists."
      )
      .annotateMerge(requires("products:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/subscriptions")
  .annotateMerge(
    OpenApi.annotations({
      title: "Subscriptions",
      description: "What customers have, what it costs, and what may change about how it is billed."
    })
  ) {}
