/** A page as somebody sees it. */
export interface Page {
  readonly url: string
  readonly status: number
  readonly html: string
  readonly headers: Headers
}

/** A browser without script: it keeps cookies by origin and path, follows redirects, and sends the forms of pages. */
export class Browser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>()

  /** Goes on for as long as it is sent on; stops before an address that `until` names. */
  async open(url: string, until?: (url: URL) => boolean, form?: URLSearchParams): Promise<Page> {
    let at = new URL(url)
    let body = form
    for (let hops = 0; hops < 10; hops++) {
      if (until?.(at) === true) return { url: at.href, status: 0, html: "", headers: new Headers() }
      const response = await fetch(at, {
        method: body === undefined ? "GET" : "POST",
        redirect: "manual",
        headers: { cookie: this.#cookiesFor(at) },
        ...(body === undefined ? {} : { body })
      })
      this.#keep(at, response.headers.getSetCookie())
      const location = response.headers.get("location")
      if (location === null) {
        const html = await response.text()
        return { url: at.href, status: response.status, html, headers: response.headers }
      }
      at = new URL(location, at)
      body = undefined
    }
    throw new Error(`${url} leads in a circle`)
  }

  /** Fills in the page's form and presses one of its buttons. */
  submit(page: Page, fields: Readonly<Record<string, string>>, until?: (url: URL) => boolean) {
    const action = /<form method="post" action="([^"]*)">/u.exec(page.html)?.[1]
    if (action === undefined) throw new Error(`there is no form: ${page.status} ${page.html}`)
    const form = new URLSearchParams()
    for (const [, name = "", value = ""] of page.html.matchAll(
      /<input type="hidden" name="([^"]*)" value="([^"]*)">/gu
    ))
      form.set(name, unescaped(value))
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return this.open(new URL(unescaped(action), page.url).href, until, form)
  }

  /** Opens the link, chooses the user, and accepts the permissions where they are asked for. */
  async signIn(link: string, user: string, until?: (url: URL) => boolean): Promise<Page> {
    const chosen = await this.submit(await this.open(link), { user, action: "continue" }, until)
    return chosen.html.includes("Permissions requested")
      ? this.submit(chosen, { action: "accept" }, until)
      : chosen
  }

  #cookiesFor(at: URL): string {
    return [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${at.origin} `) && at.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.slice(at.origin.length + 1)}=${value}`)
      .join("; ")
  }

  #keep(at: URL, lines: ReadonlyArray<string>): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split("; ")
      const name = pair.slice(0, pair.indexOf("="))
      const path = attributes.find((one) => one.startsWith("Path="))?.slice(5) ?? "/"
      if (attributes.includes("Max-Age=0")) this.#cookies.delete(`${at.origin} ${name}`)
      else
        this.#cookies.set(`${at.origin} ${name}`, {
          value: pair.slice(name.length + 1),
          path
        })
    }
  }
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
