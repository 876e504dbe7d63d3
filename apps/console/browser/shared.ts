import { existsSync, mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Effect, Exit, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import type { TestProject } from "vitest/node"
import { buildConsole, isConsoleFresh } from "../../start/src/buildConsole.ts"
import { reconcile } from "../../start/src/demo/reconcile.ts"
import { actor, seedDemo } from "../../start/src/demo/seedDemo.ts"
import { ask, system } from "../../start/test/system.ts"

const root = resolve(import.meta.dirname, "..", "..", "..")
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium"

/** The same as in `Console.ts`, which this process cannot load. */
const password = "correct horse battery staple"

/** What every file of tests finds running. */
interface Shared {
  readonly executablePath: string
  readonly api: string
  /** An administrator's, with every scope. */
  readonly key: string
  readonly simulator: string
  readonly database: string
  readonly folder: string
  /** The report of contoso-eu that was made after both sides have moved. */
  readonly report: string
  /** The account whose branch the reseller `rolf` sees, and another reseller's. */
  readonly reseller: { readonly own: string; readonly other: string }
  /** Of each operator's session. */
  readonly cookies: Readonly<Record<string, string>>
}

declare module "vitest" {
  interface ProvidedContext {
    /** null where there is no Chromium. */
    readonly shared: Shared | null
  }
}

/**
 * The console over the demo, once for all files of a run: all apps as `npm start` runs them, a simulated Partner
 * Center, and a report of contoso-eu's book.
 */
export default async (project: TestProject) => {
  if (!existsSync(executablePath)) {
    console.warn(
      `Browser tests of the console are skipped: there is no Chromium at ${executablePath}. Install one (Debian: apt-get install chromium), or name it with CHROMIUM.`
    )
    project.provide("shared", null)
    return
  }
  const scope = Scope.makeUnsafe()
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  try {
    project.provide("shared", await Effect.runPromise(Scope.provide(start, scope)))
  } catch (cause) {
    await stop()
    throw cause
  }
  return stop
}

const built = Effect.suspend(() => {
  const logs = join(root, ".cache", "console")
  mkdirSync(logs, { recursive: true })
  return isConsoleFresh(root) ? Effect.void : buildConsole(root, join(logs, "build.log"))
})

const start = Effect.gen(function* () {
  const made = yield* system
  // Beside the seed, which waits most of its time.
  const [report] = yield* Effect.all(
    [
      Effect.gen(function* () {
        yield* seedDemo(made.control, () => {})
        return yield* reconcile(actor, InstanceName.make("contoso-eu"), () => {})
      }).pipe(Effect.provide([made.ports, FetchHttpClient.layer])),
      built
    ],
    { concurrency: 2 }
  )
  const [own, other] = yield* Effect.promise(() => resellersOf(made))
  if (own === undefined || other === undefined) throw new Error("the demo has too few resellers")
  const cookies: Record<string, string> = {}
  for (const operator of [
    { name: "olga", role: "operator-admin" },
    { name: "otto", role: "operator" },
    { name: "rita", role: "read-only" },
    { name: "rolf", role: "reseller", branch: own }
  ]) {
    yield* Effect.promise(() => ask(made, "POST", "/v1/operators", { ...operator, password }))
    cookies[operator.name] = yield* Effect.promise(() => signedIn(made.api, operator.name))
  }
  const shared: Shared = {
    executablePath,
    api: made.api,
    key: made.key,
    simulator: made.simulator,
    database: made.database.url,
    folder: made.folder,
    report: report.id,
    reseller: { own, other },
    cookies
  }
  return shared
})

/** The value of a new session's cookie. */
const signedIn = async (api: string, name: string): Promise<string> => {
  const answer = await fetch(`${api}/v1/session`, {
    method: "POST",
    headers: { origin: api, "sec-fetch-site": "same-origin", "content-type": "application/json" },
    body: JSON.stringify({ name, password })
  })
  const [cookie = ""] = answer.headers.getSetCookie()
  const value = /^concordat_session=(?<value>[^;]+)/u.exec(cookie)?.groups?.["value"]
  if (value === undefined) throw new Error(`${name} cannot sign in: ${await answer.text()}`)
  return value
}

/** The resellers of contoso-eu, by their names. */
const resellersOf = async (made: { readonly api: string; readonly key: string }) => {
  const { body } = await ask(made, "GET", "/v1/accounts?kind=reseller&limit=2")
  const { items } = body
  return (Array.isArray(items) ? items : []).map(({ id }) => String(id))
}
