import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { addressesOf } from "./addresses.ts"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

describe.skipIf(!hasChromium)("every page", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("breaks none of axe's rules, light or dark, needs no sideways scrolling and logs nothing", async () => {
    const paths = [
      ...(await addressesOf(console_)),
      "/accounts/new",
      `/accounts/${await console_.account("Brightfield")}?show=microsoft`,
      `/accounts/${await console_.account("Brightfield")}?show=subscriptions`,
      "/subscriptions",
      await console_.subscription("active"),
      "/jobs",
      "/system?show=operators",
      "/system?show=keys",
      "/system?show=secrets",
      "/me",
      `/reconciliations/${await console_.report()}?q=nothing-is-called-this`,
      "/no-such-page"
    ]
    await using opened = await console_.openAs("olga", "/")
    const faults: Array<string> = []
    for (const path of paths) {
      await opened.page.goto(`${console_.system.api}${path}`)
      await settled(opened.page)
      faults.push(...(await faultsOf(opened.page, path)))
    }
    expectQuiet(opened)
    await using door = await console_.open("/")
    await door.page.getByRole("button", { name: "Sign in" }).waitFor()
    faults.push(...(await faultsOf(door.page, "the door")))
    await using reader = await console_.openAs("rita", "/system")
    await reader.page.getByText("Not for your role").waitFor()
    faults.push(...(await faultsOf(reader.page, "a page for others")))
    expect(faults).toEqual([])
  }, 240_000)

  // What opens over a page, by the name of what opens it.
  const dialogs = [
    ["/", "Search"],
    ["/reconciliations", "Start a reconciliation"],
    ["/price-lists", "Make a price list"]
  ] as const

  it("breaks none of axe's rules with a dialog open, and gives the focus back when it is closed", async () => {
    await using opened = await console_.openAs("olga", "/")
    const { page } = opened
    const faults: Array<string> = []
    for (const [path, name] of dialogs) {
      await page.goto(`${console_.system.api}${path}`)
      await settled(page)
      const opener = page.getByRole("button", { name }).first()
      await opener.click()
      await page.getByRole("dialog").waitFor()
      faults.push(...(await faultsOf(page, `${path}, ${name}`)))
      await page.keyboard.press("Escape")
      await page.getByRole("dialog").waitFor({ state: "hidden" })
      await expect
        .poll(() => opener.evaluate((element) => element === document.activeElement))
        .toBe(true)
    }
    expect(faults).toEqual([])
    expectQuiet(opened)
  })
})
