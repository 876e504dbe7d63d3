import {
  Availability,
  CatalogueStatus,
  ChangedField,
  ChangeValue,
  ChargeType,
  ProductId,
  ProductPlan
} from "@concordat/core/catalogue/CatalogueProduct"
import {
  CatalogueRunId,
  CatalogueRunStatus,
  CatalogueTrigger,
  LogLevel
} from "@concordat/core/catalogue/CatalogueRun"
import { Family, Segment } from "@concordat/core/catalogue/Family"
import { ProductTypeId, RefundPolicy } from "@concordat/core/catalogue/ProductType"
import { InstanceName } from "@concordat/core/instance/Instance"
import { isKnownCurrency } from "@concordat/core/money/currencies"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { BigDecimal, Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, flag, guid, line, Money, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AnnualNotSupported,
  BodyTooLarge,
  CatalogueRunNotFound,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported,
  PreconditionRequired,
  ProductCodeTaken,
  ProductNotFound,
  ProductTypeNotFound,
  VersionStale
} from "./Problem.ts"

const instanceText = "The instance, by its name."

/** Not below zero, and of a currency that there is. */
const price = (description: string) =>
  described(
    Money.check(
      Schema.makeFilter(({ amount, currency }) => {
        if (BigDecimal.isNegative(amount))
          return { path: ["amount"], issue: "a price is not below zero" }
        return isKnownCurrency(currency)
          ? undefined
          : { path: ["currency"], issue: `ISO 4217 has no currency ${currency}` }
      })
    ),
    description
  )

/** A catalogue to read. */
export const NewCatalogueRun = Schema.Struct({
  instance: described(InstanceName, instanceText)
}).annotate({ identifier: "NewCatalogueRun", description: "A catalogue to read." })

/** A catalogue run, from request to its effects. */
export const CatalogueRunView = Schema.Struct({
  id: guid(CatalogueRunId, "The catalogue run."),
  instance: described(InstanceName, instanceText),
  status: described(
    CatalogueRunStatus,
    "queued, running, completed. incomplete: a country could not be read whole, what was read is applied and nothing is discontinued because of it; failed: nothing was changed; cancelled: by a person."
  ),
  trigger: described(CatalogueTrigger, "By a person, or because the schedule says so."),
  requestedBy: described(Schema.String, "Who asked for it."),
  correlationId: described(
    Schema.String,
    "Sent to Partner Center as MS-CorrelationId with every request of this run."
  ),
  countries: described(Schema.Array(Schema.String), "The countries whose catalogues it reads."),
  language: described(Schema.String, "The language in which it reads names and descriptions."),
  progress: described(
    Schema.Struct({
      parts: count("Parts to read; 0 until Partner Center has said which there are."),
      read: count("Parts read."),
      failed: count("Parts that could not be read.")
    }),
    "How far it is."
  ),
  requests: count("Requests sent to Partner Center for it."),
  counts: described(
    Schema.Struct({
      new: count("New products."),
      changed: count("Products that changed."),
      discontinued: count("Products that are not sold any more."),
      unchanged: count("Products about which there was nothing to say.")
    }),
    "What it found."
  ),
  problem: described(
    Schema.NullOr(Schema.String),
    "Why it failed, or the first reasons of what could not be read; null without."
  ),
  createdAt: timestamp("When it was asked for."),
  startedAt: described(Schema.NullOr(timestamp("When it began.")), "When it began; null before."),
  finishedAt: described(Schema.NullOr(timestamp("When it ended.")), "When it ended; null before.")
}).annotate({
  identifier: "CatalogueRun",
  description: "A reading of an instance's catalogue, with what it changed."
})
export type CatalogueRunView = typeof CatalogueRunView.Type

const LogLineView = Schema.Struct({
  at: timestamp("When."),
  level: described(LogLevel, "How bad it is."),
  text: described(Schema.String, "What happened, for people.")
}).annotate({ identifier: "CatalogueLogLine", description: "A line of a catalogue run's log." })

const FieldChangeView = Schema.Struct({
  field: described(ChangedField, "What changed."),
  before: described(ChangeValue, "What it was; null for nothing."),
  after: described(ChangeValue, "What it is; null for nothing.")
}).annotate({ identifier: "CatalogueFieldChange", description: "One field that changed." })

const changeKind = Schema.Literals(["new", "changed", "discontinued"])

/** What a run found about one product. */
export const CatalogueChangeView = Schema.Struct({
  offer: described(OfferId, "The offer."),
  name: described(Schema.String, "The product's name after the run."),
  status: described(changeKind, "What became of it."),
  fields: described(Schema.Array(FieldChangeView), "What changed; empty for a new product.")
}).annotate({
  identifier: "CatalogueChange",
  description: "What a catalogue run found about one product."
})
export type CatalogueChangeView = typeof CatalogueChangeView.Type

