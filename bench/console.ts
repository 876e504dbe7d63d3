import { existsSync } from "node:fs"
import { availableParallelism, loadavg } from "node:os"
import { parseArgs } from "node:util"
import { Effect, Logger, Option, Schema } from "effect"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { heapOf, timeOf, watch } from "./consolePage.ts"
import { ConsoleWorld, consoleWorld } from "./consoleWorld.ts"
import { type Figure, medianOf, percentileOf, print } from "./measure.ts"

/**
 * The console in a real browser before a report of 1,000,000 rows and 200,000 accounts: how soon it is there, how much
 * it fetches, how soon another filter shows its rows, and whether an open page grows.
 */
const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    accounts: { type: "string", default: "200000" },
    /** How long the overview is left open. */
    minutes: { type: "string", default: "30" },
    /** Makes the world, and leaves it running instead of measuring. */
    hold: { type: "boolean", default: false },
    /** One of firstLoad, filters, accountSearch, memory. */
    only: { type: "string" },
    /** A world that `--hold` has made. */
    on: { type: "string" }
  }
})
const size = { rows: Number(values.rows), accounts: Number(values.accounts) }
const minutes = Number(values.minutes)
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

const goals = { firstLoadMs: 1_500, scriptKb: 250, newRowsMs: 250, growth: 0.2 }
const firstLoads = 7
/** Another reconciliation this often while the overview is open; each tells the page of itself many times. */
const eventsEverySeconds = 15
const sampleEverySeconds = 60
const reconcileSecondsMax = 300

const say = (line: string) => process.stdout.write(`  ${line}\n`)
const ms = (value: number) => `${value.toFixed(0)} ms`
const kb = (bytes: number) => `${(bytes / 1_000).toFixed(0)} kB`
const sum = (files: ReadonlyArray<{ readonly bytes: number }>) =>
  files.reduce((total, { bytes }) => total + bytes, 0)
const load = () => `load ${loadavg()[0]?.toFixed(1)}`
const verdict = (isMet: boolean) => (isMet ? "met" : "MISSED")

const contextOf = async (browser: Browser, world: ConsoleWorld): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(30_000)
  await context.addCookies([
    { name: "concordat_session", value: world.cookie, domain: "127.0.0.1", path: "/" }
  ])
  await context.addInitScript(watch)
  return context
}

/** From the request for the page until the newest report is on the overview, each time with an empty cache. */
const firstLoad = async (browser: Browser, world: ConsoleWorld): Promise<void> => {
  const times: Array<number> = []
  let scripts = 0
  let initial = 0
  // What it names is fetched before anything can be shown; parts that a page adds come when it needs them.
  const index = await (await fetch(`${world.api}/`, { headers: { accept: "text/html" } })).text()
  for (let round = 0; round < firstLoads; round++) {
    const context = await contextOf(browser, world)
    const page = await context.newPage()
    await page.goto(`${world.api}/`, { waitUntil: "commit" })
    times.push(
      await page.evaluate(async () => {
        const end = performance.now() + 30_000
        while (performance.now() < end) {
          await new Promise((resolve) => requestAnimationFrame(resolve))
          if (document.querySelector('#content [aria-label="Book of contoso-eu"]') !== null)
            return performance.now()
        }
        throw new Error("the overview has no book of contoso-eu")
      })
    )
    await page.waitForLoadState("networkidle").catch(() => {})
    const fetched = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .flatMap((entry) =>
          entry instanceof PerformanceResourceTiming && entry.name.endsWith(".js")
            ? [{ name: new URL(entry.name).pathname, bytes: entry.encodedBodySize }]
            : []
        )
    )
    scripts = sum(fetched)
    initial = sum(fetched.filter(({ name }) => index.includes(name)))
    await context.close()
  }
  const worst = Math.max(...times)
  print(`first load of the overview, ${firstLoads} times with an empty cache, ${load()}`, [
    {
      what: "until the newest report is shown",
      figure: ms(medianOf(times)),
      note: `median; worst ${ms(worst)}; goal ${ms(goals.firstLoadMs)}: ${verdict(worst <= goals.firstLoadMs)}`
    },
    {
      what: "scripts, compressed",
      figure: `${kb(initial)}`,
      note: `initial; ${kb(scripts)} with the chart, which comes later; goal ${goals.scriptKb} kB: ${verdict(initial / 1_000 <= goals.scriptKb)}`
    }
  ])
}

interface Measure {
  readonly what: string
  readonly times: ReadonlyArray<number>
}

