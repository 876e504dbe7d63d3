import { execFile, execFileSync } from "node:child_process"
import { readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { Effect, Exit, Redacted, Schema, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  childrenOf,
  cli,
  eventually,
  freePorts,
  isAlive,
  killAll,
  mainOf,
  makeFolder,
  occupy,
  type Program,
  postgresPid,
  removeFolder,
  start
} from "./Program.ts"

const lastLine = "Ctrl-C stops everything."
const Runs = Schema.Struct({
  items: Schema.Array(Schema.Struct({ id: Schema.String, status: Schema.String }))
})

const folders: Array<string> = []
const newFolder = (): string => {
  const folder = makeFolder()
  folders.push(folder)
  return folder
}
afterAll(async () => {
  killAll()
  for (const folder of folders) await removeFolder(folder)
}, 30_000)

const gone = (pids: ReadonlyArray<number>) =>
  eventually(
    () => pids.filter(isAlive),
    (alive) => alive.length === 0
  )

/** What `npm start` finds on a machine: a data folder and two ports. */
const machine = async (folder: string) => {
  const [api = 0, simulator = 0] = await freePorts(2)
  const environment = {
    CONCORDAT_DATA_DIR: folder,
    CONCORDAT_API_PORT: String(api),
    SIMULATOR_PORT: String(simulator)
  }
  const url = `http://127.0.0.1:${api}`
  return {
    environment,
    url,
    start: () => start(process.execPath, [mainOf("start")], environment),
    onTerminal: () => start("script", ["-qfec", "npm start", "/dev/null"], environment),
    /** All processes that belong to a started program, Postgres among them. */
    processesOf: ({ pid }: Program): ReadonlyArray<number> => {
      const postgres = postgresPid(folder)
      return [...childrenOf(pid), ...(postgres === undefined ? [] : [postgres])]
    },
    runs: async (): Promise<(typeof Runs.Type)["items"]> => {
      const key = readFileSync(join(folder, "operator.key"), "utf8").trim()
      const response = await fetch(`${url}/v1/reconciliations`, {
        headers: { authorization: `Bearer ${key}` }
      })
      return Schema.decodeUnknownSync(Runs)(await response.json()).items
    }
  }
}
type Machine = Awaited<ReturnType<typeof machine>>

const findingsOf = (output: string): ReadonlyArray<string> =>
  output.split("\n").filter((line) => line.includes(" subscriptions compared, "))

describe("npm start", () => {
  let here: Machine
  let folder: string
  let first: Program
  beforeAll(async () => {
    folder = newFolder()
    here = await machine(folder)
  })

  it("shows on a terminal how far it is with the demo, and can be killed meanwhile", async () => {
    const shell = hasScript() ? here.onTerminal() : here.start()
    await shell.says("API and reconciler (")
    await eventually(
      () => here.runs().catch(() => []),
      (runs) => runs.some(({ status }) => status === "completed")
    )
    if (hasScript()) await shell.says("demo book … agreeing on contoso-eu, ")
    expect(shell.output()).not.toContain("demo book (")
    const own = childrenOf(shell.pid).filter((pid) => pid !== postgresPid(folder))
    const program = hasScript() ? own.find(isMain) : shell.pid
    if (program === undefined) throw new Error("npm start has no process")
    const apps = childrenAlone(
      childrenOf(program).filter((pid) => pid !== postgresPid(folder)),
      folder
    )
    process.kill(program, "SIGKILL")
    await shell.ended
    await gone(apps)
  }, 60_000)

  it("then seeds it from the beginning, reconciles it, and says what to do next", async () => {
    first = here.start()
    const output = await first.says(lastLine)
    const seconds = Number(/Ready after ([\d.]+) s/u.exec(output)?.[1])
    expect(seconds).toBeLessThan(45)
    for (const step of ["database", "simulator", "API and reconciler", "demo book"])
      expect(output).toMatch(new RegExp(`^ {2}${step} \\([\\d.]+ s\\)$`, "mu"))
    expect(findingsOf(output).map((line) => line.trim().split(",").slice(0, 2).join())).toEqual([
      "fabrikam-us: 267 subscriptions compared, 8 findings",
      "contoso-eu: 1234 subscriptions compared, 53 findings"
    ])
    for (const text of [here.url, join(folder, "operator.key"), "npx concordat reconcile"])
      expect(output).toContain(text)
    expect(output).not.toContain("\u001b")
    expect(statSync(join(folder, "operator.key")).mode & 0o077).toBe(0)
  }, 60_000)

  it("makes the first operator, whose password it tells once, and serves the console", async () => {
    const file = join(folder, "operator.password")
    expect(statSync(file).mode & 0o077).toBe(0)
    const password = readFileSync(file, "utf8").trim()
    expect(password).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/u)
    expect(first.output()).toContain(`sign in as admin, password ${password}; kept in ${file}`)
    const answer = await fetch(`${here.url}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "admin", password })
    })
    expect([answer.status, (await answer.json()).operator.role]).toEqual([200, "operator-admin"])
    const page = await fetch(here.url, { headers: { accept: "text/html" } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<script")])
    for (const log of ["api.log", "reconciler.log"])
      expect(readFileSync(join(folder, "logs", log), "utf8")).not.toContain(password)
  }, 30_000)

  it("serves the command line with the operator's key", async () => {
    const { code, output } = await new Promise<{ code: unknown; output: string }>((done) =>
      execFile(
        process.execPath,
        [cli, ..."reconcile --instance contoso-eu --scope organisation".split(" ")],
        { env: { ...here.environment, CONCORDAT_URL: here.url } },
        (error, output, errors) => done({ code: error?.code ?? 0, output: output + errors })
      )
    )
    expect(code, output).toBe(2)
    expect(output).toContain("250 customers")
  }, 30_000)

  it("sells the demo's products: each customer sees those of its region, at its prices", async () => {
    const key = readFileSync(join(folder, "operator.key"), "utf8").trim()
    const ask = async (path: string) => {
      const response = await fetch(here.url + path, { headers: { authorization: `Bearer ${key}` } })
      return response.json()
    }
    const { items: instances } = await ask("/v1/instances")
    const { items: accounts } = await ask("/v1/accounts?limit=500")
    for (const [name, currency] of [
      ["contoso-eu", "EUR"],
      ["fabrikam-us", "USD"]
    ]) {
      const { id: instanceId } = instances.find(
        (instance: { name: string }) => instance.name === name
      )
      const customer = accounts.find(
        ({ kind, tenants }: { kind: string; tenants: ReadonlyArray<{ instanceId: string }> }) =>
          kind === "customer" && tenants.some((tenant) => tenant.instanceId === instanceId)
      )
      const { items } = await ask(`/v1/products?account=${customer.id}`)
      expect(items.length).toBeGreaterThan(5)
      for (const product of items) {
        expect(product.instance).toBe(name)
        expect(product.prices[0].price.currency).toBe(currency)
      }
    }
  }, 30_000)

  it("stops everything within 5 s of Ctrl-C, and leaves no process", async () => {
    const processes = here.processesOf(first)
    expect(processes.length).toBeGreaterThan(3)
    const began = performance.now()
    first.interrupt()
    const { code, errors } = await first.ended
    expect(performance.now() - began).toBeLessThan(5_000)
    expect([code, errors]).toEqual([0, ""])
    expect(processes.filter(isAlive)).toEqual([])
  }, 30_000)

  it("finds its data again, also after it was killed, and does not seed again", async () => {
    const second = here.start()
    expect(await second.says(lastLine)).not.toContain("demo book")
    expect(second.output()).toContain("sign in as admin, password in ")
    expect(second.output()).not.toContain(
      readFileSync(join(folder, "operator.password"), "utf8").trim()
    )
    const runs = await here.runs()
    expect(runs.length).toBeGreaterThan(4)
    const apps = childrenOf(second.pid).filter((pid) => pid !== postgresPid(folder))
    second.kill("SIGKILL")
    // The apps end by themselves; Postgres waits for the next start.
    await gone(childrenAlone(apps, folder))
    const third = hasScript() ? here.onTerminal() : here.start()
    expect(await third.says(lastLine)).not.toContain("demo book")
    expect(await here.runs()).toEqual(runs)
    const processes = here.processesOf(third)
    if (hasScript()) third.type("\u0003")
    else third.interrupt()
    await third.ended
    expect(processes.filter(isAlive)).toEqual([])
  }, 60_000)
})

/** Postgres' own processes belong to it, not to the program that was killed. */
const childrenAlone = (pids: ReadonlyArray<number>, folder: string): ReadonlyArray<number> => {
  const postgres = postgresPid(folder)
  const server = new Set(postgres === undefined ? [] : childrenOf(postgres))
  return pids.filter((pid) => !server.has(pid))
}

/** Among npm, its shell and what they start: the program itself. */
const isMain = (pid: number): boolean =>
  readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("apps/start/src/main.ts")

function hasScript(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux")
  } catch {
    return false
  }
}

describe("npm start says in one line what keeps it from starting, and ends with 1:", () => {
  const password = "correct-horse"
  const secret = { CONCORDAT_SECRET_KEY: "a passphrase for tests only" }
  const scope = Scope.makeUnsafe()
  let server: URL
  beforeAll(async () => {
    const { url } = await Effect.runPromise(Scope.provide(makeDatabase, scope))
    server = new URL(Redacted.value(url))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  const failing = async (environment: Readonly<Record<string, string>>) => {
    const there = await machine(newFolder())
    const program = start(process.execPath, [mainOf("start")], {
      ...there.environment,
      ...environment
    })
    const { code, output, errors, seconds } = await program.ended
    expect(code).toBe(1)
    expect(seconds).toBeLessThan(15)
    expect(errors.trim().split("\n")).toHaveLength(1)
    expect(output + errors).not.toContain(password)
    expect(output + errors).not.toContain(server.password)
    return errors
  }

  it.each(["CONCORDAT_API_PORT", "SIMULATOR_PORT"])(
    "the port of %s is taken",
    async (setting) => {
      const { port, free } = await occupy()
      const error = await failing({ [setting]: String(port) })
      expect(error).toContain(`Port ${port} of 127.0.0.1`)
      expect(error).toContain(`set ${setting} to another port`)
      await free()
    },
    30_000
  )

  it("the database does not answer", async () => {
    const [port = 0] = await freePorts(1)
    const error = await failing({
      ...secret,
      DATABASE_URL: `postgres://concordat:${password}@127.0.0.1:${port}/concordat`
    })
    expect(error).toContain(`Postgres at 127.0.0.1:${port} does not answer`)
    expect(error).toContain("correct DATABASE_URL")
  }, 30_000)

  it("the address of the database is none", async () => {
    const error = await failing({
      ...secret,
      DATABASE_URL: `mysql://concordat:${password}@127.0.0.1/concordat`
    })
    expect(error).toContain("Set DATABASE_URL to postgres://")
  }, 30_000)

  it("the password of the database is wrong", async () => {
    const wrong = new URL(server)
    wrong.password = password
    const error = await failing({ ...secret, DATABASE_URL: wrong.href })
    expect(error).toContain("Correct user and password in DATABASE_URL")
  }, 30_000)

  it("an external database has no key beside it", async () => {
    const error = await failing({ DATABASE_URL: server.href })
    expect(error).toContain("DATABASE_URL is set and CONCORDAT_SECRET_KEY is not")
  }, 30_000)

  it("nothing: without the demo, on an external database, there is no simulator", async () => {
    const there = await machine(newFolder())
    const program = start(process.execPath, [mainOf("start")], {
      ...there.environment,
      ...secret,
      DATABASE_URL: server.href,
      CONCORDAT_DEMO: "off"
    })
    const output = await program.says(lastLine)
    expect(output).not.toMatch(/simulator|demo/iu)
    expect((await fetch(`${there.url}/readyz`)).status).toBe(200)
    expect(childrenOf(program.pid)).toHaveLength(2)
    program.kill("SIGTERM")
    expect((await program.ended).code).toBe(0)
  }, 30_000)

  it.each([
    ["api", '"listening"'],
    ["reconciler", "reconciler ready"],
    ["simulator", "Partner Center simulator: http"]
  ])(
    "nothing: npm run %s starts alone, and stops when it is told to",
    async (app, ready) => {
      const [port = 0] = await freePorts(1)
      const program = start("npm", ["run", app], {
        ...secret,
        DATABASE_URL: server.href,
        CONCORDAT_API_PORT: String(port),
        SIMULATOR_PORT: String(port)
      })
      await program.says(ready)
      const processes = childrenOf(program.pid)
      // The app itself: npm and its shell die of a Ctrl-C, whatever the app answers.
      process.kill(processes.at(-1) ?? Number.NaN, "SIGINT")
      expect((await program.ended).code).toBe(0)
      expect(processes.filter(isAlive)).toEqual([])
    },
    30_000
  )
})
