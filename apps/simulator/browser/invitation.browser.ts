import { existsSync } from "node:fs"
import { AxeBuilder } from "@axe-core/playwright"
import { type Browser, chromium } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Bench } from "../test/harness.ts"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"
const hasChromium = existsSync(executablePath)
if (!hasChromium)
  console.warn(
    `Browser tests are skipped: there is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.`
  )

describe.skipIf(!hasChromium)("the invitation in a browser", () => {
  let bench: Bench
  let browser: Browser
  beforeAll(async () => {
    bench = await Bench.start()
    browser = await chromium.launch({ executablePath })
  })
  afterAll(async () => {
    await browser?.close()
    await bench?.close()
  })

  const invitation = async (): Promise<string> => {
    const { resellers } = await bench.account()
    const token = await bench.userToken()
    const query = `indirectResellerId=${resellers[0]?.tenantId}`
    return (await bench.get(`/v1/customers/relationshiprequests?${query}`, token)).json.url
  }

  it.each(["light", "dark"] as const)(
    "is accepted by keyboard alone, without script, %s, and everybody can read it",
    async (colorScheme) => {
      const complaints: Array<string> = []
      const context = await browser.newContext({ javaScriptEnabled: false, colorScheme })
      const page = await context.newPage()
      page.on("console", (message) => complaints.push(message.text()))
      await page.goto(await invitation())
      const company = page.getByRole("radio").first()
      const tenant = (await company.getAttribute("value")) ?? ""
      await company.focus()
      await page.keyboard.press("Space")
      await page.keyboard.press("Tab")
      expect(
        await page
          .getByRole("textbox", { name: /tenant id or domain/u })
          .evaluate((field) => field.matches(":focus"))
      ).toBe(true)
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await page.getByRole("heading", { name: "The invitation is accepted" }).waitFor()
      const customer = await bench.get(`/v1/customers/${tenant}`, await bench.appToken())
      expect(customer.status).toBe(200)
      expect(complaints).toEqual([])
      await context.close()
    }
  )

  it("has no barrier that axe knows of", async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const url = await invitation()
    await page.goto(url)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
    await context.close()
  })
})
