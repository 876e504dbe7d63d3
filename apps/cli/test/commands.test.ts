import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ExcelJS from "exceljs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { onTerminal, type RunOptions, concordat as run } from "./cli.ts"

let api: Served
const folder = mkdtempSync(join(tmpdir(), "concordat-"))
beforeAll(async () => {
  api = await serve()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await api.stop()
})

const concordat = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  run(args, { url: api.url, key: api.admin, ...options })
const file = (name: string, content: string | Buffer) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const guid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

const header = "account_code,account_name,tenant_id,reference,name,offer,quantity"
const good = `${header}\nC-9,Fabrikam,99999999-0000-4000-8000-000000000001,SUB-9,Basic,CFQ7TTC0LH18:0001,5\n`

describe("book", () => {
  it("import adds a list, and the same list again changes nothing", async () => {
    const list = file("good.csv", good)
    const dry = await concordat(["book", "import", list, "--instance", "contoso-us", "--dry-run"])
    expect([dry.code, dry.stderr]).toEqual([0, ""])
    expect(dry.stdout).toMatch(/Nothing was kept.*\n +1 {2}subscriptions added/u)
    const first = await concordat(["book", "import", list, "--instance", "contoso-us"])
    expect(first.stdout).toMatch(
      /^Imported into the book of contoso-us:\n +1 {2}subscriptions added/u
    )
    const again = await concordat(["book", "import", list, "--instance", "contoso-us"])
    expect(again.stdout).toMatch(
      / 0 {2}subscriptions added\n.* 0 .*\n +1 {2}subscriptions as before/u
    )
  })

  it("import names every bad line with its column, and imports nothing", async () => {
    const list = file(
      "bad.csv",
      `${good}C-9,Fabrikam,not a tenant,SUB-9,Basic,CFQ7TTC0LH18:0001,many\n`
    )
    const { code, stdout, stderr } = await concordat([
      "book",
      "import",
      list,
      "--instance",
      "contoso-us"
    ])
    expect([code, stdout]).toEqual([1, ""])
    const lines = stderr.trimEnd().split("\n")
    expect(lines[0]).toBe(`concordat: ${list} was not imported: 3 problems.`)
    expect(lines.slice(1).map((l) => l.replace(list, "").split(": ").slice(0, 2))).toEqual([
      [":3", "tenant_id"],
      [":3", "quantity"],
      [":3", "reference"]
    ])
  })

  it("a template of Excel comes back as it went: filled in, it is imported", async () => {
    const path = join(folder, "template.xlsx")
    expect((await concordat(["book", "template", "--format", "xlsx", "-o", path])).code).toBe(0)
    const workbook = new ExcelJS.Workbook()
    await workbook.xlsx.readFile(path)
    const example = workbook.getWorksheet("Book")?.getRow(2)
    if (example !== undefined) example.getCell(1).value = "C-77"
    await workbook.xlsx.writeFile(path)
    const { code, stdout, stderr } = await concordat([
      "book",
      "import",
      path,
      "--instance",
      "contoso-us"
    ])
    expect([code, stderr]).toEqual([0, ""])
    expect(stdout).toMatch(/ 1 {2}subscriptions added/u)
  })

  it("template goes to standard output as CSV", async () => {
    const { code, stdout } = await concordat(["book", "template"])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\ufeffaccount_code,account_name,/u)
  })

  it.each([
    [["book", "import", "nowhere.csv"], "There is no file nowhere.csv."],
    [["book", "import", "list.ods"], "neither .csv nor .xlsx"]
  ])("%j says what is wrong", async (args, message) => {
    const { code, stderr } = await concordat(args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  it("import asks whose book it is when there are several", async () => {
    const { code, stderr } = await concordat(["book", "import", file("x.csv", good)])
    expect(code).toBe(1)
    expect(stderr).toContain("Name one with --instance: contoso-eu, contoso-us")
  })

  it("a file that is no Excel file is said so", async () => {
    const path = file("broken.xlsx", Buffer.from("PK\u0003\u0004 and then nothing"))
    const { code, stderr } = await concordat(["book", "import", path, "--instance", "contoso-us"])
    expect(code).toBe(1)
    expect(stderr).toContain("save it again as .xlsx")
  })
})

describe("instance", () => {
  const add = (name: string, ...more: ReadonlyArray<string>) => [
    ...["instance", "add", "--name", name, "--csp-status", "direct"],
    ...["--tenant-id", "11111111-0000-4000-8000-000000000009"],
    ...["--app-id", "11111111-0000-4000-8000-00000000000A", ...more]
  ]
  const custom = ["--cloud", "custom", "--api-url", "http://127.0.0.1:4000/", "--login-url"]

  it("add takes the secret from a pipe, and never shows it", async () => {
    const { code, stdout, stderr } = await concordat(
      add("simulated", ...custom, "http://127.0.0.1:4000"),
      { input: "hunter2\n" }
    )
    expect([code, stderr]).toEqual([0, ""])
    expect(stdout).toContain("Instance simulated is connected (custom, direct)")
    expect(stdout).not.toContain("hunter2")
    const list = await concordat(["instance", "list"])
    expect(list.stdout).toMatch(/^simulated +custom +direct +11111111/mu)
  })

  it("add asks for the secret on a terminal without showing it", async () => {
    const { code, stdout } = await onTerminal(add("asked", "--cloud", "global"), {
      url: api.url,
      key: api.admin,
      during: (child) =>
        new Promise((resolve) => {
          const look = (chunk: Buffer) => {
            if (!chunk.toString().includes("secret")) return
            child.stdout?.off("data", look)
            child.stdin?.write("hunter2\r")
            resolve()
          }
          child.stdout?.on("data", look)
        })
    })
    expect(code).toBe(0)
    expect(stdout).toContain("Instance asked is connected")
    expect(stdout).not.toContain("hunter2")
  })

  it.each([
    ["no secret", add("none", "--cloud", "global"), "", "There is no secret"],
    ["no addresses", add("none", "--cloud", "custom"), "x", "give --api-url and --login-url"],
    [
      "addresses that are known",
      add("none", "--cloud", "global", "--api-url", "http://x"),
      "x",
      "are known"
    ],
    ["a name that is taken", add("contoso-eu", "--cloud", "global"), "x", "contoso-eu"]
  ])("add refuses %s", async (_, args, input, message) => {
    const { code, stderr } = await concordat(args, { input })
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })
})

describe("runs and accounts", () => {
  it("list, show and cancel", async () => {
    const list = await concordat(["runs", "list"])
    expect(list.stdout).toMatch(
      new RegExp(`${api.seeded.finished} +contoso-eu +organisation +completed +8`, "u")
    )
    const shown = await concordat(["runs", "show", api.seeded.finished])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain("24 rows, 8 findings; at risk a month: 123.45 EUR")
    expect(
      shown.stdout.match(/Southern Bakery +SUB-S\d+ +Quantity differs +10 +12/gu)
    ).toHaveLength(8)
    const cancelled = await concordat(["runs", "cancel", api.seeded.north.run])
    expect(cancelled.stdout).toBe(`Reconciliation ${api.seeded.north.run} is cancelled.\n`)
    const again = await concordat(["runs", "cancel", api.seeded.finished])
    expect([again.code, again.stderr]).toEqual([
      1,
      `concordat: Reconciliation ${api.seeded.finished} is completed already; it stays as it is.\n`
    ])
  })

  it("show writes the report as a file that Excel reads", async () => {
    const path = join(folder, "report.xlsx")
    const { code } = await concordat([
      "runs",
      "show",
      api.seeded.finished,
      "--format",
      "xlsx",
      "--output",
      path
    ])
    expect(code).toBe(0)
    const workbook = new ExcelJS.Workbook()
    await workbook.xlsx.load(new Uint8Array(readFileSync(path)).buffer)
    expect(workbook.getWorksheet("Rows")?.rowCount).toBe(25)
    const json = await concordat(["runs", "show", api.seeded.finished, "--format", "json"])
    expect(JSON.parse(json.stdout)).toHaveProperty("rows.length", 24)
  })

  it("search", async () => {
    const { code, stdout } = await concordat(["account", "search", "southern"])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      new RegExp(
        `^C-SOUTH +Southern Bakery +customer +southern\\.onmicrosoft\\.com +${guid}$`,
        "mu"
      )
    )
  })

  it("an unknown one is said, with where to look", async () => {
    const unknown = "0a1b2c3d-0000-4000-8000-00000000dead"
    expect((await concordat(["runs", "show", unknown])).stderr).toBe(
      `concordat: There is no reconciliation ${unknown}; "concordat runs list" names them.\n`
    )
    const args = ["reconcile", "--instance", "nobody", "--scope", "organisation"]
    expect((await concordat(args)).stderr).toBe(
      'concordat: There is no instance "nobody"; "concordat instance list" names them.\n'
    )
  })
})

describe("key", () => {
  it("create prints the key alone, list and revoke know it by its id", async () => {
    const made = await concordat(["key", "create", "--name", "storefront", "--role", "read-only"])
    expect(made.code).toBe(0)
    const key = made.stdout.trim()
    const id = new RegExp(guid, "u").exec(made.stderr)?.[0] ?? ""
    expect((await concordat(["runs", "list"], { key })).code).toBe(0)
    const refused = await concordat(["key", "list"], { key })
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'concordat: The API key may not do this: it lacks the scope keys:write.\nUse a key that has it; an operator-admin makes one with "concordat key create".\n'
    ])
    expect((await concordat(["key", "list"])).stdout).toMatch(
      new RegExp(`^${id} +storefront +read-only`, "mu")
    )
    expect((await concordat(["key", "revoke", id])).stdout).toBe(`Key ${id} is revoked.\n`)
    const revoked = await concordat(["runs", "list"], { key })
    expect(revoked.code).toBe(1)
    expect(revoked.stderr).toContain("The API key was refused. Set CONCORDAT_API_KEY")
  })
})

