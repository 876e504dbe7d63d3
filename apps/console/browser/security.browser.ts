import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask } from "../../start/test/system.ts"
import { Console, expectQuiet, hasChromium, password, settled, signIn } from "./Console.ts"

describe.skipIf(!hasChromium)("the console against those who mean harm", () => {
  let console_: Console
  let elsewhere: Server
  /** A page of somebody else: on this machine, at another port. */
  let origin: string
  let content = ""
  beforeAll(async () => {
    console_ = await Console.start()
    elsewhere = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html; charset=utf-8").end(content)
    }).listen(0, "127.0.0.1")
    await once(elsewhere, "listening")
    const address = elsewhere.address()
    origin = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`
  })
  afterAll(async () => {
    elsewhere?.close()
    await console_?.stop()
  })

  /** Somebody new, whose session may be ended. */
  const somebody = async (name: string) => {
    const made = await ask(console_.system, "POST", "/v1/operators", {
      name,
      role: "operator",
      password
    })
    expect(made.status).toBe(201)
  }
  const accountsNamed = async (name: string) => {
    const { body } = await ask(console_.system, "GET", `/v1/accounts?q=${name}`)
    return Array.isArray(body["items"]) ? body["items"].length : 0
  }

  it("shows a reseller its own branch only, also by address: what is asked for never even arrives", async () => {
    const { own, other } = console_.reseller
    const { body: neighbour } = await ask(console_.system, "GET", `/v1/accounts/${other}`)
    const report = await console_.report()
    await using opened = await console_.openAs("rolf", "/accounts")
    const { page } = opened
    const answers: Array<string> = []
    page.on("response", (response) => {
      if (
        new URL(response.url()).pathname.startsWith("/v1/") &&
        !response.url().includes("/events")
      )
        answers.push(response.url())
      void response.text().then(
        (text) => answers.push(text),
        () => {}
      )
    })
    const goTo = async (path: string) => {
      await page.goto(`${console_.system.api}${path}`)
      await settled(page)
    }
    await goTo("/accounts")
    const names = await page.locator("tbody tr").allTextContents()
    expect(names.length).toBeGreaterThan(1)
    expect(names.join()).not.toContain(String(neighbour["name"]))
    await goTo(`/accounts/${own}`)
    await goTo("/accounts?q=%20")
    for (const path of [
      `/accounts/${other}`,
      `/reconciliations/${report}`,
      await console_.rowOf(report)
    ]) {
      await goTo(path)
      const alert = page.getByRole("alert").first()
      await alert.waitFor()
      expect(await alert.textContent()).toMatch(/No such|lies outside of what you may see/u)
    }
    const nav = page.getByRole("navigation", { name: "Pages" })
    const offered = await nav.getByRole("link").allTextContents()
    expect(offered).toContain("Accounts")
    for (const [page_, path] of [
      ["Instances", "/instances/contoso-eu"],
      ["Outbox", "/outbox/00000000-0000-4000-8000-000000000000"],
      ["Mail templates", "/templates/welcome-customer"],
      ["System", "/system"],
      ["Catalogue runs", "/catalogue-runs"],
      ["Price lists", "/price-lists"],
      ["Imports", "/imports"]
    ] as const) {
      expect(offered).not.toContain(page_)
      await goTo(path)
      await page.getByText("Not for your role").waitFor()
    }
    const heard = answers.join("\n")
    expect(heard).toContain(own)
    expect(heard).not.toContain(String(neighbour["name"]))
    // The browser's own words about what was not found are the only ones.
    expect(opened.complaints.filter((text) => !text.includes("404"))).toEqual([])
    expect(opened.elsewhere).toEqual([])
  })

  it("begins another session at the door: one that somebody has planted opens nothing", async () => {
    const planted = "A".repeat(43)
    const { hostname } = new URL(console_.system.api)
    await somebody("fiona")
    await using opened = await console_.open("/accounts")
    const { page } = opened
    const cookieOf = async () =>
      (await page.context().cookies()).find(({ name }) => name === "concordat_session")
    await page
      .context()
      .addCookies([{ name: "concordat_session", value: planted, domain: hostname, path: "/" }])
    await page.reload()
    await signIn(page, "fiona")
    await settled(page)
    const cookie = await cookieOf()
    expect(cookie?.value).not.toBe(planted)
    expect([cookie?.httpOnly, cookie?.sameSite]).toEqual([true, "Strict"])
    const answer = await fetch(`${console_.system.api}/v1/accounts`, {
      headers: { cookie: `concordat_session=${planted}` }
    })
    expect(answer.status).toBe(401)
    expectQuiet(opened)
  })

  it("does nothing that a page of somebody else asks for, though the browser sends the cookie along", async () => {
    const { api } = console_.system
    const body = JSON.stringify({ kind: "customer", name: "Forged by a form" })
    content = `<title>elsewhere</title>
      <form method="post" enctype="text/plain" action="${api}/v1/accounts">
        <input name='{"kind":"customer","name":"Forged by a form","x":"' value='"}'><button>Win</button></form>`
    await using opened = await console_.openAs("olga", "/accounts")
    const { page } = opened
    await page.goto(origin)
    await page.evaluate(
      ({ api, body }) =>
        fetch(`${api}/v1/accounts`, {
          method: "POST",
          mode: "no-cors",
          credentials: "include",
          headers: { "content-type": "text/plain" },
          body
        }).catch(() => {}),
      { api, body }
    )
    const byForm = page.waitForResponse(`${api}/v1/accounts`)
    await page.getByRole("button", { name: "Win" }).click()
    const refused = await byForm
    // Another port is the same site: the cookie alone would not keep it out.
    expect((await refused.request().allHeaders())["cookie"]).toContain("concordat_session=")
    expect([refused.status(), await refused.text()]).toEqual([
      403,
      expect.stringContaining("cross-site-refused")
    ])
    expect(await accountsNamed("Forged")).toBe(0)
    // Nor can it read anything.
    await page.goto(origin)
    const read = await page.evaluate(
      (api) =>
        fetch(`${api}/v1/accounts`, { credentials: "include" }).then(
          (answer) => answer.text(),
          () => "kept away"
        ),
      api
    )
    expect(read).toBe("kept away")
  })

  it("cannot be framed by a page that puts something else over it", async () => {
    const { api } = console_.system
    await using opened = await console_.openAs("olga", "/accounts")
    const { page } = opened
    for (const path of ["/", "/accounts", "/docs"]) {
      content = `<title>elsewhere</title><iframe src="${api}${path}" width="800" height="600"></iframe>`
      const before = opened.complaints.length
      await page.goto(origin)
      await expect
        .poll(() => opened.complaints.slice(before).join())
        .toMatch(/frame-ancestors|X-Frame-Options/iu)
      const frame = page.frames().find((one) => one !== page.mainFrame())
      expect(await frame?.evaluate(() => document.body.textContent ?? "")).not.toContain(
        "Concordat"
      )
      expect(frame?.url()).toMatch(/^chrome-error:/u)
    }
  })

  it("leaves nothing behind when somebody signs out: not for the back button, nor in the browser's caches", async () => {
    await somebody("bruno")
    content = "<title>elsewhere</title>"
    await using opened = await console_.open("/accounts")
    const { page } = opened
    await signIn(page, "bruno")
    await settled(page)
    const seen = (await page.locator("tbody a").first().textContent()) ?? ""
    expect(seen.length).toBeGreaterThan(3)
    const shows = async () => ((await page.locator("body").textContent()) ?? "").includes(seen)
    expect(await shows()).toBe(true)
    await page.goto(origin)
    // The back button brings the page as it is now; signed out meanwhile, it is the door.
    const other = await page.context().newPage()
    await other.goto(`${console_.system.api}/`)
    await other.getByRole("button", { name: "Signed in as bruno" }).click()
    await other.getByRole("menuitem", { name: "Sign out" }).click()
    await other.getByRole("button", { name: "Sign in" }).waitFor()
    await page.goBack()
    await page.getByRole("button", { name: "Sign in" }).waitFor()
    expect(await shows()).toBe(false)
    // Nothing of it comes from the disk either.
    const kept = await page.evaluate(async (api) => {
      const answer = await fetch(`${api}/v1/accounts?limit=50`, {
        cache: "only-if-cached",
        mode: "same-origin"
      }).catch(() => null)
      return answer?.ok ?? false
    }, console_.system.api)
    expect(kept).toBe(false)
    await page.context().setOffline(true)
    await page.reload().catch(() => {})
    expect(await shows()).toBe(false)
  })
})
