import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

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
    "/accounts/new",
    `/accounts/${await console_.account("Brightfield")}`,
    `/accounts/${await console_.account("Brightfield")}?show=microsoft`,
    `/accounts/${await console_.account("Brightfield")}?show=subscriptions`,
    "/subscriptions",
    await console_.subscription("active"),
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
    "/jobs",
    "/system",
    "/system?show=operators",
    "/system?show=keys",
    "/system?show=secrets",
    "/me",
    "/no-such-page"
  ]

  it("breaks none of axe's rules, light or dark, needs no sideways scrolling and logs nothing, on any page", async () => {
    const paths = await addresses()
    const faults: Array<string> = []
    const walk = async (mine: ReadonlyArray<string>) => {
      await using opened = await console_.openAs("olga", "/")
      for (const path of mine) {
        await opened.page.goto(`${console_.system.api}${path}`)
        await settled(opened.page)
        faults.push(...(await faultsOf(opened.page, path)))
      }
      expectQuiet(opened)
    }
    const half = Math.ceil(paths.length / 2)
    await Promise.all([walk(paths.slice(0, half)), walk(paths.slice(half))])
    await using opened = await console_.open("/")
    await opened.page.getByRole("button", { name: "Sign in" }).waitFor()
    faults.push(...(await faultsOf(opened.page, "the door")))
    expect(faults).toEqual([])
  }, 240_000)
})
