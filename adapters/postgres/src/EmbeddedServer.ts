import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import { Cause, Effect, Option, Redacted, Scope } from "effect"
import { type Binaries, canTraverse, locateBinaries } from "./embedded/Binaries.ts"
import { EmbeddedServerError } from "./embedded/EmbeddedServerError.ts"
import { tryKernelLock } from "./embedded/KernelLock.ts"
import {
  findPostmaster,
  forgetDeadServer,
  lastPort,
  type Postmaster,
  signal,
  stopPostmaster,
  until
} from "./embedded/Postmaster.ts"
import { writePrivate } from "./PrivateFile.ts"

const majorVersion = "18"
const user = "concordat"

export interface EmbeddedServerOptions {
  /** The folder of the data; made when missing, with its parents. `<dataDir>.password` goes beside it. */
  readonly dataDir: string
  /** Whether data survive the death of the machine. Tests need not wait for the disk. */
  readonly durable: boolean
  /** Lines of the server's log. The process that merely attaches sees none. */
  readonly onLog?: (line: string) => void
}

/** A running Postgres on this machine. */
export interface EmbeddedServer {
  readonly url: Redacted.Redacted<string>
  /** Whether closing the scope stops the server. Of all processes on one data folder, one is the owner. */
  readonly owner: boolean
  readonly port: number
}

