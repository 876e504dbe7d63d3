import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { concordat, inShell, onTerminal } from "./cli.ts"
import {
  type Answer,
  accountView,
  problem,
  type Received,
  rowView,
  runId,
  runView,
  type StandIn,
  standIn,
  withFindings
} from "./standIn.ts"

let api: StandIn | undefined
afterEach(async () => {
  await api?.stop()
  api = undefined
})

const organisation = ["reconcile", "--instance", "contoso-eu", "--scope", "organisation"]

/** An API whose run takes a few looks and then ends as given. */
const apiWhere = async (
  ended: Readonly<Record<string, unknown>>,
  more: (request: Received) => Answer | undefined = () => undefined
): Promise<StandIn> => {
  let looks = 0
  api = await standIn((request) => {
    const special = more(request)
    if (special !== undefined) return special
    const { method, path } = request
    if (method === "POST" && path === "/v1/reconciliations")
      return { status: 202, json: runView("queued", { finishedAt: null }) }
    if (method === "DELETE") return { json: runView("cancelled") }
    if (path === `/v1/reconciliations/${runId}`)
      return { json: ++looks < 3 ? runView("observing", { finishedAt: null }) : ended }
    if (path.endsWith("/rows"))
      return {
        json: {
          items: [rowView("Fabrikam GmbH", "SUB-1001"), rowView("Evil\u001b[2J\nCorp", "SUB-1002")],
          next: null
        }
      }
    if (path.endsWith("/export"))
      return { bytes: Buffer.from("the report"), type: "text/csv", breaksOff: false }
    return undefined
  })
  return api
}

describe("exit codes", () => {
  it("0: both sides agree", async () => {
    const { url } = await apiWhere(runView("completed"))
    const { code, stdout, stderr } = await inShell(organisation, { url })
    expect([code, stderr]).toEqual([0, ""])
    expect(stdout).toBe(
      `Reconciliation ${runId} of contoso-eu (organisation): completed in 12.0 s\n300 customers, 1,512 rows, 0 findings\n`
    )
  })

  it("2: there are findings, printed as a table", async () => {
    const { url } = await apiWhere(runView("completed", withFindings))
    const { code, stdout, stderr } = await inShell(organisation, { url })
    expect([code, stderr]).toEqual([2, ""])
    expect(stdout).toContain("2 findings; at risk a month: 103.00 EUR")
    expect(stdout).toContain("2  Quantity differs (quantity)")
    expect(stdout).toMatch(
      /^!! {2}Fabrikam GmbH +SUB-1001 +Quantity differs +25 +30 +partner-center +103\.00 EUR$/mu
    )
    expect(stdout).not.toContain("\u001b")
  })

  it.each([
    [
      "failed",
      { problem: "Partner Center refused the sign-in" },
      /failed: Partner Center refused/u
    ],
    ["cancelled", {}, /was cancelled/u],
    [
      "incomplete",
      { progress: { customers: 300, observed: 299, failed: 1 }, problem: "Fabrikam: 500" },
      /1 of 300 customers could not be checked/u
    ]
  ])("1: the run is %s", async (status, more, message) => {
    const { url } = await apiWhere(runView(status, { ...withFindings, ...more }))
    const { code, stdout, stderr } = await inShell(organisation, { url })
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
    expect(stdout.includes("Fabrikam GmbH")).toBe(status === "incomplete")
  })
})

