import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Clock, Effect } from "effect"

/** A server that runs on a data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** It accepts connections; otherwise it starts, recovers or stops. */
  readonly ready: boolean
}

const pidFile = (dataDir: string) => join(dataDir, "postmaster.pid")

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

const workingDirectory = (pid: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/**
 * Whether `pid` serves `dataDir`: pids are reused, and a zombie that nobody reaps serves nobody.
 * Every process of a server works in its data folder, which Linux shows; elsewhere the name has to do.
 */
const serves = (pid: number, dataDir: string): boolean => {
  if (process.platform === "linux") return workingDirectory(String(pid)) === realpathSync(dataDir)
  if (process.platform === "win32") return exists(pid)
  const ps = spawnSync("ps", ["-p", String(pid), "-o", "stat=,command="], { encoding: "utf8" })
  return /^\s*[^Z\s]\S*\s.*postgres/u.test(ps.stdout)
}

/** The server on `dataDir`, when there is one. */
export const findPostmaster = (dataDir: string): Postmaster | undefined => {
  // The lines are fixed: pid, folder, start time, port, socket folder, address, shared memory, status.
  const [pid, , , port, , , , status] = read(pidFile(dataDir))?.split("\n") ?? []
  if (pid === undefined || !serves(Number(pid), dataDir)) return undefined
  return { pid: Number(pid), port: Number(port), ready: status?.startsWith("ready") === true }
}

/** The port that the last server on `dataDir` had: processes that knew it find the next one there. */
export const lastPort = (dataDir: string): number | undefined => {
  const port = /"-p" "(\d+)"/u.exec(read(join(dataDir, "postmaster.opts")) ?? "")?.[1]
  return port === undefined ? undefined : Number(port)
}

const somebodyWorksIn = (dataDir: string): boolean => {
  if (process.platform !== "linux") return findPostmaster(dataDir) !== undefined
  const folder = realpathSync(dataDir)
  return readdirSync("/proc").some((pid) => /^\d/u.test(pid) && workingDirectory(pid) === folder)
}

/** Waits until `condition` holds, at most `limitMs`; says whether it does. Polls: other processes do not call back. */
export const until = Effect.fnUntraced(function* (condition: () => boolean, limitMs: number) {
  const deadline = (yield* Clock.currentTimeMillis) + limitMs
  while (!condition()) {
    if ((yield* Clock.currentTimeMillis) > deadline) return false
    yield* Effect.sleep("5 millis")
  }
  return true
})

/**
 * Forgets a dead server, so that the next one starts: after a kill -9, or in a container whose pids
 * begin again, the pid file names a process that is no server, and Postgres would refuse. While a
 * process of the old server lives, nothing is forgotten: two servers on one folder destroy it.
 */
export const forgetDeadServer = (dataDir: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    if (!(yield* until(() => !somebodyWorksIn(dataDir), 10_000))) return false
    if (process.platform === "linux") rmSync(pidFile(dataDir), { force: true })
    return true
  })

/** Sends `signal` to the server; a server that has just gone is no error. */
export const signal = (server: Postmaster, name: "SIGINT" | "SIGQUIT"): void => {
  try {
    process.kill(server.pid, name)
  } catch {
    // gone in the meantime, which is what was wanted
  }
}

/** Stops the server on `dataDir`: fast (connections are cut, everything is written), immediate after 3 s. */
export const stopPostmaster = Effect.fnUntraced(function* (dataDir: string, pgCtl: string) {
  const server = findPostmaster(dataDir)
  if (server === undefined) return
  if (process.platform === "win32") {
    // Windows has no signals: to Node, every one of them is a kill.
    spawnSync(pgCtl, ["stop", "-D", dataDir, "-m", "fast", "-t", "3"])
    return
  }
  const gone = () => findPostmaster(dataDir)?.pid !== server.pid
  signal(server, "SIGINT")
  if (yield* until(gone, 3_000)) return
  signal(server, "SIGQUIT")
  yield* until(gone, 1_500)
})
