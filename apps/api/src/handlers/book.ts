import { bookTemplate, readBookFile } from "@concordat/adapter-excel/BookFile"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { mediaTypes } from "@concordat/contracts/book"
import { BookInvalid, bookProblemsMax } from "@concordat/contracts/Problem"
import { Book } from "@concordat/core/book/Book"
import type { BookProblem } from "@concordat/core/book/BookLine"
import { readBook } from "@concordat/core/book/readBook"
import { sandboxWarnings } from "@concordat/core/book/sandboxWarnings"
import { Instances } from "@concordat/core/instance/Instances"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { instanceNotFound } from "./instances.ts"

/** The CSP's own list of subscriptions: every line is right, or nothing is imported. */
export const bookLayer = HttpApiBuilder.group(
  Api,
  "book",
  Effect.fnUntraced(function* (handlers) {
    const book = yield* Book
    const instances = yield* Instances
    return handlers.handleAll({
      import: Effect.fnUntraced(
        function* ({ payload, query }) {
          const caller = yield* Caller
          const instance = yield* instances.byName(query.instance)
          const { header, records } = yield* readBookFile(payload.format, payload.bytes)
          const { lines, problems } = readBook(header, records)
          if (problems.length > 0) return yield* refused(problems)
          const dryRun = query.dryRun ?? false
          const changes = yield* book.apply(instance.id, lines, {
            dryRun,
            actor: caller.name,
            correlationId: yield* CurrentCorrelation
          })
          const warnings = changes.environment === "sandbox" ? sandboxWarnings(lines) : []
          return { dryRun, ...changes, warnings }
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          BookFileMalformed: ({ message }) => refused([{ line: 0, column: null, text: message }]),
          BookRefused: ({ problems }) => refused(problems)
        })
      ),
      template: ({ query }) => {
        const format = query.format ?? "csv"
        return Effect.map(bookTemplate(format), (bytes) =>
          HttpServerResponse.uint8Array(bytes, {
            contentType: mediaTypes[format],
            headers: { "content-disposition": `attachment; filename="book.${format}"` }
          })
        )
      }
    })
  })
)

const refused = (problems: ReadonlyArray<BookProblem>) =>
  Effect.fail(
    new BookInvalid({
      problems: problems.slice(0, bookProblemsMax),
      total: problems.length,
      detail:
        "Nothing was imported. Correct the lines that are named and send the list again; GET /v1/book/template gives the columns."
    })
  )
