import { fork } from "node:child_process"
import { createServer } from "node:net"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { makeDatabase } from "@concordat/adapter-postgres/testing"
import { Effect, Exit, Redacted, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const main = join(import.meta.dirname, "../src/main.ts")
const scope = Scope.makeUnsafe()
let databaseUrl = ""
beforeAll(async () => {
  const { url } = await Effect.runPromise(Scope.provide(makeDatabase, scope))
  databaseUrl = Redacted.value(url)
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const start = (env: Record<string, string>) => {
  const child = fork(main, {
    silent: true,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      DATABASE_URL: databaseUrl,
      CONCORDAT_SECRET_KEY: "a passphrase for tests only",
      CONCORDAT_API_PORT: "0",
      ...env
    }
  })
  const read = async (stream: Readable | null) => {
    let text = ""
    for await (const chunk of stream ?? []) text += String(chunk)
    return text
  }
  // Not "close": Node does not emit it once the parent has disconnected.
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve))
  const ended = Promise.all([code, read(child.stdout), read(child.stderr)]).then(
    ([code, output, errors]) => ({ code, output, errors })
  )
  const ready = new Promise<string>((resolve, reject) => {
    child.once("message", (message) => {
      if (typeof message === "object" && message !== null && "url" in message)
        resolve(String(message.url))
    })
    ended.then(({ errors }) => reject(new Error(`it ended: ${errors}`)))
  })
  ready.catch(() => {})
  return { child, ended, ready }
}

describe("the process", () => {
  it("tells its parent its address, logs as JSON, and ends in order when told to", async () => {
    const { child, ended, ready } = start({})
    const url = await ready
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.kill("SIGTERM")
    const { code, output, errors } = await ended
    expect([code, errors]).toEqual([0, ""])
    const lines = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(JSON.stringify(lines)).toContain(url)
  })

  it("ends when the process that started it is gone", async () => {
    const { child, ended, ready } = start({})
    await ready
    child.disconnect()
    expect((await ended).code).toBe(0)
  })

  it("names a busy port and says what to do, in one line", async () => {
    const busy = createServer()
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve))
    const address = busy.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const { ended } = start({ CONCORDAT_API_PORT: String(port) })
    const { code, errors } = await ended
    busy.close()
    expect(code).toBe(1)
    expect(errors.trim().split("\n")).toEqual([
      expect.stringMatching(new RegExp(`Port ${port} .* in use: .*CONCORDAT_API_PORT`))
    ])
  })

  it.each([
    ["DATABASE_URL", { DATABASE_URL: "not a database" }],
    ["DATABASE_URL", { DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/none" }],
    ["CONCORDAT_SECRET_KEY", { CONCORDAT_SECRET_KEY: "short" }],
    ["CONCORDAT_API_PORT", { CONCORDAT_API_PORT: "many" }]
  ])("names a broken %s in one line, without what is secret in it", async (name, env) => {
    const { code, errors } = await start(env).ended
    expect(code).toBe(1)
    expect(errors.trim().split("\n")).toHaveLength(1)
    expect(errors).toContain(name === "CONCORDAT_SECRET_KEY" ? "secret key" : name)
    expect(errors).not.toContain("secret@")
  })
})
