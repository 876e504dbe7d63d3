import { Segment } from "@concordat/core/catalogue/Family"
import { Country } from "@concordat/core/instance/Country"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Currency } from "@concordat/core/money/Money"
import { Market } from "@concordat/core/price/PriceList"
import {
  Month,
  PriceSheetId,
  PriceSheetStatus,
  SheetProblem,
  Timeline
} from "@concordat/core/pricesheet/PriceSheet"
import { BillingCycle, OfferId, Term } from "@concordat/core/subscription/Subscription"
import { Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, flag, guid, Money, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  BodyTooLarge,
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InstanceDisabled,
  InstanceNotFound,
  MediaTypeUnsupported,
  PriceSheetInvalid,
  PriceSheetNotFound,
  PriceSheetOutdated
} from "./Problem.ts"

/** As sent: what the file is, is seen from its first bytes. */
export const sheetMediaTypes = ["text/csv", "application/zip", "application/octet-stream"] as const

/** The largest sheet that is taken unless the server is told otherwise; a large one of today has 200 MiB. */
export const sheetBytesMaxDefault = 500 * 1024 * 1024

const instanceText = "The instance, by its name."

/** A market as callers write it: a country or territory that exists, in capitals or not. */
const marketGiven = Country.pipe(
  Schema.decodeTo(
    Schema.toType(Market),
    SchemaTransformation.transform({
      decode: (country: string) => Market.make(country),
      encode: (market: string) => Country.make(market)
    })
  )
)

const which = {
  market: described(marketGiven, "The market whose sheet it is, as two letters of ISO 3166-1."),
  timeline: Schema.optionalKey(
    described(
      Timeline,
      "Which sheet. current and history hold every price of their month: what they do not list has ended. future holds only what will change. current when absent."
    )
  ),
  month: Schema.optionalKey(
    described(
      Month,
      "The month it is of, such as 2026-11; this one when absent, and for the future sheet the next one. Sheets are imported in the order of their months."
    )
  )
}

const ProblemView = SheetProblem.annotate({
  identifier: "PriceSheetProblem",
  description: "What is wrong with one line of a price sheet."
})

/** An import of a price sheet. */
export const PriceSheetView = Schema.Struct({
  id: guid(PriceSheetId, "The import."),
  instance: described(InstanceName, instanceText),
  market: described(Market, "The market."),
  month: described(Month, "The month the sheet is of."),
  timeline: described(Timeline, "Which of the market's sheets it is."),
  source: described(
    Schema.Literals(["upload", "download"]),
    "Whether it was sent to us or downloaded from Microsoft."
  ),
  dryRun: described(Schema.Boolean, "True: it compares and reports, and changes no price."),
  status: described(
    PriceSheetStatus,
    "queued: waits to be downloaded; reading: comes in; staged: was read whole and waits to be applied; completed: counts; refused: lines are wrong, and nothing was changed; failed: could not be read or applied, and nothing was changed."
  ),
  requestedBy: described(Schema.String, "Who asked for it."),
  correlationId: described(Schema.String, "The correlation id of everything that it causes."),
  progress: described(
    Schema.Struct({
      bytes: count("Bytes read, as they came."),
      lines: count("Lines read, without the header.")
    }),
    "How far it was read."
  ),
  counts: described(
    Schema.Struct({
      added: count("Prices where there was none."),
      changed: count("Prices with other amounts than before."),
      redated: count("Prices with the same amounts and other dates."),
      ended: count("Prices that end, with nothing after them."),
      unchanged: count("Prices that were known just so."),
      duplicates: count("Lines that say the same as another one.")
    }),
    "What it changed, or would change."
  ),
  problems: described(Schema.Array(ProblemView), "The first problems, in the order of the file."),
  problemCount: count("How many problems there are in all."),
  problem: described(Schema.NullOr(Schema.String), "Why it failed; null when it did not."),
  createdAt: timestamp("When it was asked for."),
  finishedAt: described(Schema.NullOr(timestamp("When it ended.")), "When it ended; null before.")
}).annotate({
  identifier: "PriceSheet",
  description: "An import of one of Microsoft's price sheets, with what it changed."
})
export type PriceSheetView = typeof PriceSheetView.Type

const subject = {
  offer: described(OfferId, "PRODUCT:SKU."),
  title: described(Schema.String, "Microsoft's name of the SKU."),
  term: described(Schema.NullOr(Term), "The commitment; null where there is none."),
  billingCycle: described(BillingCycle, "How often it is billed."),
  segment: described(Segment, "Who may buy it."),
  market: described(Market, "The market."),
  currency: described(Currency, "ISO 4217."),
  tierMin: described(
    Schema.NullOr(Schema.Int),
    "The fewest seats for which it holds; null where it is not tiered."
  ),
  tierMax: described(
    Schema.NullOr(Schema.Int),
    "The most seats for which it holds; null where it is not tiered."
  )
}

const dated = {
  validFrom: timestamp("The first instant at which it holds."),
  validTo: described(
    Schema.NullOr(timestamp("The first instant at which it does not hold any more.")),
    "The first instant at which it does not hold any more; null for no end."
  )
}

const amounts = {
  cost: described(
    Money,
    "What one seat costs the partner for one billing period: UnitPrice, which is for the whole term, divided by the billing periods in it."
  ),
  recommended: described(
    Schema.NullOr(Money),
    "What Microsoft recommends to charge for one seat and billing period; null where it recommends nothing."
  ),
  termCost: described(Money, "UnitPrice as the sheet has it: for one seat and the whole term."),
  termRecommended: described(
    Schema.NullOr(Money),
    "ERP Price as the sheet has it: for one seat and the whole term."
  )
}

