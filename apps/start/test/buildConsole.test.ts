import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { buildConsole, isConsoleFresh } from "../src/buildConsole.ts"

let root: string
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const folder = () => join(root, "apps", "console")
const page = () => readFileSync(join(folder(), "dist", "index.html"), "utf8")
const build = () => Effect.runPromise(buildConsole(root, join(root, "console.log")))
const failure = () => Effect.runPromise(Effect.flip(buildConsole(root, join(root, "console.log"))))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "concordat-build-"))
  symlinkSync(resolve(import.meta.dirname, "../../../node_modules"), join(root, "node_modules"))
  write("package-lock.json", "{}")
  write("core/src/One.ts", "export const one = 1\n")
  write("apps/console/package.json", '{ "type": "module" }')
  write("apps/console/index.html", '<p>first</p><script type="module" src="/src/main.ts"></script>')
  write("apps/console/src/main.ts", 'document.title = "a page"\n')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe("the console", () => {
  it("is built when it is missing or what it is made of has changed, and not otherwise", async () => {
    expect(isConsoleFresh(root)).toBe(false)
    await build()
    expect(page()).toContain("first")
    expect(readdirSync(join(folder(), "dist", "assets"))).toHaveLength(1)
    expect(isConsoleFresh(root)).toBe(true)
    for (const path of ["apps/console/src/more.ts", "core/src/One.ts", "package-lock.json"]) {
      write(path, '{ "changed": true }')
      expect(isConsoleFresh(root), path).toBe(false)
      await build()
      expect(isConsoleFresh(root)).toBe(true)
    }
    write("apps/console/README.md", "no part of it")
    expect(isConsoleFresh(root)).toBe(true)
  }, 20_000)

  it("that cannot be built leaves the one that is served, and says where the reason is", async () => {
    await build()
    write("apps/console/src/main.ts", "this is no program")
    const { message } = await failure()
    expect(message).toMatch(/^The console was not built: vite ended with 1; .*console\.log\.$/u)
    expect(readFileSync(join(root, "console.log"), "utf8")).toContain("main.ts")
    expect(page()).toContain("first")
    expect(isConsoleFresh(root)).toBe(false)
    expect(readdirSync(folder()).filter((name) => name.startsWith("dist"))).toEqual(["dist"])
  }, 20_000)

  it("clears away what a build that was killed has left, and nothing of one that runs", async () => {
    // No process has so high a number.
    write("apps/console/dist.4194999/index.html", "half")
    write(`apps/console/dist.${process.ppid}/index.html`, "another's")
    await build()
    expect(existsSync(join(folder(), "dist.4194999"))).toBe(false)
    expect(existsSync(join(folder(), `dist.${process.ppid}`))).toBe(true)
  }, 20_000)

  it("is not built without vite, and says what to install", async () => {
    rmSync(join(root, "node_modules"))
    expect((await failure()).message).toContain("npm ci")
  })
})
