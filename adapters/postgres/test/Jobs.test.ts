import { discardJob } from "@concordat/core/job/discardJob"
import type { Job, JobState } from "@concordat/core/job/Job"
import { type JobFilter, Jobs } from "@concordat/core/job/Jobs"
import { retryJob } from "@concordat/core/job/retryJob"
import { exampleValues } from "@concordat/core/mail/mergeFields"
import { Outbox } from "@concordat/core/mail/Outbox"
import { languageDefault } from "@concordat/core/mail/Template"
import { writeMail } from "@concordat/core/mail/writeMail"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { Deferred, Effect, Layer, ManagedRuntime, Redacted, References } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { Outcome } from "../src/queue/Worker.ts"
import { sendMailQueue } from "../src/queues.ts"
import { makeKeyring, Secrets } from "../src/Secrets.ts"
import { portsLayer } from "../src/Storage.ts"
import { testDatabaseAndQueues } from "../src/testing.ts"
import {
  accountId,
  addInstance,
  clear,
  emptied,
  instanceId,
  rowsOf,
  run,
  tenantId
} from "./World.ts"

const secretsLayer = Layer.unwrap(
  Effect.map(makeKeyring(Redacted.make("a passphrase for tests only")), Secrets.layer)
)
const runtime = ManagedRuntime.make(
  portsLayer.pipe(
    Layer.provideMerge(Layer.mergeAll(testDatabaseAndQueues, secretsLayer)),
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Fatal"))
  )
)
afterAll(() => runtime.dispose())
const go = runtime.runPromise

beforeEach(() =>
  go(
    clear.pipe(
      Effect.andThen(emptied("mail_bounce", "mail", "job_discard", "parked_job")),
      Effect.andThen(
        rowsOf(`insert into account (id, parent_id, ancestors, kind, name, code) values
          ('${accountId(1)}', null, '{${accountId(1)}}', 'organisation', 'Contoso', 'O')`)
      )
    )
  )
)

const list = (filter: JobFilter = {}, limit = 50, cursor?: string) =>
  go(Jobs.use((jobs) => jobs.list(filter, { cursor, limit })))
const only = async (filter: JobFilter = {}): Promise<Job> => {
  const { items } = await list(filter)
  const [job] = items
  if (job === undefined || items.length > 1) throw new Error(`${items.length} jobs`)
  return job
}
const write = (n: number) =>
  go(
    writeMail({
      kind: "welcome-customer",
      key: `tenant ${n}`,
      accounts: [accountId(1)],
      language: languageDefault,
      values: exampleValues
    })
  )
const mail = async () => {
  const { items } = await go(
    Outbox.use((outbox) => outbox.list({}, { cursor: undefined, limit: 1 }))
  )
  return items[0]
}

/** A reconciler takes the mails that are due, which end like this. */
const taken = (outcome: Outcome) =>
  go(
    Effect.scoped(
      Effect.gen(function* () {
        const handled = yield* Deferred.make<void>()
        yield* sendMailQueue.work({ batchMax: 10, pollMs: 20 }, (jobs) =>
          Effect.as(
            Deferred.succeed(handled, undefined),
            new Map(jobs.map(({ id }) => [id, outcome]))
          )
        )
        yield* Deferred.await(handled)
        yield* Effect.repeat(
          Effect.delay(
            rowsOf("select from pgboss.job where name = 'send-mail' and state = 'active'"),
            "10 millis"
          ),
          { until: (rows) => rows.length === 0 }
        )
      })
    )
  )
const { Dead, Park, Retry } = Outcome.cases

