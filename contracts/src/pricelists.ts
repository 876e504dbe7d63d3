import { AccountId, AccountKind } from "@concordat/core/account/Account"
import { Family } from "@concordat/core/catalogue/Family"
import { InstanceId, InstanceName } from "@concordat/core/instance/Instance"
import { isKnownCurrency } from "@concordat/core/money/currencies"
import { Currency } from "@concordat/core/money/Money"
import { PriceRule, Subject } from "@concordat/core/price/PriceEntry"
import { PriceGroupId } from "@concordat/core/price/PriceGroup"
import { Market, PriceListId } from "@concordat/core/price/PriceList"
import { BillingCycle, OfferId, Term } from "@concordat/core/subscription/Subscription"
import { BigDecimal, Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, guid, line, Money, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountNotFound,
  BodyTooLarge,
  InstanceNotFound,
  MediaTypeUnsupported,
  PreconditionRequired,
  PriceEntriesInvalid,
  PriceGroupInUse,
  PriceGroupNameTaken,
  PriceGroupNotFound,
  PriceListInUse,
  PriceListNameTaken,
  PriceListNotFound,
  PriceListsOverlap,
  VersionStale
} from "./Problem.ts"

/** The most entries that one request may send, and the largest body that holds them. */
export const entriesMax = 10_000
export const entriesBytesMax = 4 * 1024 * 1024
/** The most products of a price group. */
export const groupProductsMax = 10_000

const id = { id: guid(PriceListId, "The price list.") }
const groupId = { id: guid(PriceGroupId, "The price group.") }
const name = line("Its name, unique whatever the case.", { min: 1, max: 100 })
const description = line("What it is for.", { min: 0, max: 400 })
const currency = described(
  Currency,
  "The currency of its prices, ISO 4217; it never changes."
).check(
  Schema.makeFilter((code: string) =>
    isKnownCurrency(code) ? undefined : `ISO 4217 has no currency ${code}`
  )
)
const marketText =
  "The country whose price sheets say what products cost, ISO 3166; null where only the products' own purchase prices count."
const validFrom = timestamp("The first instant at which it is in force.")
const validTo = described(
  Schema.NullOr(timestamp("The first instant at which it is no more.")),
  "The first instant at which it is not in force any more; null where no end is set."
)
const activeText = "Only an active list sells anything."

/** A price list, without its entries. */
export const PriceListView = Schema.Struct({
  ...id,
  instance: described(InstanceName, "The instance whose products it sells."),
  instanceId: guid(InstanceId, "The instance."),
  name: described(Schema.String, "Its name."),
  description: described(Schema.String, "What it is for."),
  currency: described(Currency, "The currency of its prices, ISO 4217."),
  market: described(Schema.NullOr(Market), marketText),
  validFrom,
  validTo,
  active: described(Schema.Boolean, activeText),
  version: described(
    Schema.Int,
    "Counts the changes of the list and its entries; it is also the ETag."
  )
}).annotate({ identifier: "PriceList", description: "What accounts may buy, and at what price." })
export type PriceListView = typeof PriceListView.Type

const endsAfterItBegins = Schema.makeFilter(
  ({
    validFrom: from,
    validTo: to
  }: {
    readonly validFrom?: number
    readonly validTo?: number | null
  }) =>
    from === undefined || to === undefined || to === null || from < to
      ? undefined
      : { path: ["validTo"], issue: "a list ends after it begins: give a validTo after validFrom" }
)

export const NewPriceList = Schema.Struct({
  name,
  instance: described(InstanceName, "The instance whose products it will sell; it never changes."),
  description: Schema.optionalKey(description),
  currency,
  market: described(Schema.optionalKey(Schema.NullOr(Market)), marketText),
  validFrom: described(
    Schema.optionalKey(validFrom),
    "The first instant at which it is in force; now when absent."
  ),
  validTo: Schema.optionalKey(validTo),
  active: described(Schema.optionalKey(Schema.Boolean), `${activeText} True when absent.`)
})
  .check(endsAfterItBegins)
  .annotate({ identifier: "NewPriceList", description: "A price list to make, without entries." })
