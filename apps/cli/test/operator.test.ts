import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { type RunOptions, concordat as run } from "./cli.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const operator = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  run(["operator", ...args], { url: api.url, key: api.admin, ...options })
const signIn = async (name: string, password: string) =>
  (await api.call("POST", "/v1/session", { key: "", body: { name, password } })).status

describe("operator", () => {
  it("adds somebody, whose password comes by a pipe and is shown nowhere", async () => {
    const password = "correct horse battery"
    const added = await operator(["add", "ada@fabrikam.example", "--role", "operator-admin"], {
      input: `${password}\n`
    })
    expect([added.code, added.stderr]).toEqual([0, ""])
    expect(added.stdout).toBe("ada@fabrikam.example can sign in as operator-admin.\n")
    expect(await signIn("ada@fabrikam.example", password)).toBe(200)
    expect((await operator(["list"])).stdout).toMatch(
      /ada@fabrikam\.example +operator-admin +\d{4}-\d\d-\d\d \d\d:\d\d/u
    )
  })

  it("changes a role, gives a new password, and locks somebody out", async () => {
    await operator(["add", "sam", "--role", "reseller", "--branch", "R-SOUTH"], {
      input: "the first of them"
    })
    expect((await operator(["list"])).stdout).toContain(api.seeded.south.account)
    expect((await operator(["change", "sam", "--role", "read-only"])).stdout).toBe(
      "sam is changed.\n"
    )
    expect((await operator(["list"])).stdout).toMatch(/sam +read-only +never/u)
    await operator(["change", "sam", "--new-password"], { input: "the second of them" })
    expect(await signIn("sam", "the first of them")).toBe(401)
    expect(await signIn("sam", "the second of them")).toBe(200)
    await operator(["change", "sam", "--state", "inactive"])
    expect((await operator(["list"])).stdout).toMatch(/sam .* inactive/u)
    expect(await signIn("sam", "the second of them")).toBe(401)
  })

  it("says what is wrong, and changes nothing", async () => {
    const failing = async (args: ReadonlyArray<string>, options: RunOptions = {}) => {
      const { code, stderr, stdout } = await operator(args, options)
      expect([code, stdout]).toEqual([1, ""])
      return stderr
    }
    const input = "short"
    expect(await failing(["add", "x", "--role", "operator"], { input })).toBe(
      "concordat: A password has 12 to 200 characters; several words are easy to keep.\n"
    )
    expect(await failing(["add", "Ada", "--role", "operator"])).toContain("lower-case letters")
    expect(await failing(["change", "nobody", "--state", "inactive"])).toContain(
      '"concordat operator list"'
    )
    expect(await failing(["change", "sam"])).toContain("Say what changes")
    expect(await failing(["change", "ada@fabrikam.example", "--state", "inactive"])).toContain(
      "last active operator-admin"
    )
    expect(
      await failing(["add", "sam", "--role", "operator"], { input: "long enough it is" })
    ).toContain('called "sam" already')
  })
})
