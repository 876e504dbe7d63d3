import { Environment, InstanceName } from "@concordat/core/instance/Instance"
import { Schema, SchemaTransformation } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, flag } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { BodyTooLarge, BookInvalid, InstanceNotFound, MediaTypeUnsupported } from "./Problem.ts"

/** Media types of the two file formats, as sent and as served. */
export const mediaTypes = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
} as const

/** The largest list that is taken: 32 MiB hold about 100,000 lines. */
export const bookBytesMax = 32 * 1024 * 1024
/** The most lines a list may have, the header not counted. */
export const bookLinesMax = 200_000

/** The format is in the value, so that a typed client sends the right content type. */
const file = <const F extends "csv" | "xlsx">(format: F) =>
  Schema.Uint8Array.pipe(
    Schema.decodeTo(
      Schema.Struct({ format: Schema.Literal<F>(format), bytes: Schema.Uint8Array }),
      SchemaTransformation.transform({
        decode: (bytes: Uint8Array) => ({ format, bytes }),
        encode: (sent: { readonly format: F; readonly bytes: Uint8Array }) => sent.bytes
      })
    ),
    HttpApiSchema.asUint8Array({ contentType: mediaTypes[format] })
  )

/** What an import changed, or would change. */
export const BookImport = Schema.Struct({
  dryRun: described(Schema.Boolean, "True when nothing was kept."),
  environment: described(
    Environment,
    "The environment whose book it is: the one that is live. The books of primary and sandbox stay apart."
  ),
  warnings: described(
    Schema.Array(Schema.String),
    "What to look at, such as a sandbox that would hold more than it can; it was imported all the same."
  ),
  accountsAdded: count("Accounts that were not in the book."),
  accountsChanged: count("Accounts whose name, parent or Partner ID changed."),
  tenantsLinked: count("Microsoft tenants linked to an account."),
  subscriptionsAdded: count("Subscriptions that were not in the book."),
  subscriptionsChanged: count("Subscriptions with other terms than before."),
  subscriptionsUnchanged: count("Subscriptions that were as the list says already."),
  subscriptionsNotListed: count(
    "Subscriptions of the instance that the list does not name; they stay as they are."
  )
}).annotate({ identifier: "BookImport", description: "What an import changed, or would change." })

/** The CSP's own list of subscriptions. */
export class BookGroup extends HttpApiGroup.make("book")
  .add(
    HttpApiEndpoint.post("import", "/imports", {
      headers: idempotencyKey,
      query: {
        instance: described(InstanceName, "The instance whose book the list is."),
        dryRun: Schema.optionalKey(
          flag("True checks and counts everything and keeps nothing; false when absent.")
        )
      },
      payload: [file("csv"), file("xlsx")],
      success: BookImport,
      error: [InstanceNotFound, BookInvalid, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Import a list of subscriptions: all of it, or nothing")
      .annotate(
        OpenApi.Description,
        `Takes a CSP's own list as CSV or Excel, in the columns of the template, at most ${bookLinesMax} lines and ${bookBytesMax / 1024 / 1024} MiB. Every bad line is named with its column, and then nothing is imported. Importing the same list again changes nothing.`
      )
      .annotateMerge(requires("book:write")),
    HttpApiEndpoint.get("template", "/template", {
      query: {
        format: Schema.optionalKey(
          described(Schema.Literals(["csv", "xlsx"]), "The file format; csv when absent.")
        )
      },
      success: HttpApiSchema.WithHeaders(
        HttpApiSchema.StreamUint8Array({ contentType: [mediaTypes.csv, mediaTypes.xlsx] }),
        { "content-disposition": described(Schema.String, "The file's name.") }
      )
    })
      .annotate(OpenApi.Summary, "Get an empty list with every column and an example line")
      .annotateMerge(requires("book:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/book")
  .annotateMerge(
    OpenApi.annotations({
      title: "Book",
      description: "The CSP's own book: its accounts and the subscriptions agreed with them."
    })
  ) {}
