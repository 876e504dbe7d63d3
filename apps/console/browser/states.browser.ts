import type { Page, Route } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { addressesOf } from "./addresses.ts"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

describe.skipIf(!hasChromium)("every page, whatever the API answers", () => {
  let console_: Console
  let paths: ReadonlyArray<string>
  beforeAll(async () => {
    console_ = await Console.start()
    paths = await addressesOf(console_)
  })
  afterAll(() => console_?.stop())

  /** What the page reads, apart from who is signed in and what changes, is answered by `how`. */
  const answerReads = (page: Page, how: (route: Route) => Promise<void>) =>
    page.route(
      ({ pathname }) => pathname.startsWith("/v1/") && !/^\/v1\/(session|events)$/u.test(pathname),
      (route) => (route.request().method() === "GET" ? how(route) : route.continue())
    )

  const correlationId = "0190a6b2-0000-7000-8000-00000000cafe"
  const refused = {
    // Nothing that is tried again, which would take seconds on each page.
    status: 400,
    contentType: "application/problem+json",
    headers: { "x-correlation-id": correlationId },
    body: JSON.stringify({
      type: "https://concordat.dev/problems/internal",
      title: "Something went wrong",
      status: 400,
      correlationId
    })
  }

  it("says that it is loading, and then what went wrong, what to do and under which id", async () => {
    await using opened = await console_.openAs("olga", "/no-such-page")
    const { page } = opened
    const waiting: Array<Route> = []
    let isRefusing = false
    await answerReads(page, async (route) => {
      if (isRefusing) await route.fulfill(refused)
      else waiting.push(route)
    })
    const wrong: Array<string> = []
    for (const path of paths) {
      isRefusing = false
      await page.goto(`${console_.system.api}${path}`)
      const content = page.locator("#content")
      await content.locator("h1").waitFor()
      await content.getByRole("status").first().waitFor()
      const isLookedAt = path === "/" || path.startsWith("/accounts/")
      if (isLookedAt) wrong.push(...(await faultsOf(page, `${path}, loading`, looksOnce)))
      isRefusing = true
      await Promise.all(waiting.splice(0).map((route) => route.fulfill(refused)))
      const problem = content.getByRole("alert").filter({ hasText: correlationId }).first()
      await problem.waitFor().catch(() => wrong.push(`${path}, refused: it does not say so`))
      const text = await problem.textContent({ timeout: 100 }).catch(() => "")
      if (!/Something went wrong.*try again/su.test(text ?? ""))
        wrong.push(`${path}, refused: ${text}`)
      if ((await page.locator("h1").count()) !== 1) wrong.push(`${path}, refused: no heading`)
      if (isLookedAt) wrong.push(...(await faultsOf(page, `${path}, refused`, looksOnce)))
    }
    expect(wrong).toEqual([])
    expect(opened.elsewhere).toEqual([])
  }, 240_000)

  it("says that there is nothing, and how that changes, where a list is empty", async () => {
    await using opened = await console_.openAs("olga", "/no-such-page")
    const { page } = opened
    await answerReads(page, async (route) => {
      const answer = await route.fetch()
      const body: unknown = answer.ok() ? await answer.json() : null
      const isList = typeof body === "object" && body !== null && "items" in body
      await route.fulfill({
        response: answer,
        ...(isList ? { json: { items: [], next: null } } : {})
      })
    })
    const wrong: Array<string> = []
    for (const path of paths) {
      await page.goto(`${console_.system.api}${path}`)
      await settled(page)
      if (
        (await page.locator("tbody tr").count()) > 0 &&
        (await page.locator("tbody").allTextContents()).join("").trim() === ""
      )
        wrong.push(`${path}: an empty table`)
      wrong.push(...(await faultsOf(page, `${path}, empty`, looksOnce)))
    }
    expect(wrong).toEqual([])
    expectQuiet(opened)
  }, 240_000)

  it("shows whatever texts hold as text, however long they are, and keeps its shape", async () => {
    await using opened = await console_.openAs("olga", "/no-such-page")
    const { page } = opened
    await answerReads(page, async (route) => {
      const answer = await route.fetch()
      const body: unknown = answer.ok() ? await answer.json() : null
      if (body === null) return route.fulfill({ response: answer })
      // An instance's name is in addresses, and can hold no more than they do.
      const isAddress =
        new URL(answer.url()).pathname === "/v1/instances" && !page.url().endsWith("/instances")
      const json = isAddress ? body : poisoned(body)
      await route.fulfill({ response: answer, json })
    })
    const wrong: Array<string> = []
    let told = 0
    for (const path of paths) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await page.goto(`${console_.system.api}${path}`)
      await settled(page)
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 900 })
        // The menu at the side moves away in its own time.
        await page
          .waitForFunction(() => document.documentElement.scrollWidth <= innerWidth, null, {
            timeout: 2_000
          })
          .catch(() => {})
        const beyond = await page.evaluate(beyondScreen)
        if (beyond !== null) wrong.push(`${path}, ${width} px: ${beyond}`)
      }
      const found = await page.evaluate(() => ({
        title: document.title,
        made: document.querySelectorAll("#content img, #content b.hostile").length,
        // Also in the fields in which it is edited.
        shown: [
          document.body.textContent,
          ...[...document.querySelectorAll("input")].map(({ value }) => value),
          ...[...document.querySelectorAll("textarea")].map(({ value }) => value)
        ].some((text) => text.includes("<img src=x onerror"))
      }))
      if (found.title.startsWith("taken") || found.made > 0) wrong.push(`${path}: a text was run`)
      if (found.shown) told++
    }
    expect(wrong).toEqual([])
    // The others hold it in parts that are not open at first.
    expect(told).toBeGreaterThan(8)
    // Names that are in addresses lead nowhere here.
    expect(opened.complaints.filter((text) => !text.includes("404"))).toEqual([])
    expect(opened.elsewhere).toEqual([])
  }, 240_000)
})

/** What makes a page wider than the screen; null when nothing does. Runs in the page. */
const beyondScreen = (): string | null => {
  if (document.documentElement.scrollWidth <= innerWidth) return null
  const widest = [...document.querySelectorAll("body *")]
    .filter((element) => element.closest(".scroller") === null)
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .at(-1)
  return `wider than the screen: ${widest?.outerHTML.slice(0, 200)}`
}

/** States of a page that was looked at in both schemes already. */
const looksOnce = [{ colorScheme: "dark", width: 390 }] as const

/** With marks that turn what stands beside them, a formula, and as long as a text can be. */
const hostileText = `=HYPERLINK("//evil.example") <img src=x onerror="document.title='taken'"><b class="hostile">\u202Eevil\u2066 ${"x".repeat(9_900)}`

/** What people and Partner Center write freely. Ids, kinds, times, amounts and addresses of the console stay. */
const freeTexts =
  /^(name|customer|title|subject|text|problem|reason|detail|reference|requestedBy|description|note|email|by|line1|city|firstName|lastName|companyName|userName|displayName)$/u

const poisoned = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.map((item: unknown) => poisoned(item, key))
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]: [string, unknown]) => [name, poisoned(inner, name)])
    )
  // No two alike: some are names by which something is chosen.
  return typeof value === "string" && freeTexts.test(key) ? `${hostileText} ${value}` : value
}
