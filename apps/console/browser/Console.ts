import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Effect, Exit, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { buildConsole, isConsoleFresh } from "../../start/src/buildConsole.ts"
import { reconcile } from "../../start/src/demo/reconcile.ts"
import { actor, seedDemo } from "../../start/src/demo/seedDemo.ts"
import { ask, type System, system } from "../../start/test/system.ts"

const root = resolve(import.meta.dirname, "..", "..", "..")

/** The password of every operator of these tests. */
export const password = "correct horse battery staple"

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

/** The console over the demo: all apps as `npm start` runs them, a simulated Partner Center and a report of each book. */
export class Console {
  readonly system: System
  readonly #scope: Scope.Closeable
  readonly #browser: Browser

  private constructor(system: System, scope: Scope.Closeable, browser: Browser) {
    this.system = system
    this.#scope = scope
    this.#browser = browser
  }

  static async start(executablePath: string): Promise<Console> {
    const logs = join(root, ".cache", "console")
    mkdirSync(logs, { recursive: true })
    if (!isConsoleFresh(root)) await Effect.runPromise(buildConsole(root, join(logs, "build.log")))
    const scope = Scope.makeUnsafe()
    const [made, browser] = await Promise.all([
      Effect.runPromise(Scope.provide(system, scope)),
      chromium.launch({ executablePath })
    ])
    await Effect.runPromise(
      Effect.gen(function* () {
        yield* seedDemo(made.control, () => {})
        yield* reconcile(actor, InstanceName.make("contoso-eu"), () => {})
      }).pipe(Effect.provide([made.ports, FetchHttpClient.layer]))
    )
    for (const [name, role] of [
      ["olga", "operator-admin"],
      ["rita", "read-only"]
    ])
      await ask(made, "POST", "/v1/operators", { name, role, password })
    return new Console(made, scope, browser)
  }

  async stop(): Promise<void> {
    await this.#browser.close()
    await Effect.runPromise(Scope.close(this.#scope, Exit.void))
  }

  async #context({ colorScheme = "light", width = 1280 }: OpenOptions): Promise<BrowserContext> {
    return this.#browser.newContext({
      colorScheme,
      viewport: { width, height: 900 },
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      acceptDownloads: true
    })
  }

  /** Opens an address as nobody. */
  async open(path: string, options: OpenOptions = {}): Promise<Opened> {
    const context = await this.#context(options)
    context.setDefaultTimeout(10_000)
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

  /** Opens an address and signs in, which leads to it. */
  async openAs(name: string, path: string, options: OpenOptions = {}): Promise<Opened> {
    const opened = await this.open(path, options)
    await signIn(opened.page, name)
    await opened.page.locator("#content h1").waitFor()
    return opened
  }

  /** The newest report of an instance. */
  async report(): Promise<string> {
    const { body } = await ask(this.system, "GET", "/v1/reconciliations?limit=1")
    return first(body).id
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
    return `/reconciliations/${report}/rows/${row.subscriptionId}`
  }

  async account(q: string): Promise<string> {
    const { body } = await ask(
      this.system,
      "GET",
      `/v1/accounts?limit=1&q=${encodeURIComponent(q)}`
    )
    return first(body).id
  }
}

const first = (body: Record<string, unknown>): { readonly id: string } => {
  const { items } = body
  const [item] = Array.isArray(items) ? items : []
  if (typeof item?.id !== "string") throw new Error("the list is empty")
  return item
}

export const signIn = async (page: Page, name: string, given = password): Promise<void> => {
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
