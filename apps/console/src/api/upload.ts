import type { Answer, Parts } from "./Operations.ts"
import { Problem, problemOf, unreachable } from "./Problem.ts"
import { addressOf } from "./request.ts"

/** What takes a file as it is. */
export type Upload = "POST /v1/catalogue/pricesheets"

export interface UploadOptions {
  readonly idempotencyKey: string
  readonly csrfToken: string | null
  /** How much of the file has gone, from 0 to 1; the server may still have to read it. */
  readonly onProgress: (share: number) => void
  readonly signal: AbortSignal
}

/** Sends a file as the body. Throws a `Problem`. Only this kind of request tells how much has gone. */
export const upload = async <N extends Upload>(
  name: N,
  parts: Parts<N>,
  file: File,
  { csrfToken, idempotencyKey, onProgress, signal }: UploadOptions
): Promise<Answer<N>> => {
  const response = await new Promise<Response>((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", addressOf(name, parts))
    request.setRequestHeader("accept", "application/json, application/problem+json")
    request.setRequestHeader("content-type", mediaTypeOf(file))
    request.setRequestHeader("idempotency-key", idempotencyKey)
    if (csrfToken !== null) request.setRequestHeader("x-csrf-token", csrfToken)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total)
    request.onload = () => resolve(responseOf(request))
    request.onerror = () => reject(unreachable(new Error("The connection broke.")))
    request.onabort = () => reject(left)
    signal.addEventListener("abort", () => request.abort())
    request.send(file)
  })
  if (!response.ok) throw await problemOf(response)
  return response.json()
}

/** The person who sent it has stopped it. */
const left = new Problem({
  name: "left",
  status: 0,
  title: "Sending was stopped",
  detail: "The file was not taken in."
})

/** The server looks into the file itself: what the browser thinks of it decides nothing. */
const mediaTypeOf = ({ name }: File): string =>
  /\.zip$/iu.test(name)
    ? "application/zip"
    : /\.csv$/iu.test(name)
      ? "text/csv"
      : "application/octet-stream"

const responseOf = (request: XMLHttpRequest): Response => {
  const headers = new Headers()
  for (const name of ["content-type", "x-correlation-id", "retry-after"]) {
    const value = request.getResponseHeader(name)
    if (value !== null) headers.set(name, value)
  }
  return new Response(request.responseText, { status: request.status, headers })
}
