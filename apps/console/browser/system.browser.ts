import { Database } from "@concordat/adapter-postgres/Database"
import { AccountId } from "@concordat/core/account/Account"
import { MailId, Outbox } from "@concordat/core/mail/Outbox"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect } from "effect"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, settled, signIn } from "./Console.ts"
import { faultsOf } from "./looks.ts"

describe.skipIf(!hasChromium)("roles and the system page", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("offers a read-only operator nothing that changes something, also by address", async () => {
    await using opened = await console_.openAs("rita", "/instances/contoso-eu")
    const { page } = opened
    await settled(page)
    const nav = page.getByRole("navigation", { name: "Pages" })
    expect(await nav.getByRole("link").allTextContents()).not.toContain("System")
    expect(await nav.getByRole("link").allTextContents()).toContain("Instances")
    expect(await page.getByRole("button", { name: /Authenticate|Disable/u }).count()).toBe(0)
    for (const path of ["/system", "/outbox"]) {
      await page.goto(`${console_.system.api}${path}`)
      await page.getByText("Not for your role").waitFor()
    }
    await page.goto(`${console_.system.api}/reconciliations`)
    await settled(page)
    expect(await page.getByRole("button", { name: "Start a reconciliation" }).count()).toBe(0)
    expectQuiet(opened)
  })

  it("shows whether all parts are there", async () => {
    await using opened = await console_.openAs("olga", "/system")
    const { page } = opened
    const parts = page.getByRole("region", { name: "Parts" })
    await parts.getByText("at work").waitFor()
    expect(await parts.textContent()).toMatch(/PostgreSQL \d+/u)
    await page.getByRole("region", { name: "Instances" }).getByText("contoso-eu").waitFor()
    expectQuiet(opened)
  })

  it("adds an operator, changes its role, gives a key that is shown once, and revokes it", async () => {
    await using opened = await console_.openAs("olga", "/system?show=operators")
    const { page } = opened
    const dialog = page.getByRole("dialog")
    const name = `petra-${Date.now()}`
    await page.getByRole("button", { name: "Add an operator" }).click()
    await dialog.getByLabel("Name").fill(name)
    await dialog.locator("input[type=password]").fill("short")
    await dialog.getByRole("button", { name: "Add", exact: true }).click()
    // What is wrong stands at its field, and nothing that was typed is lost.
    await dialog.getByText("at least 12 characters are needed").first().waitFor()
    expect(await dialog.getByLabel("Name").inputValue()).toBe(name)
    await dialog.locator("input[type=password]").fill("long enough to be one")
    await dialog.getByRole("button", { name: "Add", exact: true }).click()
    await page.getByRole("cell", { name, exact: true }).waitFor()

    await page.getByRole("button", { name: `Change ${name}` }).click()
    await dialog.getByRole("combobox", { name: "Role" }).click()
    await page.getByRole("option", { name: "Read only" }).click()
    await dialog.getByRole("switch", { name: "May sign in" }).click()
    await dialog.getByRole("button", { name: "Save" }).click()
    await dialog.waitFor({ state: "detached" })
    const row = page.getByRole("row", { name: new RegExp(name, "u") })
    await row.getByText("Read only").waitFor()
    await row.getByText("no", { exact: true }).waitFor()

    await page.getByRole("tab", { name: "API keys" }).click()
    await page.waitForURL(/show=keys/u)
    await page.getByRole("button", { name: "Make a key" }).click()
    await dialog.getByLabel("What it is for").fill(name)
    await dialog.getByRole("combobox", { name: "May" }).click()
    await page.getByRole("option", { name: "accounts:read" }).click()
    await page.keyboard.press("Escape")
    await dialog.getByRole("button", { name: "Make it" }).click()
    const key = (await dialog.locator("pre, code").first().textContent()) ?? ""
    const seen = (given: string) =>
      fetch(`${console_.system.api}/v1/accounts?limit=1`, {
        headers: { authorization: `Bearer ${given.trim()}` }
      })
    expect((await seen(key)).status).toBe(200)
    await page.keyboard.press("Escape")
    await page.getByRole("button", { name: `Revoke ${name}` }).click()
    await dialog.getByRole("button", { name: "Revoke it" }).click()
    await page
      .getByRole("row", { name: new RegExp(name, "u") })
      .getByText("revoked")
      .waitFor()
    expect((await seen(key)).status).toBe(401)
    // The browser's own word about the password that was too short is the only one.
    expect(opened.complaints.filter((text) => !text.includes("400"))).toEqual([])
  })

  it("lets whoever is signed in change their password, and end their other sessions", async () => {
    const name = `paul-${Date.now()}`
    const first = "the first of his passwords"
    await ask(console_.system, "POST", "/v1/operators", {
      name,
      role: "read-only",
      password: first
    })
    await using elsewhere = await console_.open("/")
    await signIn(elsewhere.page, name, first)
    await elsewhere.page.getByRole("heading", { name: "Overview" }).waitFor()
    await using opened = await console_.open("/")
    const { page } = opened
    await signIn(page, name, first)
    await page.getByRole("button", { name: `Signed in as ${name}` }).click()
    await page.getByRole("menuitem", { name: "My account" }).click()
    await page.getByRole("button", { name: /^Sign out there/u }).click()
    await expect
      .poll(() => page.getByRole("table", { name: "Sessions" }).locator("tbody tr").count())
      .toBe(1)
    await elsewhere.page.reload()
    await elsewhere.page.getByRole("button", { name: "Sign in" }).waitFor()

    const fill = async (present: string) => {
      await page.getByLabel("Present password").fill(present)
      await page.getByLabel(/^New password\s*\*?$/u).fill("the second of his passwords")
      await page.getByLabel("New password again").fill("the second of his passwords")
      await page.getByRole("button", { name: "Change the password" }).click()
    }
    await fill("not his password")
    await page.getByRole("alert").getByText("Name and password do not match").first().waitFor()
    await fill(first)
    await page.getByText("Changed. You are signed out everywhere else.").waitFor()
    await signIn(elsewhere.page, name, "the second of his passwords")
    await elsewhere.page.getByRole("heading", { name: "Overview" }).waitFor()
  })

  it("shows jobs with their reasons, and takes one away with a note", async () => {
    const key = await mailThatCannotBeSent()
    await using opened = await console_.openAs("olga", `/jobs?kind=send-mail&q=${key}`)
    const { page } = opened
    const row = page.getByRole("row", { name: /the mail server is away/u })
    await row.getByText("Wait for the next attempt").waitFor()
    expect(await row.textContent()).toContain("1 of 22")
    await row.getByRole("button", { name: /^Discard/u }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByText("The mail is not sent.").waitFor()
    expect(await faultsOf(page, "discarding a job")).toEqual([])
    await dialog.getByLabel("Why").fill("written by mistake")
    await dialog.getByRole("button", { name: "Discard it" }).click()
    await page.getByText("No job fits").waitFor()
    await page.getByRole("tab", { name: "Discarded" }).click()
    await page.getByRole("cell", { name: "written by mistake" }).first().waitFor()
    await page.goto(`${console_.system.api}/outbox/${key}`)
    await page.getByText("Discarded by operator:olga: written by mistake").waitFor()
    expectQuiet(opened)
  })

  /** A mail whose first attempt has failed and whose next is an hour away; the mail's id is the job's key. */
  const mailThatCannotBeSent = async (): Promise<string> => {
    const id = MailId.make(crypto.randomUUID())
    const account = await console_.account("Brightfield")
    await Effect.runPromise(
      UnitOfWork.use(({ within }) =>
        within(
          Effect.andThen(
            Outbox.use(({ write }) =>
              write({
                id,
                key: id,
                kind: "welcome-customer",
                accountId: AccountId.make(account),
                templateVersion: 0,
                mail: {
                  to: ["nobody@brightfield.example"],
                  cc: [],
                  bcc: [],
                  subject: "Welcome",
                  html: "<p>Welcome</p>",
                  text: "Welcome"
                },
                problem: null
              })
            ),
            Database.use(({ run }) =>
              run("fail", (db) =>
                sql`update pgboss.job set state = 'retry', started_on = now(), start_after = now() + interval '1 hour',
                    output = '{"message": "the mail server is away"}'
                  where name = 'send-mail' and singleton_key = ${id}`.execute(db)
              )
            )
          )
        )
      ).pipe(Effect.provide(console_.system.ports))
    )
    return id
  }
})
