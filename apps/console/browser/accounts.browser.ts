import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, hostile, settled } from "./Console.ts"

describe.skipIf(!hasChromium)("accounts", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

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
})
