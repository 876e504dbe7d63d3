import { createHash } from "node:crypto"
import fc from "fast-check"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { redirectTarget } from "../src/signIn/redirectUri.ts"
import { generateAccount } from "../src/world/generate.ts"
import {
  admin,
  adminWithoutMfa,
  authorizeUrl,
  codeIn,
  formOf,
  nobody,
  open,
  type Page,
  partnerCenter,
  post,
  redeem,
  redirectUri,
  signInAs,
  submit
} from "./browser.ts"
import { Bench, type Credentials } from "./harness.ts"

let bench: Bench
let account: Credentials
beforeAll(async () => {
  bench = await Bench.start()
})
beforeEach(async () => {
  await bench.do("POST", "/reset", {
    seed: 1,
    accounts: [
      { name: "eu", cspStatus: "indirect", customers: 3 },
      { name: "other", cspStatus: "direct", customers: 1 }
    ]
  })
  account = await bench.account()
})
afterAll(() => bench.close())

/** The page that answers a request for a code. */
const visit = (parameters: Record<string, string | undefined> = {}): Promise<Page> =>
  open(authorizeUrl(bench, account, parameters))

const choose = async (user: string, parameters: Record<string, string | undefined> = {}) =>
  submit(await visit(parameters), { user, action: "continue" })

const answerAt = ({ location }: Page) => {
  expect(location).not.toBeNull()
  return Object.fromEntries(location?.searchParams ?? [])
}

describe("the sign-in page", () => {
  it("lets an administrator in, asks for the permissions, and goes back with a code", async () => {
    const chooser = await visit()
    expect(chooser.status).toBe(200)
    for (const upn of [admin(account), adminWithoutMfa(account), nobody(account)])
      expect(chooser.html).toContain(`value="${upn}"`)
    const permissions = await submit(chooser, { user: admin(account), action: "continue" })
    expect(permissions.status).toBe(200)
    expect(permissions.html).toContain("<h1>Permissions requested</h1>")
    expect(permissions.html).toContain(admin(account))
    expect((await bench.do("GET", "/accounts")).accounts[0].consent).toBe("none")
    const end = await submit(permissions, { action: "accept" })
    expect(end.status).toBe(302)
    expect(end.location?.origin).toBe("http://127.0.0.1:3999")
    const answer = answerAt(end)
    expect(answer).toMatchObject({ instance: "eu", state: "state-1" })
    expect(answer["code"]).toMatch(/^[\w.-]{40,}$/u)
    expect(answer["error"]).toBeUndefined()
    expect((await bench.do("GET", "/accounts")).accounts[0].consent).toBe("granted")
  })

  it("asks for the permissions once, and again where the application says so", async () => {
    await signInAs(bench, account, admin(account))
    expect(answerAt(await choose(admin(account)))["code"]).toBeDefined()
    expect(answerAt(await choose(nobody(account)))["code"]).toBeDefined()
    const again = await choose(admin(account), { prompt: "consent" })
    expect(again.html).toContain("<h1>Permissions requested</h1>")
  })

  it("tells the application when somebody cancels, on either page", async () => {
    const pages = [await visit(), await choose(admin(account))]
    for (const page of pages) {
      const answer = answerAt(await submit(page, { action: "cancel" }))
      expect(answer).toMatchObject({ error: "access_denied", error_subcode: "cancel" })
      expect(answer["error_description"]).toMatch(/^AADSTS65004: /u)
      expect(answer).toMatchObject({ state: "state-1", instance: "eu" })
      expect(answer["code"]).toBeUndefined()
    }
    expect((await bench.do("GET", "/accounts")).accounts[0].consent).toBe("none")
  })

  it("lets nobody give permissions who is no administrator, whatever form they send", async () => {
    const blocked = await choose(nobody(account))
    expect(blocked.status).toBe(403)
    expect(blocked.html).toContain("AADSTS90094: ")
    const forced = await submit(blocked, { action: "accept" })
    expect([forced.status, forced.location]).toEqual([403, null])
    const answer = answerAt(await submit(forced, { action: "cancel" }))
    expect(answer["error"]).toBe("access_denied")
    expect(answer["error_description"]).toMatch(/^AADSTS90094: /u)
    expect((await bench.do("GET", "/accounts")).accounts[0].consent).toBe("none")
  })

  it("lets somebody else sign in after a user was turned away", async () => {
    const chooser = await submit(await choose(nobody(account)), { action: "switch" })
    const permissions = await submit(chooser, { user: admin(account), action: "continue" })
    expect(answerAt(await submit(permissions, { action: "accept" }))["code"]).toBeDefined()
  })

  it("takes a user without a second factor, whose tokens Partner Center then refuses", async () => {
    const location = await signInAs(bench, account, adminWithoutMfa(account))
    const { json } = await redeem(bench, account, codeIn(location))
    const refused = await bench.get("/v1/customers", json.access_token)
    expect([refused.status, refused.reason]).toEqual([401, "Unauthorized - MFA required"])
    const able = await redeem(
      bench,
      account,
      codeIn(await signInAs(bench, account, admin(account)))
    )
    expect((await bench.get("/v1/customers", able.json.access_token)).status).toBe(200)
  })

  it("turns a user without a second factor away where the tenant demands one", async () => {
    await bench.do("PATCH", "/accounts/eu", { signInMfa: "required" })
    const blocked = await choose(adminWithoutMfa(account))
    expect(blocked.status).toBe(403)
    expect(blocked.html).toContain("AADSTS50079: ")
    const forced = await submit(blocked, { action: "accept" })
    expect(forced.location).toBeNull()
    const answer = answerAt(await submit(forced, { action: "cancel" }))
    expect(answer["error"]).toBe("access_denied")
    expect(answer["error_description"]).toMatch(/^AADSTS50079: /u)
    expect(codeIn(await signInAs(bench, account, admin(account)))).not.toBe("")
  })

  it("asks again when no user or an unknown one comes back", async () => {
    for (const fields of [{}, { user: "ghost@nowhere.example" }]) {
      const again = await submit(await visit(), { ...fields, action: "continue" })
      expect(again.status).toBe(400)
      expect(again.html).toContain('role="alert"')
      const next = await submit(again, { user: admin(account), action: "continue" })
      expect(next.html).toContain("<h1>Permissions requested</h1>")
    }
  })

  it("marks the user whom the application hints at", async () => {
    const { html } = await visit({ login_hint: nobody(account).toUpperCase() })
    expect(html.match(/ checked>/gu)).toHaveLength(1)
    expect(html).toContain(`value="${nobody(account)}" required checked>`)
    expect((await visit()).html).not.toContain(" checked>")
  })

  it("takes the answer home in a form where the application asks for one", async () => {
    const state = `"><script>alert(1)</script>&amp;'`
    const chosen = await choose(admin(account), { response_mode: "form_post", state })
    const page = await submit(chosen, { action: "accept" })
    expect([page.status, page.location]).toEqual([200, null])
    expect(page.html).not.toContain("<script")
    const { action, fields } = formOf(page)
    expect(action).toBe(redirectUri)
    expect(fields).toMatchObject({ state })
    expect((await redeem(bench, account, fields["code"] ?? "")).status).toBe(200)
  })
})

