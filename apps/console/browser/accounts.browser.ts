import { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { defineSyncOptions } from "@concordat/core/tenant/defineSyncOptions"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, hostile, settled, tabTo } from "./Console.ts"
import { faultsOf } from "./looks.ts"

/** The tests' own instance: what they make at Microsoft is nobody else's. */
const instance = "accounts-uk"

describe.skipIf(!hasChromium)("accounts", () => {
  let console_: Console
  let microsoft: SimulatedAccount
  beforeAll(async () => {
    console_ = await Console.start()
    microsoft = await register(console_)
  })
  afterAll(() => console_?.stop())

  const make = async (body: object): Promise<string> => {
    const made = await ask(console_.system, "POST", "/v1/accounts", body)
    expect([made.status, made.body]).toEqual([201, made.body])
    return String(made.body["id"])
  }

  it("shows names as text, whatever they hold", async () => {
    await make({ kind: "customer", name: hostile })
    await using opened = await console_.openAs("olga", "/accounts?q=onerror")
    const { page } = opened
    await settled(page)
    const link = page.locator("tbody a").first()
    expect(await link.textContent()).toBe(hostile)
    await link.click()
    await page.getByRole("heading", { level: 1, name: "<img" }).waitFor()
    expect(await page.title()).not.toBe("taken")
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    expectQuiet(opened)
  })

  it("makes a customer and its tenant by the page alone, until the Welcome mail is there", async () => {
    await using opened = await console_.openAs("olga", "/accounts")
    const { page } = opened
    await page.getByRole("link", { name: "Make an account" }).click()
    await page.getByRole("heading", { name: "Make an account" }).waitFor()
    await page.getByRole("button", { name: "Make it" }).click()
    // Refused: what is missing stands at its field, and the field has the focus.
    await page.getByRole("alert").waitFor()
    expect(
      await page.getByRole("textbox", { name: "Name", exact: true }).getAttribute("aria-invalid")
    ).toBe("true")

    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Proseware Mills")
    await page
      .getByRole("textbox", { name: "E-mail", exact: true })
      .fill("office@proseware.example")
    await page.getByRole("textbox", { name: "Telephone", exact: true }).fill("+44 20 7946 0000")
    await page.getByRole("combobox", { name: "Country" }).fill("United King")
    await page.getByRole("option", { name: "United Kingdom (GB)" }).click()
    await page.getByRole("textbox", { name: "Street and number" }).fill("1 Mill Lane")
    await page.getByRole("textbox", { name: "City" }).fill("London")
    const postCode = page.getByRole("textbox", { name: "Post code" })
    await page.getByText("Needed for a Microsoft tenant").first().waitFor()
    await postCode.fill("1234")
    await page.getByText("Does not fit Microsoft's rule for United Kingdom").waitFor()
    await postCode.fill("SW1A 1AA")
    await page.getByText("Does not fit Microsoft's rule").waitFor({ state: "detached" })
    await page.getByRole("button", { name: "Ask Microsoft about the address" }).click()
    await page.getByText("Microsoft knows the address.").waitFor()
    await page.getByRole("button", { name: "Add a field" }).click()
    await page.getByRole("textbox", { name: "Name of field 1" }).fill("CostCentre")
    await page.getByRole("textbox", { name: "Value of field 1" }).fill("4711")
    await page.getByRole("button", { name: "Add a contact" }).click()
    await page.getByRole("textbox", { name: "Name of contact 1" }).fill("Ada Miller")
    await page.getByRole("textbox", { name: "E-mail of contact 1" }).fill("not an address")
    expect(await faultsOf(page, "the form of an account")).toEqual([])
    await page.getByRole("button", { name: "Make it" }).click()
    // The account is made, its person is not: nothing is lost, and nothing is made twice.
    await page.getByText("The account is made, its contacts are not yet").waitFor()
    await page.getByRole("textbox", { name: "E-mail of contact 1" }).fill("ada@proseware.example")
    await page.getByRole("button", { name: "Save the contacts" }).click()
    await page.getByRole("heading", { level: 1, name: "Proseware Mills" }).waitFor()
    await page.getByText("ada@proseware.example").waitFor()
    await page.getByText("4711").waitFor()
    const { body } = await ask(console_.system, "GET", "/v1/accounts?q=proseware%20mills")
    expect(body["items"]).toHaveLength(1)

    await page.getByRole("tab", { name: "At Microsoft" }).click()
    const card = page.getByRole("region", { name: instance })
    await card.getByRole("link", { name: "Make or link a tenant" }).click()
    await page.getByRole("heading", { name: "Microsoft tenant of Proseware Mills" }).waitFor()
    await page.getByRole("button", { name: "Save and synchronise" }).click()
    await page.getByText("a domain prefix is needed, such as fabrikam").first().waitFor()
    await page.getByRole("textbox", { name: "Username" }).fill("admin")
    await page.getByRole("textbox", { name: "Domain prefix" }).fill("fabrikam")
    await page.getByText("fabrikam.onmicrosoft.com is taken").waitFor()
    expect(await faultsOf(page, "a prefix that is taken")).toEqual([])
    await page
      .getByRole("button", { name: /^fabrikam./u })
      .first()
      .click()
    await page.getByText(/\.onmicrosoft\.com is free/u).waitFor()
    await page.getByRole("button", { name: "Check everything first" }).click()
    await page.getByText("Nothing is wrong").waitFor()
    await page.getByRole("button", { name: "Save and synchronise" }).click()
    await page.getByRole("heading", { name: "The tenant is there" }).waitFor({ timeout: 30_000 })
    await page.getByRole("link", { name: "The Welcome mail" }).click()
    await page
      .getByRole("link", { name: /Welcome|Microsoft|tenant/iu })
      .first()
      .waitFor()
    expect(await page.locator("tbody tr").textContent()).toContain("office@proseware.example")
    await page.goBack()
    await page.getByRole("link", { name: "To the account", exact: true }).click()
    await card.getByRole("button", { name: "Ask Microsoft" }).click()
    await card.getByText("needed", { exact: true }).waitFor()
    await card.getByRole("button", { name: "Confirm the agreement" }).click()
    const dialog = page.getByRole("dialog")
    // Filled in from the primary contact, and to be changed.
    expect(await dialog.getByRole("textbox", { name: "Last name" }).inputValue()).toBe("Miller")
    await dialog.getByRole("textbox", { name: "First name" }).fill("Augusta")
    expect(await faultsOf(page, "the confirmation of an agreement")).toEqual([])
    await dialog.getByRole("checkbox", { name: "This person has accepted the agreement" }).check()
    await dialog.getByRole("button", { name: "Confirm it" }).click()
    await dialog.waitFor({ state: "detached" })
    await card.getByText("Augusta Miller").first().waitFor()
    await page.getByRole("tab", { name: "Agreements" }).click()
    await page.getByRole("row", { name: /Augusta Miller.*Sent/u }).waitFor({ timeout: 30_000 })

    // The browser's own words about the refusals above are the only ones.
    expect(opened.complaints.filter((text) => !/status of 4(00|09)/u.test(text))).toEqual([])
  })

  it("links a tenant whose customer must accept first, and asks whether it is the right one", async () => {
    const id = await make({ kind: "customer", name: "Litware", email: "office@litware.example" })
    await using opened = await console_.openAs(
      "olga",
      `/accounts/${id}/tenant?instance=${instance}&mode=link`
    )
    const { page } = opened
    await page.getByRole("textbox", { name: "Username" }).fill("admin")
    await page.getByRole("textbox", { name: "Domain prefix" }).fill("litware")
    await page.getByRole("button", { name: "Save and synchronise" }).click()
    await page.getByText("An administrator of the customer has to accept").waitFor()
    const link = await page.locator("pre").textContent()
    expect(link).toContain(microsoft.tenantId)
    expect(await page.getByRole("link", { name: "Write a mail" }).getAttribute("href")).toContain(
      "mailto:office%40litware.example"
    )
    expect(await faultsOf(page, "the wizard while it waits")).toEqual([])
    await decide(console_, microsoft.name, "litware.onmicrosoft.com")
    await page.getByRole("button", { name: "Look now" }).click()
    await page
      .getByText(
        `A Customer with the same Customer Code already exists in Microsoft Partner Cloud Services ${instance}.`
      )
      .waitFor({ timeout: 30_000 })
    await page.getByRole("button", { name: "Yes, this one" }).click()
    await page.getByRole("heading", { name: "The tenant is there" }).waitFor({ timeout: 30_000 })
    await page.getByText("litware.onmicrosoft.com").first().waitFor()
    expectQuiet(opened)
  })

  it("shows what a customer has, both sides of it, and the way to its newest report", async () => {
    const { body } = await ask(
      console_.system,
      "GET",
      "/v1/subscriptions?limit=1&status=active&instance=contoso-eu"
    )
    const [subscription] = Array.isArray(body["items"]) ? body["items"] : []
    await using opened = await console_.openAs(
      "olga",
      `/accounts/${subscription.accountId}?show=subscriptions`
    )
    const { page } = opened
    await settled(page)
    await page.getByRole("link", { name: "Search them" }).click()
    await page.getByRole("heading", { level: 1, name: "Subscriptions" }).waitFor()
    await page.getByRole("searchbox", { name: "Begins with" }).fill(subscription.reference)
    await page.waitForURL(/q=/u)
    await settled(page)
    expect(await page.locator("tbody tr").count()).toBe(1)
    await page.locator("tbody a").first().click()
    await page.getByRole("heading", { level: 1, name: subscription.name }).waitFor()
    const both = page.getByRole("region", { name: "Both sides" })
    await both.getByText("Fetched from Partner Center").waitFor()
    expect(await both.getByRole("row", { name: /^Seats/u }).textContent()).toContain(
      String(subscription.terms.quantity)
    )
    await page.getByRole("link", { name: "In the newest report" }).click()
    await page.getByRole("heading", { name: "Reconciliation of contoso-eu" }).waitFor()
    await settled(page)
    expect(await page.locator("tbody tr").count()).toBe(1)
    expectQuiet(opened)
  })

  it("says what another edition, a move and a merge would change, and does what is agreed to", async () => {
    const reseller = await make({ kind: "reseller", name: "Adventure Works Reselling" })
    const twin = await make({ kind: "customer", name: "Tailspin Toys", parentId: reseller })
    await make({ kind: "customer", name: "Tailspin Toys Ltd", email: "toys@tailspin.example" })
    await using opened = await console_.openAs("olga", `/accounts/${reseller}`)
    const { page } = opened
    const dialog = page.getByRole("dialog")
    const act = async (name: string) => {
      await page.getByRole("button", { name: "More" }).click()
      await page.getByRole("menuitem", { name }).click()
    }
    await act("Change the edition")
    await dialog.getByRole("combobox", { name: "Edition" }).click()
    await page.getByRole("option", { name: "Standard" }).click()
    await dialog.getByText("its own prices").waitFor()
    expect(await faultsOf(page, "another edition")).toEqual([])
    await dialog.getByRole("button", { name: "Change it to Standard" }).click()
    await dialog.waitFor({ state: "detached" })
    await page.getByText("Standard", { exact: true }).waitFor()

    await page.goto(`${console_.system.api}/accounts/${twin}`)
    await act("Merge it into another")
    await dialog.getByRole("combobox", { name: "The account that stays" }).fill("Adventure Works")
    await page.getByRole("option", { name: /^Adventure Works/u }).click()
    await dialog.getByText("They cannot be merged").waitFor()
    await dialog.getByText(/only accounts of one kind are one company/u).waitFor()
    expect(await dialog.getByRole("button", { name: "Merge it" }).isDisabled()).toBe(true)
    await dialog.getByRole("combobox", { name: "The account that stays" }).fill("Tailspin Toys Ltd")
    await page.getByRole("option", { name: /^Tailspin Toys Ltd/u }).click()
    await dialog.getByText(/Its reseller changes from Adventure Works Reselling to none/u).waitFor()
    await page.keyboard.press("Escape")

    await act("Move it")
    await dialog.getByRole("combobox", { name: "Below" }).fill("organisation")
    await page
      .getByRole("option", { name: /organisation\)$/u })
      .first()
      .click()
    await dialog.getByText("1 accounts move, with 0 subscriptions.").waitFor()
    await dialog.getByRole("button", { name: "Move it" }).click()
    await dialog.waitFor({ state: "detached" })
    const moved = await ask(console_.system, "GET", `/v1/accounts/${twin}`)
    expect(moved.body["parentId"]).not.toBe(reseller)

    await act("Deactivate it")
    await dialog.getByRole("button", { name: "Deactivate it" }).click()
    await page.getByText("inactive", { exact: true }).waitFor()
    expectQuiet(opened)
  })

  it("keeps what was typed when somebody else has changed the account meanwhile", async () => {
    const id = await make({ kind: "customer", name: "Fourth Coffee" })
    await using opened = await console_.openAs("olga", `/accounts/${id}/edit`)
    const { page } = opened
    await page.getByRole("textbox", { name: "Tax id" }).fill("DE123456789")
    const other = await fetch(`${console_.system.api}/v1/accounts/${id}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${console_.system.key}`,
        "content-type": "application/json",
        "if-match": '"1"'
      },
      body: JSON.stringify({ phone: "+49 30 1234567" })
    })
    expect(other.status).toBe(200)
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByRole("button", { name: "Read it again, and keep what I typed" }).click()
    await page
      .getByRole("textbox", { name: "Telephone" })
      .and(page.locator("[value='+49 30 1234567']"))
      .waitFor()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByRole("heading", { level: 1, name: "Fourth Coffee" }).waitFor()
    await page.getByText("DE123456789").waitFor()
    await page.getByText("+49 30 1234567").waitFor()
    expect(opened.complaints.filter((text) => !text.includes("412"))).toEqual([])
  })

  it("makes a customer by keyboard alone", async () => {
    await using opened = await console_.openAs("olga", "/accounts")
    const { page } = opened
    await settled(page)
    await tabTo(page, "a:has-text('Make an account')")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Make an account" }).waitFor()
    await field(page, "Name")
    await page.keyboard.type("Keyboard Works")
    await field(page, "E-mail")
    await page.keyboard.type("office@keyboard.example")
    await field(page, "Country")
    await page.keyboard.type("German")
    await page.getByRole("option", { name: "Germany (DE)" }).waitFor()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await field(page, "Street and number")
    await page.keyboard.type("Tastenweg 1")
    await field(page, "City")
    await page.keyboard.type("Berlin")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { level: 1, name: "Keyboard Works" }).waitFor()
    await page.getByText("Tastenweg 1, Berlin, Germany").waitFor()
    expectQuiet(opened)
  })
})

