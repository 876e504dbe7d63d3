import { existsSync } from "node:fs"
import { AxeBuilder } from "@axe-core/playwright"
import { openApiDocument } from "@concordat/contracts/Api"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../test/serve.ts"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"
const hasChromium = existsSync(executablePath)
if (!hasChromium)
  console.warn(
    `Browser tests are skipped: there is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.`
  )

const operations = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
)

describe.skipIf(!hasChromium)("the API's documentation page", () => {
  let api: Served
  let browser: Browser
  beforeAll(async () => {
    ;[api, browser] = await Promise.all([serve(), chromium.launch({ executablePath })])
  })
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  /** Opens the page; what it asked for elsewhere and complained about is collected from the beginning. */
  const open = async (options: BrowserContextOptions = {}, hash = "") => {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const requested: Array<string> = []
    const complaints: Array<string> = []
    page.on("request", (request) => requested.push(request.url()))
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    await page.goto(`${api.url}/docs${hash}`, { waitUntil: "networkidle" })
    return { page, requested, complaints, [Symbol.asyncDispose]: () => context.close() }
  }

  const unfold = (page: Page) =>
    page.$$eval("details", (all) => {
      for (const details of all) details.open = true
    })

  /** The operations are all written by the same code, and axe takes a minute for all of them: it sees each twentieth. */
  const unfoldSome = async (page: Page, from: number) => {
    await unfold(page)
    await page.$$eval(
      "details.operation",
      (all, first) => {
        for (const [n, details] of all.entries()) if (n % 20 !== first) details.remove()
      },
      from
    )
  }

  const shown = (page: Page) =>
    page.$$eval("details.operation:not([hidden]) > summary", (all) =>
      all.map((summary) =>
        [...summary.querySelectorAll("b, code")].map((part) => part.textContent).join(" ")
      )
    )

  /** What the Tab key comes to, from the top of the page to its end. */
  const tabThrough = async (page: Page): Promise<ReadonlyArray<string>> => {
    const reached: Array<string> = []
    await page.evaluate(() => document.documentElement.focus())
    for (;;) {
      await page.keyboard.press("Tab")
      const at = await page.evaluate(() => {
        const { activeElement: element } = document
        if (element === null || element === document.body) return null
        const box = element.getBoundingClientRect()
        const isSeen = box.bottom > 0 && box.top < innerHeight && box.width > 0
        const name = element.tagName === "SUMMARY" ? element.parentElement?.id : element.id
        return `${element.tagName} ${name || element.textContent}${isSeen ? "" : " (not in view)"}`
      })
      if (at === null || reached.length > 2_000) return reached
      reached.push(at)
    }
  }

  it("asks nobody else for anything, and has nothing to complain about", async () => {
    await using opened = await open()
    expect(new Set(opened.requested.map((url) => new URL(url).origin))).toEqual(
      new Set([new URL(api.url).origin])
    )
    expect(opened.complaints).toEqual([])
  })

  it("has every operation of the document once", async () => {
    await using opened = await open()
    expect(operations.length).toBeGreaterThan(10)
    expect([...(await shown(opened.page))].sort()).toEqual([...operations].sort())
  })

  it("narrows the list to what is searched for, says how much is left, and comes back", async () => {
    await using opened = await open()
    const { page } = opened
    const search = page.getByLabel("Find an operation")
    await search.fill("book import")
    expect(await shown(page)).toContain("POST /v1/book/imports")
    expect((await shown(page)).length).toBeLessThan(operations.length)
    const left = (await shown(page)).length
    expect(await page.getByRole("status").textContent()).toBe(`${left} of ${operations.length}`)
    await search.fill("no such thing")
    expect(await shown(page)).toEqual([])
    expect(await page.getByRole("status").textContent()).toBe(`0 of ${operations.length}`)
    // A heading with nothing below it would be noise.
    expect(await page.getByRole("heading", { name: "Keys" }).isVisible()).toBe(false)
    await search.fill("")
    expect((await shown(page)).length).toBe(operations.length)
    expect(await page.getByRole("heading", { name: "Keys" }).isVisible()).toBe(true)
  })

  it("opens what its address names, and what a link leads to", async () => {
    await using opened = await open({}, "#keys.make")
    const { page } = opened
    expect(await page.locator('details[id="keys.make"]').getAttribute("open")).not.toBeNull()
    await page
      .locator('details[id="keys.make"] a[href="#NewKey"], details a[href="#MadeKey"]')
      .first()
      .click()
    const target = new URL(page.url()).hash.slice(1)
    expect(await page.locator(`details[id="${target}"]`).getAttribute("open")).not.toBeNull()
  })

  it("can be used with the keyboard alone", async () => {
    await using opened = await open()
    const { page } = opened
    const reached = await tabThrough(page)
    const names = new Set(reached)
    const summaries = await page.$$eval("details", (all) => all.map(({ id }) => `SUMMARY ${id}`))
    expect(summaries.filter((name) => !names.has(name))).toEqual([])
    expect(names).toContain("INPUT search")
    // Nothing is focused outside of what is seen, and nothing catches the focus.
    expect(reached.filter((name) => name.endsWith("(not in view)"))).toEqual([])
    await page.locator("details.operation > summary").first().focus()
    await page.keyboard.press("Enter")
    expect(await page.locator("details.operation").first().getAttribute("open")).not.toBeNull()
    await page.keyboard.press("Enter")
    expect(await page.locator("details.operation").first().getAttribute("open")).toBeNull()
    const outline = await page
      .locator("details.operation > summary")
      .first()
      .evaluate((summary) => getComputedStyle(summary).outlineStyle)
    expect(outline).not.toBe("none")
  })

  it.each(["light", "dark"] as const)("is readable in %s colours", async (colorScheme) => {
    await using opened = await open({ colorScheme })
    const { page } = opened
    const background = await page.evaluate(
      () => getComputedStyle(document.documentElement).backgroundColor
    )
    await unfoldSome(page, colorScheme === "light" ? 0 : 10)
    const { violations, incomplete } = await new AxeBuilder({ page }).analyze()
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.length} × ${nodes[0]?.html.slice(0, 150)} ${nodes[0]?.failureSummary}`
      )
    ).toEqual([])
    // A contrast that could not be computed has not been checked.
    expect(incomplete.map(({ id }) => id)).not.toContain("color-contrast")
    expect(background).toBe(colorScheme === "dark" ? "rgb(18, 18, 18)" : "rgb(255, 255, 255)")
  })

  it("fits a telephone: nothing makes the page itself scroll sideways", async () => {
    await using opened = await open({ viewport: { width: 380, height: 800 } })
    const { page } = opened
    await unfold(page)
    const wide = await page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      beyond: [...document.querySelectorAll("body *")]
        .filter((element) => element.closest("pre") === null || element.tagName === "PRE")
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120))
    }))
    expect(wide).toEqual({ page: 380, beyond: [] })
  })
})
