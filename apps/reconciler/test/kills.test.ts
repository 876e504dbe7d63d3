import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Effect, Exit, Redacted, Scope } from "effect"
import { sql } from "kysely"
import { SMTPServer } from "smtp-server"
import { afterAll, beforeAll, expect, it } from "vitest"
import { directoryOf } from "../../simulator/src/world/Tenant.ts"
import { type Child, startChild } from "../../start/src/Child.ts"
import { type OneProcess, openOneProcess } from "../../start/test/oneProcess.ts"
import { eventually } from "../../start/test/Program.ts"

/**
 * Reconcilers in processes of their own, each killed (SIGKILL) after Microsoft or the mail server has done what it was
 * asked for and before anybody here knows. What is killed step by step is tested with the lanes.
 */
let running: OneProcess
let call: OneProcess["call"]
let customer: string
const prefix = "alpinekilled"
const domain = `${prefix}.onmicrosoft.com`
const folder = mkdtempSync(join(tmpdir(), "concordat-kills-"))
const scope = Scope.makeUnsafe()

/** A mail server that takes a mail and keeps its sender waiting for as long as `silent`. */
const mails: Array<{ readonly id: string; readonly text: string }> = []
let silent = true
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  onData: (stream, _, done) => {
    let text = ""
    stream.on("data", (chunk) => {
      text += chunk
    })
    stream.once("end", () => {
      mails.push({ id: /^Message-ID: (.*)$/imu.exec(text)?.[1] ?? "", text })
      if (!silent) done()
    })
  }
})
smtp.on("error", () => undefined)

beforeAll(async () => {
  smtp.listen(0, "127.0.0.1")
  await once(smtp.server, "listening")
  running = await openOneProcess({
    seed: "kills",
    account: { name: "eu", cspStatus: "indirect", customers: 1 }
  })
  call = running.call
  // Partner Center's memory of request ids would hide a second request.
  microsoft().settings("eu", { repeatedRequests: "forget" })
  const { mpnId, resellers } = running.simulated
  await running.register({ mpnId, countries: ["DE"] })
  await running.consent()
  const reseller = await running.createAccount({
    kind: "reseller",
    name: "Northwind Reselling",
    email: "orders@northwind.example",
    mpnId: resellers[0]?.mpnId
  })
  customer = await running.createAccount({
    kind: "customer",
    name: "Alpine Ski House",
    parentId: reseller,
    email: "office@alpine.example",
    phone: "+49 30 1234567",
    address: {
      line1: "Unter den Linden 1",
      line2: null,
      city: "Berlin",
      state: null,
      postalCode: "10117",
      country: "DE"
    }
  })
  await call("PUT", `/v1/accounts/${customer}/syncoptions?instance=eu`, {
    headers: { "if-match": "*" },
    body: { userName: "admin", domainPrefix: prefix }
  })
})
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await running.close()
  await new Promise<void>((closed) => {
    smtp.close(() => closed())
    // A connection that waits for an answer would be waited for.
    for (const connection of smtp.connections) connection.close()
  })
  rmSync(folder, { recursive: true, force: true })
})

const microsoft = () => running.simulator.simulator
/** The next such request takes effect, and nobody hears of it. */
const losing = (operation: string) =>
  microsoft().faults.arm({ operation, fault: { kind: "lost-response" }, count: 1 })
const asked = (operation: string) =>
  microsoft().requests.list(1, 1_000, (request) => request.operation === operation).items
const isLost = (operation: string) =>
  eventually(
    () => asked(operation),
    (requests) => requests.some(({ fault }) => fault === "lost-response")
  )