const PointView = Schema.Struct({ ...amounts, ...dated }).annotate({
  identifier: "SheetPricePoint",
  description: "The amounts and dates of a price."
})

/** What a sheet changed about one price. */
export const PriceSheetChangeView = Schema.Struct({
  kind: described(
    Schema.Literals(["added", "changed", "redated", "ended"]),
    "What changed. added: there was no price; changed: other amounts; redated: other dates only; ended: nothing comes after it."
  ),
  ...subject,
  before: described(Schema.NullOr(PointView), "What counted before; null for nothing."),
  after: described(
    Schema.NullOr(PointView),
    "What counts now; null for a price that was announced and will not come."
  )
}).annotate({
  identifier: "PriceSheetChange",
  description: "What a price sheet changed about one price."
})
export type PriceSheetChangeView = typeof PriceSheetChangeView.Type

/** A price as a sheet said it. */
export const SheetPriceView = Schema.Struct({
  ...subject,
  ...amounts,
  ...dated,
  priceSheet: guid(PriceSheetId, "The import that we know it from."),
  supersededBy: described(
    Schema.NullOr(guid(PriceSheetId, "The import that says otherwise.")),
    "The import that says otherwise; null while the price counts."
  )
}).annotate({ identifier: "SheetPrice", description: "A price as a price sheet said it." })
export type SheetPriceView = typeof SheetPriceView.Type

const sheetId = { id: guid(PriceSheetId, "The import.") }
const followed = HttpApiSchema.WithHeaders(PriceSheetView.pipe(HttpApiSchema.status(202)), {
  location: described(Schema.String, "Where to follow it.")
})

/** Microsoft's price sheets. */
export class PriceSheetsGroup extends HttpApiGroup.make("pricesheets")
  .add(
    HttpApiEndpoint.post("import", "/pricesheets", {
      headers: idempotencyKey,
      query: {
        instance: described(InstanceName, "The instance whose prices they are."),
        ...which,
        dryRun: Schema.optionalKey(
          flag("True checks and compares everything and changes no price; false when absent.")
        )
      },
      payload: HttpApiSchema.StreamUint8Array({ contentType: sheetMediaTypes }),
      success: followed,
      error: [
        InstanceNotFound,
        PriceSheetInvalid,
        PriceSheetOutdated,
        IdempotencyKeyInUse,
        IdempotencyKeyReused,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Import a price sheet: all of it, or nothing")
      .annotate(
        OpenApi.Description,
        `Takes Microsoft's license-based price sheet as the body: the CSV as it was exported, or the zip with it. It is read as it comes in, up to ${sheetBytesMaxDefault / 1024 / 1024} MiB unless the server was set otherwise. Every wrong line is named with its column and value, and then no price is changed. The answer comes when every line was checked; follow the Location until the prices count. The same Idempotency-Key with the same file gets the same import again.`
      )
      .annotateMerge(requires("catalogue:write")),
    HttpApiEndpoint.post("download", "/pricesheets/download", {
      headers: idempotencyKey,
      query: noQuery,
      payload: Schema.Struct({
        instance: described(InstanceName, "The instance whose prices they are."),
        ...which,
        dryRun: Schema.optionalKey(
          described(Schema.Boolean, "True compares and reports, and changes no price.")
        )
      }).annotate({
        identifier: "PriceSheetDownload",
        description: "A price sheet to download from Microsoft."
      }),
      success: followed,
      error: [
        InstanceNotFound,
        InstanceDisabled,
        PriceSheetOutdated,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Download a price sheet from Microsoft and import it")
      .annotate(
        OpenApi.Description,
        "The answer comes at once; follow the Location. Microsoft gives price sheets only to a user: the instance must have been authenticated."
      )
      .annotateMerge(requires("catalogue:write")),
    HttpApiEndpoint.get("list", "/pricesheets", {
      query: {
        instance: Schema.optionalKey(described(InstanceName, "Only of this instance.")),
        ...pageQuery
      },
      success: pageOf(PriceSheetView, "PriceSheetPage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "List imports of price sheets, newest first")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("get", "/pricesheets/:id", {
      params: sheetId,
      query: noQuery,
      success: PriceSheetView,
      error: PriceSheetNotFound
    })
      .annotate(OpenApi.Summary, "Get an import: status, progress, counts and the first problems")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("changes", "/pricesheets/:id/changes", {
      params: sheetId,
      query: pageQuery,
      success: pageOf(PriceSheetChangeView, "PriceSheetChangePage"),
      error: PriceSheetNotFound
    })
      .annotate(OpenApi.Summary, "Read what an import changed, by offer and plan")
      .annotateMerge(requires("catalogue:read")),
    HttpApiEndpoint.get("prices", "/prices", {
      query: {
        instance: described(InstanceName, instanceText),
        offer: described(OfferId, "The offer, as PRODUCT:SKU."),
        market: Schema.optionalKey(described(Market, "Only of this market.")),
        at: Schema.optionalKey(timestamp("Only what holds at this instant.")),
        history: Schema.optionalKey(
          flag("True shows also what a later sheet said otherwise; false when absent.")
        ),
        ...pageQuery
      },
      success: pageOf(SheetPriceView, "SheetPricePage"),
      error: InstanceNotFound
    })
      .annotate(OpenApi.Summary, "Read Microsoft's prices of an offer: past, present and announced")
      .annotateMerge(requires("catalogue:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/catalogue")
  .annotateMerge(
    OpenApi.annotations({
      title: "Price sheets",
      description: "Microsoft's prices: cost and recommended price of every offer and plan."
    })
  ) {}
