import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

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
    const soon = book.getByRole("link", { name: "with a deadline in 30 days" })
    const rowsSoon = Number((await soon.textContent())?.split(" ")[0])
    await soon.click()
    await page.getByRole("heading", { name: "Reconciliation of" }).waitFor()
    await settled(page)
    const links = await page
      .locator("tbody a[href*='/rows/']")
      .evaluateAll((all) => all.map(String))
    expect(new Set(links).size).toBe(rowsSoon)
    await page.goBack()
    await page.getByText("Renewals in the next 7 days").waitFor()
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
    await page.getByText("Its answer as it was decoded").click()
    await page.getByText('"microsoftId":').waitFor()
    const past = page.getByRole("table", { name: "History of the subscription" })
    await past
      .getByRole("row", { name: /Partner Center Seats/u })
      .first()
      .waitFor()
    await page.getByText("(this one)").waitFor()
    expect(await faultsOf(page, "a row with its past")).toEqual([])

    await page.getByRole("link", { name: "Rows of the report" }).click()
    await page.getByRole("link", { name: "Compare" }).click()
    await page.getByRole("heading", { name: "What has changed at contoso-eu" }).waitFor()
    const changed = page.getByRole("table", { name: "What has changed" })
    await changed
      .getByRole("row", { name: /new Quantity differs/u })
      .first()
      .waitFor()
    expect(await faultsOf(page, "a comparison")).toEqual([])
    expectQuiet(opened)
  })

  it("sorts a report by urgency, counts it in groups that lead to their rows, and keeps the choice of columns", async () => {
    await using opened = await console_.openAs("otto", `/reconciliations/${report}`)
    const { page } = opened
    const choose = async (label: string, option: string) => {
      await page.getByRole("combobox", { name: label, exact: true }).click()
      await page.getByRole("option", { name: option, exact: true }).click()
    }
    await settled(page)
    await choose("Sort by", "Deadline")
    await page.waitForURL(/sort=deadline/u)
    await settled(page)
    const deadlines = await page
      .locator("tbody tr time")
      .evaluateAll((times) => times.map((time) => time.getAttribute("datetime") ?? ""))
    expect(deadlines.length).toBeGreaterThan(1)
    // A row of several findings is as urgent as its first, and shows them together.
    expect(deadlines[0]).toBe(deadlines.toSorted()[0])

    await choose("Severity", "critical")
    await page.waitForURL(/severity=critical/u)
    await choose("Group by", "Kind")
    const groups = page.getByRole("table", { name: "Findings in groups" })
    await groups.waitFor()
    await settled(page)
    const first = groups.locator("tbody tr").first()
    const [kind = "", findings = ""] = await first.locator("td").allTextContents()
    expect(await faultsOf(page, "groups")).toEqual([])
    await first.getByRole("link").click()
    const rows = page.getByRole("table", { name: "Rows of the report" })
    await rows.waitFor()
    await settled(page)
    expect(new URL(page.url()).searchParams.get("severity")).toBe("critical")
    expect(await rows.locator("tbody td", { hasText: `${kind}critical` }).count()).toBe(
      Number(findings)
    )

    await page.getByRole("button", { name: "Columns" }).click()
    await page.getByRole("menuitemcheckbox", { name: "Microsoft id" }).click()
    await page.waitForURL(/columns=.*microsoftId/u)
    await page.reload()
    await rows.getByRole("columnheader", { name: "Microsoft id" }).waitFor()
    await page.getByRole("button", { name: "Views" }).click()
    await page.getByRole("menuitem", { name: "Save this view" }).click()
    await page.getByRole("dialog").getByLabel("Name").fill("Critical ones")
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click()
    await page.getByRole("dialog").waitFor({ state: "hidden" })
    const kept = new URL(page.url()).search
    await page.goto(`${console_.system.api}/reconciliations/${report}`)
    await settled(page)
    await page.getByRole("button", { name: "Views" }).click()
    await page.getByRole("menuitem", { name: "Critical ones" }).click()
    await page.waitForURL(/severity=critical/u)
    expect(new URL(page.url()).searchParams.toString().split("&").toSorted()).toEqual(
      new URLSearchParams(kept).toString().split("&").toSorted()
    )
    await page.getByRole("button", { name: "Views" }).click()
    await page.getByRole("menuitem", { name: "Delete views" }).click()
    await page.getByRole("button", { name: "Delete Critical ones" }).click()
    await page.getByText("No view is saved.").waitFor()
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
