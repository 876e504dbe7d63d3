import { createServer, type IncomingMessage, type ServerResponse } from "node:http"

/** A request as the stand-in received it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
}

/** Answers like the API where a test needs an answer that the real one gives only after a real reconciliation. */
export interface StandIn {
  readonly url: string
  readonly received: ReadonlyArray<Received>
  /** Waits for a request of this method and path. */
  readonly request: (method: string, path: RegExp) => Promise<Received>
  readonly stop: () => Promise<void>
}

export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly bytes: Buffer; readonly type: string; readonly breaksOff?: boolean }

export const standIn = async (
  answer: (request: Received) => Answer | undefined
): Promise<StandIn> => {
  const received: Array<Received> = []
  const waiting = new Set<() => void>()
  const server = createServer(async (incoming, response) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://localhost")
    const request: Received = {
      method: incoming.method ?? "",
      path: pathname,
      query: searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks)
    }
    received.push(request)
    send(response, answer(request) ?? problem("route-not-found", 404, "Nothing here"))
    for (const look of waiting) look()
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    request: (method, path) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.find((r) => r.method === method && path.test(r.path))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

const send = (response: ServerResponse, answer: Answer) => {
  if ("json" in answer) {
    const status = answer.status ?? 200
    response.writeHead(status, {
      "content-type": status >= 400 ? "application/problem+json" : "application/json",
      location: "/v1/somewhere",
      etag: '"1"'
    })
    response.end(JSON.stringify(answer.json))
    return
  }
  response.writeHead(200, {
    "content-type": answer.type,
    "content-disposition": "attachment",
    "transfer-encoding": "chunked"
  })
  if (answer.breaksOff !== true) {
    response.end(answer.bytes)
    return
  }
  response.write(answer.bytes, () => response.destroy())
}

export const problem = (
  slug: string,
  status: number,
  title: string,
  more: Readonly<Record<string, unknown>> = {}
): Answer => ({
  status,
  json: { type: `https://concordat.dev/problems/${slug}`, status, title, ...more }
})

export const runId = "0a1b2c3d-0000-4000-8000-000000000001"
export const accountId = "0a1b2c3d-0000-4000-8000-000000000002"

/** A run as the API tells it. */
export const runView = (status: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id: runId,
  instance: "contoso-eu",
  environment: "primary",
  scope: { kind: "organisation" },
  status,
  requestedBy: "key:test",
  correlationId: runId,
  progress: { customers: 300, observed: 120, failed: 0 },
  requests: 301,
  rows: 1512,
  findings: 0,
  counts: [],
  atRisk: [],
  problem: null,
  createdAt: "2026-11-20T10:00:00.000Z",
  startedAt: "2026-11-20T10:00:00.500Z",
  finishedAt: "2026-11-20T10:00:12.500Z",
  ...more
})

export const withFindings = {
  findings: 2,
  counts: [{ kind: "quantity", title: "Quantity differs", count: 2 }],
  atRisk: [{ amount: "103.00", currency: "EUR" }]
}

/** A row of a report with one finding. */
export const rowView = (customer: string, reference: string) => ({
  row: 0,
  accountId,
  tenantId: accountId,
  customer,
  subscriptionId: accountId,
  reference,
  microsoftId: accountId,
  name: "Microsoft 365 Business Premium",
  isAddon: false,
  bss: { offer: "CFQ7TTC0LCHC:0002", quantity: 25, status: "active" },
  partnerCenter: { offer: "CFQ7TTC0LCHC:0002", quantity: 30, status: "active" },
  unitPrice: null,
  findings: [
    {
      kind: "quantity",
      title: "Quantity differs",
      field: "quantity",
      baseline: 25,
      bss: 25,
      partnerCenter: 30,
      movedBy: "partner-center",
      severity: "critical",
      atRisk: { amount: "103.00", currency: "EUR" },
      actions: [{ name: "take-partner-center-value", refusal: null, closesAt: null }],
      deadline: null
    }
  ]
})

export const accountView = (name: string, n: number) => ({
  id: `0a1b2c3d-0000-4000-8000-00000000010${n}`,
  parentId: null,
  kind: "customer",
  name,
  code: `C-${n}`,
  edition: null,
  mpnId: null,
  email: null,
  phone: null,
  address: null,
  language: null,
  currency: null,
  billToId: null,
  managerEmail: null,
  orderingEnabled: false,
  resellingEnabled: false,
  creditLimit: { kind: "unlimited" },
  taxId: null,
  customFields: {},
  active: true,
  tenants: [{ instanceId: runId, tenantId: accountId, domain: `${name.toLowerCase()}.com` }],
  version: 1
})
