import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, expectQuiet, hasChromium, settled } from "./Console.ts"
import { faultsOf } from "./looks.ts"

describe.skipIf(!hasChromium)("mails and their templates", () => {
  let console_: Console
  beforeAll(async () => {
    console_ = await Console.start()
  })
  afterAll(() => console_?.stop())

  it("shows a mail in a frame where nothing runs and for which nothing is fetched", async () => {
    await using opened = await console_.openAs("olga", "/templates/welcome-customer")
    const { page } = opened
    const html = page.getByRole("textbox", { name: "HTML" }).first()
    const preview = page.getByRole("button", { name: "Preview" }).first()
    await html.fill("<p>Hello</p><script>top.document.title = 'taken'</script>")
    await preview.click()
    await page.getByText("<script> is not allowed in a mail").first().waitFor()

    await html.fill(
      '<p style="color: rgb(1, 2, 3)">Hello</p><img alt="" src="http://127.0.0.1:9/pixel.png">'
    )
    await preview.click()
    const frame = page.locator("iframe")
    await page.frameLocator("iframe").getByText("Hello").waitFor()
    expect(await frame.getAttribute("sandbox")).toBe("allow-same-origin")
    const hello = page.frameLocator("iframe").getByText("Hello")
    expect(await hello.evaluate((element) => getComputedStyle(element).color)).toBe("rgb(1, 2, 3)")
    // The policy stops it before it is asked for; the browser says so.
    await expect.poll(() => opened.complaints.join()).toContain("127.0.0.1:9/pixel.png")
    expect(opened.complaints.join()).toContain("Content Security Policy")
  })

  it("writes a template with merge fields, previews it with an account's data, and brings an older version back", async () => {
    await using opened = await console_.openAs("olga", "/templates/downgrade-requested?language=it")
    const { page } = opened
    const text = page.getByRole("textbox", { name: "Text" })
    const subject = page.getByRole("textbox", { name: "Subject" })
    await page.getByText("Nobody has written one for exactly this").waitFor()
    await subject.fill("Ciao ")
    await page.getByRole("combobox", { name: "Insert a merge field" }).click()
    await page.getByRole("option", { name: /^Accounts\.Name:/u }).click()
    expect(await subject.inputValue()).toBe("Ciao {#Accounts.Name#}")
    await text.fill("{#Accounts.Nothing#}")
    await page.getByRole("button", { name: "Save" }).click()
    await page
      .getByText(/Accounts\.Nothing/u)
      .nth(1)
      .waitFor()
    await text.fill("Prima")
    await page.getByRole("textbox", { name: "To", exact: true }).fill("office@contoso.example")
    await page.getByRole("combobox", { name: "With the data of" }).fill("Brightfield")
    await page
      .getByRole("option", { name: /Brightfield/u })
      .first()
      .click()
    await page.getByRole("button", { name: "Preview" }).click()
    await page.getByText(/To office@contoso\.example: Ciao .*Brightfield/u).waitFor()
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Saved as version 1.").waitFor()
    await text.fill("Seconda")
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Saved as version 2.").waitFor()

    await page.getByRole("tab", { name: "Versions" }).click()
    await page.getByRole("button", { name: "Compare version 1" }).click()
    const compared = page.getByRole("region", { name: "Version 1 and now" })
    await compared.getByText("Prima").waitFor()
    await compared.getByText("Seconda").waitFor()
    expect(await faultsOf(page, "comparing versions")).toEqual([])
    await compared.getByRole("button", { name: "Restore version 1" }).click()
    await page.getByText("3, in use").waitFor()
    await page.getByRole("tab", { name: "Texts" }).click()
    await expect.poll(() => text.inputValue()).toBe("Prima")
    expect(opened.complaints.filter((said) => !said.includes("400"))).toEqual([])
  })

  it("finds mails that failed with the reason, and gives one as a file", async () => {
    await using opened = await console_.openAs("olga", "/outbox")
    const { page } = opened
    await page.locator("tbody a").first().click()
    await page.waitForURL(/\/outbox\/[0-9a-f-]{36}$/u)
    await page.frameLocator("iframe").locator("body").waitFor()
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click()
    ])
    expect(download.suggestedFilename()).toMatch(/^[0-9a-f-]{36}\.eml$/u)
    expect(readFileSync(await download.path(), "utf8")).toMatch(/^Date: .*multipart\/alternative/su)
    await page.goBack()
    await page.getByRole("combobox", { name: "Status" }).click()
    await page.getByRole("option", { name: "failed" }).click()
    await page.waitForURL(/status=failed/u)
    await settled(page)
    expectQuiet(opened)
  })
})