export type NewPriceList = typeof NewPriceList.Type

/** What can be changed about a list; what is absent stays. */
export const PriceListPatch = Schema.Struct({
  name: Schema.optionalKey(name),
  description: Schema.optionalKey(description),
  market: described(Schema.optionalKey(Schema.NullOr(Market)), marketText),
  validFrom: Schema.optionalKey(validFrom),
  validTo: Schema.optionalKey(validTo),
  active: described(Schema.optionalKey(Schema.Boolean), activeText)
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0
        ? undefined
        : "give at least one of name, description, market, validFrom, validTo and active"
    )
  )
  .check(endsAfterItBegins)
  .annotate({ identifier: "PriceListPatch", description: "What to change about a price list." })

const decimal = Schema.String.check(
  Schema.isPattern(/^[0-9]{1,12}(\.[0-9]{1,10})?$/u, {
    message: "a number of zero or more is needed, with a point before the decimals, such as 12.50"
  })
).annotate({ examples: ["12.50"] })

/** How the price comes about, as it is sent: the value is a decimal number as text. */
const Rule = Schema.Struct({
  kind: described(
    Schema.Literals(["fixed", "margin", "markup", "discount"]),
    "`fixed`: the value is the price of one seat, for one billing period; with no billingCycle, for a month. `margin`: so many percent of the price are ours: cost ÷ (1 − margin). `markup`: so many percent on top of the cost. `discount`: so many percent less than the recommended price."
  ),
  value: described(
    decimal,
    "A price with at most 8 digits after the point, or a percentage with at most 4: a margin is less than 100, a markup at most 10000, a discount at most 100."
  )
})
  .annotate({ identifier: "PriceRule", description: "How the price of an entry comes about." })
  .pipe(
    Schema.decodeTo(
      Schema.toType(PriceRule),
      SchemaTransformation.transform({
        decode: ({ kind, value }) => ({ kind, value: BigDecimal.fromStringUnsafe(value) }),
        encode: ({ kind, value }) => ({ kind, value: BigDecimal.format(value) })
      })
    )
  )

const SubjectView = Schema.Union([
  Schema.Struct({
    kind: described(Schema.Literal("product"), "One product."),
    offer: described(Subject.members[0].fields.offer, "The product's offer.")
  }).annotate({ identifier: "ProductSubject", description: "One product." }),
  Schema.Struct({
    kind: described(Schema.Literal("group"), "The products of a price group."),
    groupId: guid(PriceGroupId, "The group.")
  }).annotate({ identifier: "GroupSubject", description: "The products of a price group." }),
  Schema.Struct({
    kind: described(Schema.Literal("all"), "Every product of the instance.")
  }).annotate({ identifier: "EverySubject", description: "Every product of the instance." })
])

const key = {
  subject: described(SubjectView, "What the entry is about."),
  term: described(
    Schema.NullOr(Term),
    "The commitment that the entry is for; null for every one, also for none."
  ),
  billingCycle: described(
    Schema.NullOr(BillingCycle),
    "The billing cycle that the entry is for; null for every one."
  )
}

/** A line of a price list. */
export const PriceEntryView = Schema.Struct({
  ...key,
  rule: described(Rule, "How the price comes about.")
}).annotate({
  identifier: "PriceEntry",
  description: "A line of a price list; subject, term and billingCycle are unique in it."
})
export type PriceEntryView = typeof PriceEntryView.Type

const EntryKeyView = Schema.Struct(key).annotate({
  identifier: "PriceEntryKey",
  description: "Which line of a price list."
})

const entries = Schema.Array(PriceEntryView).check(Schema.isMaxLength(entriesMax))
export const PriceEntries = Schema.Struct({
  entries: described(entries, `All entries of the list, at most ${entriesMax}.`)
}).annotate({ identifier: "PriceEntries", description: "All entries of a price list." })

