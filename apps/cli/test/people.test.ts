import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { postfixReport } from "../../../adapters/mail/test/reports.ts"
import { type Served, serve } from "../../api/test/serve.ts"
import { inShell, concordat as run } from "./cli.ts"

let api: Served
let folder: string
beforeAll(async () => {
  api = await serve()
  folder = mkdtempSync(join(tmpdir(), "concordat-cli-"))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await api.stop()
})

const concordat = (...args: ReadonlyArray<string>) => run(args, { url: api.url, key: api.admin })

describe("contact", () => {
  const contact = (...args: ReadonlyArray<string>) => concordat("contact", ...args)

  it("adds a person, changes one, lets another one be primary, and takes one away", async () => {
    expect((await contact("list", "C-SOUTH")).stdout).toContain("It has no contacts.")
    const added = await contact(
      ...["set", "C-SOUTH", "--email", "ada@south.example", "--name", "Ada South"],
      ...["--phone", "030 1", "--role", "primary", "--role", "storefront-user"]
    )
    expect([added.code, added.stderr]).toEqual([0, ""])
    expect(added.stdout).toMatch(/Ada South +ada@south\.example +030 1 +primary, storefront-user/u)
    await contact(
      "set",
      "C-SOUTH",
      "--email",
      "ben@south.example",
      "--name",
      "Ben",
      "--role",
      "primary"
    )
    const changed = await contact("set", "C-SOUTH", "--email", "ADA@south.example", "--phone", "")
    expect(changed.stdout).toMatch(/Ada South +ADA@south\.example +storefront-user/u)
    expect(changed.stdout).toMatch(/Ben +ben@south\.example +primary/u)
    const gone = await contact("remove", "C-SOUTH", "ben@south.example")
    expect(gone.stdout).not.toContain("Ben")
    expect(gone.stdout).toContain("Ada South")
  })

  it("names what is wrong, and changes nothing", async () => {
    const stranger = await contact("set", "C-SOUTH", "--email", "new@south.example")
    expect([stranger.code, stranger.stderr]).toEqual([1, expect.stringContaining("give --name")])
    const wrong = await contact("set", "C-SOUTH", "--email", "nobody", "--name", "x")
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringContaining("e-mail address is needed")
    ])
    const nobody = await contact("remove", "C-SOUTH", "nobody@south.example")
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("No contact has")])
    expect((await contact("list", "C-SOUTH")).stdout.match(/@/gu)).toHaveLength(1)
  })
})

describe("account set-field", () => {
  it("sets fields, keeps the others, and takes away what is empty", async () => {
    const set = (...fields: ReadonlyArray<string>) =>
      concordat("account", "set-field", "C-NORTH", ...fields)
    expect((await set("erp.number=4711", "note=a=b")).stdout).toBe("erp.number=4711\nnote=a=b\n")
    expect((await set("erp.number=")).stdout).toBe("note=a=b\n")
    expect((await set("note")).stderr).toContain("write NAME=VALUE")
    expect((await set("1x=2")).stderr).toContain("1x")
    expect((await set("note=")).stdout).toContain("has no custom fields")
  })
})

describe("account merge", () => {
  it("says everything beforehand, then merges", async () => {
    const account = (...args: ReadonlyArray<string>) => concordat("account", ...args)
    await account(
      "create",
      "Double Ltd",
      "--kind",
      "customer",
      "--parent",
      "R-SOUTH",
      "--code",
      "C-DOUBLE",
      "--phone",
      "030 7"
    )
    const forbidden = await account("merge", "C-DOUBLE", "R-SOUTH", "--dry-run")
    expect(forbidden.code).toBe(1)
    expect(forbidden.stdout).toContain("forbidden: into: it is customer")
    const dry = await account("merge", "C-DOUBLE", "C-SOUTH", "--dry-run")
    expect(dry.stdout).toContain("Would merge Double Ltd (C-DOUBLE) into Southern Bakery (C-SOUTH)")
    expect(dry.stdout).toContain("takes over: phone")
    expect((await account("merge", "C-DOUBLE", "C-SOUTH")).stdout).toContain("Merged Double Ltd")
    expect((await account("show", "C-DOUBLE")).stdout).toMatch(/State +not active/u)
    expect((await account("show", "C-SOUTH")).stdout).toMatch(/Phone +030 7/u)
  })
})

