import { Logger } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type RunningSimulator, startSimulator } from "../../simulator/src/server.ts"
import { Browser, type Page } from "./Browser.ts"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
let simulator: RunningSimulator
let accounts: ReadonlyArray<Account>
const logged: Array<string> = []

interface Account {
  readonly name: string
  readonly tenantId: string
  readonly appId: string
  readonly clientSecret: string
  readonly domain: string
}

const control = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${simulator.url}/_simulator${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? undefined : answer.json()
}

beforeAll(async () => {
  const remember = Logger.map(Logger.formatJson, (line) => void logged.push(line))
  api = await serve({ loggers: [remember] })
  simulator = await startSimulator({
    initial: {
      seed: "consent",
      accounts: [
        { name: "eu", cspStatus: "indirect", customers: 1 },
        { name: "us", cspStatus: "direct", customers: 1 }
      ]
    }
  })
  accounts = (await control("GET", "/accounts")).accounts
  for (const account of accounts) await register(account.name, account)
})
afterAll(async () => {
  await simulator.close()
  await api.stop()
})
beforeEach(async () => {
  await control("DELETE", "/faults")
  await control("DELETE", "/accounts/eu/consent")
  for (const { name } of accounts) await api.call("DELETE", `/v1/instances/${name}/consent`)
})

const register = async (name: string, account: Account, secret = account.clientSecret) => {
  const made = await api.call("POST", "/v1/instances", {
    body: {
      name,
      cloud: "custom",
      endpoints: {
        api: simulator.url,
        login: simulator.url,
        resource: "https://api.partnercenter.microsoft.com"
      },
      tenantId: account.tenantId,
      appId: account.appId,
      secret,
      cspStatus: "direct",
      countries: ["DE"]
    }
  })
  if (made.status !== 201) throw new Error(made.text)
}

const account = (name = "eu"): Account => {
  const found = accounts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
const admin = (name = "eu") => `admin@${account(name).domain}`
const withoutMfa = () => `admin.without.mfa@${account().domain}`
const nobody = () => `sales@${account().domain}`

const link = async (name = "eu"): Promise<string> => {
  const begun = await api.call("POST", `/v1/instances/${name}/consent`)
  expect(begun.status).toBe(201)
  return begun.body.url
}
const consentOf = async (name = "eu") =>
  (await api.call("GET", `/v1/instances/${name}/consent`)).body
const isCallback = (url: URL) => url.pathname === "/v1/consent/callback"
/** Up to the point where the browser would bring back the answer. */
const answerFor = (browser: Browser, url: string, user = admin()) =>
  browser.signIn(url, user, isCallback)
const headingOf = ({ html }: Page) => /<h1>([^<]*)<\/h1>/u.exec(html)?.[1]
const refused = (page: Page, reason: string) => {
  expect([page.status, headingOf(page)]).toEqual([400, "This sign-in is not taken"])
  expect(page.html).toContain(reason)
}

describe("authenticating an instance", () => {
  it("leads to Microsoft's sign-in and back, and says who consented and when", async () => {
    expect(await consentOf()).toMatchObject({ status: "not-authenticated", user: null })
    const page = await new Browser().signIn(await link(), admin())
    expect([page.status, headingOf(page)]).toEqual([200, "Instance is authenticated"])
    expect(page.html).toContain(admin())
    const consent = await consentOf()
    expect(consent).toMatchObject({
      status: "authenticated",
      text: "Instance is authenticated",
      environment: "primary",
      mfa: true,
      problem: null,
      user: { upn: admin() },
      lastAttempt: { state: "done", problem: null }
    })
    expect([89, 90]).toContain(consent.idleDaysLeft)
    expect(Math.abs(Date.parse(consent.consentedAt) - Date.now())).toBeLessThan(60_000)
  })

  it("asks with PKCE, and with a state and nonce that are new each time", async () => {
    const url = await link()
    const asked = async () =>
      new URL((await fetch(url, { redirect: "manual" })).headers.get("location") ?? "").searchParams
    const [first, second] = [await asked(), await asked()]
    expect(first.get("code_challenge_method")).toBe("S256")
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(first.get(name)).toMatch(/^[\w-]{43}$/u)
      expect(first.get(name)).not.toBe(second.get(name))
    }
    expect(first.get("redirect_uri")).toBe(`${api.url}/v1/consent/callback`)
  })

  it("shows pages that run nothing, keep nothing and load nothing", async () => {
    const page = await new Browser().signIn(await link(), admin())
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/u
    )
    expect(page.headers.get("cache-control")).toBe("no-store")
    expect(page.headers.get("referrer-policy")).toBe("no-referrer")
    expect(page.html).not.toMatch(/<script|<link|<img|javascript:/iu)
    expect(page.html).toContain('lang="en"')
  })

  it("can be forgotten, once", async () => {
    await new Browser().signIn(await link(), admin())
    expect((await api.call("DELETE", "/v1/instances/eu/consent")).status).toBe(204)
    expect((await consentOf()).status).toBe("not-authenticated")
    expect(problemOf(await api.call("DELETE", "/v1/instances/eu/consent"))).toBe(
      "404 consent-not-found"
    )
  })
})