/** By keyboard, to the field with that label. */
const field = async (page: Page, label: string): Promise<void> => {
  const box = page.getByRole(label === "Country" ? "combobox" : "textbox", {
    name: label,
    exact: true
  })
  await tabTo(page, `#${await box.getAttribute("id")}`)
}

interface SimulatedAccount {
  readonly name: string
  readonly tenantId: string
}

/** Connects the simulated Partner Center, and consents as its administrator. */
const register = async ({ system }: Console): Promise<SimulatedAccount> => {
  const answer = await fetch(`${system.simulator}/_simulator/accounts`)
  const { accounts } = await answer.json()
  const account = accounts.find(({ name }: SimulatedAccount) => name === "tailspin-uk")
  const made = await ask(system, "POST", "/v1/instances", {
    name: instance,
    cloud: "custom",
    endpoints: {
      api: account.apiUrl,
      login: account.loginUrl,
      resource: "https://api.partnercenter.microsoft.com",
      prices: account.apiUrl
    },
    tenantId: account.tenantId,
    appId: account.appId,
    secret: account.clientSecret,
    cspStatus: account.cspStatus,
    mpnId: account.mpnId,
    countries: ["GB", "DE"]
  })
  expect([made.status, made.body]).toEqual([201, made.body])
  // As its first catalogue run does.
  await Effect.runPromise(
    Effect.flatMap(Instances, ({ byName }) => byName(InstanceName.make(instance))).pipe(
      Effect.flatMap(defineSyncOptions),
      Effect.provide(system.ports)
    )
  )
  const consent = await ask(system, "POST", `/v1/instances/${instance}/consent`, {})
  await new Browser().signIn(String(consent.body["url"]), `admin@${account.domain}`)
  return account
}

/** Accepts as the administrator of a customer's tenant does on Microsoft's page. */
const decide = async ({ system }: Console, account: string, tenant: string): Promise<void> => {
  const answer = await fetch(`${system.simulator}/_simulator/accounts/${account}/invitations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tenant, decision: "accept" })
  })
  expect(answer.status).toBe(204)
}