const figureOf = ({ what, times }: Measure): Figure => ({
  what,
  figure: ms(percentileOf(times, 0.95)),
  note: `p95 of ${times.length}; median ${ms(medianOf(times))}; worst ${ms(Math.max(...times))}`
})

const report = (title: string, measures: ReadonlyArray<Measure>): void => {
  const all = measures.flatMap(({ times }) => times)
  const p95 = percentileOf(all, 0.95)
  print(`${title}, ${load()}`, [
    ...measures.map(figureOf),
    {
      what: "all together",
      figure: ms(p95),
      note: `p95 of ${all.length}; goal ${ms(goals.newRowsMs)}: ${verdict(p95 <= goals.newRowsMs)}`
    }
  ])
}

/** Chooses in a list that opens below a field, as somebody would. */
const choose = async (page: Page, field: string, nth: number): Promise<void> => {
  await page.getByRole("combobox", { name: field, exact: true }).click()
  await page.getByRole("option").nth(nth).click()
}

const searches = [
  "0815",
  "falke granit",
  "quarz",
  "gmbh",
  "nobody is called this",
  "tal ulme 4711",
  "m365",
  "business",
  "xenon zinn",
  "office 365"
]

const filters = async (browser: Browser, world: ConsoleWorld): Promise<void> => {
  const context = await contextOf(browser, world)
  const page = await context.newPage()
  const rows = `/v1/reconciliations/${world.run}/rows`
  const address = `${world.api}/reconciliations/${world.run}`
  const start = async (search = "") => {
    await page.goto(`${address}${search}`)
    await page.locator("tbody tr").first().waitFor()
  }
  const measures: Array<Measure> = []
  const measure = async (what: string, acts: ReadonlyArray<() => Promise<unknown>>, at = rows) => {
    const times: Array<number> = []
    for (const act of acts) times.push(await timeOf(page, at, act))
    measures.push({ what, times })
    process.stdout.write(`  ${what}: ${times.map((time) => time.toFixed(0)).join(" ")}\n`)
  }
  const nextPages = async (what: string) => {
    const next = page.getByRole("button", { name: "Next page" })
    const own: Array<number> = []
    for (let n = 0; n < 15 && (await next.isEnabled()); n++)
      own.push(await timeOf(page, rows, () => next.click()))
    if (own.length > 0) measures.push({ what, times: own })
  }
  const times = <A>(count: number, make: (n: number) => A) =>
    Array.from({ length: count }, (_, n) => make(n))

  await start()
  const kinds = await page
    .getByRole("combobox", { name: "Kind", exact: true })
    .click()
    .then(() => page.getByRole("option").count())
  await page.keyboard.press("Escape")
  await measure(
    "by kind",
    times(Math.min(kinds, 20), (n) => () => choose(page, "Kind", n))
  )
  await start()
  const all = page.getByRole("switch", { name: "Rows that agree too" })
  await measure(
    "by who moved",
    times(3, (n) => () => choose(page, "Moved by", n))
  )
  await start()
  await measure("with the rows that agree", [() => all.click()])
  await nextPages("next page of all rows")
  await start()
  await nextPages("next page of findings")
  const search = page.getByRole("searchbox", { name: "Search", exact: true })
  for (const [what, suffix] of [
    ["a search in the findings", ""],
    ["a search in all rows", "?all=true"]
  ] as const) {
    await start(suffix)
    await measure(
      what,
      searches.map((text) => async () => {
        await search.fill(text.slice(0, -1))
        await search.press("End")
        await page.keyboard.type(text.slice(-1))
      })
    )
  }
  await start()
  report(
    `another filter of ${size.rows.toLocaleString("en")} rows, from the last key or click to the new rows on the screen`,
    measures
  )
  await context.close()
}

const accountSearch = async (browser: Browser, world: ConsoleWorld): Promise<void> => {
  const context = await contextOf(browser, world)
  const page = await context.newPage()
  await page.goto(`${world.api}/accounts`)
  await page.locator("tbody tr").first().waitFor()
  const search = page.getByRole("searchbox").first()
  const times: Array<number> = []
  for (const text of [
    "C-0815",
    "tenant4711",
    "office331@",
    "falke granit",
    "quarz",
    "onmicrosoft",
    "nobody",
    "qz",
    "tal 12",
    "reseller 7"
  ])
    times.push(
      await timeOf(page, "/v1/accounts", async () => {
        await search.fill(text.slice(0, -1))
        await search.press("End")
        await page.keyboard.type(text.slice(-1))
      })
    )
  report(`a search over ${size.accounts.toLocaleString("en")} accounts`, [
    { what: "accounts", times }
  ])
  await context.close()
}