export const PriceEntriesPatch = Schema.Struct({
  put: described(Schema.optionalKey(entries), "Entries to add, or to replace by their keys."),
  remove: described(
    Schema.optionalKey(Schema.Array(EntryKeyView).check(Schema.isMaxLength(entriesMax))),
    "Keys of entries to take out; one that is not there is no mistake."
  )
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0 ? undefined : "give at least one of put and remove"
    )
  )
  .annotate({
    identifier: "PriceEntriesPatch",
    description: "Entries to add, replace and take out; the others stay."
  })

export const PriceEntriesChange = Schema.Struct({
  added: count("Entries that were not there."),
  changed: count("Entries with another rule than before."),
  removed: count("Entries that were taken out."),
  unchanged: count("Entries that were as sent already.")
}).annotate({ identifier: "PriceEntriesChange", description: "What a change of entries did." })

/** An account that is assigned a list. */
export const AssignedAccountView = Schema.Struct({
  accountId: guid(AccountId, "The account."),
  name: described(Schema.String, "Name of the company."),
  code: described(Schema.String, "The CSP's own number for the account."),
  kind: described(AccountKind, "What the account is in the tree."),
  assignedAt: timestamp("Since when it is assigned the list.")
}).annotate({
  identifier: "AssignedAccount",
  description:
    "An account that buys by a price list, with everybody below it without one of their own."
})

/** A product as an operator previews a list. */
export const PreviewedProduct = Schema.Struct({
  offer: described(OfferId, "What is bought."),
  name: described(Schema.String, "The product's name."),
  family: described(Schema.NullOr(Family), "Its product family; null where it is not known."),
  plans: described(
    Schema.Array(
      Schema.Struct({
        term: described(Schema.NullOr(Term), "The commitment; null where there is none."),
        billingCycle: described(BillingCycle, "How often it is billed."),
        price: described(
          Schema.NullOr(Money),
          "Of one seat for one billing period; null where the list has none."
        ),
        explanation: described(Schema.String, "How the price came about, or why there is none."),
        visible: described(Schema.Boolean, "Whether a buyer sees it."),
        hiddenBecause: described(
          Schema.NullOr(Schema.String),
          "Why a buyer does not see it; null where it is visible."
        )
      }).annotate({
        identifier: "PreviewedPlan",
        description: "One way of paying for a previewed product."
      })
    ),
    "Every way in which the product is sold."
  )
}).annotate({
  identifier: "PreviewedProduct",
  description: "A product as a price list prices it, with reasons."
})

const changes = [PreconditionRequired, VersionStale, BodyTooLarge, MediaTypeUnsupported] as const
const q = Schema.optionalKey(line("Part of the name.", { min: 0, max: 200 }))
const instanceQuery = described(Schema.optionalKey(InstanceName), "Only those of this instance.")

