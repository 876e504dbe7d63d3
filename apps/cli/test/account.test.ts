import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { concordat as run } from "./cli.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

const concordat = (...args: ReadonlyArray<string>) =>
  run(["account", ...args], { url: api.url, key: api.admin })

describe("account", () => {
  it("makes an end customer below a reseller, changes it, shows it, and moves it", async () => {
    const made = await concordat(
      ...["create", "Wheat & Sons", "--kind", "customer", "--parent", "R-SOUTH", "--code", "C-W"],
      ...["--email", "office@wheat.example", "--credit-limit", "500", "--currency", "EUR"],
      ...["--line1", "Main 1", "--city", "Wien", "--post-code", "1010", "--country", "at"]
    )
    expect([made.code, made.stderr]).toEqual([0, ""])
    expect(made.stdout).toMatch(/Credit limit +500 EUR/u)
    expect(made.stdout).toMatch(/Address +Main 1, 1010 Wien, AT/u)
    const changed = await concordat("update", "C-W", "--phone", "+43 1 234", "--email", "")
    expect(changed.stdout).toMatch(/E-mail +none/u)
    expect((await concordat("show", "wheat")).stdout).toMatch(/Phone +\+43 1 234/u)
    const dry = await concordat("move", "C-W", "R-NORTH", "--dry-run")
    expect(dry.stdout).toContain(
      "Would move Wheat & Sons; accounts that move: 1, their subscriptions: 0"
    )
    expect(dry.stdout).toContain("South Resellers → North Resellers")
    expect((await concordat("move", "C-W", "R-NORTH")).stdout).toContain("Moved Wheat & Sons")
  })

  it("says what a reseller gains and loses before it steps", async () => {
    const up = await concordat("edition", "R-SOUTH", "tenant", "--dry-run")
    expect(up.stdout).toContain("basic → professional (not done)")
    expect(up.stdout).toContain("own-bss")
    await concordat("edition", "R-SOUTH", "standard")
    const back = await concordat("edition", "R-SOUTH", "lite")
    expect(back.stdout).toMatch(/standard → basic\n +loses: own-storefront/u)
  })

  it("deactivates what nothing runs on, and says what remains where something does", async () => {
    const refused = await concordat("deactivate", "R-SOUTH")
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/not over: 24; active accounts below it: 1/u)
    await concordat("create", "Idle Ltd", "--kind", "customer")
    expect((await concordat("deactivate", "Idle Ltd")).stdout).toContain("is not active any more")
    expect((await concordat("activate", "Idle Ltd")).stdout).toContain("is active.")
  })

  it("names what is wrong with what was typed, and changes nothing", async () => {
    const wrong = await concordat("update", "C-SOUTH", "--email", "nobody", "--phone", "x")
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/e-mail address is needed[\s\S]*"email"[\s\S]*"phone"/u)
    const nothing = await concordat("update", "C-SOUTH")
    expect(nothing.stderr).toContain("give at least one field to change")
  })
})