describe("a form of the sign-in page", () => {
  const lost = (page: Page) => {
    expect([page.status, page.location]).toEqual([400, null])
    expect(page.html).toContain("AADSTS165000: ")
  }

  it("can be sent once", async () => {
    const chooser = await visit()
    const permissions = await submit(chooser, { user: admin(account), action: "continue" })
    lost(await submit(chooser, { user: admin(account), action: "continue" }))
    expect((await submit(permissions, { action: "accept" })).status).toBe(302)
    lost(await submit(permissions, { action: "accept" }))
  })

  it("is worth nothing at another step, in another tenant, or under an invented name", async () => {
    const { fields } = formOf(await visit())
    lost(
      await post(`${bench.url}/${account.tenantId}/consent/set`, { ...fields, action: "accept" })
    )
    const permissions = formOf(await choose(admin(account)))
    const user = { user: admin(account), action: "continue" }
    lost(await post(`${bench.url}/${account.tenantId}/login`, { ...permissions.fields, ...user }))
    const other = await bench.account("other")
    const chooser = formOf(await visit())
    lost(await post(`${bench.url}/${other.tenantId}/login`, { ...chooser.fields, ...user }))
    lost(await post(`${bench.url}/${account.tenantId}/login`, { interaction: "1.x", ...user }))
    lost(await post(`${bench.url}/${account.tenantId}/login`, user))
  })

  it("is too old after an hour", async () => {
    const chooser = await visit()
    await bench.do("POST", "/clock", { advanceSeconds: 3601 })
    lost(await submit(chooser, { user: admin(account), action: "continue" }))
  })

  it("is not kept over a new world", async () => {
    const chooser = await visit()
    await bench.do("POST", "/reset", {
      seed: 1,
      accounts: [{ name: "eu", cspStatus: "indirect", customers: 3 }]
    })
    lost(await submit(chooser, { user: admin(account), action: "continue" }))
  })

  it("is answered without an address when it is larger than any form", async () => {
    const page = await submit(await visit(), { user: "x".repeat(40_000), action: "continue" })
    lost(page)
  })
})

