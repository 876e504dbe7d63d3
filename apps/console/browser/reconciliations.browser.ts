import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"

describe.skipIf(!hasChromium)("reconciliations and findings", () => {
  let console_: Console
  let report: string
  beforeAll(async () => {
    console_ = await Console.start()
    report = await console_.report()
  })
  afterAll(() => console_?.stop())

  it("leads from the overview to the findings of a kind, keeps the filter in the address, and exports exactly it", async () => {
    await using opened = await console_.openAs("olga", "/")
    const { page } = opened
    const book = page.getByRole("region", { name: "Book of contoso-eu" })
    await book.getByRole("link", { name: "Quantity differs" }).click()
    await page.getByRole("heading", { name: "Reconciliation of" }).waitFor()
    await settled(page)
    expect(new URL(page.url()).searchParams.get("kind")).toBe("quantity")
    const quantities = await page.locator("tbody tr").count()
    expect(quantities).toBeGreaterThan(0)
    expect(await page.locator("tbody tr td:first-child").allTextContents()).toContain(
      "Quantity differscritical"
    )

    await page.getByRole("combobox", { name: "Moved by" }).click()
    await page.getByRole("option", { name: "Partner Center" }).click()
    await page.waitForURL(/movedBy=partner-center/u)
    await settled(page)
    const rows = await page.locator("tbody tr").count()
    await page.getByRole("button", { name: "Export" }).click()
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "CSV" }).click()
    ])
    const lines = readFileSync(await download.path(), "utf8")
      .trim()
      .split(/\r?\n/u)
    const whole = await fetch(
      `${console_.system.api}/v1/reconciliations/${report}/export?format=csv&kind=quantity&movedBy=partner-center&onlyFindings=true`,
      { headers: { authorization: `Bearer ${console_.system.key}` } }
    )
    expect(lines.join("\n")).toBe((await whole.text()).trim().split(/\r?\n/u).join("\n"))
    expect(lines.length).toBeGreaterThan(1)

    await page.goBack()
    await settled(page)
    expect(await page.locator("tbody tr").count()).toBe(quantities)
    expect(quantities).toBeGreaterThanOrEqual(rows)

    await page.locator("tbody a").first().click()
    await page.getByRole("heading", { name: "Quantity differs" }).waitFor()
    const seats = page.getByRole("row", { name: /^Seats/u })
    expect(await seats.textContent()).toContain("moved by:")
    await page.getByText("What would settle it").first().waitFor()
    expectQuiet(opened)
  })

  it("starts a reconciliation of an account that is found by its name, and shows its report when it is there", async () => {
    await using opened = await console_.openAs("olga", "/reconciliations")
    const { page } = opened
    await page.getByRole("button", { name: "Start a reconciliation" }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("combobox", { name: "Instance" }).click()
    await page.getByRole("option", { name: "contoso-eu" }).click()
    await dialog.getByText("An account and all below it").click()
    await dialog.getByRole("combobox", { name: "Account" }).fill("Brightfield")
    await page
      .getByRole("option", { name: /Brightfield/u })
      .first()
      .click()
    await dialog.getByRole("button", { name: "Start", exact: true }).click()
    await page.getByRole("heading", { name: "Reconciliation of contoso-eu" }).waitFor()
    await page.getByText("completed", { exact: true }).waitFor({ timeout: 30_000 })
    await page
      .getByRole("link", { name: /Brightfield/u })
      .first()
      .waitFor()
    expectQuiet(opened)
  })
})
