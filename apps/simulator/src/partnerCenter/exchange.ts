import type { IncomingMessage, ServerResponse } from "node:http"
import { pipeline, type Readable } from "node:stream"
import type { Fault } from "../Faults.ts"
import type { Simulator } from "../Simulator.ts"
import type { Answer } from "./Answer.ts"
import { mfaMissing, standardError, tooManyRequests } from "./Answer.ts"

/** One request on the wire, from its first byte to its last. */
export interface Exchange {
  readonly simulator: Simulator
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly operation: string
  readonly account: string | null
  readonly fault: Fault | null
  readonly at: number
}

/** After this, a connection whose answer is "lost" is closed after all. */
const lostResponseMs = 300_000
const serverId = "000001"
const requestContext = "appId=cid-v1:03ce8ca8-0000-4000-8000-25d5dd45c7b1"

/**
 * Puts an answer on the wire with Partner Center's headers, or does to it what the fault says, and remembers the
 * request.
 */
export const conclude = (exchange: Exchange, answer: Answer, partnerCenter = true): void => {
  const { fault, response, simulator, request } = exchange
  const { requestId, correlationId } = idsOf(exchange)
  const cut = fault?.kind === "reset-before" || fault?.kind === "reset-after"
  simulator.requests.add({
    operation: exchange.operation,
    account: exchange.account,
    method: request.method ?? "",
    path: exchange.path,
    status: cut || fault?.kind === "lost-response" ? 0 : answer.status,
    requestId,
    correlationId,
    at: exchange.at,
    throttled: answer.status === 429,
    fault: fault?.kind ?? null
  })
  if (cut) {
    request.socket.resetAndDestroy()
    return
  }
  if (fault?.kind === "lost-response") {
    later(exchange, lostResponseMs, () => request.socket.destroy())
    return
  }
  const body = spoilt(answer, fault)
  const headers: Record<string, string | number> = {
    ...(answer.stream === undefined ? { "Content-Length": body?.length ?? 0 } : {}),
    ...(partnerCenter
      ? {
          "MS-CorrelationId": correlationId,
          "MS-RequestId": requestId,
          "MS-CV": `${Buffer.from(simulator.ids.hex(24), "hex").toString("base64")}.0`,
          "MS-ServerId": serverId,
          "Request-Context": requestContext
        }
      : {}),
    ...(body === null
      ? {}
      : { "Content-Type": answer.contentType ?? "application/json; charset=utf-8" }),
    ...answer.headers
  }
  if (answer.reason === undefined) response.writeHead(answer.status, headers)
  else response.writeHead(answer.status, answer.reason, headers)
  if (answer.stream !== undefined) sendStream(exchange, answer.stream())
  else if (body === null) response.end()
  else if (fault?.kind === "truncate")
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy())
  else response.end(body)
}

/** Cut in the middle, if that is the fault: with an end that looks right, or without one. */
const sendStream = ({ fault, response, request }: Exchange, stream: Readable): void => {
  const cut = fault?.kind === "truncate" || fault?.kind === "malformed-body"
  if (!cut) {
    // A client that went away ends the stream; there is nobody left to tell.
    pipeline(stream, response, () => {})
    return
  }
  stream.once("data", (chunk: Buffer) => {
    stream.destroy()
    const half = chunk.subarray(0, Math.ceil(chunk.length / 2))
    if (fault.kind === "truncate") response.write(half, () => request.socket.destroy())
    else response.end(half)
  })
  stream.once("error", () => request.socket.destroy())
}

/** Runs once after a while, unless the connection is gone by then. */
export const later = ({ response }: Exchange, ms: number, run: () => void): void => {
  const timer = setTimeout(run, ms)
  response.once("close", () => clearTimeout(timer))
}

/** What a fault answers instead of the operation, if it does. */
export const faultedAnswer = ({
  fault,
  simulator,
  account,
  operation
}: Exchange): Answer | null => {
  switch (fault?.kind) {
    case "status":
      return faultAnswer(fault)
    case "throttle":
      simulator.statistics.count(account, operation, true)
      return tooManyRequests(fault.retryAfterSeconds)
    case "mfa":
      return mfaMissing(fault.style)
    default:
      return null
  }
}

const faultAnswer = (fault: Extract<Fault, { kind: "status" }>): Answer => {
  if (fault.body !== undefined)
    return { status: fault.status, body: fault.body === "" ? null : Buffer.from(fault.body) }
  return standardError(fault.status, fault.code ?? 800003, "A fault was injected here.")
}

const spoilt = ({ body, contentType }: Answer, fault: Fault | null): Buffer | null => {
  if (body === null || body.length === 0) return body
  if (fault?.kind === "malformed-body") return body.subarray(0, Math.ceil(body.length * 0.6))
  if (fault?.kind === "wrong-types" && contentType?.startsWith("text/html") !== true)
    return wrongTypes(body)
  return body
}

/** Ids become numbers and numbers become objects: no liberal reader can take them for what they should be. */
const wrongTypes = (body: Buffer): Buffer => {
  const text = body.toString()
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : ""
  const spoiled: unknown = JSON.parse(text.slice(mark.length), (key, value: unknown) => {
    if (typeof value === "number") return { value }
    return key === "id" || key === "access_token" || key === "tenantId" ? 42 : value
  })
  return Buffer.from(mark + JSON.stringify(spoiled))
}

/** The client's ids come back; what it left out, the server makes. */
const idsOf = ({ simulator, request }: Exchange) => {
  const own = (name: string): string => {
    const given = request.headers[name]
    return typeof given === "string" && /^[\x21-\x7e]{1,100}$/.test(given)
      ? given
      : simulator.ids.guid()
  }
  return { requestId: own("ms-requestid"), correlationId: own("ms-correlationid") }
}
