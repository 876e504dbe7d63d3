import { AccountId } from "@concordat/core/account/Account"
import { InstanceName } from "@concordat/core/instance/Instance"
import { JobId, JobKind, JobState } from "@concordat/core/job/Job"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described, guid, line, plainGuid, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import { BodyTooLarge, JobNotFound, JobRefused, MediaTypeUnsupported } from "./Problem.ts"

const kind = described(
  JobKind,
  "What is done: `list-customers`, `observe-customer` and `compare-run` are steps of reconciliations, `send-mail` hands a mail to the mail server, `catalogue-run` reads a catalogue, `synchronize-tenant` makes an account a tenant, `price-sheet` downloads and applies one, `customer-import` goes on with an import, `send-acceptance` tells Microsoft of an agreement."
)
const state = described(
  JobState,
  "`due` waits for a reconciler that is free, `delayed` for its next attempt, `parked` until somebody has authenticated the instance; `running` is at work; `failed` was given up, and waits for a person."
)
const about = described(
  Schema.NullOr(Schema.String),
  "What it is about, for people: an account, a mail's subject, a market; null where that is the instance as a whole."
)
const instance = described(Schema.NullOr(InstanceName), "The instance; null where it is of none.")
const reason = described(
  Schema.NullOr(Schema.String),
  "What its last attempt said; null before the first has failed."
)
const instantOrNull = (description: string) =>
  described(Schema.NullOr(timestamp(description)), description)

/** A job as people see it. */
export const JobView = Schema.Struct({
  id: guid(JobId, "The job."),
  kind,
  state,
  about,
  instance,
  accountId: described(
    Schema.NullOr(guid(AccountId, "The account.")),
    "The account that it is about, where it is about one."
  ),
  subjectId: described(
    Schema.NullOr(plainGuid("Its id.")),
    "The reconciliation, mail, catalogue run, synchronisation, price sheet, import or acceptance that it is a step of, or the customer's tenant; null where that cannot be told."
  ),
  needed: Schema.Boolean.annotate({
    description:
      "Whether what it is a step of still waits for it; if not, the job would do nothing."
  }),
  attempts: count("How often it was tried and did not succeed."),
  attemptsMax: count("After how many attempts it is given up."),
  reason,
  createdAt: timestamp("When it was queued."),
  failedAt: instantOrNull("When it was given up; null unless it was."),
  nextAttemptAt: instantOrNull(
    "When it is tried next; null while it is at work or waits for a person."
  ),
  startedAt: instantOrNull("Since when it is at work; null unless it is.")
}).annotate({ identifier: "Job", description: "A piece of work of the reconcilers." })

const JobCountsView = Schema.Struct({
  kind,
  due: count("How many are due."),
  delayed: count("How many wait for their next attempt."),
  parked: count("How many wait until an instance is authenticated."),
  running: count("How many are at work."),
  failed: count("How many were given up."),
  dueSince: instantOrNull(
    "Since when the one has been due that has been longest; null where none is."
  )
}).annotate({ identifier: "JobCounts", description: "How many jobs of a kind there are." })

const DiscardView = Schema.Struct({
  id: guid(JobId, "The job that was taken away."),
  kind,
  about,
  instance,
  reason,
  note: Schema.String.annotate({ description: "Why it was taken away." }),
  actor: Schema.String.annotate({ description: "Who did it." }),
  at: timestamp("When.")
}).annotate({ identifier: "DiscardedJob", description: "A job that somebody took away." })

const jobId = { id: guid(JobId, "The job's id.") }

/** The work of the reconcilers. */
export class JobsGroup extends HttpApiGroup.make("jobs")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        ...pageQuery,
        state: described(Schema.optionalKey(JobState), "Only jobs of this state."),
        kind: described(Schema.optionalKey(JobKind), "Only jobs of this kind."),
        q: Schema.optionalKey(
          line("A part of the reason, or of an id of what it is about.", { min: 0, max: 200 })
        )
      },
      success: pageOf(JobView, "JobPage")
    })
      .annotate(OpenApi.Summary, "List jobs that wait, are at work or were given up, newest first")
      .annotateMerge(requires("jobs:read")),
    HttpApiEndpoint.get("counts", "/counts", {
      query: noQuery,
      success: Schema.Struct({
        items: Schema.Array(JobCountsView).annotate({ description: "Each kind." })
      }).annotate({ identifier: "AllJobCounts", description: "How many jobs there are." })
    })
      .annotate(OpenApi.Summary, "Count jobs by kind and state")
      .annotateMerge(requires("jobs:read")),
    HttpApiEndpoint.get("discarded", "/discarded", {
      query: pageQuery,
      success: pageOf(DiscardView, "DiscardedJobPage")
    })
      .annotate(OpenApi.Summary, "List jobs that somebody took away, with the notes, newest first")
      .annotateMerge(requires("jobs:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: jobId,
      query: noQuery,
      success: JobView,
      error: JobNotFound
    })
      .annotate(OpenApi.Summary, "Get a job")
      .annotateMerge(requires("jobs:read")),
    HttpApiEndpoint.post("retry", "/:id/retry", {
      params: jobId,
      headers: idempotencyKey,
      query: noQuery,
      success: JobView,
      error: [JobNotFound, JobRefused]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Try a job now")
      .annotate(
        OpenApi.Description,
        "One that waits for its next attempt becomes due; one that was given up is queued as new, under another id. Refused with the reason where it would do nothing, or waits for a person."
      )
      .annotateMerge(requires("jobs:write")),
    HttpApiEndpoint.post("discard", "/:id/discard", {
      params: jobId,
      headers: idempotencyKey,
      query: noQuery,
      payload: Schema.Struct({
        note: line("Why: it is kept, and becomes the reason of what waited for the job.", {
          min: 1,
          max: 500
        })
      }).annotate({ identifier: "Discarding", description: "Why a job is taken away." }),
      success: DiscardView,
      error: [JobNotFound, JobRefused, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Take a job away, and end what waits for it")
      .annotate(
        OpenApi.Description,
        "In one transaction: a reconciliation, catalogue run, price sheet, import or synchronisation fails with the note; a customer's look counts as failed, and the runs that waited for it say nothing about the customer; a mail is not sent. Refused with the reason for a job that is at work, and for an acceptance that Microsoft must be told of."
      )
      .annotateMerge(requires("jobs:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/jobs")
  .annotateMerge(
    OpenApi.annotations({
      title: "Jobs",
      description: "The work of the reconcilers: what waits, is at work, or was given up."
    })
  ) {}
