import { Redacted } from "effect"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import { type OneProcess, openOneProcess } from "./oneProcess.ts"

/** API, reconcilers and simulator by the simulator's clock, which is moved through the 90 idle days. */
let running: OneProcess
let call: OneProcess["call"]

const dayMs = 86_400_000

const control = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${running.simulator.url}/_simulator${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}

beforeAll(async () => {
  running = await openOneProcess({
    seed: "idle",
    account: { name: "eu", cspStatus: "indirect", customers: 5 },
    byItsClock: true
  })
  call = running.call
  await running.register({ countries: ["DE"] })
  await running.createAccount({ kind: "customer", name: "Fabrikam", code: "C-1" })
  const [organisation] = (await call("GET", "/v1/accounts?kind=organisation")).body.items
  const named = await call("PATCH", `/v1/accounts/${organisation.id}`, {
    body: { email: "service@contoso.example" },
    headers: { "if-match": "*" }
  })
  if (named.status !== 200) throw new Error(named.text)
  for (let n = 0; n < 2; n++) await running.startReconciler()
})
afterAll(() => running.close())

/** Tries again while our clock still follows: a token from tomorrow is not believed. */
const authenticate = () =>
  eventually(
    async () => {
      const { body } = await call("POST", "/v1/instances/eu/consent")
      return new Browser().signIn(body.url, `admin@${running.simulated.domain}`)
    },
    ({ status }) => status === 200
  )
const consentOf = async () => (await call("GET", "/v1/instances/eu/consent")).body
const notifications = async (kind: string) =>
  (await call("GET", "/v1/notifications")).body.items.filter(
    (one: { kind: string }) => one.kind === kind
  )
const refreshes = async (): Promise<number> =>
  (await control("GET", "/requests?operation=signIn.token.refresh_token&limit=1000")).requests
    .length
/** Moves the clock to so many days after an instant. */
const dayAfter = (instant: string, days: number) =>
  control("POST", "/clock", { setTo: new Date(Date.parse(instant) + days * dayMs).toISOString() })

