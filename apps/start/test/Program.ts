import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Effect, Schedule } from "effect"

const root = resolve(import.meta.dirname, "..", "..", "..")
export const mainOf = (app: string) => join(root, "apps", app, "src", "main.ts")
export const cli = join(root, "apps", "cli", "bin", "concordat.mjs")

/** Asks again until the answer is right; the time limit is the test's. */
export const eventually = <A>(
  look: () => A | Promise<A>,
  right: (answer: A) => boolean
): Promise<A> =>
  Effect.runPromise(
    Effect.promise(async () => look()).pipe(
      Effect.repeat({ schedule: Schedule.spaced("30 millis"), until: right })
    )
  )

interface Ended {
  readonly code: number | null
  readonly seconds: number
  readonly output: string
  readonly errors: string
}

/** A program as somebody at a terminal starts it. */
export interface Program {
  readonly pid: number
  readonly output: () => string
  /** The output, as soon as it says so; rejects when the program ends before. */
  readonly says: (text: string) => Promise<string>
  readonly type: (text: string) => void
  readonly kill: (signal: NodeJS.Signals) => void
  /** As a terminal does it: everything that runs in the foreground gets the signal. */
  readonly interrupt: () => void
  readonly ended: Promise<Ended>
}

const started = new Set<number>()

export const start = (
  command: string,
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>>
): Program => {
  const began = performance.now()
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...environment }
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} did not start`)
  started.add(pid)
  let output = ""
  let errors = ""
  let over = false
  child.stdout.on("data", (text) => {
    output += text
  })
  child.stderr.on("data", (text) => {
    errors += text
  })
  const ended = new Promise<Ended>((done) => {
    child.once("exit", (code) => {
      over = true
      started.delete(pid)
      const seconds = (performance.now() - began) / 1_000
      // What it wrote last may still be in the pipe. Others may hold the pipe open, so its end is not waited for.
      setImmediate(() => done({ code, seconds, output, errors }))
    })
  })
  return {
    pid,
    ended,
    output: () => output,
    says: async (text) => {
      await eventually(
        () => output,
        () => over || output.includes(text)
      )
      if (!output.includes(text)) throw new Error(`it ended without "${text}": ${output}${errors}`)
      return output
    },
    type: (text) => child.stdin.write(text),
    kill: (signal) => child.kill(signal),
    interrupt: () => process.kill(-pid, "SIGINT")
  }
}

/** A test that fails must not leave its programs behind. */
export const killAll = () => {
  for (const pid of started) {
    for (const one of [...childrenOf(pid), pid]) if (isAlive(one)) process.kill(one, "SIGKILL")
  }
}

const processes = (): ReadonlyArray<{ pid: number; parent: number; zombie: boolean }> =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => {
      const [pid = "", parent = "", state = ""] = line.trim().split(/\s+/u)
      return { pid: Number(pid), parent: Number(parent), zombie: state.startsWith("Z") }
    })

/** Its children and theirs. */
export const childrenOf = (pid: number): ReadonlyArray<number> => {
  const all = processes()
  const below = (parent: number): ReadonlyArray<number> =>
    all.flatMap((one) => (one.parent === parent ? [one.pid, ...below(one.pid)] : []))
  return below(pid)
}

/** A zombie is dead, whether or not somebody has taken notice. */
export const isAlive = (pid: number): boolean =>
  processes().some((one) => one.pid === pid && !one.zombie)

/** A data folder that also the unprivileged user reaches as whom root's Postgres runs. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "concordat-start-"))
  chmodSync(folder, 0o755)
  return folder
}

export const postgresPid = (folder: string): number | undefined => {
  const file = join(folder, "postgres", "postmaster.pid")
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n", 1)[0]) : undefined
}

/** Removes a data folder, and the server on it where a failed test has left one. */
export const removeFolder = async (folder: string) => {
  const pid = postgresPid(folder)
  if (pid !== undefined && isAlive(pid)) {
    process.kill(pid, "SIGQUIT")
    await eventually(
      () => isAlive(pid),
      (alive) => !alive
    )
  }
  rmSync(folder, { recursive: true, force: true })
}

const portOf = (server: Server): number => {
  const address = server.address()
  if (typeof address !== "object" || address === null) throw new Error("it listens nowhere")
  return address.port
}

/** Somebody else's server, and its port. */
export const occupy = (): Promise<{ readonly port: number; readonly free: () => Promise<void> }> =>
  new Promise((done) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () =>
      done({
        port: portOf(server),
        free: () => new Promise((freed) => server.close(() => freed()))
      })
    )
  })

/** Ports that nobody uses just now. */
export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const held = await Promise.all(Array.from({ length: count }, occupy))
  await Promise.all(held.map(({ free }) => free()))
  return held.map(({ port }) => port)
}