const PlanView = Schema.Struct({
  term: described(ProductPlan.fields.term, "The commitment; null where there is none."),
  billingCycle: described(ProductPlan.fields.billingCycle, "How often it is billed.")
}).annotate({ identifier: "ProductPlan", description: "A way of paying for a product." })

const AvailabilityView = Schema.Struct({
  country: described(Availability.fields.country, "ISO 3166."),
  segment: described(Segment, "Who may buy it there."),
  isPurchasable: described(Schema.Boolean, "Whether new customers may buy it there."),
  minimumQuantity: described(Schema.Int, "Fewest seats."),
  maximumQuantity: described(Schema.Int, "Most seats."),
  plans: described(Schema.Array(PlanView), "Terms and billing cycles."),
  catalogItemId: described(
    Schema.NullOr(Schema.String),
    "Where it was bought when it was read. It expires and is read again before an order; null in legacy commerce."
  ),
  readAt: timestamp("When it was read.")
}).annotate({
  identifier: "ProductAvailability",
  description: "What Microsoft sells of a product in one country to one segment."
})

const owner = {
  name: line("Its name, as customers see it.", { min: 1, max: 400 }),
  code: line("The CSP's own code; the offer's id unless it was changed. Unique in the instance.", {
    min: 1,
    max: 100
  }),
  published: described(Schema.Boolean, "Whether it is for sale."),
  sellPrice: price("Of one seat and month; 0.00 until it is set."),
  purchasePrice: price("Of one seat and month; 0.00 until it is set."),
  protectionMonths: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 120 })).annotate({
    description: "Terms (Month): how long a price is protected; 0 = not at all."
  }),
  annualEnabled: described(
    Schema.Boolean,
    "Whether it may be ordered by the year; only where Microsoft bills it by the year."
  )
}

/** A product of an instance's catalogue, as operators see it. */
export const CatalogueProductView = Schema.Struct({
  id: guid(ProductId, "The product."),
  instance: described(InstanceName, instanceText),
  offer: described(
    OfferId,
    "What is ordered from Microsoft: PRODUCT:SKU, or a legacy offer's GUID."
  ),
  ...owner,
  microsoftName: described(
    Schema.NullOr(Schema.String),
    "As Microsoft calls it; null while no catalogue run has seen it."
  ),
  family: described(Family, "The family, which has a product type of its own in each instance."),
  segment: described(Segment, "What it needs of its buyer; commercial needs nothing."),
  isAddon: described(Schema.Boolean, "Whether it is an add-on of another product."),
  description: described(
    Schema.String,
    "Microsoft's text, the offer's address and the quantities."
  ),
  chargeType: described(ChargeType, "How it is charged."),
  minimumQuantity: described(Schema.Int, "Fewest seats in any country."),
  maximumQuantity: described(Schema.Int, "Most seats in any country."),
  plans: described(Schema.Array(PlanView), "Terms and billing cycles in any country."),
  availabilities: described(Schema.Array(AvailabilityView), "By country and segment."),
  prerequisites: described(Schema.Array(OfferId), "Offers that an add-on needs one of."),
  trialOffer: described(Schema.NullOr(OfferId), "The trial that becomes it; null without."),
  trialEnabled: described(Schema.Boolean, "Whether that trial is offered."),
  status: described(
    CatalogueStatus,
    "Catalog Status: what has to be looked at since the last acknowledgement."
  ),
  changes: described(Schema.Array(FieldChangeView), "What changed since then."),
  discontinuedAt: described(
    Schema.NullOr(timestamp("Since when it is not sold any more.")),
    "Since when new customers cannot buy it; who has it may still add seats. null while it is sold."
  ),
  version: described(Schema.Int, "Counts the changes; it is also the ETag.")
}).annotate({
  identifier: "CatalogueProduct",
  description: "A product of an instance's catalogue, as operators see it."
})
export type CatalogueProductView = typeof CatalogueProductView.Type

const someOf = (names: ReadonlyArray<string>) =>
  Schema.makeFilter((patch: object) =>
    Object.keys(patch).length > 0 ? undefined : `give at least one of ${names.join(", ")}`
  )

