import type { ChildProcess } from "node:child_process"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser } from "../../api/test/Browser.ts"
import { type Served, serve } from "../../api/test/serve.ts"
import { type RunningSimulator, startSimulator } from "../../simulator/src/server.ts"
import { type RunOptions, concordat as run } from "./cli.ts"

let api: Served
let simulator: RunningSimulator
let domain: string
let ownMpnId: string
beforeAll(async () => {
  api = await serve()
  simulator = await startSimulator({
    initial: { seed: "cli", accounts: [{ name: "eu", cspStatus: "direct", customers: 1 }] }
  })
  const answer = await fetch(`${simulator.url}/_simulator/accounts`)
  const [account] = (await answer.json()).accounts
  domain = account.domain
  ownMpnId = account.mpnId
  const made = await api.call("POST", "/v1/instances", {
    body: {
      name: "eu",
      cloud: "custom",
      endpoints: {
        api: simulator.url,
        login: simulator.url,
        resource: "https://api.partnercenter.microsoft.com"
      },
      tenantId: account.tenantId,
      appId: account.appId,
      secret: account.clientSecret,
      cspStatus: "direct",
      countries: ["DE"]
    }
  })
  if (made.status !== 201) throw new Error(made.text)
})
afterAll(async () => {
  await simulator.close()
  await api.stop()
})

const concordat = (args: ReadonlyArray<string>, options: RunOptions = {}) =>
  run(args, { url: api.url, key: api.admin, ...options })

/** Opens the link that the command prints, while it waits. */
const signingIn =
  (act: (browser: Browser, link: string) => Promise<unknown>) =>
  async (child: ChildProcess): Promise<void> => {
    const link = await new Promise<string>((resolve) => {
      let told = ""
      child.stdout?.on("data", (chunk: Buffer) => {
        told += chunk.toString()
        const [line] = told.split("\n")
        if (told.includes("\n") && line !== undefined) resolve(line)
      })
    })
    await act(new Browser(), link)
  }

describe("instance authenticate", () => {
  it("says why nobody was authenticated, with Microsoft's code and the way out", async () => {
    const outcome = await concordat(["instance", "authenticate", "eu"], {
      during: signingIn(async (browser, link) =>
        browser.submit(await browser.open(link), { action: "cancel" })
      )
    })
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain("Instance eu was not authenticated (AADSTS65004)")
    expect(outcome.stderr).toContain("accept them")
    const shown = await concordat(["instance", "consent", "eu"])
    expect([shown.code, shown.stdout]).toEqual([
      0,
      "eu: Instance is not authenticated\n  Account   primary\n"
    ])
  })

  it("prints the link alone, waits until somebody has signed in, and says who", async () => {
    const outcome = await concordat(["instance", "authenticate", "eu"], {
      during: signingIn((browser, link) => browser.signIn(link, `admin@${domain}`))
    })
    expect(outcome.code).toBe(0)
    const [link, status, ...rest] = outcome.stdout.trimEnd().split("\n")
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/consent\/start\/[\w-]{43}$/u)
    expect(status).toBe("eu: Instance is authenticated")
    expect(rest.join("\n")).toContain(`Signed in admin@${domain}`)
    expect(rest.join("\n")).toContain("in 90 days")
    const shown = await concordat(["instance", "consent", "eu"])
    expect(shown.stdout).toContain(`Signed in admin@${domain}`)
  })

  it("knows no instance that is not there", async () => {
    const { code, stderr } = await concordat(["instance", "authenticate", "nowhere"])
    expect(code).toBe(1)
    expect(stderr).toContain('There is no instance "nowhere"')
  })
})

describe("notification list", () => {
  it("says when there is none", async () => {
    const { code, stdout } = await concordat(["notification", "list"])
    expect([code, stdout]).toEqual([0, "There are no notifications.\n"])
  })
})

describe("instance mpn", () => {
  it("says that it could not ask, then whose id it is, and for how long it has known", async () => {
    await api.call("DELETE", "/v1/instances/eu/consent")
    const before = await concordat(["instance", "mpn", "eu", ownMpnId])
    expect([before.code, before.stderr]).toEqual([0, ""])
    expect(before.stdout).toMatch(
      new RegExp(`^${ownMpnId}: unknown\\n {2}Not asked .*authenticate`, "u")
    )
    const { body } = await api.call("POST", "/v1/instances/eu/consent")
    await new Browser().signIn(body.url, `admin@${domain}`)
    const asked = await concordat(["instance", "mpn", "eu", ownMpnId, "--now"])
    expect(asked.stdout).toMatch(
      new RegExp(
        `^${ownMpnId}: valid\\n {2}Partner {3}Contoso eu\\n {2}Checked {3}\\S+ \\(\\d+ s ago\\)\\n$`,
        "u"
      )
    )
    const nobody = await concordat(["instance", "mpn", "eu", "9999999"])
    expect(nobody.stdout).toContain("9999999: invalid\n  Reason    No partner has the MPN id")
    const wrong = await concordat(["instance", "mpn", "eu", "4711x"])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("at most 20 digits")])
  })
})

describe("instance test", () => {
  it("says step by step what works, and ends with 1 and Microsoft's remedy when something does not", async () => {
    const works = await concordat(["instance", "test", "eu"])
    expect([works.code, works.stdout]).toEqual([0, "sign-in  worked\nread     worked\n"])
    await fetch(`${simulator.url}/_simulator/accounts/eu/credentials`, {
      method: "POST",
      body: JSON.stringify({ action: "rotate-secret" })
    })
    const fails = await concordat(["instance", "test", "eu"])
    expect([fails.code, fails.stderr]).toEqual([1, expect.stringContaining("does not work")])
    expect(fails.stdout).toMatch(
      /^sign-in {2}failed\n {2}AADSTS7000215: .*\n {2}The key is wrong.*\n {2}correlation id [0-9a-f-]{36}\nread {5}not tried\n$/u
    )
  })
})
