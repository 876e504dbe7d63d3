import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { PriceSheetId } from "@concordat/core/pricesheet/PriceSheet"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { eventually } from "../../start/test/Program.ts"
import { concordat as run } from "./cli.ts"

let api: Served
const folder = mkdtempSync(join(tmpdir(), "concordat-"))
beforeAll(async () => {
  api = await serve()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await api.stop()
})

/** Runs the command; where a sheet is waiting meanwhile, `act` does what a reconciler would with it. */
const concordat = (
  args: ReadonlyArray<string>,
  act?: (id: PriceSheetId) => Promise<unknown>,
  status = "staged"
) =>
  run(["catalogue", "pricesheet", ...args], {
    url: api.url,
    key: api.admin,
    ...(act === undefined
      ? {}
      : {
          during: async () => {
            const newest = () =>
              api.sheets((port) => port.list(undefined, { cursor: undefined, limit: 1 }))
            const { items } = await eventually(newest, (found) => found.items[0]?.status === status)
            for (const { id } of items) await act(id)
          }
        })
  })
const applied = (id: PriceSheetId) => api.sheets((port) => port.apply(id))

const names =
  "ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice,EffectiveStartDate,EffectiveEndDate,ERP Price,Segment"
const line = (n: number, unitPrice: string, from = "2026-01-01") =>
  `CFQ7TTC0PR0${n},0001,Product ${n},P1Y,Monthly,DE,EUR,${unitPrice},${from}T00:00:00Z,9999-12-31,144.00,Commercial`
const file = (name: string, ...lines: ReadonlyArray<string>) => {
  const path = join(folder, name)
  writeFileSync(path, [names, ...lines].join("\n"))
  return path
}
const of = ["--instance", "contoso-eu", "--market", "de", "--month", "2026-11"]

describe("catalogue pricesheet import", () => {
  it("says what a sheet would change, changes it when told so, and nothing the second time", async () => {
    const path = file("sheet.csv", line(1, "120.00"), line(2, "60.00"))
    const dry = await concordat(["import", path, ...of, "--dry-run"], applied)
    expect([dry.code, dry.stderr]).toEqual([0, ""])
    expect(dry.stdout).toMatch(
      /^No price was changed\. The sheet of DE for 2026-11 would have:\n +2 {2}prices added\n/u
    )
    const prices = ["prices", "CFQ7TTC0PR01:0001", "--instance", "contoso-eu"]
    expect((await concordat(prices)).stdout).toBe("None.\n")

    const done = await concordat(["import", path, ...of], applied)
    expect(done.stdout).toMatch(
      /^The sheet of DE for 2026-11 counts for contoso-eu:\n +2 {2}prices/u
    )
    expect((await concordat(prices)).stdout).toMatch(
      /^DE +P1Y monthly commercial +10\.00 +12\.00 +EUR +2026-01-01 +yes$/mu
    )
    const again = await concordat(["import", path, ...of], applied)
    expect(again.stdout).toMatch(/ 0 {2}prices added\n[\s\S]* 2 {2}as before\n/u)
  })

  it("is listed, and so is what it changed, with the price before and after", async () => {
    const path = file("next.csv", line(1, "132.00"), line(2, "60.00"))
    const { stdout } = await concordat(["import", path, ...of], applied)
    const [, id = ""] = /pricesheet changes (\S+)"/u.exec(stdout) ?? []
    expect((await concordat(["changes", id])).stdout).toMatch(
      /^changed +CFQ7TTC0PR01:0001 +Product 1 +P1Y monthly commercial +10\.00 +11\.00 +2026-01-01 *$/mu
    )
    const listed = await concordat(["list", "--instance", "contoso-eu"])
    expect(listed.stdout.split("\n")[1] ?? "").toMatch(
      new RegExp(`^${id} +contoso-eu +DE +2026-11 +completed +2 +1$`, "u")
    )
    expect(listed.stdout).toMatch(/ completed \(dry\) +2 +2$/mu)
    expect((await concordat(["list", "--instance", "contoso-us"])).stdout).toBe("None.\n")
    const history = await concordat([
      ...["prices", "CFQ7TTC0PR01:0001", "--instance", "contoso-eu", "--history"]
    ])
    expect(history.stdout).toMatch(/ 10\.00 .* no$/mu)
    expect(history.stdout).toMatch(/ 11\.00 .* yes$/mu)
  })

  it("names every wrong line as compilers do, and changes nothing", async () => {
    const path = file("wrong.csv", line(1, "1.00"), line(2, "much"), line(3, "-1"))
    const { code, stderr, stdout } = await concordat(["import", path, ...of])
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr.trimEnd().split("\n")).toEqual([
      `concordat: ${path} was not imported: 2 problems.`,
      expect.stringMatching(new RegExp(`^${path}:3: UnitPrice "much" A decimal number`, "u")),
      `${path}:4: UnitPrice "-1" A price is never below zero.`
    ])
    expect((await concordat(["list", "--instance", "contoso-eu"])).stdout).toMatch(/ refused /u)
  })

  it("says why a sheet that could be read does not count", async () => {
    const older = file("older.csv", line(1, "1.00"))
    const outdated = await concordat([
      "import",
      older,
      "--instance",
      "contoso-eu",
      "--market",
      "DE",
      "--month",
      "2026-10"
    ])
    expect([outdated.code, outdated.stderr]).toEqual([1, expect.stringContaining("2026-11")])
    const lost = await concordat(["import", older, ...of], (id) =>
      api.sheets((port) => port.fail(id, "The database was restarted; send it again."))
    )
    expect([lost.code, lost.stdout, lost.stderr]).toEqual([
      1,
      "",
      "concordat: No price was changed. The database was restarted; send it again.\n"
    ])
  })

  it("says what is wrong with the file, the instance or the month before anything is sent", async () => {
    const wrong = async (...args: ReadonlyArray<string>) => {
      const { code, stderr } = await concordat(["import", ...args])
      expect(code).toBe(1)
      return stderr
    }
    expect(await wrong(folder, ...of)).toContain("is no file but a Directory")
    expect(await wrong(join(folder, "none.csv"), ...of)).toContain("none.csv cannot be read")
    const path = file("any.csv", line(1, "1.00"))
    expect(await wrong(path, "--instance", "nobody", "--market", "DE")).toContain(
      'There is no instance "nobody"'
    )
    const here = ["--instance", "contoso-eu"]
    expect(await wrong(path, ...here, "--market", "DE", "--month", "2026-13")).toContain("month")
    expect(await wrong(path, ...here, "--market", "Germany")).toContain("two capital letters")
  })
})

describe("catalogue pricesheet download", () => {
  it("follows the import to its end, and says why there was none", async () => {
    const { code, stderr } = await concordat(
      ["download", ...of],
      (id) => api.sheets((port) => port.fail(id, "Authenticate the instance first.")),
      "queued"
    )
    expect([code, stderr]).toEqual([
      1,
      "concordat: No price was changed. Authenticate the instance first.\n"
    ])
  })
})

it("catalogue pricesheet changes of an import that is not there says where to look", async () => {
  const unknown = "0a1b2c3d-0000-4000-8000-00000000dead"
  const { code, stderr } = await concordat(["changes", unknown])
  expect([code, stderr]).toEqual([
    1,
    `concordat: There is no price sheet ${unknown}; "concordat catalogue pricesheet list" names them.\n`
  ])
})