describe("errors", () => {
  it("an API that is not there: how to start it", async () => {
    const { code, stderr } = await concordat(["runs", "list", "--url", "http://127.0.0.1:9"])
    expect([code, stderr]).toEqual([
      1,
      'concordat: The API at http://127.0.0.1:9 cannot be reached.\nStart it with "npm start", or name another with --url or CONCORDAT_URL.\n'
    ])
  })

  it.each([
    [["runs", "list", "--url", "localhost"], /"localhost" is not an address of the API/u],
    [
      ["reconcile", "--instance", "x"],
      /^concordat: Missing required flag: --scope\nSee "concordat reconcile --help"\.\n$/u
    ],
    [["runs", "show", "7"], /a GUID is needed/u],
    [["nonsense"], /Unknown subcommand "nonsense"/u],
    [["key", "create", "--name", "x", "--role", "king"], /--role/u]
  ])("%j is explained in a few lines", async (args, message) => {
    const { code, stdout, stderr } = await concordat(args)
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(3)
    expect(stderr).not.toMatch(/^ +at /mu)
  })
})

describe("without a key", () => {
  it("another machine is not given the operator's own", async () => {
    const { code, stderr } = await concordat(["runs", "list", "--url", "https://bss.example"], {
      key: ""
    })
    expect([code, stderr]).toEqual([
      1,
      "concordat: There is no API key for https://bss.example. Set CONCORDAT_API_KEY to one that it has made.\n"
    ])
  })
})

describe("--help", () => {
  it.each([
    [[], ["reconcile", "book", "instance", "account", "runs", "key", "Exit code"]],
    [["reconcile"], ["--instance NAME", "--scope", "--id", "--format", "--output", "EXAMPLES"]],
    [
      ["book", "import"],
      ["--dry-run", "FILE.csv|FILE.xlsx"]
    ],
    [
      ["instance", "add"],
      ["--cloud", "never an argument"]
    ]
  ])("of %j explains itself", async (command, words) => {
    const { code, stdout } = await concordat([...command, "--help"])
    expect(code).toBe(0)
    for (const word of words) expect(stdout).toContain(word)
  })
})