const startReconciler = (): Promise<Child> => {
  const address = smtp.server.address()
  const port = address !== null && typeof address === "object" ? address.port : 0
  return Effect.runPromise(
    startChild({
      name: "reconciler",
      main: resolve(import.meta.dirname, "../src/main.ts"),
      environment: {
        DATABASE_URL: Redacted.value(running.place.url),
        CONCORDAT_DATA_DIR: folder,
        CONCORDAT_SMTP_URL: `smtp://127.0.0.1:${port}`,
        CONCORDAT_MAIL_FROM: "no-reply@contoso.example"
      },
      logFolder: folder
    }).pipe(Scope.provide(scope))
  )
}
/** Kills it, and lets its jobs look as those of a process that has long been silent. */
const kill = async ({ died, pid }: Child) => {
  if (pid === undefined) throw new Error("the reconciler has no process")
  process.kill(pid, "SIGKILL")
  await Effect.runPromise(died)
  await running.build(
    running.database.run("test.silence", (db) =>
      sql`update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute'
        where state = 'active'`.execute(db)
    )
  )
}
const state = async () =>
  (await call("GET", `/v1/accounts/${customer}/synchronization`)).body.items[0]
/** The administrator's password as Microsoft has it, of the only tenant with the domain. */
const passwordAtMicrosoft = () => {
  const made = microsoft()
    .account("eu")
    .customers.filter(({ domain: one }) => one === domain)
  expect(made).toHaveLength(1)
  const users = made.flatMap(directoryOf)
  return users.find(({ upn }) => upn === `admin@${domain}`)?.password
}
const mailsSent = async () => (await call("GET", `/v1/outbox?account=${customer}`)).body.items

it("processes that are killed leave one tenant, one agreement, and one Welcome mail with the right password", async () => {
  // The tenant is there, and nobody knows.
  losing("createCustomer")
  losing("updateUser")
  const first = await startReconciler()
  const begun = await call("POST", `/v1/accounts/${customer}/synchronization`, {
    body: { instance: "eu", mode: "create" }
  })
  expect(begun.status, begun.text).toBe(202)
  await isLost("createCustomer")
  await kill(first)
  expect(await state()).toMatchObject({ status: "in-progress", tenants: [] })

  // It is found, and its administrator has a password that nobody knows.
  const second = await startReconciler()
  await isLost("updateUser")
  await kill(second)
  expect(await mailsSent()).toEqual([])

  // The mail is with the mail server, which has not said so; the agreement is with Microsoft, which has not either.
  const third = await startReconciler()
  await eventually(state, ({ status }) => status === "synchronised")
  losing("acceptAgreement")
  const form = await call("GET", `/v1/accounts/${customer}/agreement?instance=eu`)
  const confirmed = await call("POST", `/v1/accounts/${customer}/agreement`, {
    body: {
      instance: "eu",
      templateId: form.body.form.templateId,
      confirmed: true,
      firstName: "Ada",
      lastName: "Kovac",
      email: "ada@alpine.example"
    }
  })
  expect(confirmed.status, confirmed.text).toBe(202)
  await isLost("acceptAgreement")
  await eventually(
    () => mails.length,
    (count) => count > 0
  )
  await kill(third)
  expect(await mailsSent()).toMatchObject([{ status: "queued", attempts: 0 }])

  silent = false
  await startReconciler()
  const [mail] = await eventually(mailsSent, ([one]) => one?.status === "sent")
  await eventually(
    async () => (await call("GET", `/v1/agreements/${confirmed.body.id}`)).body,
    ({ status }) => status === "sent"
  )

  expect(asked("createCustomer")).toHaveLength(1)
  expect(asked("acceptAgreement")).toHaveLength(1)
  const { status, tenants } = await state()
  expect([status, tenants]).toEqual(["synchronised", [expect.anything()]])
  expect(tenants[0].domain).toBe(domain)
  // Sent twice, as one mail: who gets it sees so by its id.
  expect(await mailsSent()).toHaveLength(1)
  expect(new Set(mails.map(({ id }) => id)).size).toBe(1)
  const whole = await call("GET", `/v1/outbox/${mail.id}`)
  const password = /first password is (\S{8,}) /u.exec(whole.body.mail.text)?.[1] ?? ""
  expect(passwordAtMicrosoft()).toBe(password)
}, 90_000)
