import { existsSync } from "node:fs"
import { createServer } from "node:http"
import { AxeBuilder } from "@axe-core/playwright"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { admin, authorizeUrl, nobody, redeem } from "../test/browser.ts"
import { Bench } from "../test/harness.ts"

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"
const hasChromium = existsSync(executablePath)
if (!hasChromium)
  console.warn(
    `Browser tests are skipped: there is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.`
  )

/** An application that waits for the browser to come back, and remembers with what. */
const startApplication = async () => {
  const answers: Array<URLSearchParams> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => {
      body += chunk
    })
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1")
      if (pathname === "/callback")
        answers.push(request.method === "POST" ? new URLSearchParams(body) : searchParams)
      response.setHeader("Content-Type", "text/html").end("<title>Application</title>Welcome back")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    answers,
    close: () => new Promise<void>((resolve) => server.close(() => resolve()))
  }
}

describe.skipIf(!hasChromium)("the sign-in page in a browser", () => {
  let bench: Bench
  let browser: Browser
  let application: Awaited<ReturnType<typeof startApplication>>
  const complaints: Array<string> = []
  beforeAll(async () => {
    bench = await Bench.start()
    application = await startApplication()
    browser = await chromium.launch({ executablePath })
  })
  afterAll(async () => {
    await browser?.close()
    await application?.close()
    await bench?.close()
  })
  afterEach(() => {
    application.answers.length = 0
    // A policy that stands in the way of a form is only seen here.
    expect(complaints.splice(0)).toEqual([])
  })

  const visit = async (
    parameters: Record<string, string> = {},
    options: BrowserContextOptions = {}
  ) => {
    // Without script, as the strictest of browsers would have it.
    const context = await browser.newContext({ javaScriptEnabled: false, ...options })
    const page = await context.newPage()
    page.on("console", (message) => {
      // That a page came with a status of refusal is reported too, and is as it should be.
      if (!/status of 40[03]/u.test(message.text())) complaints.push(message.text())
    })
    const { redirectUri } = application
    const account = await bench.account()
    await page.goto(authorizeUrl(bench, account, { redirect_uri: redirectUri, ...parameters }))
    return { page, account, [Symbol.asyncDispose]: () => context.close() }
  }

  it("is gone through by keyboard alone, and leads back with a code that works", async () => {
    await bench.do("POST", "/reset", {
      seed: 1,
      accounts: [{ name: "eu", cspStatus: "indirect", customers: 3 }]
    })
    await using opened = await visit()
    const { page, account } = opened
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.waitForSelector("h1:text('Permissions requested')")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.waitForURL(`${application.redirectUri}**`)
    const [answer] = application.answers
    expect(answer?.get("state")).toBe("state-1")
    const { redirectUri } = application
    const code = answer?.get("code") ?? ""
    const tokens = await redeem(bench, account, code, { redirect_uri: redirectUri })
    expect(tokens.status).toBe(200)
  })

  it("does not go on without a user, and leads back when it is cancelled", async () => {
    await using opened = await visit()
    const { page } = opened
    await page.getByRole("button", { name: "Sign in" }).click()
    expect(await page.getByRole("heading").textContent()).toBe("Sign in")
    await page.getByRole("button", { name: "Cancel" }).click()
    await page.waitForURL(`${application.redirectUri}**`)
    expect(application.answers[0]?.get("error")).toBe("access_denied")
  })

  it("carries the answer in a form where the application wants one", async () => {
    await using opened = await visit({ response_mode: "form_post", prompt: "consent" })
    const { page, account } = opened
    await page.getByLabel(admin(account)).check()
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.getByRole("button", { name: "Accept" }).click()
    await page.getByRole("button", { name: "Continue" }).click()
    await page.waitForURL(application.redirectUri)
    expect(application.answers[0]?.get("code")).toBeTruthy()
  })

  const pagesOf = async (
    page: Page,
    who: { domain: string },
    look: (name: string) => Promise<void>
  ) => {
    await look("sign in")
    await page.getByLabel(`sales@${who.domain}`).check()
    await page.getByRole("button", { name: "Sign in" }).click()
    await look("need admin approval")
    await page.getByRole("button", { name: "Choose another user" }).click()
    await page.getByLabel(`admin@${who.domain}`).check()
    await page.getByRole("button", { name: "Sign in" }).click()
    await look("permissions requested")
  }

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 320],
    ["dark", 320]
  ] as const)(
    "breaks none of axe's rules and needs no sideways scrolling (%s, %i pixels)",
    async (colorScheme, width) => {
      await using opened = await visit(
        { prompt: "consent" },
        { colorScheme, viewport: { width, height: 700 }, javaScriptEnabled: true }
      )
      const { page, account } = opened
      expect(nobody(account)).toContain("sales@")
      await pagesOf(page, account, async (name) => {
        const { violations } = await new AxeBuilder({ page }).analyze()
        expect(
          violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`),
          name
        ).toEqual([])
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        expect(wide, name).toBe(false)
      })
    }
  )
})
