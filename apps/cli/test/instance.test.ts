import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Served, serve } from "../../api/test/serve.ts"
import { type RunOptions, concordat as run } from "./cli.ts"

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
const file = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const guid = (n: number) => `0a1b2c3d-0000-4000-8000-${String(n).padStart(12, "0")}`

const settings = (more: string) => `
instances:
  - name: from-file
    cloud: custom
    endpoints: { api: "http://127.0.0.1:4000", login: "http://127.0.0.1:4000", resource: "https://pc.example" }
    tenantId: ${guid(1)}
    appId: ${guid(2)}
    cspStatus: indirect
    countries: [DE, AT]
${more}`

describe("instance import", () => {
  it("tells first, then adds, takes the secret from where it is named, and changes nothing twice", async () => {
    const secret = file("secret.txt", "hunter2\n")
    const path = file("settings.yaml", settings(`    secretFile: ${secret}\n    Password: old-one`))
    const dry = await concordat(["instance", "import", path, "--dry-run"])
    expect([dry.code, dry.stderr]).toEqual([0, ""])
    expect(dry.stdout).toContain("Nothing was kept")
    expect(dry.stdout).toContain("from-file: added")
    expect((await api.call("GET", "/v1/instances/from-file")).status).toBe(404)
    const first = await concordat(["instance", "import", path])
    expect(first.stdout).toContain("from-file: added")
    expect(first.stdout).toContain("Password was purged")
    const again = await concordat(["instance", "import", path])
    expect(again.stdout).toContain("from-file: unchanged")
    expect(first.stdout + first.stderr + again.stdout).not.toMatch(/hunter2|old-one/u)
    const changes = file("changes.json", `{ "name": "from-file", "productNames": "update" }`)
    expect((await concordat(["instance", "import", changes])).stdout).toContain(
      "from-file: changed (productNames)"
    )
  })

  it("warns of a secret that is in the file itself, and does not repeat it", async () => {
    const path = file("literal.yaml", "name: from-file\nsecret: hunter3\n")
    const { code, stdout, stderr } = await concordat(["instance", "import", path, "--dry-run"])
    expect(code).toBe(0)
    expect(stderr).toContain("the secret itself is in the file")
    expect(stdout + stderr).not.toContain("hunter3")
  })

  it.each([
    ["no.txt", "x", "neither .yaml nor .json"],
    ["broken.yaml", "instances: [", "broken.yaml:1: "],
    ["empty.yaml", "instances: []", "holds no instances"],
    ["twice.yaml", "name: a\nname: b", "must be unique"],
    ["env.yaml", "name: x\nsecretEnv: NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"],
    ["both.yaml", "name: x\nsecretEnv: A\nsecret: b", "both name the secret"],
    ["ask.yaml", "name: x\nsecretPrompt: true", "needs a terminal"],
    ["field.yaml", "name: from-file\ncolour: red", "from-file: colour: not known here"],
    ["country.yaml", "name: from-file\ncountries: [UK]", "from-file: countries.0: a country"],
    ["new.yaml", "name: brand-new\ncloud: global", "brand-new: tenantId: a new instance needs it"]
  ])("says what is wrong with %s", async (name, content, words) => {
    const { code, stderr } = await concordat(["instance", "import", file(name, content)])
    expect(code).toBe(1)
    expect(stderr).toContain(words)
  })

  it("understands its own template", async () => {
    const { stdout } = await concordat(["instance", "template"])
    const path = file(
      "template.yaml",
      stdout
        .replace("secretFile: /run/secrets/contoso-eu", "secretEnv: OWN_SECRET")
        .replace("contoso-eu", "of-template")
    )
    const { code, stdout: told } = await concordat(["instance", "import", path, "--dry-run"], {
      env: { OWN_SECRET: "hunter4" }
    })
    expect([code, told]).toEqual([0, expect.stringContaining("of-template: added")])
  })
})

