import { AxeBuilder } from "@axe-core/playwright"
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"

describe.skipIf(!hasChromium)("every page", () => {
  let console_: Console
  let report: string
  beforeAll(async () => {
    console_ = await Console.start()
    report = await console_.report()
  })
  afterAll(() => console_?.stop())

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
})