/** Price lists: what accounts may buy, and at what price. */
export class PriceListsGroup extends HttpApiGroup.make("pricelists")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        q,
        instance: instanceQuery,
        account: described(
          Schema.optionalKey(guid(AccountId, "The account.")),
          "Only those that this account itself is assigned."
        ),
        ...pageQuery
      },
      success: pageOf(PriceListView, "PriceListPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List price lists, by name")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.post("make", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewPriceList,
      success: HttpApiSchema.WithHeaders(PriceListView.pipe(HttpApiSchema.status(201)), {
        ...etag,
        location: Schema.String.annotate({ description: "Where the price list can be read." })
      }),
      error: [InstanceNotFound, PriceListNameTaken, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make a price list, without entries")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(PriceListView, etag),
      error: PriceListNotFound
    })
      .annotate(OpenApi.Summary, "Get one price list, with its ETag")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.patch("update", "/:id", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: PriceListPatch,
      success: HttpApiSchema.WithHeaders(PriceListView, etag),
      error: [PriceListNotFound, PriceListNameTaken, PriceListsOverlap, ...changes]
    })
      .annotate(OpenApi.Summary, "Change a price list's name, validity or market, or deactivate it")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.delete("remove", "/:id", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: [PriceListNotFound, PriceListInUse, PreconditionRequired, VersionStale]
    })
      .annotate(OpenApi.Summary, "Remove a price list that nobody is assigned")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("entries", "/:id/entries", {
      params: id,
      query: pageQuery,
      success: pageOf(PriceEntryView, "PriceEntryPage"),
      error: PriceListNotFound
    })
      .annotate(OpenApi.Summary, "List the entries: products by offer, then groups, then all")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.put("replaceEntries", "/:id/entries", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: PriceEntries,
      success: HttpApiSchema.WithHeaders(PriceEntriesChange, etag),
      error: [PriceListNotFound, PriceEntriesInvalid, ...changes]
    })
      .annotate(OpenApi.Summary, "Make a price list say exactly this: all of it, or nothing")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.patch("changeEntries", "/:id/entries", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: PriceEntriesPatch,
      success: HttpApiSchema.WithHeaders(PriceEntriesChange, etag),
      error: [PriceListNotFound, PriceEntriesInvalid, ...changes]
    })
      .annotate(OpenApi.Summary, "Add, replace and take out entries; the others stay")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("accounts", "/:id/accounts", {
      params: id,
      query: pageQuery,
      success: pageOf(AssignedAccountView, "AssignedAccountPage"),
      error: PriceListNotFound
    })
      .annotate(OpenApi.Summary, "List the accounts that are assigned a price list, by name")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.put("assign", "/:id/accounts/:accountId", {
      params: { ...id, accountId: guid(AccountId, "The account.") },
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: [PriceListNotFound, AccountNotFound, PriceListsOverlap]
    })
      .annotate(OpenApi.Summary, "Assign a price list to an account")
      .annotate(
        OpenApi.Description,
        "The account buys by it from now on, and so does everybody below it who is assigned no list of that instance. Refused where the account has another active list of the instance that is valid at the same time."
      )
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.delete("unassign", "/:id/accounts/:accountId", {
      params: { ...id, accountId: guid(AccountId, "The account.") },
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: [PriceListNotFound, AccountNotFound]
    })
      .annotate(OpenApi.Summary, "Take a price list back from an account")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("preview", "/:id/preview", {
      params: id,
      query: {
        account: described(
          Schema.optionalKey(guid(AccountId, "The account.")),
          "Preview as this account: what is visible is exactly what it sees under /v1/products."
        ),
        at: described(
          Schema.optionalKey(timestamp("The instant.")),
          "At which instant; now when absent."
        ),
        q: Schema.optionalKey(line("Part of a product's name or offer.", { min: 0, max: 200 })),
        ...pageQuery
      },
      success: pageOf(PreviewedProduct, "PreviewedProductPage"),
      error: [PriceListNotFound, AccountNotFound]
    })
      .annotate(OpenApi.Summary, "Preview a price list: every product, its prices, and why")
      .annotateMerge(requires("price-lists:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/pricelists")
  .annotateMerge(
    OpenApi.annotations({
      title: "Price lists",
      description:
        "What accounts may buy, and at what price: lists with their entries, and who is assigned them."
    })
  ) {}

/** A named set of an instance's products. */
export const PriceGroupView = Schema.Struct({
  ...groupId,
  instance: described(InstanceName, "The instance whose products it groups."),
  instanceId: guid(InstanceId, "The instance."),
  name: described(Schema.String, "Its name."),
  version: described(Schema.Int, "Counts the changes of the group; it is also the ETag.")
}).annotate({
  identifier: "PriceGroup",
  description: "A named set of products that price lists treat alike."
})
export type PriceGroupView = typeof PriceGroupView.Type

const offers = Schema.Array(OfferId).check(Schema.isMaxLength(groupProductsMax))

export const NewPriceGroup = Schema.Struct({
  name,
  instance: described(InstanceName, "The instance whose products it will group.")
}).annotate({
  identifier: "NewPriceGroup",
  description: "A price group to make, without products."
})

export const PriceGroupPatch = Schema.Struct({ name }).annotate({
  identifier: "PriceGroupPatch",
  description: "What to change about a price group."
})

export const PriceGroupProducts = Schema.Struct({
  offers: described(
    offers,
    `All products of the group by their offers, at most ${groupProductsMax}; a product is in one group at most.`
  )
}).annotate({ identifier: "PriceGroupProducts", description: "All products of a price group." })

export const PriceGroupProductsPatch = Schema.Struct({
  put: described(
    Schema.optionalKey(offers),
    "Products to put into the group; those that are in it already stay."
  ),
  remove: described(
    Schema.optionalKey(offers),
    "Products to take out; one that is not in it is no mistake."
  )
})
  .check(
    Schema.makeFilter((patch) =>
      Object.keys(patch).length > 0 ? undefined : "give at least one of put and remove"
    )
  )
  .annotate({
    identifier: "PriceGroupProductsPatch",
    description: "Products to put into a price group and to take out; the others stay."
  })

const GroupProduct = Schema.Struct({
  offer: described(OfferId, "The product's offer.")
}).annotate({ identifier: "PriceGroupProduct", description: "A product of a price group." })

/** Price groups: named sets of products. */
export class PriceGroupsGroup extends HttpApiGroup.make("pricegroups")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { q, instance: instanceQuery, ...pageQuery },
      success: pageOf(PriceGroupView, "PriceGroupPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List price groups, by name")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.post("make", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewPriceGroup,
      success: HttpApiSchema.WithHeaders(PriceGroupView.pipe(HttpApiSchema.status(201)), {
        ...etag,
        location: Schema.String.annotate({ description: "Where the price group can be read." })
      }),
      error: [InstanceNotFound, PriceGroupNameTaken, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make a price group, without products")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("get", "/:id", {
      params: groupId,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(PriceGroupView, etag),
      error: PriceGroupNotFound
    })
      .annotate(OpenApi.Summary, "Get one price group, with its ETag")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.patch("rename", "/:id", {
      params: groupId,
      headers: ifMatch,
      query: noQuery,
      payload: PriceGroupPatch,
      success: HttpApiSchema.WithHeaders(PriceGroupView, etag),
      error: [PriceGroupNotFound, PriceGroupNameTaken, ...changes]
    })
      .annotate(OpenApi.Summary, "Rename a price group")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.delete("remove", "/:id", {
      params: groupId,
      headers: ifMatch,
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: [PriceGroupNotFound, PriceGroupInUse, PreconditionRequired, VersionStale]
    })
      .annotate(OpenApi.Summary, "Remove a price group that no price list has an entry for")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.get("products", "/:id/products", {
      params: groupId,
      query: pageQuery,
      success: pageOf(GroupProduct, "PriceGroupProductPage"),
      error: PriceGroupNotFound
    })
      .annotate(OpenApi.Summary, "List the products of a price group, by offer")
      .annotateMerge(requires("price-lists:read")),
    HttpApiEndpoint.put("replaceProducts", "/:id/products", {
      params: groupId,
      headers: ifMatch,
      query: noQuery,
      payload: PriceGroupProducts,
      success: HttpApiSchema.WithHeaders(PriceGroupView, etag),
      error: [PriceGroupNotFound, PriceEntriesInvalid, ...changes]
    })
      .annotate(OpenApi.Summary, "Make a price group hold exactly these products")
      .annotateMerge(requires("price-lists:write")),
    HttpApiEndpoint.patch("changeProducts", "/:id/products", {
      params: groupId,
      headers: ifMatch,
      query: noQuery,
      payload: PriceGroupProductsPatch,
      success: HttpApiSchema.WithHeaders(PriceGroupView, etag),
      error: [PriceGroupNotFound, PriceEntriesInvalid, ...changes]
    })
      .annotate(OpenApi.Summary, "Put products into a price group and take others out")
      .annotateMerge(requires("price-lists:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/pricegroups")
  .annotateMerge(
    OpenApi.annotations({
      title: "Price groups",
      description: "Named sets of products, so that a price list can have one entry for many."
    })
  ) {}
