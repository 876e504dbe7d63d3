import { scopesOf } from "@concordat/core/actor/Actor"
import { Logger } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { openBrowser } from "./BrowserSession.ts"
import { problemOf } from "./client.ts"
import { passwordOf, type Served, serve } from "./serve.ts"

let api: Served
const log: Array<string> = []
beforeAll(async () => {
  api = await serve({
    loggers: [Logger.map(Logger.formatJson, (text) => void log.push(text))]
  })
  for (const [name, role] of [
    ["ada", "operator-admin"],
    ["otto", "operator"],
    ["rita", "read-only"]
  ] as const)
    await api.operator(name, role)
  await api.operator("sam", "reseller", api.seeded.south.account)
})
afterAll(() => api.stop())
beforeEach(async () => {
  await api.rows("delete from sign_in_attempt")
})

const signedIn = async (name: string) => {
  const browser = openBrowser(api)
  const answer = await browser.signIn(name)
  expect(answer.status).toBe(200)
  return browser
}
/** Lets time pass for every session. */
const later = (what: string) =>
  api.rows(`update operator_session set ${what} where ended_at is null`)
const seen = (minutes: number) => later(`seen_at = now() - interval '${minutes} minutes'`)

describe("signing in", () => {
  it("opens what the role allows, and says who it is, until it is over", async () => {
    const browser = openBrowser(api)
    expect((await browser.send("GET", "/v1/session")).status).toBe(204)
    const answer = await browser.signIn("otto")
    expect(answer.body).toMatchObject({
      operator: { name: "otto", role: "operator", branch: null },
      scopes: scopesOf("operator")
    })
    expect((await browser.send("GET", "/v1/session")).body).toEqual(answer.body)
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
    expect((await browser.send("DELETE", "/v1/session")).status).toBe(204)
    expect(browser.cookie()).toBe("")
    expect((await browser.send("GET", "/v1/session")).status).toBe(204)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("signing out ends the session itself, not only its cookie", async () => {
    const browser = await signedIn("otto")
    const cookie = browser.cookie()
    await browser.send("DELETE", "/v1/session")
    browser.plant(cookie)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("the cookie is for this server only, and for no script", async () => {
    const [cookie = ""] = (await openBrowser(api).signIn("otto")).headers.getSetCookie()
    const [pair = "", ...flags] = cookie.split("; ")
    expect(pair).toMatch(/^concordat_session=[\w-]{43}$/u)
    expect(flags.sort()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict"])
  })

  it("capitals do not matter in a name, and every character does in a password", async () => {
    expect((await openBrowser(api).signIn("Otto", passwordOf("otto"))).status).toBe(200)
    for (const wrong of ["", passwordOf("Otto"), `${passwordOf("otto")} `, passwordOf("ada")])
      expect(problemOf(await openBrowser(api).signIn("otto", wrong))).toBe("401 sign-in-refused")
  })

  it("a name that nobody has is refused with the very same words", async () => {
    const [unknown, wrong] = [
      await openBrowser(api).signIn("nobody", "x"),
      await openBrowser(api).signIn("otto", "x")
    ]
    expect(unknown.text).toBe(wrong.text)
    expect(unknown.headers.getSetCookie()).toEqual([])
  })

  it("always begins another session: one that was planted before stays closed", async () => {
    const planted = `concordat_session=${"A".repeat(43)}`
    const browser = openBrowser(api)
    browser.plant(planted)
    await browser.signIn("otto")
    expect(browser.cookie()).not.toBe(planted)
    const attacker = openBrowser(api)
    attacker.plant(planted)
    expect(problemOf(await attacker.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("over one's own session ends that one", async () => {
    const browser = await signedIn("otto")
    const [cookie, csrfToken] = [browser.cookie(), browser.csrfToken()]
    await browser.signIn("otto")
    expect(browser.csrfToken()).not.toBe(csrfToken)
    browser.plant(cookie)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("from a page of another site is refused: nobody is signed in as somebody else unawares", async () => {
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: api.url, "sec-fetch-site": "cross-site" },
      { origin: api.url, "sec-fetch-site": "same-site" }
    ]) {
      const answer = await api.call("POST", "/v1/session", {
        key: "",
        body: { name: "otto", password: passwordOf("otto") },
        headers
      })
      expect(problemOf(answer)).toBe("403 cross-site-refused")
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })
})

describe("a request with the cookie", () => {
  const phone = () => ({
    body: { phone: "030 1234" },
    headers: { "if-match": "*" }
  })
  const path = () => `/v1/accounts/${api.seeded.north.account}`

  it("changes something only with the session's token and from our own page", async () => {
    const browser = await signedIn("otto")
    const other = await signedIn("ada")
    const { body, headers } = phone()
    for (const wrong of [
      { "x-csrf-token": "" },
      { "x-csrf-token": other.csrfToken() },
      { "x-csrf-token": `${browser.csrfToken()}A` },
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" }
    ])
      expect(
        problemOf(await browser.send("PATCH", path(), { body, headers: { ...headers, ...wrong } }))
      ).toBe("403 cross-site-refused")
    const silent = await api.call("PATCH", path(), {
      key: "",
      body,
      headers: { ...headers, cookie: browser.cookie(), "x-csrf-token": browser.csrfToken() }
    })
    expect(problemOf(silent)).toBe("403 cross-site-refused")
    expect((await api.call("GET", path())).body.phone).not.toBe(body.phone)
    expect((await browser.send("PATCH", path(), phone())).status).toBe(200)
    expect(
      (
        await browser.send("PATCH", path(), {
          body,
          headers: { ...headers, origin: "http://127.0.0.1:5173", "sec-fetch-site": "same-origin" }
        })
      ).status
    ).toBe(200)
  })

  it("reads without the token, as a link does", async () => {
    const browser = await signedIn("otto")
    expect((await browser.send("HEAD", path(), { headers: { "x-csrf-token": "" } })).status).toBe(
      200
    )
  })

  it("a key that is sent with it counts instead", async () => {
    const browser = await signedIn("rita")
    const { body, headers } = phone()
    expect(problemOf(await browser.send("PATCH", path(), { body, headers }))).toBe("403 forbidden")
    const answer = await browser.send("PATCH", path(), {
      body,
      headers: { ...headers, origin: "https://elsewhere.example", "x-csrf-token": "" },
      key: api.admin
    })
    expect(answer.status).toBe(200)
    expect(problemOf(await browser.send("GET", path(), { key: "ck_wrong" }))).toBe(
      "401 unauthorized"
    )
  })

  it("acts in the operator's name", async () => {
    const browser = await signedIn("otto")
    const { body } = await browser.send("POST", "/v1/reconciliations", {
      body: { instance: "contoso-eu", scope: { kind: "organisation" } }
    })
    expect(body.requestedBy).toBe("operator:otto")
  })

  it("repeats a command for its own session only", async () => {
    const ask = {
      body: { instance: "contoso-eu", scope: { kind: "account", id: api.seeded.north.account } },
      headers: { "idempotency-key": "one and the same".replaceAll(" ", "-") }
    }
    const [first, second] = [await signedIn("otto"), await signedIn("ada")]
    const made = await first.send("POST", "/v1/reconciliations", ask)
    await later("rotated_at = now() - interval '16 minutes'")
    await first.send("GET", "/v1/accounts")
    const again = await first.send("POST", "/v1/reconciliations", ask)
    expect([again.body.id, again.headers.get("idempotency-replayed")]).toEqual([
      made.body.id,
      "true"
    ])
    const others = await second.send("POST", "/v1/reconciliations", ask)
    expect(others.headers.get("idempotency-replayed")).toBeNull()
    expect(others.body.id).not.toBe(made.body.id)
  })

  it("shows a reseller its own branch and nothing that its role does not allow, also by address", async () => {
    const browser = await signedIn("sam")
    expect((await browser.send("GET", `/v1/accounts/${api.seeded.south.account}`)).status).toBe(200)
    expect((await browser.send("GET", path())).status).toBe(404)
    for (const forbidden of ["/v1/instances", "/v1/keys", "/v1/operators", "/v1/outbox"])
      expect(problemOf(await browser.send("GET", forbidden))).toBe("403 forbidden")
  })
})

describe("a session", () => {
  it("is over after 30 minutes without a request, and not before", async () => {
    const browser = await signedIn("otto")
    await seen(29)
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
    await seen(29)
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
    await seen(30)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect((await browser.send("GET", "/v1/session")).status).toBe(204)
  })

  it("asking who is signed in keeps nobody signed in", async () => {
    const browser = await signedIn("otto")
    await seen(29)
    const before = await browser.send("GET", "/v1/session")
    const after = await browser.send("GET", "/v1/session")
    expect(after.body.idleEndsAt).toBe(before.body.idleEndsAt)
    await browser.send("GET", "/v1/accounts")
    expect(
      (await browser.send("GET", "/v1/session")).body.idleEndsAt > before.body.idleEndsAt
    ).toBe(true)
  })

  it("is over after twelve hours, however much is asked", async () => {
    const browser = await signedIn("otto")
    await later("started_at = now() - interval '12 hours'")
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("goes on under another token every 15 minutes; the former ends when the new one was used", async () => {
    const browser = await signedIn("otto")
    const former = browser.cookie()
    await browser.send("GET", "/v1/accounts")
    expect(browser.cookie()).toBe(former)
    await later("rotated_at = now() - interval '16 minutes'")
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        api.call("GET", "/v1/accounts", { key: "", headers: { cookie: former } })
      )
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const given = answers.flatMap(({ headers }) => headers.getSetCookie())
    expect(given).toHaveLength(1)
    const renewed = given[0]?.split(";")[0] ?? ""
    browser.plant(renewed)
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
    const late = () => api.call("GET", "/v1/accounts", { key: "", headers: { cookie: former } })
    expect((await late()).status).toBe(200)
    await later("confirmed_at = now() - interval '31 seconds'")
    expect(problemOf(await late())).toBe("401 unauthorized")
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
  })

  it("whose new token was lost on its way gets another one", async () => {
    const browser = await signedIn("otto")
    const former = browser.cookie()
    await later("rotated_at = now() - interval '16 minutes'")
    await browser.send("GET", "/v1/accounts")
    const lost = browser.cookie()
    await later("rotated_at = now() - interval '10 minutes'")
    browser.plant(former)
    await browser.send("GET", "/v1/accounts")
    expect(browser.cookie()).not.toBe(former)
    expect((await browser.send("GET", "/v1/accounts")).status).toBe(200)
    browser.plant(lost)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
  })

  it("can be looked for and ended from another browser, by its own operator only", async () => {
    const [here, there, other] = [
      await signedIn("rita"),
      await signedIn("rita"),
      await signedIn("otto")
    ]
    const { items } = (await here.send("GET", "/v1/sessions")).body
    expect(items.map(({ current }: { current: boolean }) => current)).toEqual([false, true])
    expect(items[0].address).toBe("127.0.0.1")
    expect(problemOf(await other.send("DELETE", `/v1/sessions/${items[0].id}`))).toBe(
      "404 session-not-found"
    )
    expect((await there.send("GET", "/v1/accounts")).status).toBe(200)
    expect((await here.send("DELETE", `/v1/sessions/${items[0].id}`)).status).toBe(204)
    expect(problemOf(await there.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect((await here.send("GET", "/v1/sessions")).body.items).toHaveLength(1)
    expect((await here.send("GET", "/v1/accounts")).status).toBe(200)
  })

  it("nobody reads or changes one's own session without one, nor with a key", async () => {
    for (const key of ["", api.admin])
      for (const [method, path] of [
        ["GET", "/v1/sessions"],
        ["DELETE", "/v1/session"],
        ["DELETE", `/v1/sessions/${api.seeded.finished}`],
        ["PUT", "/v1/session/password"]
      ] as const)
        expect(problemOf(await api.call(method, path, { key }))).toBe("401 unauthorized")
  })
})

describe("failed attempts", () => {
  const guess = (name: string) => openBrowser(api).signIn(name, "a guess")

  it("make a name wait, longer each time, and the right password with it", async () => {
    await api.operator("tess", "read-only")
    const waits: Array<unknown> = []
    for (let i = 0; i < 15; i++) {
      expect(problemOf(await guess("tess"))).toBe("401 sign-in-refused")
      const [row] =
        await api.rows(`select extract(epoch from blocked_until - failed_at)::int as wait
        from sign_in_attempt where subject = 'name tess'`)
      waits.push(row?.["wait"])
      if (i < 14) await api.rows("update sign_in_attempt set blocked_until = now()")
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    const refused = await openBrowser(api).signIn("tess")
    expect(problemOf(refused)).toBe("429 too-many-attempts")
    expect(refused.headers.get("retry-after")).toBe(String(refused.body.retryAfterSeconds))
    expect(refused.body.retryAfterSeconds).toBeGreaterThan(240)
    await api.rows("update sign_in_attempt set blocked_until = now()")
    expect((await openBrowser(api).signIn("tess")).status).toBe(200)
    expect(await api.rows("select from sign_in_attempt where subject = 'name tess'")).toEqual([])
  })

  it("by strangers do not keep an operator out of a place that is known", async () => {
    await signedIn("rita")
    await api.rows(`insert into sign_in_attempt values
      ('name rita', 50, now(), now() + interval '5 minutes'),
      ('name otto', 50, now(), now() + interval '5 minutes')`)
    await api.rows(
      "update operator_session set address = '192.0.2.1' where operator_id = (select id from operator where name = 'otto')"
    )
    expect((await openBrowser(api).signIn("rita")).status).toBe(200)
    expect(problemOf(await openBrowser(api).signIn("otto"))).toBe("429 too-many-attempts")
  })

  it("make an address wait, whatever the names", async () => {
    await api.rows("insert into sign_in_attempt values ('address 127.0.0.1', 19, now(), now())")
    await guess("stranger-19")
    await api.rows("update sign_in_attempt set failures = 25, blocked_until = now()")
    expect(problemOf(await guess("stranger-25"))).toBe("401 sign-in-refused")
    expect(problemOf(await guess("stranger-26"))).toBe("429 too-many-attempts")
    expect(problemOf(await openBrowser(api).signIn("otto"))).toBe("429 too-many-attempts")
  })

  it("at the same time get no further than one after the other", async () => {
    // The next failure makes the name wait for 16 seconds: no machine is so slow that a second one fits in.
    await api.rows("insert into sign_in_attempt values ('name nobody-at-all', 8, now(), now())")
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess("nobody-at-all")))
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(11)
  })

  it("are forgotten after an hour", async () => {
    for (let i = 0; i < 6; i++) await guess("forgetful")
    await api.rows(
      "update sign_in_attempt set failed_at = now() - interval '61 minutes', blocked_until = now()"
    )
    await guess("forgetful")
    const [row] = await api.rows("select failures from sign_in_attempt where subject like 'name %'")
    expect(row).toEqual({ failures: 1 })
  })

  it("are counted where a password is changed as well", async () => {
    const browser = await signedIn("otto")
    await api.rows(`delete from sign_in_attempt; update operator_session set address = null;
      insert into sign_in_attempt values ('name otto', 8, now(), now())`)
    const change = (current: string) =>
      browser.send("PUT", "/v1/session/password", { body: { current, next: "another password" } })
    expect(problemOf(await change("x"))).toBe("401 sign-in-refused")
    expect(problemOf(await change(passwordOf("otto")))).toBe("429 too-many-attempts")
  })
})

describe("operators", () => {
  const add = (name: string, more: object = {}) =>
    api.call("POST", "/v1/operators", {
      body: { name, role: "operator", password: passwordOf(name), ...more }
    })
  const change = (id: string, body: object, key = api.admin) =>
    api.call("PATCH", `/v1/operators/${id}`, { key, body, headers: { "if-match": "*" } })

  it("are added, listed and read, without any password", async () => {
    const made = await add("nina")
    expect([made.status, made.headers.get("etag")]).toEqual([201, '"1"'])
    const { items } = (await api.call("GET", "/v1/operators?limit=500")).body
    expect(items.map(({ name }: { name: string }) => name)).toContain("nina")
    expect((await api.call("GET", `/v1/operators/${made.body.id}`)).body).toEqual(made.body)
    expect(problemOf(await add("nina"))).toBe("409 operator-name-taken")
  })

  it("are listed page by page by name", async () => {
    const names: Array<string> = []
    let cursor = ""
    do {
      const { body } = await api.call("GET", `/v1/operators?limit=2${cursor}`)
      names.push(...body.items.map(({ name }: { name: string }) => name))
      cursor = body.next === null ? "" : `&cursor=${body.next}`
    } while (cursor !== "")
    expect(names).toEqual([...new Set(names)].sort())
    expect(names.length).toBeGreaterThan(3)
  })

  it("need a name, a role that fits the branch, and a password that is long enough", async () => {
    const paths = async (body: object) => {
      const answer = await api.call("POST", "/v1/operators", { body })
      expect(problemOf(answer)).toBe("400 invalid-request")
      expect(answer.text).not.toContain("hunter2")
      return answer.body.errors.map(({ path }: { path: Array<string> }) => path.join("."))
    }
    const fitting = { name: "zoe", role: "operator", password: passwordOf("zoe") }
    expect(await paths({ ...fitting, name: "Zoe", password: "hunter2" })).toEqual([
      "payload.name",
      "payload.password"
    ])
    expect(await paths({ ...fitting, password: "hunter2".repeat(50) })).toEqual([
      "payload.password"
    ])
    expect(await paths({ ...fitting, role: "reseller" })).toEqual(["payload.branch"])
    expect(await paths({ ...fitting, branch: api.seeded.south.account })).toEqual([
      "payload.branch"
    ])
    expect(problemOf(await add("zoe", { role: "reseller", branch: api.seeded.finished }))).toBe(
      "404 account-not-found"
    )
  })

  it("who get another role have it with the next request, under another token", async () => {
    const id = await api.operator("dora", "operator")
    const browser = await signedIn("dora")
    const cookie = browser.cookie()
    const account = { phone: "040 99" }
    const patch = () =>
      browser.send("PATCH", `/v1/accounts/${api.seeded.north.account}`, {
        body: account,
        headers: { "if-match": "*" }
      })
    expect((await patch()).status).toBe(200)
    expect((await change(id, { role: "read-only" })).status).toBe(200)
    expect(problemOf(await patch())).toBe("403 forbidden")
    expect(browser.cookie()).not.toBe(cookie)
    expect((await browser.send("GET", "/v1/session")).body.scopes).toEqual(scopesOf("read-only"))
    const moved = await change(id, { role: "reseller", branch: api.seeded.south.account })
    expect(moved.status).toBe(200)
    expect((await browser.send("GET", `/v1/accounts/${api.seeded.north.account}`)).status).toBe(404)
    expect((await change(id, { role: "operator" })).body.branch).toBeNull()
    expect(problemOf(await change(id, { role: "reseller" }))).toBe("400 invalid-request")
  })

  it("who are no longer active are out at once, and do not come in again", async () => {
    const id = await api.operator("gone", "operator")
    const browser = await signedIn("gone")
    expect((await change(id, { active: false })).body.active).toBe(false)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect(problemOf(await openBrowser(api).signIn("gone"))).toBe("401 sign-in-refused")
    await change(id, { active: true })
    // Also a session that began at the very moment.
    const late = await signedIn("gone")
    await api.rows(`update operator set active = false where id = '${id}'`)
    expect(problemOf(await late.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    await api.rows(`update operator set active = true where id = '${id}'`)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect((await openBrowser(api).signIn("gone")).status).toBe(200)
  })

  it("who were given a password are signed out, and sign in with it only", async () => {
    const id = await api.operator("lost", "operator")
    const browser = await signedIn("lost")
    expect((await change(id, { password: "given by an administrator" })).status).toBe(200)
    expect(problemOf(await browser.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect(problemOf(await browser.signIn("lost"))).toBe("401 sign-in-refused")
    expect((await browser.signIn("lost", "given by an administrator")).status).toBe(200)
  })

  it("who change their own password stay in this browser only, in a new session", async () => {
    await api.operator("kim", "operator")
    const [here, there] = [await signedIn("kim"), await signedIn("kim")]
    const former = here.cookie()
    const answer = await here.send("PUT", "/v1/session/password", {
      body: { current: passwordOf("kim"), next: "correct horse battery staple" }
    })
    expect(answer.status).toBe(200)
    expect(answer.body.csrfToken).not.toBe(here.csrfToken())
    expect((await here.send("GET", "/v1/accounts")).status).toBe(200)
    expect(problemOf(await there.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    here.plant(former)
    expect(problemOf(await here.send("GET", "/v1/accounts"))).toBe("401 unauthorized")
    expect(problemOf(await there.signIn("kim"))).toBe("401 sign-in-refused")
    expect((await there.signIn("kim", "correct horse battery staple")).status).toBe(200)
  })

  it("are never left without an active administrator, also when two go at the same time", async () => {
    const [ada] = (await api.call("GET", "/v1/operators?limit=1")).body.items
    expect(problemOf(await change(ada.id, { active: false }))).toBe("409 last-administrator")
    expect(problemOf(await change(ada.id, { role: "operator" }))).toBe("409 last-administrator")
    const second = await api.operator("bea", "operator-admin")
    const answers = await Promise.all(
      [ada.id, second].map((id) => change(id, { role: "read-only" }))
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const [left] = await api.rows(
      "select id from operator where role = 'operator-admin' and active"
    )
    expect(left).toBeDefined()
    await api.rows("update operator set role = 'operator-admin' where name = 'ada'")
  })

  it("are changed only by who has read the current version", async () => {
    const id = await api.operator("vera", "operator")
    const patch = (headers: Readonly<Record<string, string>>) =>
      api.call("PATCH", `/v1/operators/${id}`, { body: { role: "read-only" }, headers })
    expect(problemOf(await patch({}))).toBe("428 precondition-required")
    expect(problemOf(await patch({ "if-match": '"7"' }))).toBe("412 version-stale")
    expect((await patch({ "if-match": '"1"' })).headers.get("etag")).toBe('"2"')
  })

  it("who do not exist are a problem of their own", async () => {
    const nobody = "99999999-0000-4000-8000-000000000000"
    expect(problemOf(await api.call("GET", `/v1/operators/${nobody}`))).toBe(
      "404 operator-not-found"
    )
    expect(problemOf(await change(nobody, { active: false }))).toBe("404 operator-not-found")
  })
})

describe("behind a proxy that speaks TLS", () => {
  let behind: Served
  beforeAll(async () => {
    behind = await serve({ isBehindProxy: true, publicUrl: "https://concordat.example" })
    await behind.operator("ada", "operator-admin")
  })
  afterAll(() => behind.stop())
  const from = (forwarded: string, name: string, password: string, origin?: string) =>
    behind.call("POST", "/v1/session", {
      key: "",
      body: { name, password },
      headers: { "x-forwarded-for": forwarded, ...(origin === undefined ? {} : { origin }) }
    })

  it("the cookie is for TLS only, and the public address is our own", async () => {
    const answer = await from("192.0.2.7", "ada", passwordOf("ada"), "https://concordat.example")
    expect(answer.headers.getSetCookie()[0]?.split("; ")).toContain("Secure")
    expect(
      problemOf(await from("192.0.2.7", "ada", passwordOf("ada"), "http://concordat.example"))
    ).toBe("403 cross-site-refused")
  })

  it("an address waits for its own failures, whatever it says of others", async () => {
    await behind.rows("insert into sign_in_attempt values ('address 192.0.2.1', 25, now(), now())")
    await from("10.0.0.1, 192.0.2.1", "stranger", "a guess")
    expect(problemOf(await from("10.9.9.9, 192.0.2.1", "x", "a guess"))).toBe(
      "429 too-many-attempts"
    )
    expect((await from("192.0.2.2", "ada", passwordOf("ada"))).status).toBe(200)
    const [session] = await behind.rows(
      "select address from operator_session order by started_at desc limit 1"
    )
    expect(session).toEqual({ address: "192.0.2.2" })
  })
})

it("who is not behind a proxy believes nobody's word of an address", async () => {
  await api.call("POST", "/v1/session", {
    key: "",
    body: { name: "rita", password: passwordOf("rita") },
    headers: { "x-forwarded-for": "192.0.2.9" }
  })
  expect(await api.rows("select from operator_session where address = '192.0.2.9'")).toEqual([])
})

it("no password, token or cookie is in the log or the database", async () => {
  const browser = await signedIn("otto")
  await openBrowser(api).signIn("otto", "a wrong and secret guess")
  await api.call("POST", "/v1/operators", {
    body: { name: "hush", role: "operator", password: "a password to be kept" }
  })
  const kept = log.join("\n") + (await api.dump())
  for (const secret of [
    browser.cookie().replace("concordat_session=", ""),
    browser.csrfToken(),
    passwordOf("otto"),
    "a wrong and secret guess",
    "a password to be kept"
  ])
    expect(kept).not.toContain(secret)
  expect(kept).toContain("signed in")
})

it("keeps views for who is signed in, and for nobody else", async () => {
  const [otto, rita] = [openBrowser(api), openBrowser(api)]
  await api.operator("viewer", "operator")
  await api.operator("looker", "read-only")
  await otto.signIn("viewer")
  await rita.signIn("looker")
  const body = { page: "report", name: "<b>Soon</b>", search: "sort=deadline&q=%22x%22" }
  const saved = await otto.send("PUT", "/v1/views", { body })
  expect(saved.body).toMatchObject(body)
  expect((await otto.send("GET", "/v1/views")).body.items).toEqual([saved.body])
  expect((await rita.send("GET", "/v1/views")).body.items).toEqual([])
  expect(problemOf(await rita.send("DELETE", `/v1/views/${saved.body.id}`))).toBe(
    "404 saved-view-not-found"
  )
  expect(problemOf(await api.call("GET", "/v1/views"))).toBe("401 unauthorized")
  const wrong = await otto.send("PUT", "/v1/views", {
    body: { ...body, page: "elsewhere", name: "" }
  })
  expect(problemOf(wrong)).toBe("400 invalid-request")
  expect((await otto.send("DELETE", `/v1/views/${saved.body.id}`)).status).toBe(204)
})