describe("a wrong request for a code", () => {
  // parameters                                                       code     where the application has no say
  const onPage: ReadonlyArray<[Record<string, string | undefined>, number]> = [
    [{ tenant: "nowhere.example" }, 90002],
    [{ client_id: undefined }, 900144],
    [{ client_id: "00000000-0000-4000-8000-000000000000" }, 700016],
    [{ redirect_uri: undefined }, 900144],
    [{ redirect_uri: "https://app.example/callback" }, 50011],
    [{ redirect_uri: "http://127.0.0.1@evil.example/" }, 50011],
    [{ redirect_uri: "http://localhost.evil.example/" }, 50011],
    [{ redirect_uri: "http://evil.example#@127.0.0.1/" }, 50011],
    [{ redirect_uri: "http://evil.example\\@127.0.0.1/" }, 50011],
    [{ redirect_uri: "javascript:alert(1)//http://127.0.0.1" }, 50011],
    [{ redirect_uri: "data:text/html,<script>alert(1)</script>" }, 50011],
    [{ redirect_uri: "//127.0.0.1/" }, 50011],
    [{ redirect_uri: "http://127.0.0.1/\r\nSet-Cookie: a=b" }, 50011],
    [{ redirect_uri: `http://127.0.0.1/${"x".repeat(300)}` }, 50011],
    [{ response_mode: "carrier_pigeon" }, 70007],
    [{ state: "x".repeat(10_000) }, 90100],
    [{ scope: "x".repeat(10_000) }, 90100],
    [{ redirect_uri: `http://127.0.0.1/${"x".repeat(10_000)}` }, 90100]
  ]
  it.each(onPage)("%o is shown on a page and never redirected (AADSTS%i)", async (wrong, code) => {
    const page = await visit(wrong)
    expect([page.status, page.location]).toEqual([400, null])
    expect(page.html).toContain(`AADSTS${code}: `)
    expect(page.html).not.toMatch(/<script|<form/u)
  })

  it("is refused when a parameter comes twice", async () => {
    const page = await open(`${authorizeUrl(bench, account)}&state=2`)
    expect([page.status, page.location]).toEqual([400, null])
    expect(page.html).toContain("AADSTS9000411: ")
  })

  // parameters                                                       error                        code
  const atApplication: ReadonlyArray<[Record<string, string | undefined>, string, number]> = [
    [{ response_type: undefined }, "invalid_request", 900144],
    [{ response_type: "token" }, "unsupported_response_type", 700054],
    [{ scope: undefined }, "invalid_request", 900144],
    [{ scope: "https://unknown.example/.default" }, "invalid_resource", 500011],
    [
      { scope: `${partnerCenter}/.default https://graph.microsoft.com/.default` },
      "invalid_request",
      28000
    ],
    [{ code_challenge_method: "plain" }, "invalid_request", 90100],
    [{ code_challenge_method: undefined }, "invalid_request", 90100],
    [{ code_challenge: undefined }, "invalid_request", 900144],
    [{ code_challenge: "short" }, "invalid_request", 501491],
    [{ prompt: "dance" }, "invalid_request", 90023],
    [{ prompt: "none" }, "login_required", 50058] // nobody stays signed in
  ]
  it.each(atApplication)(
    "%o is told to the application: %s, AADSTS%i",
    async (wrong, error, code) => {
      const page = await visit(wrong)
      expect(page.status).toBe(302)
      const answer = answerAt(page)
      expect(answer).toMatchObject({ error, state: "state-1", instance: "eu" })
      expect(answer["error_description"]).toMatch(new RegExp(`^AADSTS${code}: `, "u"))
    }
  )

  it("cannot put markup into a page, nor a line into a header", async () => {
    const markup = `"'><img src=x onerror=alert(1)>`
    const pages = [
      await visit({ tenant: encodeURIComponent(markup) }),
      await visit({ client_id: markup }),
      await visit({ redirect_uri: markup }),
      await visit({ response_mode: markup }),
      await visit({ login_hint: markup, state: markup, nonce: markup })
    ]
    for (const { html } of pages) expect(html).not.toContain("<img")
    const state = `${markup}\r\nX-Injected: 1`
    const page = await submit(await visit({ state }), { action: "cancel" })
    expect(page.headers["x-injected"]).toBeUndefined()
    expect(answerAt(page)["state"]).toBe(state)
  })

  it("is answered with 405 when it comes by another method", async () => {
    const posted = await post(authorizeUrl(bench, account), {})
    expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET"])
    const got = await open(`${bench.url}/${account.tenantId}/login`)
    expect([got.status, got.headers["allow"]]).toEqual([405, "POST"])
  })
})