const failed =
  (reason: EmbeddedServerError["reason"], problem: string, wayOut: string) => (cause: unknown) =>
    new EmbeddedServerError({
      reason,
      problem: `${problem}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      wayOut
    })

const passwordFile = (dataDir: string) => `${dataDir}.password`

const environment = (): NodeJS.ProcessEnv => {
  const { PATH, SystemRoot, TEMP } = process.env
  return { LC_ALL: "C", TZ: "UTC", PATH, SystemRoot, TEMP }
}

/**
 * How the server is told its data folder. An unprivileged user below a folder that only root enters
 * (/root) cannot walk the path; but it is started inside the folder, and may stay there.
 */
const folderArgument = (dataDir: string, { runAs }: Binaries): string =>
  process.platform === "linux" && !canTraverse(dirname(dataDir), runAs) ? "/proc/self/cwd" : dataDir

/** What a program said that matters, in one line. */
const lastWords = (output: string): string => {
  const lines = output.split("\n").filter((line) => line.trim() !== "")
  const fatal = lines.find((line) => /(?:FATAL|PANIC|error):/iu.test(line)) ?? lines.at(-1)
  return fatal?.replace(/^.*?(?:FATAL|PANIC|error):\s*/iu, "").trim() ?? "it said nothing"
}

const checkFolder = Effect.fnUntraced(function* (dataDir: string) {
  if (!existsSync(dataDir)) return "missing"
  const entries = yield* Effect.try({
    try: () => readdirSync(dataDir),
    catch: failed("Folder", `${dataDir} cannot be read`, "Give the folder to the user that runs.")
  })
  if (entries.length === 0) return "missing"
  if (!entries.includes("PG_VERSION")) {
    return yield* new EmbeddedServerError({
      reason: "Folder",
      problem: `${dataDir} holds something other than a Postgres database.`,
      wayOut: "Choose another data folder, or move its contents away."
    })
  }
  const version = readFileSync(join(dataDir, "PG_VERSION"), "utf8").trim()
  if (version !== majorVersion) {
    return yield* new EmbeddedServerError({
      reason: "WrongVersion",
      problem: `${dataDir} was made by Postgres ${version}; this release runs Postgres ${majorVersion}.`,
      wayOut: `Move the folder away to begin with an empty database, or set DATABASE_URL to a Postgres ${version} that serves it.`
    })
  }
  if (!existsSync(passwordFile(dataDir))) {
    return yield* new EmbeddedServerError({
      reason: "Folder",
      problem: `${passwordFile(dataDir)} is missing, and with it the password of the database beside it.`,
      wayOut: "Put the file back, or move the data folder away to begin with an empty database."
    })
  }
  return "present"
})

/** Runs a program to its end; fails with what it said when that is a bad one. */
const run = (
  program: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions
): Effect.Effect<void, Cause.UnknownError> =>
  Effect.callback((resume) => {
    let said = ""
    const child = spawn(program, args, { ...options, env: environment(), windowsHide: true })
    const hear = (text: Buffer) => {
      said += text.toString()
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    child.once("error", (cause) => resume(Effect.fail(new Cause.UnknownError(cause))))
    child.once("close", (status) =>
      resume(
        status === 0 ? Effect.void : Effect.fail(new Cause.UnknownError(new Error(lastWords(said))))
      )
    )
  })

/** Makes the database in a folder beside and renames it: there is a whole one, or none. */
const initialise = Effect.fnUntraced(function* (
  { dataDir, durable }: EmbeddedServerOptions,
  binaries: Binaries
) {
  const fresh = `${dataDir}.new`
  const secret = join(tmpdir(), `concordat-${randomBytes(12).toString("hex")}`)
  const cleanUp = Effect.sync(() => {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(secret, { force: true })
  })
  const made = Effect.try(() => {
    const { uid, gid } = binaries.runAs
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh, { mode: 0o700 })
    const password = randomBytes(24).toString("base64url")
    writePrivate(passwordFile(dataDir), password)
    writePrivate(secret, `${password}\n`)
    if (uid !== undefined && gid !== undefined) {
      chownSync(fresh, uid, gid)
      chownSync(secret, uid, gid)
    }
  })
  const initdb = run(
    binaries.initdb,
    [
      ...["-D", folderArgument(fresh, binaries), "-U", user, "--pwfile", secret],
      ...["-A", "scram-sha-256", "-E", "UTF8", "--locale=C"],
      ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
      ...["--no-instructions", ...(durable ? [] : ["--no-sync"])]
    ],
    { ...binaries.runAs, cwd: fresh }
  )
  const named = Effect.try(() => {
    if (existsSync(dataDir)) rmdirSync(dataDir)
    renameSync(fresh, dataDir)
  })
  yield* made.pipe(
    Effect.andThen(initdb),
    Effect.andThen(named),
    Effect.mapError(({ cause }) =>
      failed(
        "InitFailed",
        `No database could be made in ${dataDir}`,
        "Free or change what it names (disk space, permissions), or set DATABASE_URL to a Postgres 15 or newer."
      )(cause)
    ),
    Effect.ensuring(cleanUp)
  )
})

const isFree = (port: number): Effect.Effect<Option.Option<number>> =>
  Effect.callback((resume) => {
    const probe = createServer()
    probe.once("error", () => resume(Effect.succeedNone))
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = probe.address()
      const free = address !== null && typeof address === "object" ? address.port : port
      probe.close(() => resume(Effect.succeedSome(free)))
    })
  })

const choosePort = Effect.fnUntraced(function* (preferred: number | undefined) {
  const port = preferred === undefined ? Option.none() : yield* isFree(preferred)
  return Option.getOrElse(Option.isSome(port) ? port : yield* isFree(0), () => 0)
})

const settings = (port: number, durable: boolean): ReadonlyArray<string> => {
  const values = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "300",
    timezone: "UTC",
    log_timezone: "UTC",
    // Nothing replicates from an embedded server, so bulk loads need not be logged for it.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_wal_size: "2GB",
    shared_buffers: durable ? "256MB" : "128MB",
    // Queries here are short: compiling them costs more than it gains.
    jit: "off",
    ...(durable ? {} : { fsync: "off", full_page_writes: "off", synchronous_commit: "off" })
  }
  const flags = Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  return ["-p", String(port), ...flags]
}

/** Passes on what the server logs, and keeps the end of it for an error message. */
const collectLog = (child: ChildProcess, onLog: (line: string) => void) => {
  let tail = ""
  let rest = ""
  child.stderr?.setEncoding("utf8")
  child.stderr?.on("data", (text: string) => {
    tail = (tail + text).slice(-8_000)
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) onLog(line)
  })
  return () => tail
}

/** Starts the server on `port`; what it said when it does not come up. */
const launch = Effect.fnUntraced(function* (
  { dataDir, durable, onLog = () => {} }: EmbeddedServerOptions,
  binaries: Binaries,
  port: number
) {
  // Detached: a Ctrl-C in the terminal is for us, and we stop the server after its clients.
  const child = spawn(
    binaries.postgres,
    ["-D", folderArgument(dataDir, binaries), ...settings(port, durable)],
    {
      ...binaries.runAs,
      cwd: dataDir,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "ignore", "pipe"],
      env: environment()
    }
  )
  const log = collectLog(child, onLog)
  let ended = false
  child.once("error", (cause) => {
    ended = true
    onLog(cause.message)
  })
  // `close` comes after the last line of the log, `exit` before it.
  child.once("close", () => {
    ended = true
  })
  child.unref()
  yield* until(() => ended || findPostmaster(dataDir)?.ready === true, 60_000)
  const server = findPostmaster(dataDir)
  return server?.ready === true ? { server, log: "" } : { server: undefined, log: log() }
})

const start = Effect.fnUntraced(function* (options: EmbeddedServerOptions, binaries: Binaries) {
  const { dataDir } = options
  if (!(yield* forgetDeadServer(dataDir))) {
    return yield* new EmbeddedServerError({
      reason: "StartFailed",
      problem: `Processes of an earlier Postgres still work in ${dataDir}.`,
      wayOut: "Wait until they have ended, or end them, then start again."
    })
  }
  let said = ""
  // Another program may take the port between choosing and listening; the first choice is the last server's.
  for (const preferred of [lastPort(dataDir), undefined, undefined, undefined]) {
    const { server, log } = yield* launch(options, binaries, yield* choosePort(preferred))
    if (server !== undefined) return server
    said = lastWords(log)
    if (!/could not create any TCP|Address already in use/u.test(log)) break
  }
  return yield* new EmbeddedServerError({
    reason: "StartFailed",
    problem: `The embedded Postgres on ${dataDir} does not start: ${said}.`,
    wayOut: "Correct that, or set DATABASE_URL to a Postgres 15 or newer."
  })
})

const withStartLock = <A, E, R>(
  dataDir: string,
  limitMs: number,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | EmbeddedServerError, R> =>
  Effect.gen(function* () {
    const take: Effect.Effect<void, never, Scope.Scope> = Effect.flatMap(
      tryKernelLock(`start ${dataDir}`),
      (got) =>
        got
          ? Effect.void
          : Effect.delay(
              Effect.suspend(() => take),
              "20 millis"
            )
    )
    yield* Effect.interruptible(take).pipe(
      Effect.timeoutOrElse({
        duration: limitMs,
        orElse: () =>
          new EmbeddedServerError({
            reason: "Busy",
            problem: `Another process has been starting or stopping the Postgres on ${dataDir} for ${limitMs / 1000} s.`,
            wayOut: "Wait for it or end it, then start again."
          })
      })
    )
    return yield* work
  }).pipe(Effect.scoped)

/** The last resort when the process ends without closing its scope: the server is told, not awaited. */
const stopAtExit = (dataDir: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const listener = () => {
        const server = findPostmaster(dataDir)
        if (server !== undefined) signal(server, "SIGINT")
      }
      process.once("exit", listener)
      return listener
    }),
    (listener) => Effect.sync(() => process.off("exit", listener))
  ).pipe(Effect.asVoid)

/** Attaches to the server on the folder, or makes and starts it. Holds the start lock. */
const obtain = Effect.fnUntraced(function* (options: EmbeddedServerOptions, binaries: Binaries) {
  const { dataDir } = options
  if ((yield* checkFolder(dataDir)) === "missing") yield* initialise(options, binaries)
  const running = (): Postmaster | undefined => findPostmaster(dataDir)
  // A server that starts or recovers will be ready, one that stops will be gone.
  if (running() !== undefined) {
    yield* until(() => running() === undefined || running()?.ready === true, 60_000)
  }
  return running() ?? (yield* start(options, binaries))
})

/**
 * A real Postgres 18 on 127.0.0.1 from the programs that npm delivered, for as long as the scope.
 *
 * Any number of processes may ask for the same folder. The first makes and starts the server and is
 * its owner; the others attach. When an owner dies without stopping it, the server goes on, and
 * the next process that asks is its owner. Closing the owner's scope stops the server within 5 s, for
 * everyone. As root, the server runs as `postgres` or `nobody`. Nothing but the password in the URL
 * (and the file beside the folder) opens it.
 */
export const embeddedServer = Effect.fn("embeddedServer")(function* (
  options: EmbeddedServerOptions
): Effect.fn.Return<EmbeddedServer, EmbeddedServerError, Scope.Scope> {
  const parent = dirname(resolve(options.dataDir))
  yield* Effect.try({
    try: () => mkdirSync(parent, { recursive: true }),
    catch: failed("Folder", `${parent} cannot be made`, "Choose a data folder that can be written.")
  })
  // One name for one folder, whichever way it is reached: locks and the server's own files compare it.
  const dataDir = join(realpathSync(parent), basename(options.dataDir))
  const binaries = yield* locateBinaries

  const scope = yield* Effect.scope
  const stop = stopPostmaster(dataDir, binaries.pgCtl)
  const { server, owner } = yield* withStartLock(
    dataDir,
    90_000,
    Effect.gen(function* () {
      const server = yield* obtain({ ...options, dataDir }, binaries)
      const owner = yield* tryKernelLock(`owner ${dataDir}`)
      if (owner) {
        // Under the lock, so that nobody attaches to a server that is about to go.
        yield* Effect.addFinalizer(() =>
          withStartLock(dataDir, 1_000, stop).pipe(
            Effect.catchTag("EmbeddedServerError", () => stop)
          )
        )
        yield* stopAtExit(dataDir)
      }
      return { server, owner }
    }).pipe(Effect.provideService(Scope.Scope, scope), Effect.uninterruptible)
  )
  const password = yield* Effect.try({
    try: () => readFileSync(passwordFile(dataDir), "utf8"),
    catch: failed(
      "Folder",
      `${passwordFile(dataDir)} cannot be read`,
      "Give the file to the user that runs."
    )
  })
  return {
    url: Redacted.make(`postgres://${user}:${password}@127.0.0.1:${server.port}/postgres`),
    owner,
    port: server.port
  }
})
