import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

const nobody = "99999999-0000-4000-8000-000000000000"
let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const jobs = async (query: string) => (await api.call("GET", `/v1/jobs?${query}`)).body.items

describe("jobs", () => {
  it("are listed with what they are about, counted, and shown one by one", async () => {
    const mailId = await api.mail(api.seeded.southern.account)
    const [job] = await jobs("kind=send-mail&limit=1")
    expect(job).toMatchObject({
      state: "due",
      subjectId: mailId,
      accountId: api.seeded.southern.account,
      needed: true,
      instance: null
    })
    expect((await api.call("GET", `/v1/jobs/${job.id}`)).body).toEqual(job)
    const { body } = await api.call("GET", "/v1/jobs/counts")
    const mails = body.items.find(({ kind }: { kind: string }) => kind === "send-mail")
    expect(mails.due).toBe((await jobs("kind=send-mail&limit=500")).length)
    expect(job.nextAttemptAt >= mails.dueSince).toBe(true)
  })

  it("are taken away once with a note, under the name of whoever did it", async () => {
    const mailId = await api.mail(api.seeded.southern.account)
    const [job] = await jobs("kind=send-mail&limit=1")
    const body = { note: "the customer has left" }
    const taken = await api.call("POST", `/v1/jobs/${job.id}/discard`, { body })
    expect(taken.body).toMatchObject({ id: job.id, note: body.note, actor: "key:admin" })
    expect((await api.call("GET", `/v1/outbox/${mailId}`)).body).toMatchObject({
      status: "failed",
      problem: "Discarded by key:admin: the customer has left"
    })
    const { items } = (await api.call("GET", "/v1/jobs/discarded")).body
    expect(items[0]).toEqual(taken.body)
    expect(problemOf(await api.call("POST", `/v1/jobs/${job.id}/discard`, { body }))).toBe(
      "404 job-not-found"
    )
  })

  it("of an import, a catalogue run and a reconciliation end them with the note", async () => {
    const started = [
      [
        "customer-import",
        "/v1/imports",
        await api.call("POST", "/v1/imports", { body: { instance: "contoso-eu" } })
      ],
      [
        "catalogue-run",
        "/v1/catalogue/runs",
        await api.call("POST", "/v1/catalogue/runs", { body: { instance: "contoso-eu" } })
      ],
      [
        "list-customers",
        "/v1/reconciliations",
        await api.call("POST", "/v1/reconciliations", {
          body: { instance: "contoso-eu", scope: { kind: "organisation" } }
        })
      ]
    ] as const
    for (const [kind, path, { body }] of started) {
      const [job] = await jobs(`kind=${kind}&limit=1`)
      expect(job).toMatchObject({ instance: "contoso-eu", subjectId: body.id })
      await api.call("POST", `/v1/jobs/${job.id}/discard`, { body: { note: "not now" } })
      expect((await api.call("GET", `${path}/${body.id}`)).body).toMatchObject({
        status: "failed",
        problem: "Discarded by key:admin: not now"
      })
    }
  })

  it("that are at work stay, with the reason", async () => {
    await api.mail(api.seeded.southern.account)
    const [job] = await jobs("kind=send-mail&limit=1")
    await api.rows(
      `update pgboss.job set state = 'active', started_on = now() where id = '${job.id}'`
    )
    const refused = await api.call("POST", `/v1/jobs/${job.id}/discard`, { body: { note: "x" } })
    expect(problemOf(refused)).toBe("409 job-refused")
    expect(refused.body.detail).toMatch(/at work/u)
    expect(problemOf(await api.call("POST", `/v1/jobs/${job.id}/retry`))).toBe("409 job-refused")
  })

  it.each([
    ["GET", `/v1/jobs/${nobody}`, undefined, "404 job-not-found"],
    ["POST", `/v1/jobs/${nobody}/retry`, undefined, "404 job-not-found"],
    ["POST", `/v1/jobs/${nobody}/discard`, { note: "x" }, "404 job-not-found"],
    ["POST", `/v1/jobs/${nobody}/discard`, { note: "" }, "400 invalid-request"],
    ["POST", `/v1/jobs/${nobody}/discard`, {}, "400 invalid-request"],
    ["GET", "/v1/jobs?state=lost", undefined, "400 invalid-request"],
    ["GET", "/v1/jobs?kind=nothing", undefined, "400 invalid-request"]
  ])("answers %s %s with %s", async (method, path, body, problem) => {
    expect(problemOf(await api.call(method, path, { body }))).toBe(problem)
  })
})

describe("health", () => {
  it("tells of the database, of reconcilers that are connected, and of the mails", async () => {
    await api.mail(api.seeded.northern.account, {})
    const { body } = await api.call("GET", "/v1/health")
    expect(body.database.version).toMatch(/^\d+/u)
    expect(body.database.bytes).toBeGreaterThan(1_000_000)
    // The test has none.
    expect(body.reconcilerConnections).toBe(0)
    expect(body.mail.failedToday).toBeGreaterThan(0)
    expect(body.mail.newest).toMatchObject({ status: "failed" })
    expect(Math.abs(Date.parse(body.mail.newest.at) - Date.now())).toBeLessThan(60_000)
  })
})