describe("every page", () => {
  it("loads and runs nothing, is framed by nobody and kept by nobody", async () => {
    const pages = [
      await visit(),
      await choose(admin(account)),
      await choose(nobody(account)),
      await visit({ client_id: "x" })
    ]
    for (const { html, headers } of pages) {
      const [, style = ""] = /<style>([^<]*)<\/style>/u.exec(html) ?? []
      const hash = createHash("sha256").update(style).digest("base64")
      const policy = String(headers["content-security-policy"]).split("; ")
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          `style-src 'sha256-${hash}'`,
          "frame-ancestors 'none'",
          "base-uri 'none'"
        ])
      )
      expect(html).not.toMatch(/<script|<link|<img|\bon\w+=|\bstyle=|https?:\/\/(?!127)/u)
      expect(headers).toMatchObject({
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY"
      })
    }
  })

  it("lets its form lead to the application, which browsers check after a redirect too", async () => {
    const policyOf = async (uri: string) =>
      String((await visit({ redirect_uri: uri })).headers["content-security-policy"])
    expect(await policyOf(redirectUri)).toContain("form-action 'self' http://127.0.0.1:3999;")
    // A policy cannot name an IPv6 address.
    expect(await policyOf("http://[::1]:3999/callback")).toContain("form-action 'self' http:;")
    const wrong = await visit({ client_id: "x" })
    expect(wrong.headers["content-security-policy"]).toContain("form-action 'self';")
  })

  it("says its language and its purpose, has one heading, and labels what can be filled in", async () => {
    for (const { html } of [
      await visit(),
      await choose(admin(account)),
      await choose(nobody(account))
    ]) {
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/u)
      expect(html).toMatch(/<title>[^<]+<\/title>/u)
      expect(html.match(/<h1>/gu)).toHaveLength(1)
      expect(html).toContain("color-scheme:light dark")
      const inputs = html.match(/<input type="radio"/gu) ?? []
      expect(html.match(/<label>\n<input type="radio"/gu) ?? []).toHaveLength(inputs.length)
      expect(html).toContain("<main>")
    }
    expect((await visit()).html).toMatch(/<fieldset>\n<legend>Choose a user<\/legend>/u)
  })
})

describe("addresses that codes may go to", () => {
  const world = generateAccount(
    {
      name: "eu",
      cspStatus: "direct",
      customers: 0,
      subscriptionsPerCustomer: 1,
      resellers: 0,
      directCustomers: 0,
      emptyCustomers: 0,
      country: "DE",
      currency: "EUR",
      settings: {}
    },
    "1",
    0
  )
  const registered = "https://app.example/callback"
  world.redirectUris = [registered]

  const piece = fc.constantFrom(
    ...["http:", "https:", "//", "/", "\\", "@", "#", "?", ":", "80", ".", "%2f", " ", "\n"],
    ...["127.0.0.1", "localhost", "[::1]", "evil.example", "app.example", "callback", "javascript:"]
  )

  it("are registered, or on this machine, however they are written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join("")),
          fc.array(piece, { maxLength: 6 }).map((pieces) => `http://${pieces.join("")}`),
          fc.webUrl(),
          fc.string()
        ),
        (text) => {
          const target = redirectTarget(world, text)
          if (target === undefined || text === registered) return
          // Of the address as the browser is given it.
          expect(target.href).toMatch(
            /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\/[^#]*$/u
          )
        }
      ),
      { numRuns: 3000 }
    )
    expect(redirectTarget(world, registered)?.href).toBe(registered)
    expect(redirectTarget(world, `${registered}/`)).toBeUndefined()
    expect(redirectTarget(world, "https://APP.example/callback")).toBeUndefined()
    for (const local of ["http://localhost/", "http://127.0.0.1:1/x", "http://[::1]:2/y?z=1"])
      expect(redirectTarget(world, local)).toBeDefined()
  })

  it("can be registered, once each, where they are fit for it", async () => {
    const address = "https://bss.example/consent"
    expect((await visit({ redirect_uri: address })).status).toBe(400)
    for (let count = 0; count < 2; count++) {
      const info = await bench.do("POST", "/accounts/eu/redirect-uris", { redirectUri: address })
      expect(info.redirectUris).toEqual([address])
    }
    const location = await signInAs(bench, account, admin(account), { redirect_uri: address })
    expect(location.origin + location.pathname).toBe(address)
    for (const redirectUri of [
      "http://bss.example/consent",
      "https://*.example/consent",
      "https://bss.example/#x",
      "javascript:alert(1)",
      "consent",
      `https://bss.example/${"x".repeat(250)}`
    ]) {
      const reply = await bench.control("POST", "/accounts/eu/redirect-uris", { redirectUri })
      expect([reply.status, reply.json.errors[0].field], redirectUri).toEqual([400, "redirectUri"])
      expect(reply.json.errors[0].message).toContain("https")
    }
  })
})
