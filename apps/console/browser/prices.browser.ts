import type { Locator } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

/** An instance of these tests alone, over an account whose catalogue nobody else reads. */
const instance = "prices-uk"

/** Presses Tab until the keyboard is there. */
const tabOnto = async (target: Locator): Promise<void> => {
  await target.waitFor()
  for (let pressed = 0; pressed < 80; pressed++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await target.page().keyboard.press("Tab")
  }
  throw new Error("the keyboard does not come there")
}

/** Presses the arrow until the option is the one that Enter takes. */
const arrowOnto = async (option: Locator): Promise<void> => {
  await option.waitFor()
  for (let pressed = 0; pressed < 20; pressed++) {
    if ((await option.getAttribute("data-combobox-selected")) !== null) return
    await option.page().keyboard.press("ArrowDown")
  }
  throw new Error("the arrows do not come there")
}

describe.skipIf(!hasChromium)("catalogue and prices", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
    const answer = await fetch(`${console_.system.simulator}/_simulator/accounts`)
    const { accounts } = await answer.json()
    const account = accounts.find(({ name }: { name: string }) => name === "tailspin-uk")
    const made = await ask(console_.system, "POST", "/v1/instances", {
      name: instance,
      cloud: "custom",
      endpoints: {
        api: console_.system.simulator,
        login: console_.system.simulator,
        resource: "https://api.partnercenter.microsoft.com"
      },
      tenantId: account.tenantId,
      appId: account.appId,
      secret: account.clientSecret,
      cspStatus: "indirect",
      countries: ["GB"],
      catalogueSchedule: null,
      requestsPerMinute: 12_000
    })
    expect(made.status).toBe(201)
  })
  afterAll(() => console_?.stop())

  const published = async (): Promise<ReadonlyArray<Record<string, string>>> => {
    const { body } = await ask(
      console_.system,
      "GET",
      `/v1/catalogue/products?instance=${instance}&published=true&limit=50`
    )
    const { items } = body
    return Array.isArray(items) ? items : []
  }

  it("reads a catalogue, shows what is new, and publishes all that fit after they were counted", async () => {
    await using opened = await console_.openAs("otto", `/catalogue-runs?instance=${instance}`)
    const { page } = opened
    await page.getByRole("button", { name: "Read a catalogue" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Read it" }).click()
    await page.getByRole("heading", { name: `Catalogue of ${instance}` }).waitFor()
    await page.getByText("completed", { exact: true }).waitFor({ timeout: 45_000 })
    await page.getByRole("combobox", { name: "Change" }).click()
    await page.getByRole("option", { name: "New" }).click()
    await page.waitForURL(/status=new/u)
    await settled(page)
    const changes = page.getByRole("table", { name: "What changed" })
    expect(new Set(await changes.locator("tbody td:first-child").allTextContents())).toEqual(
      new Set(["New"])
    )

    await page.goto(
      `${console_.system.api}/products?instance=${instance}&q=Audio+Conferencing&family=nce`
    )
    await settled(page)
    const before = await page.locator("tbody tr").count()
    expect(before).toBeGreaterThan(1)
    expect(await published()).toEqual([])
    await page.getByRole("button", { name: "All that fit" }).click()
    await page.getByRole("menuitem", { name: "Publish them", exact: true }).click()
    const sure = page.getByRole("dialog")
    expect(await sure.textContent()).toContain(`${before} products of ${instance} fit`)
    expect(await published()).toEqual([])
    await sure.getByRole("button", { name: "Publish them" }).click()
    await page.getByText(`${before} of ${before} were changed.`).waitFor()
    expect(await published()).toHaveLength(before)

    await page.locator("tbody a").first().click()
    await page.getByRole("region", { name: "Yours" }).waitFor()
    expect(await faultsOf(page, "a product")).toEqual([])
    await page.getByLabel("Code").fill("")
    await page.getByLabel("Code").fill("AUDIO-1")
    await page.getByLabel("Sell price", { exact: false }).first().fill("4.5")
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Saved", { exact: true }).waitFor()
    const changed = (await published()).find(({ code }) => code === "AUDIO-1")
    expect(changed?.["sellPrice"]).toEqual({ amount: "4.50", currency: "GBP" })
    await page.getByRole("tab", { name: "Where it is sold" }).click()
    await page.getByRole("cell", { name: "GB", exact: true }).first().waitFor()
    expectQuiet(opened)
  }, 120_000)

  it("goes by keyboard alone from the lists to one with a rule that an account buys by", async () => {
    await using opened = await console_.openAs("otto", `/price-lists?instance=${instance}`)
    const { page } = opened
    const { keyboard } = page
    await tabOnto(page.getByRole("button", { name: "Make a price list" }))
    await keyboard.press("Enter")
    const dialog = page.getByRole("dialog")
    await tabOnto(dialog.getByRole("textbox", { name: "Name" }))
    await keyboard.type("Keys alone")
    await tabOnto(dialog.getByRole("textbox", { name: "Currency" }))
    await keyboard.press("Control+a")
    await keyboard.type("gbp")
    await keyboard.press("Enter")
    await page.getByRole("heading", { name: "Keys alone" }).waitFor()

    await tabOnto(page.getByRole("combobox", { name: "Rule" }))
    await keyboard.press("Enter")
    await arrowOnto(page.getByRole("option", { name: "Fixed price" }))
    await keyboard.press("Enter")
    await tabOnto(page.getByRole("textbox", { name: "Value" }))
    await keyboard.type("-1")
    await keyboard.press("Enter")
    // The API refuses it, and what was typed is still there.
    await page.getByRole("alert").waitFor()
    await keyboard.press("Control+a")
    await keyboard.type("9.90")
    await keyboard.press("Enter")
    await page.getByRole("cell", { name: "GBP 9.90" }).waitFor()

    await tabOnto(page.getByRole("tab", { name: "Rules" }))
    await keyboard.press("ArrowRight")
    await page.waitForURL(/show=accounts/u)
    const account = page.getByRole("combobox", { name: "Account" })
    await tabOnto(account)
    await keyboard.type("Brightfield")
    await arrowOnto(page.getByRole("option", { name: /Brightfield/u }).first())
    await keyboard.press("Enter")
    await tabOnto(page.getByRole("button", { name: "Assign" }))
    await keyboard.press("Enter")
    await page
      .getByRole("table", { name: "Accounts" })
      .getByRole("link", { name: /Brightfield/u })
      .waitFor()

    await tabOnto(page.getByRole("tab", { name: "Accounts" }))
    await keyboard.press("ArrowRight")
    await page.waitForURL(/show=preview/u)
    await settled(page)
    await page.getByRole("cell", { name: "GBP 9.90" }).first().waitFor()
    expect(await faultsOf(page, "the preview")).toEqual([])
    expect(opened.complaints.filter((text) => !/status of 400/u.test(text))).toEqual([])
    expect(opened.elsewhere).toEqual([])
  })

  it("has a rule of its own for a group and for a product, and ends a list when somebody says so", async () => {
    const [one, other] = await published()
    const made = await ask(console_.system, "POST", "/v1/pricelists", {
      name: "By group",
      instance,
      currency: "GBP"
    })
    await using opened = await console_.openAs("otto", `/price-groups?instance=${instance}`)
    const { page } = opened
    await page.getByRole("button", { name: "Make a price group" }).click()
    await page.getByRole("dialog").getByLabel("Name").fill("Voice")
    await page.getByRole("dialog").getByRole("button", { name: "Make it" }).click()
    await page.getByRole("heading", { name: "Voice" }).waitFor()
    const choose = async (offer = "") => {
      await page.getByRole("combobox", { name: "Product" }).fill(offer)
      await page.getByRole("option", { name: offer }).click()
    }
    await choose(one?.["offer"])
    await page.getByRole("button", { name: "Put it in" }).click()
    await page.getByRole("cell", { name: one?.["offer"] ?? "", exact: true }).waitFor()

    await page.goto(`${console_.system.api}/price-lists/${made.body["id"]}`)
    const add = async (of: string, name: () => Promise<void>, value: string) => {
      await page.getByRole("combobox", { name: "Of" }).click()
      await page.getByRole("option", { name: of }).click()
      await name()
      await page.getByRole("combobox", { name: "Rule" }).click()
      await page.getByRole("option", { name: "Fixed price" }).click()
      await page.getByLabel("Value").fill(value)
      await page.getByRole("button", { name: "Add the rule" }).click()
      await page.getByRole("cell", { name: `GBP ${value}` }).waitFor()
    }
    await add(
      "A price group",
      async () => {
        await page.getByRole("combobox", { name: "Price group" }).click()
        await page.getByRole("option", { name: "Voice" }).click()
      },
      "7.70"
    )
    await add("One product", () => choose(other?.["offer"]), "8.80")
    await page
      .getByRole("row", { name: /Voice/u })
      .getByRole("button", { name: "Change the rule for Voice" })
      .click()
    await page.getByLabel("Value").fill("6.60")
    await page.getByRole("button", { name: "Save the rule" }).click()
    await page.getByRole("cell", { name: "GBP 6.60" }).waitFor()
    expect(await page.getByRole("cell", { name: "GBP 7.70" }).count()).toBe(0)
    await page.getByRole("tab", { name: "Preview as a customer" }).click()
    await page.getByRole("searchbox", { name: "Product" }).fill("Audio Conferencing")
    const preview = page.getByRole("table", { name: "Preview" })
    await preview.getByRole("cell", { name: "GBP 6.60" }).first().waitFor()
    await preview.getByRole("cell", { name: "GBP 8.80" }).first().waitFor()

    await page.getByRole("tab", { name: "Settings" }).click()
    await page.getByLabel("Valid until").fill("2031-05-06")
    await page.getByRole("switch", { name: "Active" }).click()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Saved", { exact: true }).waitFor()
    const { body } = await ask(console_.system, "GET", `/v1/pricelists/${made.body["id"]}`)
    expect([body["active"], body["validTo"]]).toEqual([false, "2031-05-06T00:00:00.000Z"])
    await page.getByRole("button", { name: "Remove the list" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Remove it" }).click()
    await page.getByRole("heading", { name: "Price lists" }).waitFor()
    expectQuiet(opened)
  })

  it("names the lines of a price sheet that are wrong, then takes it in and shows what products cost", async () => {
    const [product] = await published()
    const [productId = "", skuId = ""] = (product?.["offer"] ?? "").split(":")
    const sheet = (price: string) => ({
      name: "sheet.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(
        [
          "ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice,EffectiveStartDate,EffectiveEndDate,ERP Price,Segment",
          `${productId},${skuId},Audio,P1Y,Monthly,GB,GBP,${price},2026-01-01T00:00:00Z,9999-12-31,144.00,Commercial`
        ].join("\n")
      )
    })
    await using opened = await console_.openAs("otto", `/price-sheets?instance=${instance}`)
    const { page } = opened
    await page.getByRole("button", { name: "Import a file" }).click()
    const dialog = page.getByRole("dialog")
    const send = async (price: string) => {
      await dialog.locator("input[type=file]").setInputFiles(sheet(price))
      await dialog.getByLabel("Market").fill("gb")
      await dialog.getByRole("button", { name: "Import it" }).click()
    }
    await send("twelve")
    await dialog.getByRole("alert").getByText("UnitPrice").first().waitFor()
    await dialog.getByRole("link", { name: "Every line that is wrong" }).click()
    await page.getByRole("region", { name: "Problems" }).getByText("twelve").waitFor()

    await page.goto(`${console_.system.api}/price-sheets?instance=${instance}&do=upload`)
    await dialog.getByRole("switch", { name: "Dry run" }).click()
    await send("120.00")
    await page.getByRole("heading", { name: "Price sheet of GB" }).waitFor()
    await page.getByText("completed", { exact: true }).waitFor({ timeout: 20_000 })
    const changed = page.getByRole("region", { name: "What it changed" })
    await changed.getByRole("cell", { name: "GBP 10.00" }).first().waitFor()
    await settled(page)
    expect(await faultsOf(page, "a price sheet")).toEqual([])

    await page.goto(`${console_.system.api}/products/${product?.["id"]}?show=prices`)
    const prices = page.getByRole("table", { name: "Microsoft's prices" })
    await prices.getByRole("cell", { name: "GBP 10.00" }).waitFor()
    await prices.getByRole("cell", { name: "GBP 12.00" }).waitFor()
    expect(opened.complaints.filter((text) => !/status of 422/u.test(text))).toEqual([])
    expect(opened.elsewhere).toEqual([])
  })
})