/** What can be changed about a product; what is absent stays. */
export const CatalogueProductPatch = Schema.Struct({
  name: Schema.optionalKey(owner.name),
  code: Schema.optionalKey(owner.code),
  published: Schema.optionalKey(owner.published),
  sellPrice: Schema.optionalKey(owner.sellPrice),
  purchasePrice: Schema.optionalKey(owner.purchasePrice),
  protectionMonths: Schema.optionalKey(owner.protectionMonths),
  annualEnabled: Schema.optionalKey(owner.annualEnabled),
  acknowledged: Schema.optionalKey(
    described(
      Schema.Literal(true),
      "What the catalogue runs have said is seen to: the status becomes none."
    )
  )
})
  .check(someOf([...Object.keys(owner), "acknowledged"]))
  .annotate({ identifier: "CatalogueProductPatch", description: "What to change about a product." })

const filter = {
  family: Schema.optionalKey(described(Family, "Only products of this family.")),
  status: Schema.optionalKey(described(CatalogueStatus, "Only products of this Catalog Status.")),
  q: Schema.optionalKey(line("Part of the name, the code or the offer.", { min: 0, max: 200 }))
}

/** What to do to many products. */
export const BulkChange = Schema.Struct({
  instance: described(InstanceName, instanceText),
  ...filter,
  published: Schema.optionalKey(described(Schema.Boolean, "Only published ones, or only others.")),
  action: described(
    Schema.Literals(["publish", "unpublish", "acknowledge"]),
    "What to do to each of them."
  )
}).annotate({
  identifier: "CatalogueBulkChange",
  description: "What to do to all products that fit."
})

export const BulkOutcome = Schema.Struct({
  matched: count("Products that fit."),
  changed: count("Products of them that were not so already."),
  dryRun: described(Schema.Boolean, "True when nothing was kept.")
}).annotate({ identifier: "CatalogueBulkOutcome", description: "What was done." })

const policies = {
  name: line("Its name.", { min: 1, max: 200 }),
  code: line("Its code, as charge reconciliation knows it.", { min: 1, max: 100 }),
  quantityLimit: described(
    Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))),
    "Seats of one subscription at most; null = unlimited."
  ),
  singleActive: described(
    Schema.Boolean,
    "Maintain one active subscription per product: a second one in a tenant is a mistake."
  ),
  cancelSubscriptions: described(
    Schema.Boolean,
    "Automatic execution of subscription cancellation requests; else they wait for approval."
  ),
  cancelAddons: described(
    Schema.Boolean,
    "Automatic execution of add-on cancellation requests; independent of the other."
  ),
  cancelLimit: described(
    Schema.NullOr(price("The most that is executed automatically.")),
    "Requests worth more wait for approval all the same; null = no limit."
  ),
  refund: described(RefundPolicy, "What a cancelled period gives back."),
  billingDay: described(
    Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 31 }))),
    "Azure: the day of the month on which Microsoft bills; null where it does not matter."
  )
}

/** The policies that all products of one family and instance share. */
export const ProductTypeView = Schema.Struct({
  id: guid(ProductTypeId, "The product type."),
  instance: described(InstanceName, instanceText),
  family: described(Family, "The family."),
  ...policies,
  version: described(Schema.Int, "Counts the changes; it is also the ETag.")
}).annotate({
  identifier: "ProductType",
  description: "The policies that all products of one family and instance share."
})
export type ProductTypeView = typeof ProductTypeView.Type

/** What can be changed about a product type; what is absent stays. */
export const ProductTypePatch = Schema.Struct({
  name: Schema.optionalKey(policies.name),
  code: Schema.optionalKey(policies.code),
  quantityLimit: Schema.optionalKey(policies.quantityLimit),
  singleActive: Schema.optionalKey(policies.singleActive),
  cancelSubscriptions: Schema.optionalKey(policies.cancelSubscriptions),
  cancelAddons: Schema.optionalKey(policies.cancelAddons),
  cancelLimit: Schema.optionalKey(policies.cancelLimit),
  refund: Schema.optionalKey(policies.refund),
  billingDay: Schema.optionalKey(policies.billingDay)
})
  .check(someOf(Object.keys(policies)))
  .annotate({ identifier: "ProductTypePatch", description: "What to change about a product type." })

const runId = { id: guid(CatalogueRunId, "The catalogue run.") }
const productId = { id: guid(ProductId, "The product.") }
const typeId = { id: guid(ProductTypeId, "The product type.") }
const ofInstance = {
  instance: Schema.optionalKey(described(InstanceName, "Only of this instance."))
}

