import { existsSync, readFileSync } from "node:fs"
import { AxeBuilder } from "@axe-core/playwright"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, type Opened, settled, signIn } from "./Console.ts"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"
const hasChromium = existsSync(executablePath)
if (!hasChromium)
  console.warn(
    `Browser tests are skipped: there is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.`
  )

/** What a page that nobody has mistreated must leave behind: no complaint, and no question to anybody else. */
const expectQuiet = ({ complaints, elsewhere }: Opened) => {
  expect(complaints).toEqual([])
  expect(elsewhere).toEqual([])
}

/** A text as somebody would send it who means harm, with marks that turn what stands beside them. */
const hostile = `<img src=x onerror="document.title='taken'"> =HYPERLINK("//evil.example") \u202Eabc ${"x".repeat(100)}`

describe.skipIf(!hasChromium)("the console", () => {
  let console_: Console
  let report: string
  beforeAll(async () => {
    console_ = await Console.start(executablePath)
    report = await console_.report()
  }, 120_000)
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

  const addresses = async (): Promise<ReadonlyArray<string>> => [
    "/",
    "/reconciliations",
    `/reconciliations/${report}`,
    `/reconciliations/${report}?q=nothing-is-called-this`,
    await console_.rowOf(report),
    "/accounts",
    `/accounts/${await console_.account("Brightfield")}`,
    "/instances",
    "/instances/contoso-eu",
    "/catalogue-runs",
    "/products?instance=contoso-eu",
    "/price-lists",
    "/imports",
    "/agreements",
    "/outbox",
    "/templates",
    "/templates/welcome-customer",
    "/system",
    "/no-such-page"
  ]

  it("breaks none of axe's rules, light or dark, needs no sideways scrolling and logs nothing, on any page", async () => {
    const paths = await addresses()
    const wrong: Array<string> = []
    const complain = async (page: Page, name: string, rules?: string) => {
      const axe = new AxeBuilder({ page })
      const { violations } = await (rules === undefined ? axe : axe.withRules([rules])).analyze()
      for (const { id, nodes } of violations) wrong.push(`${name}: ${id} ${nodes[0]?.html}`)
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
        wrong.push(`${name}: is wider than the screen`)
    }
    const look = async (page: Page, name: string) => {
      await settled(page)
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.emulateMedia({ colorScheme: "light" })
      await complain(page, `${name}, light and wide`)
      await page.setViewportSize({ width: 390, height: 844 })
      await page.emulateMedia({ colorScheme: "dark" })
      await complain(page, `${name}, dark and narrow`, "color-contrast")
    }
    const walk = async (mine: ReadonlyArray<string>) => {
      await using opened = await console_.openAs("olga", "/")
      for (const path of mine) {
        await opened.page.goto(`${console_.system.api}${path}`)
        await look(opened.page, path)
      }
      expectQuiet(opened)
    }
    const half = Math.ceil(paths.length / 2)
    await Promise.all([walk(paths.slice(0, half)), walk(paths.slice(half))])
    await using opened = await console_.open("/")
    await opened.page.getByRole("button", { name: "Sign in" }).waitFor()
    await complain(opened.page, "the door")
    expect(wrong).toEqual([])
  }, 90_000)

  it("leads from the overview to the findings of a kind, keeps the filter in the address, and exports exactly it", async () => {
    await using opened = await console_.openAs("olga", "/")
    const { page } = opened
    const book = page.getByRole("region", { name: "Book of contoso-eu" })
    await book.getByRole("link", { name: "Quantity differs" }).click()
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

  it("shows names as text, whatever they hold", async () => {
    const made = await ask(console_.system, "POST", "/v1/accounts", {
      kind: "customer",
      name: hostile
    })
    expect(made.status).toBe(201)
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

  it("shows a mail in a frame where nothing runs and for which nothing is fetched", async () => {
    await using opened = await console_.openAs("olga", "/templates/welcome-customer")
    const { page } = opened
    const html = page.getByRole("textbox", { name: "HTML" }).first()
    const preview = page.getByRole("button", { name: "Preview" }).first()
    await html.fill("<p>Hello</p><script>top.document.title = 'taken'</script>")
    await preview.click()
    await page.getByText("<script> is not allowed in a mail").waitFor()

    await html.fill(
      '<p style="color: rgb(1, 2, 3)">Hello</p><img alt="" src="http://127.0.0.1:9/pixel.png">'
    )
    await preview.click()
    const frame = page.locator("iframe")
    await page.frameLocator("iframe").getByText("Hello").waitFor()
    expect(await frame.getAttribute("sandbox")).toBe("allow-same-origin")
    const hello = page.frameLocator("iframe").getByText("Hello")
    expect(await hello.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(1, 2, 3)")
    // The policy stops it before it is asked for; the browser says so.
    await expect.poll(() => opened.complaints.join()).toContain("127.0.0.1:9/pixel.png")
    expect(opened.complaints.join()).toContain("Content Security Policy")
  })

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

  it("leads to Microsoft's sign-in, and sees by itself when the consent is there", async () => {
    await using opened = await console_.openAs("olga", "/instances/contoso-eu")
    const { page } = opened
    await page.getByText("not-authenticated", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Authenticate" }).click()
    const link = page.getByRole("link", { name: "Sign in with Microsoft" })
    await link.waitFor()
    const [atMicrosoft] = await Promise.all([page.waitForEvent("popup"), link.click()])
    await atMicrosoft.getByLabel("admin@").check()
    await atMicrosoft.getByRole("button", { name: "Sign in" }).click()
    await atMicrosoft.getByRole("button", { name: "Accept" }).click()
    await page.getByText("authenticated", { exact: true }).waitFor()
    await page.getByText("By admin@").waitFor()
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

/** Presses a key until something that fits has the focus. */
const tabTo = async (page: Page, selector: string, key = "Tab"): Promise<void> => {
  for (let pressed = 0; pressed < 80; pressed++) {
    if ((await page.locator(`${selector}:focus`).count()) > 0) return
    await page.keyboard.press(key)
  }
  throw new Error(`the keyboard does not come to ${selector}`)
}
