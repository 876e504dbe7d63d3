import { type ChildProcess, fork } from "node:child_process"
import { createServer } from "node:net"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { exchange } from "./harness.ts"

const entry = join(import.meta.dirname, "../src/main.ts")

const running = new Set<ChildProcess>()
// A test that fails must not leave its program behind.
afterEach(() => {
  for (const child of running) child.kill("SIGKILL")
  running.clear()
})

/** The program as a child that talks over IPC, the way the whole system starts it. */
const start = (environment: Record<string, string>) => {
  const child = fork(entry, { env: { ...process.env, ...environment }, silent: true, execArgv: [] })
  running.add(child)
  let output = ""
  child.stdout?.on("data", (text) => {
    output += text
  })
  child.stderr?.on("data", (text) => {
    output += text
  })
  return {
    child,
    output: () => output,
    ready: () => once<{ ready: boolean; url: string }>(child, "message"),
    exit: () => once<number | null>(child, "exit")
  }
}

const once = <A>(child: ChildProcess, event: string): Promise<A> =>
  new Promise((resolve) => child.once(event, resolve))

describe("the simulator as a program", () => {
  it("is ready in well under a second, says where, and stops on SIGTERM", async () => {
    const started = performance.now()
    const program = start({ SIMULATOR_PORT: "0" })
    const message = await program.ready()
    console.log(`ready after ${Math.round(performance.now() - started)} ms`)
    expect(message).toEqual({
      ready: true,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)
    })
    expect((await exchange(`${message.url}/_simulator/accounts`)).status).toBe(200)
    expect(program.output()).toContain(message.url)
    const exit = program.exit()
    program.child.kill("SIGTERM")
    expect(await exit).toBe(0)
  })

  it("stops when the process that started it goes away", async () => {
    const program = start({ SIMULATOR_PORT: "0" })
    await program.ready()
    const exit = program.exit()
    program.child.disconnect()
    expect(await exit).toBe(0)
  })

  it("says in one line what to do when the port is taken", async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve))
    const address = blocker.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const program = start({ SIMULATOR_PORT: String(port) })
    expect(await program.exit()).toBe(1)
    blocker.close()
    expect(program.output()).toBe(
      `simulator: port ${port} of 127.0.0.1 is taken: stop what listens there, or set SIMULATOR_PORT to another port\n`
    )
  })

  it("names a setting that it cannot use", async () => {
    const program = start({ SIMULATOR_PORT: "many" })
    expect(await program.exit()).toBe(1)
    expect(program.output()).toMatch(/^simulator: .*SIMULATOR_PORT.*\n$/)
  })
})
