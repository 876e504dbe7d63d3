import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Console, hasChromium } from "./Console.ts"

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
    await page.getByText("<script> is not allowed in a mail").waitFor()

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
})
