import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openBrowser } from "./BrowserSession.ts"
import { problemOf } from "./client.ts"
import { type Served, serve } from "./serve.ts"

let api: Served
beforeAll(async () => {
  api = await serve()
})
afterAll(() => api.stop())

interface Told {
  readonly kind: string
  readonly id?: string
}

/** An open page that listens. `until` gives all that was told so far, once `right` finds it there. */
const listen = async (headers: Readonly<Record<string, string>>, url = api.url) => {
  const over = new AbortController()
  const response = await fetch(`${url}/v1/events`, { headers, signal: over.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  const told = (): ReadonlyArray<Told> =>
    text
      .split("\n\n")
      .filter((frame) => frame.startsWith("data: "))
      .map((frame) => JSON.parse(frame.slice(6)))
  const until = async (right: (told: ReadonlyArray<Told>) => boolean) => {
    while (!right(told())) {
      const part = await reader?.read()
      if (part === undefined || part.done) throw new Error(`it ended with ${text}`)
      text += part.value
    }
    return told()
  }
  const ended = async () => {
    for (;;) {
      const part = await reader?.read()
      if (part === undefined || part.done) return text
      text += part.value
    }
  }
  return { response, until, ended, text: () => text, stop: () => over.abort() }
}
const bearing = (key: string) => ({ authorization: `Bearer ${key}` })
/** From then on nothing is missed: "all" was told, which is told when listening begins. */
const begun = async (page: Awaited<ReturnType<typeof listen>>) => {
  await page.until((told) => told.some(({ kind }) => kind === "all"))
  return page
}
const request = (account: string) =>
  api.call("POST", "/v1/reconciliations", {
    body: { instance: "contoso-eu", scope: { kind: "account", id: account } }
  })

describe("an open page", () => {
  it("is told what changes, by kind and id and nothing else", async () => {
    const browser = openBrowser(api)
    await api.operator("otto", "operator")
    await browser.signIn("otto")
    const page = await begun(await listen({ cookie: browser.cookie() }))
    expect(page.response.headers.get("content-type")).toContain("text/event-stream")
    expect(page.response.headers.get("cache-control")).toBe("no-store")
    const { body } = await request(api.seeded.north.account)
    const mail = await api.mail(api.seeded.south.account)
    const told = await page.until(
      (all) => all.some(({ id }) => id === body.id) && all.some(({ id }) => id === mail)
    )
    expect(told).toContainEqual({ kind: "reconciliation", id: body.id })
    expect(told).toContainEqual({ kind: "mail", id: mail })
    page.stop()
  })

  it("is told a few times at most of what changes many times in a moment", async () => {
    const page = await begun(await listen(bearing(api.admin)))
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        api.rows(
          `update reconciliation_run set customers = ${i} where id = '${api.seeded.finished}'`
        )
      )
    )
    const { body } = await request(api.seeded.south.account)
    const told = await page.until((all) => all.some(({ id }) => id === body.id))
    const times = told.filter(({ id }) => id === api.seeded.finished).length
    expect(times).toBeGreaterThan(0)
    expect(times).toBeLessThan(10)
    page.stop()
  })

  it("of a reseller is told of its own branch, and of nothing that its role may not read", async () => {
    const key = await api.key({ role: "reseller", branch: api.seeded.south.account })
    const north = await api.key({ role: "reseller", branch: api.seeded.north.account })
    const page = await begun(await listen(bearing(key)))
    const asked = { instance: "contoso-eu", scope: { kind: "organisation" } }
    const operators = await request(api.seeded.south.account)
    const foreign = await api.call("POST", "/v1/reconciliations", { key: north, body: asked })
    const mail = await api.mail(api.seeded.south.account)
    const own = await api.call("POST", "/v1/reconciliations", { key, body: asked })
    const told = await page.until((all) => all.some(({ id }) => id === own.body.id))
    for (const hidden of [operators.body.id, foreign.body.id, mail])
      expect(told.map(({ id }) => id)).not.toContain(hidden)
    page.stop()
  })

  it("of somebody who may not read mails is not told that there is one", async () => {
    const page = await begun(await listen(bearing(await api.key({ role: "read-only" }))))
    const mail = await api.mail(api.seeded.south.account)
    const { body } = await request(api.seeded.north.account)
    const told = await page.until((all) => all.some(({ id }) => id === body.id))
    expect(told.map(({ id }) => id)).not.toContain(mail)
    page.stop()
  })

  it("does not keep its operator signed in", async () => {
    const browser = openBrowser(api)
    await api.operator("idle", "operator")
    await browser.signIn("idle")
    await api.rows("update operator_session set seen_at = now() - interval '29 minutes'")
    const before = await api.rows("select max(seen_at)::text as seen from operator_session")
    const page = await begun(await listen({ cookie: browser.cookie() }))
    expect(await api.rows("select max(seen_at)::text as seen from operator_session")).toEqual(
      before
    )
    page.stop()
  })

  it("is sent away with the next change once its session is over", async () => {
    const browser = openBrowser(api)
    await api.operator("gone", "operator")
    await browser.signIn("gone")
    const page = await begun(await listen({ cookie: browser.cookie() }))
    await browser.send("DELETE", "/v1/session")
    const { body } = await request(api.seeded.north.account)
    expect(await page.ended()).not.toContain(body.id)
  })

  it("is told that it may have missed something when the database was away", async () => {
    const page = await begun(await listen(bearing(api.admin)))
    await api.away(true)
    await api.away(false)
    await page.until((told) => told.filter(({ kind }) => kind === "all").length >= 2)
    const { body } = await request(api.seeded.north.account)
    await page.until((told) => told.some(({ id }) => id === body.id))
    page.stop()
  })
})

describe("who may not listen", () => {
  it("is told so", async () => {
    expect(problemOf(await api.call("GET", "/v1/events", { key: "" }))).toBe("401 unauthorized")
    expect(problemOf(await api.call("GET", "/v1/events", { key: "ck_wrong" }))).toBe(
      "401 unauthorized"
    )
    const key = await api.key({ role: "operator", scopes: ["book:write"] })
    expect(problemOf(await api.call("GET", "/v1/events", { key }))).toBe("403 forbidden")
    expect(problemOf(await api.call("POST", "/v1/events", {}))).toBe("405 method-not-allowed")
  })
})

it("an open page does not keep the server from stopping", async () => {
  const own = await serve()
  const page = await begun(await listen(bearing(own.admin), own.url))
  const began = performance.now()
  await Promise.all([own.stop(), page.ended()])
  expect(performance.now() - began).toBeLessThan(3_000)
})
