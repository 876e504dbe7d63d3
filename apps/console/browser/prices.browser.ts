import { afterAll, beforeAll, describe, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"

describe.skipIf(!hasChromium)("price lists", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("makes a price list with a rule, and previews what customers would see", async () => {
    await using opened = await console_.openAs("olga", "/price-lists")
    const { page } = opened
    await page.getByRole("button", { name: "Make a price list" }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("combobox", { name: "Instance" }).click()
    await page.getByRole("option", { name: "contoso-eu" }).click()
    await dialog.getByLabel("Name").fill("Winter prices")
    await dialog.getByRole("button", { name: "Make it" }).click()
    await page.getByRole("heading", { name: "Winter prices" }).waitFor()
    await page.getByRole("combobox", { name: "Rule" }).click()
    await page.getByRole("option", { name: "Fixed price" }).click()
    await page.getByLabel("Value").fill("9.90")
    await page.getByRole("button", { name: "Add the rule" }).click()
    await page.getByRole("cell", { name: "EUR 9.90" }).waitFor()
    await page.getByRole("tab", { name: "Preview as a customer" }).click()
    await page.waitForURL(/show=preview/u)
    await settled(page)
    await page.getByRole("cell", { name: "EUR 9.90" }).first().waitFor()
    expectQuiet(opened)
  })
})
