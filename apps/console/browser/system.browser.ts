import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"

describe.skipIf(!hasChromium)("roles and the system page", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

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
})
