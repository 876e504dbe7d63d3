import { AxeBuilder } from "@axe-core/playwright"
import type { Page } from "playwright-core"

export interface Look {
  readonly colorScheme: "light" | "dark"
  readonly width: number
  /** Only these of axe's rules. */
  readonly rules?: ReadonlyArray<string>
}

/** As most see it, and as it is on a telephone at night, where only colours differ for axe. */
export const looks: ReadonlyArray<Look> = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 390, rules: ["color-contrast"] }
]

/** What is wrong with a page as it stands: which of axe's rules it breaks, and whether it is wider than the screen. */
export const faultsOf = async (
  page: Page,
  name: string,
  each: ReadonlyArray<Look> = looks
): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  for (const { colorScheme, width, rules = [] } of each) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    // In the page itself: a second one for each look would take as long again.
    const axe = new AxeBuilder({ page }).setLegacyMode(true)
    const { violations } = await (rules.length === 0 ? axe : axe.withRules([...rules])).analyze()
    const look = `${name}, ${colorScheme} and ${width} px`
    for (const { id, nodes } of violations) faults.push(`${look}: ${id} ${nodes[0]?.html}`)
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth))
      faults.push(`${look}: is wider than the screen`)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: "light" })
  return faults
}
