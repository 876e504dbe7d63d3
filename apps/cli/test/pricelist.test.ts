import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Currency, money } from "@concordat/core/money/Money"
import { OfferId } from "@concordat/core/subscription/Subscription"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { concordat as run } from "./cli.ts"

let api: Served
const folder = mkdtempSync(join(tmpdir(), "concordat-"))
const offerOf = (n: number) => OfferId.make(`CFQ7TTC0PR0${n}:0001`)
beforeAll(async () => {
  api = await serve()
  await api.products(
    "contoso-eu",
    [1, 2].map((n) => ({
      offer: offerOf(n),
      name: `Product ${n}`,
      isTrial: false,
      isAddon: false,
      singleActive: false,
      prices: [
        {
          term: "P1Y" as const,
          billingCycle: "monthly" as const,
          price: money("1", Currency.make("EUR"))
        }
      ]
    }))
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await api.stop()
})

const concordat = (...args: ReadonlyArray<string>) => run(args, { url: api.url, key: api.admin })
const file = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe("pricelist", () => {
  it("makes a list, prices a product, lets an account buy by it, and previews what it sees", async () => {
    const made = await concordat(
      "pricelist",
      "create",
      "--name",
      "Europe",
      "--instance",
      "contoso-eu",
      "--currency",
      "EUR",
      "--from",
      "2026-01-01"
    )
    expect([made.code, made.stderr]).toEqual([0, ""])
    const set = await concordat(
      "pricelist",
      "set",
      "europe",
      "--of",
      offerOf(1),
      "--billed",
      "monthly",
      "--rule",
      "fixed",
      "--value",
      "9.99"
    )
    expect(set.stdout).toBe("Europe: 1 entries added, 0 changed, 0 taken out, 0 as before.\n")
    const assigned = await concordat("pricelist", "assign", "Europe", "--account", "R-SOUTH")
    expect(assigned.stdout).toBe("South Resellers (R-SOUTH) buys by Europe.\n")
    const shown = await concordat("pricelist", "show", "Europe")
    expect(shown.stdout).toMatch(/CFQ7TTC0PR01:0001 +every +monthly +fixed +9\.99/u)
    expect(shown.stdout).toContain("Assigned to: South Resellers (R-SOUTH)")
    const preview = await concordat("pricelist", "preview", "Europe", "--account", "C-SOUTH")
    expect(preview.stdout).toMatch(/Product 1 .* 9\.99 EUR +Entry of the product/u)
    expect(preview.stdout).toMatch(/Product 2 .*the price list has no entry/u)
    const listed = await concordat("pricelist", "list", "--account", "R-SOUTH")
    expect(listed.stdout).toMatch(/Europe +contoso-eu +EUR +2026-01-01/u)
    const back = await concordat("pricelist", "unassign", "Europe", "--account", "R-SOUTH")
    expect(back.code).toBe(0)
    expect((await concordat("pricelist", "list", "--account", "R-SOUTH")).stdout).toMatch(
      /no such price list/u
    )
  })

  it("exports a list that it imports again without a change", async () => {
    await concordat(
      "pricelist",
      "create",
      "--name",
      "Export",
      "--instance",
      "contoso-eu",
      "--currency",
      "EUR"
    )
    const given = file(
      "given.csv",
      `subject,term,billing_cycle,rule,value\nall,,,discount,12.5\n${offerOf(2)},P1Y,monthly,fixed,20\n`
    )
    const imported = await concordat("pricelist", "import", "Export", given)
    expect(imported.stdout).toBe("Export: 2 entries added, 0 changed, 0 taken out, 0 as before.\n")
    const path = join(folder, "export.csv")
    await concordat("pricelist", "export", "Export", "-o", path)
    expect(readFileSync(path, "utf8")).toBe(
      `subject,term,billing_cycle,rule,value\n${offerOf(2)},P1Y,monthly,fixed,20\nall,,,discount,12.5\n`
    )
    const again = await concordat("pricelist", "import", "Export", path)
    expect(again.stdout).toBe("Export: 0 entries added, 0 changed, 0 taken out, 2 as before.\n")
  })

  it("imports nothing of a file with bad lines, and names each with its line and column", async () => {
    await concordat(
      "pricelist",
      "create",
      "--name",
      "Bad",
      "--instance",
      "contoso-eu",
      "--currency",
      "EUR"
    )
    const bad = file(
      "bad.csv",
      `subject,term,billing_cycle,rule,value\n${offerOf(1)},,,fixed,-1\n${offerOf(1)},,,margin,100\ngroup:None,,,fixed,1\n`
    )
    const refused = await concordat("pricelist", "import", "Bad", bad)
    expect([refused.code, refused.stdout]).toEqual([1, ""])
    expect(
      refused.stderr
        .trimEnd()
        .split("\n")
        .map((l) => l.replace(bad, "").split(": ").slice(0, 2))
    ).toEqual([
      ["concordat", " was not imported"],
      [":2", "value"],
      [":3", "value"],
      [":4", "subject"]
    ])
    // What only the server knows is named by its line too.
    const unknown = file(
      "unknown.csv",
      `subject,term,billing_cycle,rule,value\nall,,,fixed,1\n\n${offerOf(9)},,,fixed,1\n`
    )
    const answer = await concordat("pricelist", "import", "Bad", unknown)
    expect(answer.stderr).toContain(
      `${unknown}:4: subject: The list's instance has no product ${offerOf(9)}`
    )
    expect((await concordat("pricelist", "show", "Bad")).stdout).toContain("It has no entries")
  })

  it("says what is there instead of a list that is not", async () => {
    const { code, stderr } = await concordat("pricelist", "show", "Nowhere")
    expect([code, stderr]).toEqual([
      1,
      'concordat: There is no price list "Nowhere"; "concordat pricelist list" names them.\n'
    ])
  })

  it("protects prices only when told so, and says how many and why not the others", async () => {
    const make = ["--name", "Protected", "--instance", "contoso-eu", "--currency", "EUR"]
    await concordat("pricelist", "create", ...make)
    const entry = ["--of", "all", "--rule", "fixed", "--value", "9.99"]
    await concordat("pricelist", "set", "Protected", ...entry)
    await concordat("pricelist", "assign", "Protected", "--account", "R-NORTH")
    const tenant = "88888888-0000-4000-8000-000000000001"
    const book = file(
      "book.csv",
      [
        "account_code,account_name,tenant_id,reference,name,offer,quantity,status,billing_cycle,term",
        `C-NORTH,Northern Mill,${tenant},PP-1,One,${offerOf(1)},5,active,monthly,P1Y`,
        `C-NORTH,Northern Mill,${tenant},PP-2,Two,${offerOf(1)},5,deleted,monthly,P1Y`
      ].join("\n")
    )
    expect((await concordat("book", "import", book, "--instance", "contoso-eu")).code).toBe(0)
    const which = ["--instance", "contoso-eu", "--product", offerOf(1)]
    const protect = (...args: ReadonlyArray<string>) =>
      concordat("pricelist", "protect", ...which, ...args)

    const product = await protect()
    expect(product.stdout).toMatch(/PP-1 .*Its product is not protected: set/u)
    expect(product.stdout).toContain("0 would be protected, 0 protected already, 2 not.")
    const told = await protect("--months", "12")
    expect(told.stdout).toMatch(/PP-1 +Northern Mill +CFQ7TTC0PR01:0001 +9\.99 EUR +monthly/u)
    expect(told.stdout).toContain("1 would be protected, 0 protected already, 1 not.")
    expect([told.code, told.stderr]).toEqual([0, "Nothing was kept: add --yes to protect them.\n"])
    const done = await protect("--months", "12", "--yes")
    expect(done.stdout).toContain("1 protected, 0 protected already, 1 not.")
    const again = await protect("--months", "12", "--yes")
    expect(again.stdout).toContain("0 protected, 1 protected already, 1 not.")

    const both = await protect("--all")
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining("one of --subscription")])
    const wrong = await concordat(
      ...["pricelist", "protect", "--instance", "contoso-eu", "--subscription", "PP-1"]
    )
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('"PP-1" is no id')])
  })
})
