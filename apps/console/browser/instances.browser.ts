import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, type Opened, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

/** A partner that nobody has registered when the tests begin. */
const spare = "tailspin-uk"

describe.skipIf(!hasChromium)("instances", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  const accountOf = async (name: string) => {
    const answer = await fetch(`${console_.system.simulator}/_simulator/accounts`)
    const { accounts } = await answer.json()
    return accounts.find((account: { name: string }) => account.name === name)
  }

  const authenticate = async ({ page }: Opened) => {
    await page.getByText("not-authenticated", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Authenticate" }).click()
    const link = page.getByRole("link", { name: "Sign in with Microsoft" })
    await link.waitFor()
    const [atMicrosoft] = await Promise.all([page.waitForEvent("popup"), link.click()])
    await atMicrosoft.getByLabel("admin@").check()
    await atMicrosoft.getByRole("button", { name: "Sign in" }).click()
    // Whoever has accepted the application's permissions before is not asked again.
    const accept = atMicrosoft.getByRole("button", { name: "Accept" })
    const end = atMicrosoft.getByText("You can close this page")
    await accept.or(end).first().waitFor()
    if (await accept.isVisible()) await accept.click()
    await page.getByText("authenticated", { exact: true }).waitFor()
    await page.getByText("By admin@").waitFor()
  }

  it("leads to Microsoft's sign-in, and sees by itself when the consent is there", async () => {
    await using opened = await console_.openAs("olga", "/instances/contoso-eu")
    await authenticate(opened)
    expectQuiet(opened)
  })

  it("connects an account, tests it, authenticates it and changes its settings, by the page alone", async () => {
    const account = await accountOf(spare)
    await using opened = await console_.openAs("olga", "/instances")
    const { page } = opened
    await page.getByRole("button", { name: "Connect an account" }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("combobox", { name: "Cloud" }).click()
    await page.getByRole("option", { name: "Custom addresses" }).click()
    await dialog.getByLabel("Name", { exact: false }).first().fill("browser-uk")
    await dialog.getByLabel("Address of the REST API").fill(console_.system.simulator)
    await dialog.getByLabel("Address of the sign-in").fill(console_.system.simulator)
    await dialog.getByLabel("Audience of the token").fill("https://api.partnercenter.microsoft.com")
    await dialog.getByLabel("Account id").fill("not a tenant")
    await dialog.getByLabel("Application (client) id").fill(account.appId)
    await dialog.locator("input[type=password]").fill("not the key")
    await dialog.getByLabel("Countries").fill("gb, ie")
    expect(await faultsOf(page, "the dialogue")).toEqual([])
    await dialog.getByRole("button", { name: "Connect" }).click()
    // What is wrong stands at its field, and nothing that was typed is lost.
    await expect
      .poll(() => dialog.getByLabel("Account id").getAttribute("aria-invalid"))
      .toBe("true")
    expect(await dialog.getByLabel("Countries").inputValue()).toBe("gb, ie")
    await dialog.getByLabel("Account id").fill(account.tenantId)
    await dialog.getByRole("button", { name: "Connect" }).click()
    await page.getByRole("heading", { level: 1, name: "browser-uk" }).waitFor()

    await page.getByRole("button", { name: "Test the connection" }).click()
    await page.getByText("AADSTS7000215").waitFor()
    await page.getByText("The key is wrong").waitFor()

    await page.getByRole("tab", { name: "Settings" }).click()
    await page.waitForURL(/show=settings/u)
    // Somebody else changes something meanwhile, which this page has not read.
    await ask(console_.system, "POST", "/v1/instances/import", {
      instances: [{ name: "browser-uk", requestsPerMinute: 450 }]
    })
    await page.locator("input[type=password]").fill(account.clientSecret)
    await page.getByLabel("Language").fill("en-GB")
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Somebody has changed it meanwhile").waitFor()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Saved", { exact: true }).waitFor()
    const { body } = await ask(console_.system, "GET", "/v1/instances/browser-uk")
    expect([body["catalogueLanguage"], body["requestsPerMinute"], body["countries"]]).toEqual([
      "en-GB",
      450,
      ["GB", "IE"]
    ])

    await page.getByRole("tab", { name: "State" }).click()
    await page.getByRole("button", { name: "Test the connection" }).click()
    await expect.poll(() => page.getByText("works", { exact: true }).count()).toBe(2)
    await authenticate(opened)
    // The browser's own word about what was refused: the wrong tenant, and the stale version.
    expect(opened.complaints.filter((text) => !/status of 4(00|12)/u.test(text))).toEqual([])
    expect(await page.content()).not.toContain(account.clientSecret)
  })

  it("keeps a sandbox beside it, and makes it live only with a reason and a second word", async () => {
    const account = await accountOf("fabrikam-us")
    const instance = {
      name: "browser-sandbox",
      cloud: "custom",
      endpoints: {
        api: console_.system.simulator,
        login: console_.system.simulator,
        resource: "https://api.partnercenter.microsoft.com"
      },
      tenantId: "99999999-0000-4000-8000-000000000001",
      appId: account.appId,
      secret: "kept",
      cspStatus: "direct"
    }
    expect((await ask(console_.system, "POST", "/v1/instances", instance)).status).toBe(201)
    await using opened = await console_.openAs("olga", "/instances/browser-sandbox?show=sandbox")
    const { page } = opened
    await page.getByLabel("Account id of the sandbox").fill(account.tenantId)
    await page.getByLabel("Application (client) id in the sandbox").fill(account.appId)
    await page.locator("input[type=password]").fill(account.clientSecret)
    await page.getByRole("button", { name: "Save the sandbox" }).click()
    const live = page.getByRole("region", { name: "Which account is live" })
    await live.getByText("The primary account is live.").waitFor()
    await live.getByRole("button", { name: "Make the integration sandbox live" }).click()
    expect(await page.getByRole("dialog").count()).toBe(0)
    await live.getByLabel("Why").fill("trying the catalogue")
    await live.getByRole("button", { name: "Make the integration sandbox live" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click()
    await live.getByText("The primary account is live.").waitFor()
    await live.getByRole("button", { name: "Make the integration sandbox live" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Switch" }).click()
    await live.getByText("The integration sandbox is live.").waitFor()
    await page.getByRole("tab", { name: "Log" }).click()
    await settled(page)
    const log = page.getByRole("table", { name: "What was done to it" })
    expect(await log.textContent()).toContain("trying the catalogue")
    expect(await log.textContent()).toContain("environment: primary → sandbox")
    expectQuiet(opened)
  })

  it("tells what a settings file would change before it keeps it, and which retired fields it drops", async () => {
    await using opened = await console_.openAs("olga", "/instances?do=import")
    const { page } = opened
    const dialog = page.getByRole("dialog")
    const choose = (text: string) =>
      dialog.locator("input[type=file]").setInputFiles({
        name: "settings.json",
        mimeType: "application/json",
        buffer: Buffer.from(text)
      })
    await choose("{")
    await dialog.getByText("This is no JSON").waitFor()
    await choose(
      JSON.stringify({
        instances: [
          {
            name: "browser-file",
            cloud: "global",
            tenantId: "99999999-0000-4000-8000-000000000002",
            appId: "99999999-0000-4000-8000-000000000003",
            secret: "kept",
            cspStatus: "direct",
            disabled: true,
            Password: "of long ago"
          }
        ]
      })
    )
    await dialog.getByText("nothing was kept yet").waitFor()
    expect(await dialog.getByRole("row", { name: /browser-file/u }).textContent()).toContain(
      "Password"
    )
    const before = await ask(console_.system, "GET", "/v1/instances/browser-file")
    expect(before.status).toBe(404)
    await dialog.getByRole("button", { name: "Import it" }).click()
    await dialog.getByText("This was done.").waitFor()
    const after = await ask(console_.system, "GET", "/v1/instances/browser-file")
    expect(after.status).toBe(200)
    expectQuiet(opened)
  })
})
