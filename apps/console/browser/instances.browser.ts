import { afterAll, beforeAll, describe, it } from "vitest"
import { Console, expectQuiet, hasChromium } from "./Console.ts"

describe.skipIf(!hasChromium)("instances", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

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
})
