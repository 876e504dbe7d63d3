import { type ChildProcess, spawn } from "node:child_process"
import { Console as NodeConsole } from "node:console"
import { Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { Console, Effect } from "effect"
import { concordat as command } from "../src/concordat.ts"

const bin = fileURLToPath(new URL("../bin/concordat.mjs", import.meta.url))

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

export interface RunOptions {
  readonly url?: string
  readonly key?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with the process once it runs. */
  readonly during?: (child: ChildProcess) => Promise<void>
}

const environment = ({ url, key = "key of a test", env = {} }: RunOptions) => {
  const { CONCORDAT_URL: _url, CONCORDAT_API_KEY: _key, NO_COLOR: _colour, ...rest } = process.env
  return {
    ...rest,
    // Nothing listens on port 9: it is reserved for discarding.
    CONCORDAT_URL: url ?? "http://127.0.0.1:9",
    ...(key === "" ? {} : { CONCORDAT_API_KEY: key }),
    ...env
  }
}

/** Runs the command as a shell would, its output in pipes. */
export const inShell = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  finished(spawn(process.execPath, [bin, ...args], { env: environment(options) }), options)

/**
 * Runs the command, its output in pipes. It runs within this process where nothing is typed or done meanwhile: one
 * of its own would spend most of its time on starting.
 */
export const concordat = (
  args: ReadonlyArray<string>,
  options: RunOptions = {}
): Promise<Outcome> =>
  options.input === undefined && options.during === undefined
    ? within(args, environment(options))
    : inShell(args, options)

const collector = (chunks: Array<Buffer>) =>
  new Writable({
    write: (chunk: Buffer | string, _, done) => {
      chunks.push(Buffer.from(chunk))
      done()
    }
  })

const within = async (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv): Promise<Outcome> => {
  const [out, err]: [Array<Buffer>, Array<Buffer>] = [[], []]
  const [stdout, stderr] = [collector(out), collector(err)]
  const [ownEnv, ownOut, ownErr] = [process.env, process.stdout.write, process.stderr.write]
  process.env = env
  process.stdout.write = stdout.write.bind(stdout)
  process.stderr.write = stderr.write.bind(stderr)
  try {
    const code = await Effect.runPromise(
      Effect.provideService(
        command(args),
        Console.Console,
        new NodeConsole({ stdout, stderr, colorMode: false })
      )
    )
    const bytes = Buffer.concat(out)
    return { code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() }
  } finally {
    process.env = ownEnv
    process.stdout.write = ownOut
    process.stderr.write = ownErr
  }
}

/** Runs the command on a terminal of its own: both outputs come as one. */
export const onTerminal = (args: ReadonlyArray<string>, options: RunOptions = {}) => {
  const command = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(" ")
  return finished(
    spawn("script", ["-qec", `stty cols 100; ${command}`, "/dev/null"], {
      env: { ...environment(options), TERM: "xterm" }
    }),
    options
  )
}

const finished = async (
  child: ReturnType<typeof spawn>,
  { input, during }: RunOptions
): Promise<Outcome> => {
  const [out, err]: [Array<Buffer>, Array<Buffer>] = [[], []]
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk))
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk))
  if (input !== undefined) child.stdin?.end(input)
  const closed = new Promise<number | null>((resolve) => child.on("close", resolve))
  await during?.(child)
  const code = await closed
  const bytes = Buffer.concat(out)
  return { code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() }
}