describe("a job", () => {
  it("that is due says what it is about, and whether that waits for it", async () => {
    await write(1)
    const job = await only()
    expect(job).toMatchObject({
      kind: "send-mail",
      state: "due",
      subject: { _tag: "Mail", mailId: (await mail())?.id },
      about: (await mail())?.subject,
      accountId: accountId(1),
      needed: true,
      attempts: 0,
      reason: null
    })
    await go(rowsOf("update mail set status = 'failed'"))
    expect(await only()).toMatchObject({ needed: false })
  })

  it("that has failed waits for its next attempt with the reason, and is due at once when it is tried", async () => {
    await write(1)
    await taken(Retry.make({ reason: "the server is full" }))
    const job = await only({ state: "delayed" })
    expect(job).toMatchObject({ attempts: 1, reason: "the server is full" })
    expect(job.nextAttemptAt).toBeGreaterThan(job.createdAt)
    const tried = await go(retryJob(job.id))
    expect(tried).toMatchObject({ id: job.id, state: "due", attempts: 1 })
    // It is taken as any other.
    await taken(Outcome.cases.Done.make({}))
    expect((await list()).items).toEqual([])
  })

  it("that was given up is queued as new, with its key once", async () => {
    await write(1)
    await taken(Dead.make({ reason: "payload: a GUID is needed" }))
    const dead = await only({ state: "failed" })
    expect(dead).toMatchObject({ reason: "payload: a GUID is needed", needed: true, attempts: 1 })
    expect(dead.failedAt).not.toBeNull()
    const tried = await go(retryJob(dead.id))
    expect(tried).toMatchObject({ state: "due", attempts: 0, subject: dead.subject })
    expect((await only()).id).toBe(tried.id)
  })

  it("that waits for a consent is not tried, and says so", async () => {
    await write(1)
    await taken(Park.make({ gate: "an instance" }))
    const parked = await only({ state: "parked" })
    const refusal = await go(Effect.flip(retryJob(parked.id)))
    expect(refusal.message).toMatch(/authenticated/u)
  })

  it("that is at work is neither tried nor taken away", async () => {
    await write(1)
    await go(rowsOf("update pgboss.job set state = 'active', started_on = now()"))
    const job = await only({ state: "running" })
    expect((await go(Effect.flip(retryJob(job.id)))).message).toMatch(/at work/u)
    const kept = await go(Effect.flip(discardJob(job.id, "away", "olga")))
    expect(kept.message).toMatch(/at work/u)
    expect((await mail())?.status).toBe("queued")
  })

  it.each<[JobState, Outcome | null]>([
    ["due", null],
    ["delayed", Retry.make({ reason: "later" })],
    ["parked", Park.make({ gate: "an instance" })],
    ["failed", Dead.make({ reason: "never" })]
  ])("that is %s and is taken away is gone, and its mail is not sent", async (state, outcome) => {
    await write(1)
    if (outcome !== null) await taken(outcome)
    const job = await only({ state })
    await go(discardJob(job.id, "the customer has left", "olga"))
    expect((await list()).items).toEqual([])
    expect(await go(rowsOf("select from parked_job"))).toEqual([])
    expect(await mail()).toMatchObject({
      status: "failed",
      attempts: 0,
      problem: "Discarded by olga: the customer has left"
    })
    const { items } = await go(
      Jobs.use(({ discards }) => discards({ cursor: undefined, limit: 5 }))
    )
    expect(items).toMatchObject([
      {
        id: job.id,
        kind: "send-mail",
        about: job.about,
        note: "the customer has left",
        actor: "olga"
      }
    ])
    expect((await go(Effect.flip(discardJob(job.id, "again", "olga"))))._tag).toBe("JobNotFound")
  })
})

describe("taking away a step of a reconciliation", () => {
  beforeEach(() =>
    go(
      Effect.andThen(
        addInstance(1),
        Runs.use((runs) => runs.request(run(1)))
      )
    )
  )
  const get = () => go(Runs.use((runs) => runs.get(run(1).id, null)))

  it("ends the run with the note", async () => {
    const job = await only({ kind: "list-customers" })
    expect(job).toMatchObject({ instance: "instance-1", about: null, needed: true })
    await go(discardJob(job.id, "wrong instance", "olga"))
    expect(await get()).toMatchObject({
      status: "failed",
      problem: "Discarded by olga: wrong instance"
    })
    // Nothing sends it again.
    expect(await go(Runs.use(({ recover }) => recover))).toBe(0)
    expect((await list()).items).toEqual([])
  })

  it("of a look at a customer lets the run go on without the customer", async () => {
    await go(Runs.use((runs) => runs.observe(run(1), [tenantId(1), tenantId(2)], [], 1)))
    expect(await only({ kind: "list-customers" })).toMatchObject({ needed: false })
    const { items } = await list({ kind: "observe-customer" })
    expect(items.map(({ about }) => about).toSorted()).toEqual([tenantId(1), tenantId(2)])
    const away = items.find(({ about }) => about === tenantId(1))
    if (away !== undefined) await go(discardJob(away.id, "unknown there", "olga"))
    expect(await get()).toMatchObject({ status: "observing", customers: 2, customersFailed: 1 })
    const seen = [{ tenantId: tenantId(2), problem: null, requests: 1 }]
    await go(Runs.use((runs) => runs.observed(instanceId(1), seen)))
    expect((await only({ kind: "compare-run" })).needed).toBe(true)
  })
})

describe("the list", () => {
  it("is filtered by state, kind and text, and comes in pages, the newest first", async () => {
    await write(1)
    await write(2)
    await taken(Retry.make({ reason: "the server is full" }))
    await write(3)
    const all = (await list()).items
    expect(all.map(({ state }) => state)).toEqual(["due", "delayed", "delayed"])
    expect((await list({ state: "due" })).items).toEqual(all.slice(0, 1))
    expect((await list({ kind: "price-sheet" })).items).toEqual([])
    expect((await list({ q: "SERVER is" })).items).toHaveLength(2)
    const subject = all[0]?.subject
    const key = subject?._tag === "Mail" ? subject.mailId : ""
    expect((await list({ q: key })).items).toEqual(all.slice(0, 1))
    const first = await list({}, 2)
    const rest = await list({}, 2, first.next ?? "")
    expect([...first.items, ...rest.items]).toEqual(all)
    expect(rest.next).toBeNull()
  })

  it("is counted by kind and state", async () => {
    await write(1)
    await taken(Dead.make({ reason: "never" }))
    await write(2)
    const counts = await go(Jobs.use(({ counts }) => counts))
    expect(counts).toHaveLength(9)
    expect(counts.find(({ kind }) => kind === "send-mail")).toMatchObject({
      due: 1,
      delayed: 0,
      running: 0,
      failed: 1,
      dueSince: expect.any(Number)
    })
    expect(counts.find(({ kind }) => kind === "compare-run")).toMatchObject({ dueSince: null })
  })
})
