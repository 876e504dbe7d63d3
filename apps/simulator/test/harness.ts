import { Agent, request } from "node:http"
import { type RunningSimulator, type SimulatorOptions, startSimulator } from "../src/server.ts"

/** "Now" of every test that does not say otherwise. */
export const epoch = "2026-11-20T12:00:00.000Z"

export interface Credentials {
  readonly name: string
  readonly tenantId: string
  readonly domain: string
  readonly appId: string
  readonly clientSecret: string
  readonly refreshToken: string
  readonly mpnId: string
  readonly resellers: ReadonlyArray<{
    tenantId: string
    mpnId: string
    name: string
    eligible: boolean
  }>
}

export interface Reply {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly bytes: Buffer
  /** Parsed, without byte order mark; undefined when there is none or it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly json: any
}

const agent = new Agent({ keepAlive: true })

/** One raw HTTP exchange, with the reason phrase and the exact bytes. Rejects when the connection breaks. */
export const exchange = (
  url: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly body?: string
    readonly timeoutMs?: number
  } = {}
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body, timeoutMs } = options
    const sent = request(url, { method, headers, agent }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", reject)
      response.on("end", () => {
        const bytes = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          headers: response.headers,
          bytes,
          json: parsed(bytes)
        })
      })
    })
    sent.on("error", reject)
    if (timeoutMs !== undefined)
      sent.setTimeout(timeoutMs, () => sent.destroy(new Error("timed out")))
    sent.end(body)
  })

const parsed = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString().replace(/^\uFEFF/u, ""))
  } catch {
    return undefined
  }
}

/** A simulator with what a test says to it. */
export class Bench {
  readonly #simulator: RunningSimulator

  private constructor(simulator: RunningSimulator) {
    this.#simulator = simulator
  }

  static async start(options: SimulatorOptions = {}): Promise<Bench> {
    const initial = {
      seed: 1,
      accounts: [
        { name: "eu", cspStatus: "indirect" as const, customers: 30, limitPerMinute: null },
        { name: "direct", cspStatus: "direct" as const, customers: 10, limitPerMinute: null }
      ]
    }
    return new Bench(await startSimulator({ stoppedAt: epoch, initial, ...options }))
  }

  get url(): string {
    return this.#simulator.url
  }

  close = (): Promise<void> => this.#simulator.close()

  control(method: string, path: string, body?: unknown): Promise<Reply> {
    return exchange(`${this.url}/_simulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  }

  /** A control operation that has to succeed. */
  async do(method: string, path: string, body?: unknown) {
    const reply = await this.control(method, path, body)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.bytes}`)
    return reply.json
  }

  async account(name = "eu"): Promise<Credentials> {
    const { accounts } = await this.do("GET", "/accounts")
    return accounts.find((one: Credentials) => one.name === name)
  }