describe("an instance", () => {
  it("of a cloud of its own is for Partner Center's tokens and sheets, unless other addresses are named", async () => {
    const own = ["--cloud", "custom", "--tenant-id", guid(11), "--app-id", guid(12)]
    const add = (name: string, ...args: ReadonlyArray<string>) =>
      concordat(["instance", "add", "--name", name, "--csp-status", "direct", ...own, ...args], {
        input: "hunter7\n"
      })
    const addresses = ["--api-url", "https://pc.example/", "--login-url", "https://login.example"]
    const added = await add("own-cloud", ...addresses)
    expect([added.code, added.stderr]).toEqual([0, ""])
    expect((await api.call("GET", "/v1/instances/own-cloud")).body.endpoints).toEqual({
      api: "https://pc.example",
      login: "https://login.example",
      resource: "https://api.partnercenter.microsoft.com",
      prices: "https://pc.example"
    })
    const named = ["--resource", "https://pc.example", "--prices-url", "https://prices.example"]
    expect((await add("named-cloud", ...addresses, ...named)).code).toBe(0)
    expect((await api.call("GET", "/v1/instances/named-cloud")).body.endpoints).toMatchObject({
      resource: "https://pc.example",
      prices: "https://prices.example"
    })
    const bare = await add("bare-cloud")
    expect([bare.code, bare.stderr]).toEqual([
      1,
      expect.stringContaining("give --api-url and --login-url")
    ])
  })

  it("is changed, disabled and shown", async () => {
    const path = file("shown.yaml", settings("    secret: hunter5").replace("from-file", "shown"))
    await concordat(["instance", "import", path])
    const changed = await concordat([
      ...["instance", "update", "shown", "--countries", "fr, be", "--language", "fr-fr"],
      ...["--annual-provisioning", "on", "--catalogue-schedule", ""]
    ])
    expect([changed.code, changed.stdout]).toEqual([0, "Instance shown is at version 2.\n"])
    expect((await concordat(["instance", "disable", "shown"])).stdout).toContain("is disabled")
    const { stdout } = await concordat(["instance", "show", "shown"])
    expect(stdout).toMatch(/^Countries +FR, BE$/mu)
    expect(stdout).toMatch(/^Catalogue language +fr-FR$/mu)
    expect(stdout).toMatch(/^Annual provisioning +on$/mu)
    expect(stdout).toMatch(/^Catalogue schedule +by hand only$/mu)
    expect(stdout).toMatch(/^State +disabled/mu)
    expect(stdout).not.toContain("hunter5")
    const moved = await concordat([
      "instance",
      "update",
      "shown",
      "--api-url",
      "https://a.example",
      "--login-url",
      "https://b.example"
    ])
    expect([moved.code, moved.stderr]).toEqual([
      1,
      expect.stringContaining("Give the secret again")
    ])
    const nothing = await concordat(["instance", "update", "shown"])
    expect(nothing.stderr).toContain("Nothing to change was given")
    expect((await concordat(["instance", "enable", "shown"])).stdout).toContain("is enabled")
  })

  it("is switched to its sandbox with a reason, which its events keep", async () => {
    const args = ["instance", "sandbox", "contoso-eu", "--tenant-id", guid(8), "--app-id", guid(9)]
    const set = await concordat(args, { input: "hunter6\n" })
    expect([set.code, set.stdout]).toEqual([0, expect.stringContaining("primary is live")])
    const refused = await concordat([
      "instance",
      "environment",
      "contoso-eu",
      "sandbox",
      "--reason",
      "to try"
    ])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("under way")])
    await api.call("DELETE", `/v1/reconciliations/${api.seeded.north.run}`)
    const done = await concordat([
      "instance",
      "environment",
      "contoso-eu",
      "sandbox",
      "--reason",
      "to try"
    ])
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("nothing is billed")])
    expect((await concordat(["instance", "list"])).stdout).toMatch(/^contoso-eu .+ sandbox$/mu)
    const events = await concordat(["instance", "events", "contoso-eu", "--limit", "1"])
    expect(events.stdout).toContain("environment: primary → sandbox")
    expect(events.stdout).toContain("to try")
  })
})

it("rotate-secrets says that the old keys can go", async () => {
  const { code, stdout } = await concordat(["rotate-secrets"])
  expect([code, stdout]).toEqual([0, expect.stringContaining("remove CONCORDAT_SECRET_KEYS_OLD")])
})
