import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled, signIn, tabTo } from "./Console.ts"
import { faultsOf } from "./looks.ts"

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
    await page.getByPlaceholder("Page, account, domain, subscription, id …").waitFor()
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

  it("finds things of every kind by what is known of them, and goes there by keyboard", async () => {
    await using opened = await console_.openAs("olga", "/")
    const { page } = opened
    const hits = page.getByRole("option").or(page.locator(".mantine-Spotlight-action"))
    const ask = async (text: string) => {
      await page.keyboard.press("Control+k")
      await page.getByRole("textbox", { name: "Search" }).fill(text)
    }
    await ask("contoso-eu")
    await page.getByText("Instances", { exact: true }).last().waitFor()
    await hits.filter({ hasText: "completed" }).first().waitFor()
    await page.keyboard.press("Escape")
    await page.getByRole("textbox", { name: "Search" }).waitFor({ state: "detached" })

    const id = await console_.account("Brightfield")
    const answer = await page.request.get(`${console_.system.api}/v1/accounts/${id}`)
    const { tenants } = await answer.json()
    await ask(tenants[0].tenantId.toUpperCase())
    await hits.filter({ hasText: tenants[0].domain }).waitFor()
    expect(await faultsOf(page, "the palette")).toEqual([])
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.waitForURL(new RegExp(`/accounts/${id}$`, "u"))
    await page.goBack()
    await page.getByRole("heading", { name: "Overview" }).waitFor()
    await page.getByRole("textbox", { name: "Search" }).waitFor({ state: "detached" })

    await ask("nobody is called this")
    await page.getByText("Nothing is called that").waitFor()
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