/** The overview, left open while reconciliations come and go. */
const memory = async (browser: Browser, world: ConsoleWorld): Promise<void> => {
  if (minutes <= 0) return
  const context = await contextOf(browser, world)
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send("Network.enable")
  let events = 0
  session.on("Network.eventSourceMessageReceived", () => {
    events++
  })
  await page.goto(`${world.api}/`)
  await page.getByRole("region", { name: "Book of contoso-eu" }).waitFor()
  const headers = { authorization: `Bearer ${world.key}` }
  /** Until it has ended: what is shown is then as much at the end as it was at the beginning, on any machine. */
  const reconcileOnce = async () => {
    const asked = await fetch(`${world.api}/v1/reconciliations`, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        "idempotency-key": crypto.randomUUID()
      },
      body: JSON.stringify({ instance: "contoso-eu", scope: { kind: "organisation" } })
    })
    const address = asked.headers.get("location")
    if (address === null) throw new Error(await asked.text())
    for (let waited = 0; waited < reconcileSecondsMax; waited++) {
      const answer = await fetch(new URL(address, world.api), { headers })
      if (/"status":"(completed|incomplete|failed)"/u.test(await answer.text())) return
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
    throw new Error(`the reconciliation did not end within ${reconcileSecondsMax} s`)
  }
  await reconcileOnce()
  await new Promise((resolve) => setTimeout(resolve, sampleEverySeconds * 1_000))
  const samples = [await heapOf(session)]
  const eventsBefore = events
  const end = Date.now() + minutes * 60_000
  let sampleAt = Date.now() + sampleEverySeconds * 1_000
  let runs = 0
  while (Date.now() < end) {
    await reconcileOnce()
    runs++
    await new Promise((resolve) => setTimeout(resolve, eventsEverySeconds * 1_000))
    if (Date.now() < sampleAt) continue
    sampleAt += sampleEverySeconds * 1_000
    samples.push(await heapOf(session))
    process.stdout.write(
      `  ${samples.length - 1} min: ${((samples.at(-1) ?? 0) / 1e6).toFixed(2)} MB, ${events - eventsBefore} events\n`
    )
  }
  samples.push(await heapOf(session))
  const [first = 0] = samples
  const last = samples.at(-1) ?? 0
  const growth = last / first - 1
  print(`the overview, open for ${minutes} minutes with ${runs} reconciliations, ${load()}`, [
    { what: "events that came", figure: String(events - eventsBefore), note: "" },
    {
      what: "memory of its scripts",
      figure: `${(last / 1e6).toFixed(1)} MB`,
      note: `at the end; ${(first / 1e6).toFixed(1)} MB at the beginning, ${(Math.max(...samples) / 1e6).toFixed(1)} MB at most: ${(growth * 100).toFixed(0)} %; goal ${goals.growth * 100} %: ${verdict(growth <= goals.growth)}`
    }
  ])
  await context.close()
}

const measured = (world: ConsoleWorld) =>
  Effect.acquireUseRelease(
    Effect.promise(() => chromium.launch({ executablePath })),
    (browser) =>
      Effect.promise(async () => {
        for (const [name, measure] of Object.entries({ firstLoad, filters, accountSearch, memory }))
          if (values.only === undefined || values.only === name) await measure(browser, world)
      }),
    (browser) => Effect.promise(() => browser.close())
  )

const bench = Effect.gen(function* () {
  const held = Option.fromUndefinedOr(values.on).pipe(
    Option.map((text) => Schema.decodeSync(Schema.fromJsonString(ConsoleWorld))(text))
  )
  const world = Option.isSome(held) ? held.value : yield* consoleWorld(size, say)
  if (!values.hold) return yield* measured(world)
  say(`It is left running until Ctrl-C; measure it with --on '${JSON.stringify(world)}'`)
  return yield* Effect.never
}).pipe(Effect.scoped)

if (existsSync(executablePath)) {
  process.stdout.write(
    `Node ${process.version}, ${availableParallelism()} cores, ${load()}. Compare ratios, not seconds, with your machine.\n`
  )
  await Effect.runPromise(Effect.provide(bench, Logger.layer([])))
  process.exit()
}
process.stderr.write(
  `There is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.\n`
)
process.exitCode = 1
