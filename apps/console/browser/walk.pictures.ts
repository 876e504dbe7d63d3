import { join, resolve } from "node:path"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled, signIn } from "./Console.ts"

const folder = resolve(import.meta.dirname, "..", "..", "..", "docs", "images", "walk")

/** An account of the simulated Partner Center that the demo has not connected. */
const spare = "tailspin-uk"

const choose = async (page: Page, box: string, option: RegExp | string): Promise<void> => {
  await page.getByRole("combobox", { name: box }).last().click()
  await page.getByRole("option", { name: option }).first().click()
}

describe.skipIf(!hasChromium)("a new operator, by the page alone", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("finds the drifts, connects an account, prices, makes a tenant, and imports customers", async () => {
    const answer = await fetch(`${console_.system.simulator}/_simulator/accounts`)
    const { accounts } = await answer.json()
    const account = accounts.find(({ name }: { name: string }) => name === spare)
    await using opened = await console_.open("/")
    const { page } = opened
    await page.setViewportSize({ width: 1280, height: 800 })
    const take = async (name: string): Promise<void> => {
      await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" })
    }
    const go = async (place: string): Promise<void> => {
      await page
        .getByRole("navigation", { name: "Pages" })
        .getByRole("link", { name: place, exact: true })
        .click()
      await page.getByRole("heading", { level: 1, name: place }).waitFor()
      await settled(page)
    }

    await page.getByRole("button", { name: "Sign in" }).waitFor()
    await take("01-sign-in")
    await signIn(page, "olga")
    await page.getByRole("heading", { name: "Overview" }).waitFor()
    await settled(page)
    await take("02-overview")

    await page
      .getByRole("region", { name: "Book of contoso-eu" })
      .getByRole("link", { name: "Quantity differs" })
      .click()
    await settled(page)
    await take("03-findings")
    await page.getByRole("button", { name: "Export" }).click()
    const excel = page.getByRole("menuitem", { name: "Excel" })
    await excel.waitFor()
    await take("04-export")
    const [download] = await Promise.all([page.waitForEvent("download"), excel.click()])
    expect(download.suggestedFilename()).toMatch(/\.xlsx$/u)
    await page.locator("tbody a").first().click()
    await page.getByRole("heading", { name: "Quantity differs" }).waitFor()
    await settled(page)
    await take("05-finding")

    await go("Instances")
    await page.getByRole("button", { name: "Connect an account" }).click()
    const dialog = page.getByRole("dialog")
    await choose(page, "Cloud", "Custom addresses")
    await dialog.getByLabel("Name", { exact: false }).first().fill(spare)
    await dialog.getByLabel("Address of the REST API").fill(console_.system.simulator)
    await dialog.getByLabel("Address of the sign-in").fill(console_.system.simulator)
    await dialog.getByLabel("Audience of the token").fill("https://api.partnercenter.microsoft.com")
    await dialog.getByLabel("Account id").fill(account.tenantId)
    await dialog.getByLabel("Application (client) id").fill(account.appId)
    await dialog.locator("input[type=password]").fill(account.clientSecret)
    await dialog.getByLabel("Countries").fill("gb")
    await take("06-connect")
    await dialog.getByRole("button", { name: "Connect" }).click()
    await page.getByRole("heading", { level: 1, name: spare }).waitFor()
    await page.getByRole("button", { name: "Test the connection" }).click()
    await expect.poll(() => page.getByText("works", { exact: true }).count()).toBe(2)
    await page.getByRole("button", { name: "Authenticate" }).click()
    const link = page.getByRole("link", { name: "Sign in with Microsoft" })
    await link.waitFor()
    const [atMicrosoft] = await Promise.all([page.waitForEvent("popup"), link.click()])
    await atMicrosoft.getByLabel("admin@").check()
    await atMicrosoft.getByRole("button", { name: "Sign in" }).click()
    await atMicrosoft.getByRole("button", { name: "Accept" }).click()
    await page.getByText("By admin@").waitFor()
    await take("07-authenticated")

    await go("Catalogue runs")
    await page.getByRole("button", { name: "Read a catalogue" }).click()
    await choose(page, "Instance", spare)
    await dialog.getByRole("button", { name: "Read it" }).click()
    await page.getByRole("heading", { name: `Catalogue of ${spare}` }).waitFor()
    await page.getByText("completed", { exact: true }).waitFor({ timeout: 240_000 })
    await settled(page)
    await take("08-catalogue")

    await go("Price lists")
    await page.getByRole("button", { name: "Make a price list" }).click()
    await choose(page, "Instance", spare)
    await dialog.getByRole("textbox", { name: "Name" }).fill("Spring prices")
    await dialog.getByRole("textbox", { name: "Currency" }).fill("GBP")
    await dialog.getByRole("button", { name: "Make it" }).click()
    await page.getByRole("heading", { name: "Spring prices" }).waitFor()
    await choose(page, "Rule", "Fixed price")
    await page.getByRole("textbox", { name: "Value" }).fill("9.90")
    await page.getByRole("button", { name: "Add the rule" }).click()
    await page.getByRole("cell", { name: "GBP 9.90" }).waitFor()
    await page.getByRole("tab", { name: "Accounts" }).click()
    await page.waitForURL(/show=accounts/u)
    await page.getByRole("combobox", { name: "Account" }).fill("Brightfield")
    await page
      .getByRole("option", { name: /Brightfield/u })
      .first()
      .click()
    await page.getByRole("button", { name: "Assign" }).click()
    await page
      .getByRole("table", { name: "Accounts" })
      .getByRole("link", { name: /Brightfield/u })
      .waitFor()
    await take("09-price-list")

    await go("Accounts")
    await page.getByRole("link", { name: "Make an account" }).click()
    await page.getByRole("heading", { name: "Make an account" }).waitFor()
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Proseware Mills")
    await page
      .getByRole("textbox", { name: "E-mail", exact: true })
      .fill("office@proseware.example")
    await page.getByRole("textbox", { name: "Telephone", exact: true }).fill("+44 20 7946 0000")
    await page.getByRole("combobox", { name: "Country" }).fill("United King")
    await page.getByRole("option", { name: "United Kingdom (GB)" }).click()
    await page.getByRole("textbox", { name: "Street and number" }).fill("1 Mill Lane")
    await page.getByRole("textbox", { name: "City" }).fill("London")
    await page.getByText("Needed for a Microsoft tenant").first().waitFor()
    await page.getByRole("textbox", { name: "Post code" }).fill("1234")
    await page.getByText("Does not fit Microsoft's rule for United Kingdom").waitFor()
    await take("10-account")
    await page.getByRole("textbox", { name: "Post code" }).fill("SW1A 1AA")
    await page.getByRole("button", { name: "Make it" }).click()
    await page.getByRole("heading", { level: 1, name: "Proseware Mills" }).waitFor()

    await page.getByRole("tab", { name: "At Microsoft" }).click()
    await page
      .getByRole("region", { name: spare })
      .getByRole("link", { name: "Make or link a tenant" })
      .click()
    await page.getByRole("heading", { name: "Microsoft tenant of Proseware Mills" }).waitFor()
    await page.getByRole("textbox", { name: "Username" }).fill("admin")
    await page.getByRole("textbox", { name: "Domain prefix" }).fill("fabrikam")
    await page.getByText("fabrikam.onmicrosoft.com is taken").waitFor()
    await take("11-tenant")
    await page
      .getByRole("button", { name: /^fabrikam./u })
      .first()
      .click()
    await page.getByText(/\.onmicrosoft\.com is free/u).waitFor()
    await page.getByRole("button", { name: "Save and synchronise" }).click()
    await page.getByRole("heading", { name: "The tenant is there" }).waitFor({ timeout: 30_000 })
    await page.getByRole("link", { name: "The Welcome mail" }).click()
    await settled(page)
    await page.locator("tbody a").first().click()
    await page.locator("iframe").waitFor()
    await page.frameLocator("iframe").locator("p").first().waitFor()
    await take("12-welcome-mail")

    await go("Imports")
    await page.getByRole("button", { name: "Get the hierarchy" }).click()
    await choose(page, "Instance", spare)
    await dialog.getByRole("button", { name: "Get it" }).click()
    await page.getByRole("heading", { name: `Import of ${spare}` }).waitFor()
    await page.getByText("ready", { exact: true }).waitFor({ timeout: 120_000 })
    await page.getByRole("button", { name: "Import all" }).click()
    await dialog.getByRole("button", { name: /^Import \d+ customers$/u }).click()
    await dialog.waitFor({ state: "detached" })
    await page.getByText("ready", { exact: true }).waitFor({ timeout: 120_000 })
    await settled(page)
    await take("13-import")
    expectQuiet(opened)
  })
})
