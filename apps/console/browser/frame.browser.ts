import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled, signIn, tabTo } from "./Console.ts"

describe.skipIf(!hasChromium)("the console's frame", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("asks who somebody is, says when the password is wrong, and then shows the page that was asked for", async () => {
    await using opened = await console_.open("/accounts?kind=reseller")
    const { page } = opened
    await signIn(page, "olga", "not the password")
    await page.getByRole("alert").waitFor()
    expect(await page.getByRole("alert").textContent()).toContain("Correlation id")
    await signIn(page, "olga")
    await page.getByRole("heading", { name: "Accounts" }).waitFor()
    expect(page.url()).toContain("/accounts?kind=reseller")
    await settled(page)
    const kinds = await page.locator("tbody tr td:nth-child(3)").allTextContents()
    expect(new Set(kinds)).toEqual(new Set(["Reseller"]))

    await page.getByRole("button", { name: "Signed in as olga" }).click()
    await page.getByRole("menuitem", { name: "Sign out" }).click()
    await page.getByRole("button", { name: "Sign in" }).waitFor()
    expect(await page.locator("table").count()).toBe(0)
    await page.reload()
    await page.getByRole("button", { name: "Sign in" }).waitFor()
    // The browser's own word about the refused sign-in is the only one.
    expect(opened.complaints.filter((text) => !text.includes("401"))).toEqual([])
  })

  it("goes by keyboard alone from the door to a file with the findings", async () => {
    await using opened = await console_.open("/")
    const { page } = opened
    await page.getByRole("button", { name: "Sign in" }).waitFor()
    // The name has the focus already.
    await page.keyboard.type("olga")
    await page.keyboard.press("Tab")
    await page.keyboard.type("correct horse battery staple")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Overview" }).waitFor()
    await page.keyboard.press("Control+k")
    await page.getByPlaceholder("Page, account, domain, tenant id …").waitFor()
    await page.keyboard.type("Reconc")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Reconciliations" }).waitFor()
    await settled(page)
    await tabTo(page, "tbody a")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Reconciliation of" }).waitFor()
    await settled(page)
    await tabTo(page, "button:has-text('Export')")
    await page.keyboard.press("Enter")
    await page.getByRole("menuitem", { name: "Excel" }).waitFor()
    // Opened by keyboard, the menu has the focus on its first item.
    await tabTo(page, "[role=menuitem]", "ArrowDown")
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.keyboard.press("Enter")
    ])
    expect(download.suggestedFilename()).toMatch(/\.xlsx$/u)
    expectQuiet(opened)
  })

  it("says what is wrong, what to do and under which id when the API cannot answer", async () => {
    await using opened = await console_.openAs("olga", "/")
    const { page } = opened
    await page.goto(`${console_.system.api}/reconciliations/00000000-0000-4000-8000-000000000000`)
    const alert = page.getByRole("alert")
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(
      /No such reconciliation.*Correlation id [0-9a-f-]{36}/su
    )
  })
})
