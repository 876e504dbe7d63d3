import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { databasePlace, dataFolder } from "@concordat/adapter-postgres/Address"
import { migrate } from "@concordat/adapter-postgres/migrate"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { format } from "@concordat/core/money/Money"
import type { Run } from "@concordat/core/reconciliation/Run"
import { Cause, Clock, Effect, Exit, Fiber, Logger, Option, Result, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { buildConsole, isConsoleFresh } from "./buildConsole.ts"
import { startChild } from "./Child.ts"
import { reconcile } from "./demo/reconcile.ts"
import { simulatorControl } from "./demo/SimulatorControl.ts"
import { actor, seedDemo } from "./demo/seedDemo.ts"
import { type FirstOperator, firstOperator } from "./firstOperator.ts"
import { operatorKey } from "./operatorKey.ts"
import { mustBeFree } from "./ports.ts"
import { settings } from "./settings.ts"
import { say, step } from "./Terminal.ts"

const apps = join(import.meta.dirname, "..", "..")
const root = join(apps, "..")

/** Everything on one machine: database, simulator, API and reconciler, in the order in which they need each other. */
const start = Effect.gen(function* () {
  const began = yield* Clock.currentTimeMillis
  const { apiHost, apiPort, simulatorHost, simulatorPort, demo } = yield* settings
  const folder = yield* dataFolder
  const logFolder = join(folder, "logs")
  mkdirSync(logFolder, { recursive: true, mode: 0o700 })
  yield* say("\nConcordat")
  yield* mustBeFree("API", apiHost, apiPort, "CONCORDAT_API_PORT")
  if (demo === "on") yield* mustBeFree("simulator", simulatorHost, simulatorPort, "SIMULATOR_PORT")

  // Beside everything else, which mostly waits.
  const build = isConsoleFresh(root)
    ? undefined
    : yield* Effect.forkScoped(Effect.result(buildConsole(root, join(logFolder, "console.log"))))
  const place = yield* step("database", () =>
    Effect.tap(databasePlace, (found) => migrate(found.url))
  )
  // The apps find an embedded database by its folder, and with it the key that belongs to it.
  const environment = { CONCORDAT_DATA_DIR: folder }
  const child = (name: string, more: Readonly<Record<string, string>> = {}) =>
    startChild({
      name,
      main: join(apps, name, "src", "main.ts"),
      environment: { ...environment, ...more },
      logFolder
    })

  const simulator =
    demo === "on"
      ? yield* step("simulator", () =>
          child("simulator", { SIMULATOR_STATE_FILE: join(folder, "simulator.jsonl") })
        )
      : undefined
  // So that a simulator whose clock is moved shows what happens on our side.
  const clock: Readonly<Record<string, string>> =
    simulator?.url == null ? {} : { CONCORDAT_CLOCK_FROM: simulator.url }
  const scope = yield* Scope.fork(yield* Effect.scope, "parallel")
  const [api, reconciler] = yield* step("API and reconciler", () =>
    Effect.all([child("api", clock), child("reconciler", clock)], { concurrency: 2 }).pipe(
      Scope.provide(scope)
    )
  )

  const storage = storageLayer(place, "concordat-start")
  const { operator, reports } = yield* Effect.gen(function* () {
    yield* operatorKey(join(folder, "operator.key"))
    const found = simulator?.url == null ? [] : yield* demonstrate(simulator.url, folder)
    // Last, so that its password is told by the start that has made it.
    return { reports: found, operator: yield* firstOperator(join(folder, "operator.password")) }
  }).pipe(Effect.provide([storage, FetchHttpClient.layer]))
  if (build !== undefined) {
    const built = yield* step("console", () => Fiber.join(build))
    if (Result.isFailure(built)) yield* say(`  ${built.failure.message}`)
  }

  const seconds = (((yield* Clock.currentTimeMillis) - began) / 1000).toFixed(1)
  yield* say(
    block({
      seconds,
      api: api.url ?? `http://${apiHost}:${apiPort}`,
      simulator: simulator?.url ?? undefined,
      operator: Option.getOrUndefined(operator),
      keyFile: join(folder, "operator.key"),
      database: place.embedded
        ? `PostgreSQL 18, embedded, data in ${folder}`
        : "external (DATABASE_URL)",
      reports
    })
  )
  const alive = [api, reconciler, ...(simulator === undefined ? [] : [simulator])]
  return yield* Effect.raceAll(alive.map(({ died }) => Effect.flatMap(died, Effect.fail)))
})

/** Seeds the demo at the first start and reports what the first reconciliation of each instance found. */
const demonstrate = Effect.fnUntraced(function* (simulator: string, folder: string) {
  const marker = join(folder, "demo.json")
  const fresh = !existsSync(marker)
  if (fresh) {
    const control = yield* simulatorControl(simulator)
    yield* step("demo book", (report) => seedDemo(control, report))
  }
  if (!fresh) return []
  const reports: Array<Run> = []
  for (const name of ["fabrikam-us", "contoso-eu"])
    reports.push(
      yield* step(`reconciliation of ${name}`, (report) => reconcile(actor, name, report))
    )
  writeFileSync(marker, `${JSON.stringify({ seeded: true })}\n`)
  return reports
})

interface Block {
  readonly seconds: string
  readonly api: string
  readonly simulator: string | undefined
  readonly operator: FirstOperator | undefined
  readonly keyFile: string
  readonly database: string
  readonly reports: ReadonlyArray<Run>
}

const block = ({ seconds, api, simulator, operator, keyFile, database, reports }: Block): string =>
  [
    "",
    `Ready after ${seconds} s.`,
    "",
    ...reports.map(
      ({ instance, rows, findings, atRisk }) =>
        `  ${instance}: ${rows} subscriptions compared, ${findings} findings, ${atRisk.map((money) => `${format(money)} ${money.currency}`).join(" + ") || "nothing"} at risk per month`
    ),
    ...(reports.length > 0 ? [""] : []),
    `  Console    ${api}${operator === undefined ? "" : `  (${signInText(operator)})`}`,
    `  API        ${api}  (documentation: ${api}/docs)`,
    ...(simulator === undefined
      ? []
      : [`  Simulator  ${simulator}  (control: ${simulator}/_simulator/openapi.json)`]),
    `  Database   ${database}`,
    `  API key    Authorization: Bearer <the key in ${keyFile}>; the CLI finds it there`,
    "",
    simulator === undefined
      ? "  Try next   npx concordat instance add --help"
      : "  Try next   npx concordat reconcile --instance contoso-eu --scope organisation",
    "             npx concordat --help",
    "",
    "  Ctrl-C stops everything.",
    ""
  ].join("\n")

const signInText = ({ file, name, password }: FirstOperator): string =>
  password === undefined
    ? `sign in as ${name}, password in ${file}`
    : `sign in as ${name}, password ${password}; kept in ${file}`

const stopped = (signal: NodeJS.Signals) =>
  Effect.callback<void>((resume) => {
    const stop = () => resume(Effect.void)
    process.once(signal, stop)
    return Effect.sync(() => process.off(signal, stop))
  })

/** Ends when told to (0), or when something could not start or died (1, with one line about it). */
const program = Effect.scoped(
  Effect.raceFirst(
    start,
    Effect.raceAll([stopped("SIGINT"), stopped("SIGTERM"), stopped("SIGHUP")]).pipe(
      Effect.andThen(say("\nStopping …"))
    )
  )
).pipe(Effect.provide(Logger.layer([])))

/** One line for whoever starts it; the whole cause only of a bug. */
const lineOf = (cause: Cause.Cause<{ readonly message: string }>): string =>
  Option.match(Cause.findErrorOption(cause), {
    onSome: (error) => error.message.replace(/\s+/g, " "),
    onNone: () => Cause.pretty(cause)
  })

const exit = await Effect.runPromiseExit(program)
if (Exit.isFailure(exit)) {
  process.stderr.write(`\n${lineOf(exit.cause)}\n`)
  process.exitCode = 1
}
process.exit()