describe("what is sent", () => {
  it("one request for a run, with the key and a key of its own for repeating it", async () => {
    const served = await apiWhere(runView("completed"))
    await concordat(organisation, { url: served.url, key: "s3cret" })
    const asked = served.received.filter((r) => r.method === "POST")
    expect(asked).toHaveLength(1)
    expect(asked[0]?.headers.authorization).toBe("Bearer s3cret")
    expect(asked[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/u)
    expect(JSON.parse(asked[0]?.body.toString() ?? "")).toEqual({
      instance: "contoso-eu",
      scope: { kind: "organisation" }
    })
  })

  it("Ctrl-C cancels the run on the server", async () => {
    const served = await apiWhere(runView("observing", { finishedAt: null }))
    const { code, stderr } = await concordat(organisation, {
      url: served.url,
      during: async (child) => {
        await served.request("GET", /reconciliations/u)
        child.kill("SIGINT")
      }
    })
    expect(code).toBe(130)
    expect(served.received.map((r) => r.method)).toContain("DELETE")
    expect(stderr).toBe(`Reconciliation ${runId} is cancelled.\n`)
  })
})

describe("formats", () => {
  const folder = mkdtempSync(join(tmpdir(), "concordat-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  let files = 0
  const target = () => join(folder, `report-${++files}.csv`)

  it("a file goes to standard output as it is, and nothing else does", async () => {
    const served = await apiWhere(runView("completed", withFindings))
    const { code, stdout } = await concordat([...organisation, "--format", "csv"], served)
    expect([code, stdout]).toEqual([2, "the report"])
    expect(served.received.at(-1)?.query.get("format")).toBe("csv")
  })

  it("or to a file, with the summary beside it", async () => {
    const file = target()
    const { url } = await apiWhere(runView("completed", withFindings))
    const { code, stdout, stderr } = await concordat(
      [...organisation, "--format", "csv", "--output", file],
      { url }
    )
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(`Written: ${file}`)
    expect(stderr).toContain("2 findings")
    expect(readFileSync(file, "utf8")).toBe("the report")
  })

  it("a connection that ends early leaves no file that looks whole", async () => {
    const file = target()
    const { url } = await apiWhere(runView("completed", withFindings), ({ path }) =>
      path.endsWith("/export")
        ? { bytes: Buffer.from("half of"), type: "text/csv", breaksOff: true }
        : undefined
    )
    const { code, stderr } = await concordat(
      [...organisation, "--format", "csv", "--output", file],
      { url }
    )
    expect(code).toBe(1)
    expect(stderr).toContain("before the whole file had arrived")
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
  })

  it("a folder that does not exist is said", async () => {
    const { url } = await apiWhere(runView("completed"))
    const { code, stderr } = await concordat(
      [...organisation, "--format", "json", "--output", "/nowhere/report.json"],
      { url }
    )
    expect(code).toBe(1)
    expect(stderr).toContain("/nowhere/report.json cannot be written")
  })

  it("a table has no file", async () => {
    const { code, stderr } = await concordat([...organisation, "--output", "x"])
    expect([code, stderr]).toEqual([
      1,
      "concordat: --output needs a file format: add --format xlsx, csv or json.\n"
    ])
  })
})

describe("on a terminal", () => {
  it("there is a progress bar, in colour", async () => {
    const { url } = await apiWhere(runView("completed", withFindings))
    const { code, stdout } = await onTerminal(organisation, { url })
    expect(code).toBe(2)
    expect(stdout).toContain("120/300 customers  asking Partner Center")
    expect(stdout).toContain("\u001b[36m█████████░")
  })

  it("NO_COLOR leaves the colour out", async () => {
    const { url } = await apiWhere(runView("completed"))
    const { stdout } = await onTerminal(organisation, { url, env: { NO_COLOR: "1" } })
    expect(stdout).toContain("120/300 customers")
    expect(stdout).not.toContain("\u001b[36m")
  })

  it("the table fits, and names cannot move the cursor", async () => {
    const { url } = await apiWhere(runView("completed", withFindings))
    const { stdout } = await onTerminal(organisation, { url })
    const table = stdout.slice(stdout.indexOf("Customer"))
    expect(table).toContain("Evil [2J Corp")
    expect(Math.max(...table.split(/\r?\n/u).map((l) => l.length))).toBeLessThanOrEqual(100)
  })

  it("Ctrl-C cancels the run there too, once", async () => {
    const served = await apiWhere(runView("observing", { finishedAt: null }))
    const { code, stdout } = await onTerminal(organisation, {
      url: served.url,
      during: async (child) => {
        await served.request("GET", /reconciliations/u)
        child.stdin?.write("\u0003")
      }
    })
    expect(code).toBe(130)
    expect(stdout).toContain(`Reconciliation ${runId} is cancelled.`)
    expect(served.received.filter((r) => r.method === "DELETE")).toHaveLength(1)
  })

  it("an Excel file is refused before anything is run", async () => {
    const served = await apiWhere(runView("completed"))
    const { code, stdout } = await onTerminal([...organisation, "--format", "xlsx"], served)
    expect(code).toBe(1)
    expect(stdout).toContain("name a file with --output")
    expect(served.received).toEqual([])
  })
})

describe("--id", () => {
  const account = (id: string) => [
    "reconcile",
    "--instance",
    "contoso-eu",
    "--scope",
    "account",
    "--id",
    id
  ]
  const found = (...names: ReadonlyArray<string>) =>
    apiWhere(runView("completed"), ({ path }) =>
      path === "/v1/accounts"
        ? { json: { items: names.map(accountView), next: null } }
        : path.startsWith("/v1/accounts/")
          ? problem("account-not-found", 404, "No such account", { id: "x" })
          : undefined
    )
  const scopeSent = (served: StandIn) =>
    JSON.parse(served.received.find((r) => r.method === "POST")?.body.toString() ?? "{}").scope

  it("is a text that one account matches", async () => {
    const served = await found("Fabrikam")
    expect((await concordat(account("fabri"), served)).code).toBe(0)
    expect(scopeSent(served)).toEqual({ kind: "account", id: accountView("Fabrikam", 0).id })
  })
  it("is the whole name of one of several", async () => {
    const served = await found("Fabrikam Asia", "Fabrikam")
    expect((await concordat(account("FABRIKAM"), served)).code).toBe(0)
    expect(scopeSent(served)).toMatchObject({ id: accountView("Fabrikam", 1).id })
  })
  it("is a tenant id", async () => {
    const served = await found("Fabrikam")
    expect((await concordat(account("0a1b2c3d-0000-4000-8000-000000000002"), served)).code).toBe(0)
  })
  it("lists the candidates when there are several", async () => {
    const { code, stderr } = await concordat(account("fabri"), await found("Fabrikam", "Fabric"))
    expect(code).toBe(1)
    expect(stderr).toMatch(/2 accounts match "fabri"; name one by its id:/u)
    expect(stderr).toMatch(/C-1 +Fabric +customer +fabric\.com +0a1b2c3d/u)
  })
  it("says that none matches", async () => {
    const { code, stderr } = await concordat(account("nobody"), await found())
    expect([code, stderr]).toEqual([
      1,
      'concordat: No account matches "nobody". Try "concordat account search" with a part of its name.\n'
    ])
  })
  it.each([
    [["--scope", "organisation", "--id", "x"], /leave it out/u],
    [["--scope", "account"], /needs --id/u],
    [["--scope", "subscription", "--id", "SUB-1"], /not a subscription's id; it is a GUID/u]
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await concordat(["reconcile", "--instance", "contoso-eu", ...args])
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })
})
