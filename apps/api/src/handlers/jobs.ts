import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import { JobNotFound, JobRefused } from "@concordat/contracts/Problem"
import { discardJob } from "@concordat/core/job/discardJob"
import { type Job, JobSubject } from "@concordat/core/job/Job"
import { Jobs } from "@concordat/core/job/Jobs"
import { retryJob } from "@concordat/core/job/retryJob"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"

/** The work of the reconcilers. */
export const jobsLayer = HttpApiBuilder.group(
  Api,
  "jobs",
  Effect.fnUntraced(function* (handlers) {
    const jobs = yield* Jobs
    return handlers.handleAll({
      list: ({ query: { cursor, limit, ...filter } }) =>
        pageOf("jobs", { cursor, limit }, (page) =>
          Effect.map(jobs.list(filter, page), ({ items, next }) => ({
            items: items.map(viewOf),
            next
          }))
        ),
      counts: () => Effect.map(jobs.counts, (items) => ({ items })),
      discarded: ({ query }) => pageOf("discarded jobs", query, jobs.discards),
      get: ({ params }) =>
        jobs.get(params.id).pipe(Effect.map(viewOf), Effect.catchTag("JobNotFound", notFound)),
      retry: ({ params }) =>
        retryJob(params.id).pipe(
          Effect.map(viewOf),
          Effect.catchTags({ JobNotFound: notFound, JobRefused: refused })
        ),
      discard: ({ params, payload }) =>
        Effect.flatMap(Caller, ({ name }) => discardJob(params.id, payload.note, name)).pipe(
          Effect.catchTags({ JobNotFound: notFound, JobRefused: refused })
        )
    })
  })
)

const viewOf = ({ subject, ...job }: Job) => ({ ...job, subjectId: idOf(subject) })

const idOf = (subject: JobSubject): string | null =>
  JobSubject.match(subject, {
    Run: ({ runId }) => runId,
    Customer: ({ tenantId }) => tenantId,
    Mail: ({ mailId }) => mailId,
    CatalogueRun: ({ catalogueRunId }) => catalogueRunId,
    Synchronization: ({ synchronizationId }) => synchronizationId,
    PriceSheet: ({ priceSheetId }) => priceSheetId,
    Import: ({ importId }) => importId,
    Acceptance: ({ acceptanceId }) => acceptanceId,
    Unknown: () => null
  })

const notFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(new JobNotFound({ id, detail: `${message} GET /v1/jobs lists them.` }))

const refused = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(new JobRefused({ id, detail: message }))
