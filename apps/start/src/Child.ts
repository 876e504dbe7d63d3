import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Deferred, Effect, type Scope } from "effect"
import { StartError } from "./StartError.ts"

export interface ChildOptions {
  readonly name: string
  /** The app's main module. */
  readonly main: string
  readonly environment: Readonly<Record<string, string>>
  /** Where its output goes, as `<name>.log`. */
  readonly logFolder: string
}

/** An app in a process of its own, that has said that it is ready. */
export interface Child {
  readonly pid: number | undefined
  readonly url: string | null
  /** Completes when the process ends without having been told to. */
  readonly died: Effect.Effect<StartError>
}

/** How long an app may take to end before it is killed. Apps drain for less than that. */
const stopMsMax = 4_300
const readySeconds = 60

/** Compiled modules are kept, which halves the time to start. */
const compileCache = resolve(import.meta.dirname, "../../../.cache/node")

/**
 * Starts an app and waits until it is ready. It runs in a session of its own, so that Ctrl-C of the terminal
 * reaches only us and everything can be stopped in order; and it ends by itself when we die, because
 * its channel to us closes.
 */
export const startChild = Effect.fn("startChild")(function* (
  options: ChildOptions
): Effect.fn.Return<Child, StartError, Scope.Scope> {
  const log = join(options.logFolder, `${options.name}.log`)
  const ready = yield* Deferred.make<string | null, StartError>()
  const died = yield* Deferred.make<StartError>()
  const context = yield* Effect.context()
  let stopping = false
  const { pid } = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const output = openSync(log, "a", 0o600)
      const child = spawn(process.execPath, [options.main], {
        detached: true,
        stdio: ["ignore", output, output, "ipc"],
        env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...options.environment }
      })
      closeSync(output)
      const settle = (problem: string): void => {
        if (stopping) return
        const error = new StartError({ problem, wayOut: `Its log is ${log}.` })
        Effect.runForkWith(context)(
          Effect.andThen(Deferred.fail(ready, error), Deferred.succeed(died, error))
        )
      }
      child.on("message", (message) => {
        if (typeof message !== "object" || message === null || !("ready" in message)) return
        const url = "url" in message && typeof message.url === "string" ? message.url : null
        Effect.runForkWith(context)(Deferred.succeed(ready, url))
      })
      child.on("error", (error) => settle(`The ${options.name} did not start: ${error.message}.`))
      child.on("exit", (code, signal) =>
        settle(
          `The ${options.name} ended (${signal ?? `exit code ${code}`}): ${lastLine(log) ?? "it wrote nothing"}`
        )
      )
      return child
    }),
    (child) =>
      Effect.suspend(() => {
        stopping = true
        return stop(child)
      })
  )
  const url = yield* Deferred.await(ready).pipe(
    Effect.timeoutOrElse({
      duration: `${readySeconds} seconds`,
      orElse: () =>
        Effect.fail(
          new StartError({
            problem: `The ${options.name} was not ready within ${readySeconds} s.`,
            wayOut: `Its log is ${log}.`
          })
        )
    })
  )
  return { pid, url, died: Deferred.await(died) }
})

const stop = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resume(Effect.void)
      return
    }
    const late = setTimeout(() => child.kill("SIGKILL"), stopMsMax)
    child.once("exit", () => {
      clearTimeout(late)
      resume(Effect.void)
    })
    child.kill("SIGTERM")
  })

const lastLine = (log: string): string | undefined =>
  readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .findLast((line) => line.trim() !== "")