describe("outbox bounce", () => {
  const handIn = (input: string, url = api.url) =>
    inShell(["outbox", "bounce"], { url, key: api.admin, input })

  it("hands a report in as a mail system does, whose codes it answers with", async () => {
    const id = await api.mail(api.seeded.southern.account)
    const [noted, foreign, away] = await Promise.all([
      handIn(postfixReport(id)),
      handIn("Subject: Out of office\n\nAway.\n"),
      handIn(postfixReport(id), "http://127.0.0.1:9")
    ])
    expect([noted.code, noted.stdout]).toEqual([
      0,
      expect.stringContaining(`The mail ${id} did not reach 1 of its recipients`)
    ])
    expect([foreign.code, foreign.stderr]).toEqual([
      65,
      expect.stringContaining("no delivery status notification")
    ])
    expect([away.code, away.stderr]).toEqual([75, expect.stringContaining("cannot be reached")])
    expect(await concordat("outbox", "show", id)).toMatchObject({
      stderr: "",
      stdout: expect.stringContaining("It came back from")
    })
  })
})

describe("template", () => {
  const template = (...args: ReadonlyArray<string>) => concordat("template", ...args)
  const file = () => join(folder, "template.json")

  it("lists occasions and merge fields", async () => {
    expect((await template("list")).stdout).toMatch(/welcome-customer.*Welcome.*en built in/u)
    expect((await template("fields", "welcome-customer")).stdout).toContain("{#Accounts.Email#}")
  })

  it("prints a template, previews and keeps what was edited, and lists its versions", async () => {
    const shown = await template("show", "welcome-customer", "--language", "de")
    expect(shown.stderr).toContain("Nobody has changed it")
    const texts = JSON.parse(shown.stdout)
    writeFileSync(file(), JSON.stringify({ ...texts, subject: "Willkommen, {#Accounts.Name#}" }))
    await concordat("account", "update", "C-SOUTH", "--email", "office@south.example")
    const preview = await template("preview", "welcome-customer", file(), "--account", "C-SOUTH")
    expect([preview.code, preview.stderr]).toEqual([0, ""])
    expect(preview.stdout).toContain("Subject: Willkommen, Southern Bakery")
    expect((await template("versions", "welcome-customer", "--language", "de")).stderr).toContain(
      "Nobody has changed it"
    )
    const edited = await template("edit", "welcome-customer", file(), "--language", "de")
    expect(edited.stdout).toContain("welcome-customer (de) is version 1 now")
    const versions = await template("versions", "welcome-customer", "--language", "de")
    expect(versions.stdout).toMatch(/1 +\d{4}-.*Willkommen/u)
    const again = await template("show", "welcome-customer", "--language", "de")
    expect(again.stdout).toContain("Willkommen")
    const html = await template("preview", "welcome-customer", "--html", "--language", "de")
    expect(html.stdout).toContain("<")
  })

  it("names what is wrong in the file, and changes nothing", async () => {
    writeFileSync(
      file(),
      JSON.stringify({
        ...JSON.parse((await template("show", "welcome-customer")).stdout),
        subject: "{#Nothing.Here#}"
      })
    )
    const unknown = await template("edit", "welcome-customer", file())
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("subject")])
    writeFileSync(file(), "{")
    expect((await template("edit", "welcome-customer", file())).stderr).toContain("is not JSON")
    expect(
      (await template("edit", "welcome-customer", join(folder, "none.json"))).stderr
    ).toContain("There is no file")
    expect(readFileSync(file(), "utf8")).toBe("{")
    expect((await template("versions", "welcome-customer")).stderr).toContain(
      "Nobody has changed it"
    )
  })
})