describe("an answer is not taken", () => {
  it("twice, whoever brings it", async () => {
    const browser = new Browser()
    const answer = await answerFor(browser, await link())
    expect((await browser.open(answer.url)).status).toBe(200)
    refused(await browser.open(answer.url), "answered already")
    refused(await new Browser().open(answer.url), "answered already")
    expect((await consentOf()).status).toBe("authenticated")
  })

  it("by two at once", async () => {
    const browser = new Browser()
    const answer = await answerFor(browser, await link())
    const pages = await Promise.all([browser.open(answer.url), browser.open(answer.url)])
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  it("from another browser than the one that opened the link, which may still bring it", async () => {
    const browser = new Browser()
    const answer = await answerFor(browser, await link())
    refused(await new Browser().open(answer.url), "another browser")
    const other = new Browser()
    await other.open(await link(), (url) => url.port === new URL(simulator.url).port)
    refused(await other.open(answer.url), "another browser")
    expect((await consentOf()).status).toBe("not-authenticated")
    expect((await browser.open(answer.url)).status).toBe(200)
  })

  it("with a state that was not made here", async () => {
    const answer = new URL((await answerFor(new Browser(), await link())).url)
    for (const state of ["", "x", "a".repeat(5_000), "<script>alert(1)</script>"]) {
      answer.searchParams.set("state", state)
      const page = await new Browser().open(answer.href)
      refused(page, "not started here")
      expect(page.html).not.toContain("<script")
    }
    expect((await consentOf()).status).toBe("not-authenticated")
  })

  it("with the code of another instance: neither of the two is authenticated by it", async () => {
    const browser = new Browser()
    const eu = new URL((await answerFor(browser, await link("eu"), admin("eu"))).url)
    const us = new URL((await answerFor(browser, await link("us"), admin("us"))).url)
    us.searchParams.set("code", eu.searchParams.get("code") ?? "")
    const page = await browser.open(us.href)
    expect([page.status, headingOf(page)]).toEqual([403, "Instance is not authenticated"])
    for (const name of ["eu", "us"])
      expect((await consentOf(name)).status).toBe("not-authenticated")
    expect((await consentOf("us")).lastAttempt).toMatchObject({ state: "failed" })
  })

  it("of an earlier opening of the link", async () => {
    const url = await link()
    const browser = new Browser()
    const first = await answerFor(browser, url)
    const second = await answerFor(browser, url)
    refused(await browser.open(first.url), "opened again since")
    expect((await browser.open(second.url)).status).toBe(200)
    refused(await browser.open(url), "answered already")
  })

  it("when whoever signs in declines, is no administrator, or the address is unknown to Microsoft", async () => {
    const browser = new Browser()
    const chooser = await browser.open(await link())
    const declined = await browser.submit(chooser, { action: "cancel" })
    expect([declined.status, headingOf(declined)]).toEqual([403, "Instance is not authenticated"])
    expect(declined.html).toContain("AADSTS65004")
    const blocked = await browser.submit(await browser.open(await link()), {
      user: nobody(),
      action: "continue"
    })
    const turnedAway = await browser.submit(blocked, { action: "cancel" })
    expect(turnedAway.html).toContain("AADSTS90094")
    expect(turnedAway.html).toContain("global administrator")
    const consent = await consentOf()
    expect(consent).toMatchObject({
      status: "not-authenticated",
      lastAttempt: { state: "failed", problem: { code: "AADSTS90094" } }
    })
  })

  it("when the key is wrong, and the page says which code Microsoft gave and what to do", async () => {
    await register("wrong-key", account(), "not the key")
    const page = await new Browser().signIn(await link("wrong-key"), admin())
    expect([page.status, headingOf(page)]).toEqual([403, "Instance is not authenticated"])
    expect(page.html).toContain("AADSTS7000215")
    expect(page.html).toContain("value, not its id")
    expect(page.html).not.toContain("not the key")
  })

  it("while Microsoft's servers are broken; a new link works afterwards", async () => {
    const browser = new Browser()
    const answer = await answerFor(browser, await link())
    await control("POST", "/faults", {
      operation: "signIn.token",
      fault: { kind: "status", status: 503 }
    })
    const page = await browser.open(answer.url)
    expect([page.status, headingOf(page)]).toEqual([503, "Instance is not authenticated"])
    await control("DELETE", "/faults")
    expect((await new Browser().signIn(await link(), admin())).status).toBe(200)
  })
})

describe("a user without a second factor", () => {
  it("signs in, and the consent says that MFA is missing", async () => {
    const page = await new Browser().signIn(await link(), withoutMfa())
    expect([page.status, headingOf(page)]).toEqual([200, "MFA is missing"])
    expect(await consentOf()).toMatchObject({
      status: "authenticated",
      text: "MFA is missing: sign in again with MFA",
      mfa: false,
      problem: { code: "900421" }
    })
  })

  it("does not take the place of one who used it, and the other way round does", async () => {
    await new Browser().signIn(await link(), withoutMfa())
    await new Browser().signIn(await link(), admin())
    expect(await consentOf()).toMatchObject({ mfa: true, problem: null, user: { upn: admin() } })
    const page = await new Browser().signIn(await link(), withoutMfa())
    expect([page.status, headingOf(page)]).toEqual([403, "MFA is missing"])
    expect(await consentOf()).toMatchObject({ mfa: true, user: { upn: admin() } })
  })
})

describe("secrets", () => {
  it("are in no answer, page, log line or row", async () => {
    const browser = new Browser()
    const url = await link()
    const answer = new URL((await answerFor(browser, url)).url)
    const secrets = [
      account().clientSecret,
      answer.searchParams.get("code") ?? "",
      answer.searchParams.get("state") ?? "",
      url.split("/").at(-1) ?? ""
    ]
    const page = await browser.open(answer.href)
    expect(page.status).toBe(200)
    const again = await browser.open(answer.href)
    const told = [
      page.html,
      again.html,
      (await api.call("GET", "/v1/instances/eu/consent")).text,
      (await api.call("GET", "/v1/instances/eu")).text,
      (await api.call("GET", "/v1/notifications")).text,
      await (await fetch(`${api.url}/metrics`)).text(),
      logged.join("\n"),
      await api.dump()
    ]
    expect(logged.length).toBeGreaterThan(10)
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(10)
      for (const text of told) expect(String(text)).not.toContain(secret)
    }
    // Tokens are not known here, but how they begin: a JWT, and the simulator's refresh tokens.
    for (const text of told) expect(String(text)).not.toMatch(/eyJ[\w-]{20,}\.[\w-]{20,}/u)
  })
})