/** Asks again until the answer is right, for as long as the clock takes to get around, and more. */
const eventually = async <A>(ask: () => Promise<A>, right: (answer: A) => boolean): Promise<A> => {
  const deadline = performance.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (right(answer)) return answer
    if (performance.now() > deadline)
      throw new Error(`it stayed so: ${JSON.stringify(answer).slice(0, 2_000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe("a consent through its 90 idle days", () => {
  it("is used once a day, by one of two reconcilers", async () => {
    await authenticate()
    const { consentedAt, lastUsedAt } = await consentOf()
    expect(lastUsedAt).toBe(consentedAt)
    await dayAfter(consentedAt, 1)
    const used = await eventually(consentOf, (consent) => consent.lastUsedAt !== lastUsedAt)
    expect(Date.parse(used.lastUsedAt) - Date.parse(consentedAt)).toBeGreaterThanOrEqual(dayMs)
    expect(used.problem).toBeNull()
    expect(await refreshes()).toBe(1)
    expect(await notifications("consent-expiring")).toEqual([])
  })

  it("is warned of 30, 14, 7 and 1 days before the end, once each, when it cannot be used", async () => {
    const { lastUsedAt } = await consentOf()
    await control("POST", "/faults", {
      operation: "signIn.token.refresh_token",
      fault: { kind: "status", status: 503 }
    })
    // day  days left
    for (const [day, left, count] of [
      [61, 29, 1],
      [77, 13, 2],
      [84, 6, 3],
      [90, 0, 4]
    ] as const) {
      await dayAfter(lastUsedAt, day)
      const raised = await eventually(
        () => notifications("consent-expiring"),
        (found) => found.length >= count
      )
      expect(raised).toHaveLength(count)
      expect(raised[0].subject).toBe(`The consent of eu ends in ${left} days`)
      expect(raised[0].text).toContain("concordat instance authenticate eu")
      const consent = await eventually(consentOf, ({ problem }) => problem !== null)
      // A broken server is no end of the consent.
      expect(consent).toMatchObject({
        status: "authenticated",
        idleDaysLeft: left,
        lastUsedAt,
        problem: { code: null }
      })
    }
    expect((await notifications("consent-expiring"))[0].text).toContain("HTTP 503")
    expect(await notifications("consent-ended")).toEqual([])
    const mails = await eventually(
      async () => (await call("GET", "/v1/outbox?kind=consent-expiring&status=kept")).body.items,
      (kept) => kept.length === 4
    )
    expect(mails.map(({ to }: { to: unknown }) => to)).toEqual(
      Array.from({ length: 4 }, () => ["service@contoso.example"])
    )
    expect(mails[0].subject).toBe("The consent of eu ends in 0 days")
  })

  it("pauses its instance when it has expired: work waits, and goes on after a re-consent", async () => {
    const { lastUsedAt } = await consentOf()
    await control("DELETE", "/faults")
    await dayAfter(lastUsedAt, 91)
    const paused = await eventually(consentOf, ({ status }) => status === "paused")
    expect(paused).toMatchObject({
      text: "Instance is paused: authenticate it again",
      idleDaysLeft: null,
      problem: { code: "AADSTS700082" }
    })
    expect(paused.problem.wayOut).toContain("not used for 90 days")
    const [ended, ...others] = await eventually(
      () => notifications("consent-ended"),
      ({ length }) => length > 0
    )
    expect([ended.severity, others]).toEqual(["critical", []])
    expect(ended.text).toContain("AADSTS700082")

    const asked = await call("POST", "/v1/reconciliations", {
      body: { instance: "eu", scope: { kind: "organisation" } }
    })
    expect(asked.status).toBe(202)
    const run = async () => (await call("GET", `/v1/reconciliations/${asked.body.id}`)).body
    expect((await run()).problem).toBe('waiting: instance "eu" is paused: authenticate it again')
    const job = () => parkedJob(asked.body.id)
    const parked = await eventually(job, (found) => found !== undefined)
    expect(parked).toEqual({ state: "retry", retry_count: 0, blocked: true })
    const before = await refreshes()

    await authenticate()
    const done = await eventually(run, ({ status }) => status === "completed")
    expect(done).toMatchObject({
      problem: null,
      progress: { customers: 5, observed: 5, failed: 0 }
    })
    expect(await consentOf()).toMatchObject({ status: "authenticated", problem: null })
    // What has ended is not tried again and again.
    expect(await refreshes()).toBe(before)
  })

  it("that is revoked pauses it as well, with the code that says so", async () => {
    await control("POST", "/accounts/eu/revocations", {
      userPrincipalName: `admin@${running.simulated.domain}`
    })
    const { lastUsedAt } = await consentOf()
    await dayAfter(lastUsedAt, 1)
    const paused = await eventually(consentOf, ({ status }) => status === "paused")
    expect(paused.problem.code).toBe("AADSTS50173")
    expect(paused.problem.wayOut).toContain("revoked")
    expect((await call("DELETE", "/v1/instances/eu/consent")).status).toBe(204)
  })

  it("whose key has expired keeps its consent, and says what to do about the key", async () => {
    await authenticate()
    const { lastUsedAt } = await consentOf()
    await control("POST", "/accounts/eu/credentials", { action: "expire-secret" })
    await dayAfter(lastUsedAt, 1)
    const failing = await eventually(consentOf, ({ problem }) => problem !== null)
    expect(failing).toMatchObject({ status: "authenticated", problem: { code: "AADSTS7000222" } })
    expect(failing.problem.wayOut).toContain("create another one")
    expect(await notifications("consent-failing")).toHaveLength(1)
  })
})

const parkedJob = async (runId: string) => {
  const client = new pg.Client({ connectionString: Redacted.value(running.place.url) })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select job.state, job.retry_count, job.blocked from pgboss.job
       join parked_job on job_id = job.id where singleton_key = $1`,
      [runId]
    )
    return rows[0]
  } finally {
    await client.end()
  }
}