/** Readings of Partner Center's catalogue ("Get Services Definitions"). */
export class CatalogueRunsGroup extends HttpApiGroup.make("catalogueRuns")
  .add(
    HttpApiEndpoint.post("request", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewCatalogueRun,
      success: HttpApiSchema.WithHeaders(CatalogueRunView.pipe(HttpApiSchema.status(202)), {
        location: described(Schema.String, "Where to follow it.")
      }),
      error: [InstanceDisabled, InstanceNotFound, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Read an instance's catalogue")
      .annotate(
        OpenApi.Description,
        "Reads what Partner Center sells in the instance's countries, and adds and updates products. The answer comes at once; follow the Location. Where a run of the instance is under way, it is that one. Published, prices, codes and names edited by hand stay as they are, and nothing is deleted."
      )
      .annotateMerge(requires("catalogue:write")),
    HttpApiEndpoint.get("list", "/", {
      query: { ...ofInstance, ...pageQuery },
      success: pageOf(CatalogueRunView, "CatalogueRunPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List catalogue runs, newest first")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: runId,
      query: noQuery,
      success: CatalogueRunView,
      error: CatalogueRunNotFound
    })
      .annotate(OpenApi.Summary, "Get a catalogue run: status, progress and counts")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.delete("cancel", "/:id", {
      params: runId,
      query: noQuery,
      success: CatalogueRunView,
      error: CatalogueRunNotFound
    })
      .annotate(OpenApi.Summary, "Cancel a catalogue run; one that has ended stays as it is")
      .annotateMerge(requires("catalogue:write")),
    HttpApiEndpoint.get("log", "/:id/log", {
      params: runId,
      query: pageQuery,
      success: pageOf(LogLineView, "CatalogueLogPage"),
      error: CatalogueRunNotFound
    })
      .annotate(OpenApi.Summary, "Read a run's log, oldest line first")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("changes", "/:id/changes", {
      params: runId,
      query: {
        status: Schema.optionalKey(described(changeKind, "Only these.")),
        ...pageQuery
      },
      success: pageOf(CatalogueChangeView, "CatalogueChangePage"),
      error: CatalogueRunNotFound
    })
      .annotate(OpenApi.Summary, "Read what a run found new, changed and discontinued, by offer")
      .annotateMerge(requires("catalogue:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/catalogue/runs")
  .annotateMerge(
    OpenApi.annotations({
      title: "Catalogue runs",
      description: "Readings of Partner Center's catalogue, and what they found."
    })
  ) {}

/** The products of the catalogues, for operators. */
export class CatalogueProductsGroup extends HttpApiGroup.make("catalogueProducts")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        instance: described(InstanceName, instanceText),
        ...filter,
        published: Schema.optionalKey(flag("Only published ones, or only others.")),
        ...pageQuery
      },
      success: pageOf(CatalogueProductView, "CatalogueProductPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List an instance's products, by name")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: productId,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(CatalogueProductView, etag),
      error: ProductNotFound
    })
      .annotate(OpenApi.Summary, "Get one product, with its ETag")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.patch("update", "/:id", {
      params: productId,
      headers: ifMatch,
      query: noQuery,
      payload: CatalogueProductPatch,
      success: HttpApiSchema.WithHeaders(CatalogueProductView, etag),
      error: [
        ProductNotFound,
        ProductCodeTaken,
        AnnualNotSupported,
        VersionStale,
        PreconditionRequired,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Name, price, publish or acknowledge a product")
      .annotateMerge(requires("catalogue:write")),
    HttpApiEndpoint.post("change", "/bulk", {
      headers: idempotencyKey,
      query: {
        dryRun: Schema.optionalKey(flag("True says what would be done, and keeps nothing."))
      },
      payload: BulkChange,
      success: BulkOutcome,
      error: [InstanceNotFound, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Publish, unpublish or acknowledge all products that fit")
      .annotateMerge(requires("catalogue:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/catalogue/products")
  .annotateMerge(
    OpenApi.annotations({
      title: "Catalogue products",
      description: "The products of each instance, as operators see them."
    })
  ) {}

/** Product types and their policies. */
export class ProductTypesGroup extends HttpApiGroup.make("productTypes")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...ofInstance, ...pageQuery },
      success: pageOf(ProductTypeView, "ProductTypePage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List product types, by instance and name")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: typeId,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(ProductTypeView, etag),
      error: ProductTypeNotFound
    })
      .annotate(OpenApi.Summary, "Get one product type, with its ETag")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.patch("update", "/:id", {
      params: typeId,
      headers: ifMatch,
      query: noQuery,
      payload: ProductTypePatch,
      success: HttpApiSchema.WithHeaders(ProductTypeView, etag),
      error: [
        ProductTypeNotFound,
        VersionStale,
        PreconditionRequired,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Rename a product type, or change its policies")
      .annotateMerge(requires("catalogue:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/catalogue/product-types")
  .annotateMerge(
    OpenApi.annotations({
      title: "Product types",
      description: "The policies of each instance's families of products."
    })
  ) {}
