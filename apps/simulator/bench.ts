import { fork } from "node:child_process"
import { Agent, request } from "node:http"
import { join } from "node:path"

/**
 * How fast the simulator answers, and how much memory a full world takes. Run with
 * `node apps/simulator/bench.ts`. The simulator runs in a process of its own, so that the figures are its own.
 */
const customers = 20_000
const connections = 16
const rounds = 20_000

const agent = new Agent({ keepAlive: true, maxSockets: connections })

const exchange = (
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: string
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () =>
        response.statusCode === 200
          ? resolve(Buffer.concat(chunks))
          : reject(new Error(`${url}: ${response.statusCode}`))
      )
      response.on("error", reject)
    })
    sent.on("error", reject)
    sent.end(body)
  })

/** `count` requests over all connections; returns requests per second. */
const rate = async (count: number, pathOf: (index: number) => string, token: string) => {
  const headers = { Authorization: `Bearer ${token}` }
  let next = 0
  const started = performance.now()
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++)
      await exchange(pathOf(index), "GET", headers)
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return Math.round(count / ((performance.now() - started) / 1000))
}

const started = performance.now()
const child = fork(join(import.meta.dirname, "src/main.ts"), {
  env: { ...process.env, SIMULATOR_PORT: "0" },
  execArgv: [],
  silent: true
})
const url = await new Promise<string>((resolve) =>
  child.once("message", (message) =>
    resolve(typeof message === "object" && "url" in message ? String(message.url) : "")
  )
)
console.log(`ready                      ${Math.round(performance.now() - started)} ms`)

const control = async (method: string, path: string, body?: object) =>
  JSON.parse(
    String(await exchange(`${url}/_simulator${path}`, method, {}, body && JSON.stringify(body)))
  )
const resident = async () =>
  `${Math.round((await control("GET", "/statistics")).residentBytes / 1024 / 1024)} MB`

const made = performance.now()
const { accounts } = await control("POST", "/reset", {
  seed: 1,
  accounts: [{ name: "big", cspStatus: "indirect", customers, limitPerMinute: null }]
})
console.log(`reset to ${customers} customers   ${Math.round(performance.now() - made)} ms`)
console.log(`memory after the reset     ${await resident()}`)

const [{ tenantId, appId, clientSecret }] = accounts
const form = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: appId,
  client_secret: clientSecret,
  resource: "https://api.partnercenter.microsoft.com"
})
const signIn = await exchange(`${url}/${tenantId}/oauth2/token`, "POST", {}, form.toString())
const token: string = JSON.parse(String(signIn)).access_token

const tenants: Array<string> = []
let subscriptions = 0
for (let cursor: number | null = 0; cursor !== null; ) {
  const page = await control("GET", `/accounts/big/book?limit=1000&cursor=${cursor}`)
  for (const one of page.customers) {
    tenants.push(one.tenantId)
    subscriptions += one.subscriptions.length
  }
  cursor = page.nextCursor
}
console.log(`subscriptions              ${subscriptions}`)
const listOf = (index: number) =>
  `${url}/v1/customers/${tenants[index % tenants.length]}/subscriptions`
console.log(`list subscriptions, first  ${await rate(rounds, listOf, token)} requests/s`)
console.log(`list subscriptions, cached ${await rate(rounds, listOf, token)} requests/s`)
const pageOf = () => `${url}/v1/customers?size=500`
console.log(`list 500 customers         ${await rate(400, pageOf, token)} requests/s`)
console.log(`memory at the end          ${await resident()}`)
agent.destroy()
child.disconnect()