  signIn(account: Credentials, form: Record<string, string>, version: 1 | 2 = 1): Promise<Reply> {
    const { appId, clientSecret, tenantId } = account
    const target = version === 1 ? "oauth2/token" : "oauth2/v2.0/token"
    const resource = "https://api.partnercenter.microsoft.com"
    return exchange(`${this.url}/${form["tenant"] ?? tenantId}/${target}`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        client_id: appId,
        client_secret: clientSecret,
        ...(version === 1 ? { resource } : { scope: `${resource}/.default` }),
        ...form
      }).toString()
    })
  }

  async appToken(name = "eu"): Promise<string> {
    const reply = await this.signIn(await this.account(name), { grant_type: "client_credentials" })
    return reply.json.access_token
  }

  async userToken(name = "eu", refreshToken?: string): Promise<string> {
    const account = await this.account(name)
    const reply = await this.signIn(account, {
      grant_type: "refresh_token",
      refresh_token: refreshToken ?? account.refreshToken
    })
    return reply.json.access_token
  }

  get(path: string, token?: string, headers: Record<string, string> = {}): Promise<Reply> {
    return exchange(`${this.url}${path}`, { headers: { ...bearer(token), ...headers } })
  }

  /** A request with a body. */
  send(
    method: string,
    path: string,
    token: string | undefined,
    body?: unknown,
    headers: Record<string, string> = {}
  ): Promise<Reply> {
    return exchange(`${this.url}${path}`, {
      method,
      headers: { ...bearer(token), "Content-Type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
  }

  /** Every customer, the way a client has to walk. */
  async customers(token: string): Promise<ReadonlyArray<{ id: string }>> {
    const all: Array<{ id: string }> = []
    let page = await this.get("/v1/customers?size=500", token)
    for (let count = 0; count < 100; count++) {
      all.push(...page.json.items)
      const { next } = page.json.links
      if (next === undefined) return all
      const headers = next.headers.map(({ key, value }: { key: string; value: string }) => [
        key,
        value
      ])
      page = await this.get(`/v1${next.uri}`, token, Object.fromEntries(headers))
    }
    throw new Error("too many pages")
  }

  /** Everything that the lists show, by tenant and id. */
  async observe(token: string): Promise<Map<string, Seen>> {
    const seen = new Map<string, Seen>()
    const waiting = [...(await this.customers(token))]
    const worker = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const { json } = await this.get(`/v1/customers/${next.id}/subscriptions`, token)
        for (const item of json.items) seen.set(`${next.id}/${item.id.toLowerCase()}`, seenOf(item))
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    return seen
  }

  async book(name = "eu") {
    const customers = []
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page = await this.do("GET", `/accounts/${name}/book?cursor=${cursor}&limit=1000`)
      customers.push(...page.customers)
      cursor = page.nextCursor
    }
    return customers
  }
}

/** A customer as Microsoft's page asks for it; what is given takes the place of what is there. */
export const newCustomer = (
  domain: string,
  given: { company?: object; billing?: object; address?: object; more?: object } = {}
) => ({
  companyProfile: { domain, ...given.company },
  billingProfile: {
    culture: "de-DE",
    email: "office@alpine.example",
    language: "de",
    companyName: "Alpine Ski House GmbH",
    firstName: "Ada",
    lastName: "Kovac",
    defaultAddress: {
      country: "DE",
      city: "Hamburg",
      addressLine1: "Speicherstrasse 1",
      postalCode: "20095",
      firstName: "Ada",
      lastName: "Kovac",
      phoneNumber: "4940123456",
      ...given.address
    },
    ...given.billing
  },
  ...given.more
})

const bearer = (token?: string): Record<string, string> =>
  token === undefined ? {} : { Authorization: `Bearer ${token}` }

export type Seen = Readonly<Record<string, unknown>>

/** A subscription off the wire in the book's words, read here without the simulator's own code. */
const seenOf = (item: Reply["json"]): Seen => {
  const next = item.scheduledNextTermInstructions
  const ends = item.commitmentEndDateTime ?? item.commitmentEndDate
  return {
    offer: item.offerId.includes(":")
      ? item.offerId.split(":").slice(0, 2).join(":")
      : item.offerId.toLowerCase(),
    name: item.offerName,
    friendlyName: item.friendlyName,
    quantity: item.quantity,
    status: item.status,
    billingCycle: item.billingCycle,
    term: item.termDuration ?? null,
    autoRenew: item.autoRenewEnabled,
    commitmentEnd: ends.startsWith("9999") ? null : new Date(ends).toISOString(),
    scheduledChange:
      next === undefined
        ? null
        : {
            offer: `${next.product.productId}:${next.product.skuId}`,
            quantity: next.quantity,
            billingCycle: next.product.billingCycle.toLowerCase(),
            term: next.product.termDuration
          },
    partnerOfRecord: item.partnerId ?? null,
    parentMicrosoftId: item.parentSubscriptionId?.toLowerCase() ?? null,
    isTrial: item.isTrial,
    orderId: item.orderId
  }
}
