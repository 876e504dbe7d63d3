import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { Effect, Option, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { expect, inject } from "vitest"
import { simulatorControl } from "../../start/src/demo/SimulatorControl.ts"
import { ask, type System } from "../../start/test/system.ts"

/** Without a Chromium the tests of the console are skipped; the run says so once. */
export const hasChromium = inject("shared") !== null

const shared = () => {
  const found = inject("shared")
  if (found === null) throw new Error("there is no Chromium")
  return found
}

export interface OpenOptions {
  readonly colorScheme?: "light" | "dark"
  readonly width?: number
}

/** A page that somebody looks at, with all that its browser complained about. */
export interface Opened {
  readonly page: Page
  readonly complaints: ReadonlyArray<string>
  /** Everything that was asked for at other addresses than the console's. */
  readonly elsewhere: ReadonlyArray<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * A browser before the console of the running system, which all files of tests share: what a test changes (the
 * consent of an instance, a template) it makes for itself first, or leaves as it was. Its operators are olga, who may
 * do everything, otto (operator), rita (read-only) and rolf (reseller).
 */
export class Console {
  readonly system: Pick<System, "api" | "key" | "simulator" | "folder" | "ports" | "control">
  /** The accounts of resellers: rolf's own, and one that he must not see. */
  readonly reseller: { readonly own: string; readonly other: string }
  readonly #report: string
  readonly #browser: Browser

  private constructor(system: Console["system"], browser: Browser) {
    const { report, reseller } = shared()
    this.system = system
    this.reseller = reseller
    this.#report = report
    this.#browser = browser
  }

  static async start(): Promise<Console> {
    const { api, database, executablePath, folder, key, simulator } = shared()
    process.env["CONCORDAT_SECRET_KEY"] = secretKey
    const url = Redacted.make(database)
    const control = await Effect.runPromise(
      simulatorControl(simulator).pipe(Effect.provide(FetchHttpClient.layer))
    )
    const ports = storageLayer({ url, folder: Option.none() }, "browser test")
    return new Console(
      { api, key, simulator, folder, ports, control },
      await chromium.launch({ executablePath })
    )
  }

  stop(): Promise<void> {
    return this.#browser.close()
  }

  async #context({ colorScheme = "light", width = 1280 }: OpenOptions): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      colorScheme,
      viewport: { width, height: 900 },
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      acceptDownloads: true
    })
    context.setDefaultTimeout(10_000)
    return context
  }

  /** Opens an address as nobody. */
  async open(path: string, options: OpenOptions = {}): Promise<Opened> {
    return this.#open(await this.#context(options), path)
  }

  async #open(context: BrowserContext, path: string): Promise<Opened> {
    const page = await context.newPage()
    const complaints: Array<string> = []
    const elsewhere: Array<string> = []
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        complaints.push(message.text())
    })
    page.on("pageerror", ({ message }) => complaints.push(message))
    page.on("requestfailed", (request) => {
      // A page that is left gives up what it was still asking for.
      if (request.failure()?.errorText !== "net::ERR_ABORTED")
        complaints.push(`${request.url()}: ${request.failure()?.errorText}`)
    })
    page.on("request", (request) => {
      const url = request.url()
      if (!url.startsWith(this.system.api) && !/^(data|blob|about):/u.test(url)) elsewhere.push(url)
    })
    await page.goto(`${this.system.api}${path}`)
    return { page, complaints, elsewhere, [Symbol.asyncDispose]: () => context.close() }
  }

  /**
   * Opens an address as an operator who is signed in already. The session is everybody's: whoever ends it, or changes
   * the operator, makes an operator for that and signs in at the door.
   */
  async openAs(name: string, path: string, options: OpenOptions = {}): Promise<Opened> {
    const value = shared().cookies[name]
    if (value === undefined) throw new Error(`nobody called ${name} is signed in`)
    const context = await this.#context(options)
    const { hostname } = new URL(this.system.api)
    await context.addCookies([
      { name: "concordat_session", value, domain: hostname, path: "/", sameSite: "Strict" }
    ])
    const opened = await this.#open(context, path)
    await opened.page.locator("#content h1").waitFor()
    return opened
  }

  /** The report of contoso-eu that was made after both sides have moved. */
  async report(): Promise<string> {
    return this.#report
  }

  /** The address of a report's first row. */
  async rowOf(report: string): Promise<string> {
    const { body } = await ask(
      this.system,
      "GET",
      `/v1/reconciliations/${report}/rows?limit=1&kind=quantity&onlyFindings=true`
    )
    const { items } = body
    const [row] = Array.isArray(items) ? items : []
    return `/reconciliations/${report}/rows/${row.row}`
  }

  /** The address of a subscription of that status. */
  async subscription(status: string): Promise<string> {
    const { body } = await ask(this.system, "GET", `/v1/subscriptions?limit=1&status=${status}`)
    const { items } = body
    const [item] = Array.isArray(items) ? items : []
    if (typeof item?.id !== "string") throw new Error(`no subscription is ${status}`)
    return `/subscriptions/${item.id}`
  }

  async account(q: string): Promise<string> {
    const { body } = await ask(
      this.system,
      "GET",
      `/v1/accounts?limit=1&q=${encodeURIComponent(q)}`
    )
    const { items } = body
    const [item] = Array.isArray(items) ? items : []
    if (typeof item?.id !== "string") throw new Error(`no account is called ${q}`)
    return item.id
  }
}

/** The system's key for what is secret in its database; the same as in `system.ts`. */
const secretKey = Buffer.alloc(32, 7).toString("base64")

/** The password of every operator of these tests. */
export const password = "correct horse battery staple"

/** Signs in at the door that is open. */
export const signIn = async (page: Page, name: string, given = password) => {
  await page.getByRole("textbox", { name: "Name" }).fill(name)
  await page.locator("input[name=password]").fill(given)
  await page.getByRole("button", { name: "Sign in" }).click()
}

/** Until nothing more is asked for and nothing more is said to be loading. */
export const settled = async (page: Page): Promise<void> => {
  await page.locator("#content h1").waitFor()
  await page.waitForFunction(
    () =>
      document.querySelector('[role="status"] .mantine-Loader-root, [aria-busy="true"]') === null
  )
}

/** What a page that nobody has mistreated must leave behind: no complaint, and no question to anybody else. */
export const expectQuiet = ({ complaints, elsewhere }: Opened): void => {
  expect(complaints).toEqual([])
  expect(elsewhere).toEqual([])
}

/** Presses a key until something that fits has the focus. */
export const tabTo = async (page: Page, selector: string, key = "Tab"): Promise<void> => {
  for (let pressed = 0; pressed < 80; pressed++) {
    if ((await page.locator(`${selector}:focus`).count()) > 0) return
    await page.keyboard.press(key)
  }
  throw new Error(`the keyboard does not come to ${selector}`)
}

/** A text as somebody would send it who means harm, with marks that turn what stands beside them. */
export const hostile = `<img src=x onerror="document.title='taken'"> =HYPERLINK("//evil.example") \u202Eabc ${"x".repeat(100)}`
