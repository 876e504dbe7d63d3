import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"

/** A program of this folder, run as a process of its own. */
export interface Program {
  readonly child: ChildProcess
  /** The next line that it prints, as JSON. */
  readonly next: () => Promise<unknown>
  readonly finish: () => Promise<void>
  readonly kill: () => Promise<void>
}

export const program = (
  name: string,
  args: ReadonlyArray<string>,
  { fileSizeMax, ...options }: SpawnOptions & { readonly fileSizeMax?: number } = {}
): Program => {
  const command = [process.execPath, join(import.meta.dirname, `${name}.ts`), ...args]
  const limit = fileSizeMax === undefined ? "unlimited" : String(Math.floor(fileSizeMax / 512))
  const [shell, ...rest] = ["sh", "-c", `ulimit -f ${limit}; exec "$@"`, "sh", ...command]
  const child = spawn(shell, rest, { stdio: ["pipe", "pipe", "inherit"], ...options })
  if (child.stdout === null) throw new Error("no output")
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const closed = once(child, "close")
  return {
    child,
    next: async () => {
      const line = await lines.next()
      if (line.done === true) throw new Error(`${name} ended without an answer`)
      return JSON.parse(line.value)
    },
    finish: async () => {
      child.stdin?.end()
      await closed
    },
    kill: async () => {
      child.kill("SIGKILL")
      await closed
    }
  }
}
