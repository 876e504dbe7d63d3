import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { Data, Effect } from "effect"

/** The console was not built; the API serves without it, or with the former build. */
export class ConsoleNotBuilt extends Data.TaggedError("ConsoleNotBuilt")<{
  readonly reason: string
}> {
  override get message(): string {
    return `The console was not built: ${this.reason}`
  }
}

/** Everything that a build is made from, below the repository. */
const inputs = [
  "apps/console/index.html",
  "apps/console/package.json",
  "apps/console/public",
  "apps/console/src",
  "apps/console/vite.config.ts",
  "contracts/src",
  "core/src",
  "package-lock.json"
]

/** A build takes seconds; one that takes this long has hung. */
const buildSecondsMax = 120

/** One text for all the inputs: another one means another build. */
export const inputsHash = (root: string): string => {
  const hash = createHash("sha256")
  for (const path of inputs.flatMap((input) => filesOf(root, input)).sort())
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update("\n")
  return hash.digest("hex")
}

const filesOf = (root: string, path: string): ReadonlyArray<string> => {
  const found = statSync(join(root, path), { throwIfNoEntry: false })
  if (found === undefined) return []
  if (!found.isDirectory()) return [path]
  return readdirSync(join(root, path)).flatMap((name) => filesOf(root, `${path}/${name}`))
}

/** Whether the pages that are served are those of the sources: a build keeps the hash of what it was made from. */
export const isConsoleFresh = (root: string): boolean => {
  const file = join(root, "apps", "console", "dist", ".inputs")
  return existsSync(file) && readFileSync(file, "utf8") === inputsHash(root)
}

/**
 * Builds the console beside the build that is served, and then puts it in its place: a browser never finds half of
 * one. What the build has to say goes to `log`.
 */
export const buildConsole = Effect.fn("buildConsole")(function* (root: string, log: string) {
  const folder = join(root, "apps", "console")
  const hash = inputsHash(root)
  const made = join(folder, `dist.${process.pid}`)
  sweep(folder)
  yield* Effect.gen(function* () {
    const code = yield* runVite(folder, made, log)
    if (code !== 0 || !existsSync(join(made, "index.html")))
      return yield* new ConsoleNotBuilt({
        reason: `vite ended with ${code}; it says why in ${log}.`
      })
    writeFileSync(join(made, ".inputs"), hash)
    yield* replace(join(folder, "dist"), made)
  }).pipe(Effect.ensuring(Effect.sync(() => rmSync(made, { recursive: true, force: true }))))
})

/** Removes what builds that were killed have left. */
const sweep = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const pid = /^dist\.(?<pid>\d+)/u.exec(name)?.groups?.["pid"]
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(folder, name), { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const runVite = (folder: string, made: string, log: string) =>
  Effect.gen(function* () {
    const vite = yield* Effect.try({
      try: () => createRequire(join(folder, "package.json")).resolve("vite/package.json"),
      catch: () =>
        new ConsoleNotBuilt({
          reason: "vite is not installed; run npm ci with its development dependencies."
        })
    })
    const main = join(dirname(vite), "bin", "vite.js")
    return yield* Effect.callback<number | string>((resume) => {
      const output = openSync(log, "a", 0o600)
      const child = spawn(
        process.execPath,
        [main, "build", "--outDir", made, "--emptyOutDir", "--logLevel", "warn"],
        { cwd: folder, stdio: ["ignore", output, output] }
      )
      closeSync(output)
      child.once("error", ({ message }) => resume(Effect.succeed(message)))
      child.once("exit", (code, signal) => resume(Effect.succeed(code ?? String(signal))))
      return Effect.sync(() => child.kill("SIGKILL"))
    }).pipe(
      Effect.timeoutOrElse({
        duration: `${buildSecondsMax} seconds`,
        orElse: () =>
          Effect.fail(
            new ConsoleNotBuilt({ reason: `it took longer than ${buildSecondsMax} s; see ${log}.` })
          )
      })
    )
  })

const replace = (served: string, made: string) =>
  Effect.try({
    try: () => {
      const former = `${made}.former`
      if (existsSync(served)) renameSync(served, former)
      renameSync(made, served)
      rmSync(former, { recursive: true, force: true })
    },
    catch: (cause) =>
      new ConsoleNotBuilt({
        reason: `it could not be put in its place (${cause instanceof Error ? cause.message : String(cause)}).`
      })
  })
