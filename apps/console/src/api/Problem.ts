/** So many wrong items are named with a problem; a file can have thousands. */
const shownMax = 20

/** Where the API explains its problems; the last part of a problem's type is its name. */
const base = "https://concordat.dev/problems/"

/** One thing that is wrong with a request: where, and what would be right. */
export interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

/**
 * What the API, or the way to it, had against a request (RFC 9457). `name` is stable, such as `version-stale`;
 * `unreachable` when there was no answer at all.
 */
export class Problem extends Error {
  override readonly name: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly issues: ReadonlyArray<Issue>
  /** The one field that it is about, where it names one besides its issues; its detail says what is wrong with it. */
  readonly field: string | null
  /** The id of the one thing that it is about, such as an import that was refused; null where it names none. */
  readonly about: string | null
  readonly correlationId: string | null
  readonly retryAfterSeconds: number | null

  constructor(given: {
    readonly name: string
    readonly status: number
    readonly title: string
    readonly detail: string
    readonly issues?: ReadonlyArray<Issue>
    readonly field?: string | null
    readonly about?: string | null
    readonly correlationId?: string | null
    readonly retryAfterSeconds?: number | null
  }) {
    super(given.detail === "" ? given.title : `${given.title}: ${given.detail}`)
    this.name = given.name
    this.status = given.status
    this.title = given.title
    this.detail = given.detail
    this.issues = given.issues ?? []
    this.field = given.field ?? null
    this.about = given.about ?? null
    this.correlationId = given.correlationId ?? null
    this.retryAfterSeconds = given.retryAfterSeconds ?? null
  }
}

/** There was no answer: no network, or no server. */
export const unreachable = (cause: unknown): Problem =>
  new Problem({
    name: "unreachable",
    status: 0,
    title: "The API does not answer",
    detail: cause instanceof Error ? cause.message : "The connection broke."
  })

/** Reads the problem out of an answer; also one that something between us and the API has made. */
export const problemOf = async (response: Response): Promise<Problem> => {
  const correlationId = response.headers.get("x-correlation-id")
  const body: unknown = await response.json().catch(() => null)
  const given = isRecord(body) ? body : {}
  const type = text(given["type"])
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN)
  return new Problem({
    name: type.startsWith(base) ? type.slice(base.length) : "unexpected",
    status: response.status,
    title: text(given["title"]) || `The server answered ${response.status}`,
    detail: text(given["detail"]),
    issues: [
      ...listOf(given["errors"]).filter(isIssue),
      ...listOf(given["problems"]).flatMap(wrongField),
      ...listOf(given["problems"]).slice(0, shownMax).flatMap(wrongItem)
    ],
    field: text(given["field"]) || null,
    about: text(given["id"]) || null,
    correlationId,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null
  })
}

/** The first issue about a field of the payload, or about anything below it, such as `address.postalCode`. */
export const issueOf = (problem: Problem | null, field: string): string | undefined => {
  if (problem === null) return undefined
  const found = problem.issues.find(({ path: [part, ...path] }) => {
    const named = path.join(".")
    return part === "payload" && (named === field || named.startsWith(`${field}.`))
  })
  return found?.message ?? (problem.field === field ? problem.detail : undefined)
}

/** Whether doing the same once more, unchanged, may help. */
export const mayPass = ({ status }: Problem): boolean =>
  status === 0 || status === 408 || status === 429 || status >= 500

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const text = (value: unknown): string => (typeof value === "string" ? value : "")
const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
/** What a refusal says of the fields of what it was asked about, as if they had been sent with it. */
const wrongField = (value: unknown): ReadonlyArray<Issue> =>
  isRecord(value) && typeof value["field"] === "string" && typeof value["problem"] === "string"
    ? [{ path: ["payload", ...value["field"].split(".")], message: value["problem"] }]
    : []
/** What a refusal says of the items or lines that were sent, each by its place. */
const wrongItem = (value: unknown): ReadonlyArray<Issue> => {
  if (!isRecord(value) || typeof value["text"] !== "string") return []
  const { column, field, index, line } = value
  const place =
    typeof line === "number" ? [`line ${line}`] : typeof index === "number" ? [index] : []
  const part = text(column) || text(field)
  return [{ path: ["payload", ...place, ...(part === "" ? [] : [part])], message: value["text"] }]
}
const isIssue = (value: unknown): value is Issue =>
  isRecord(value) && Array.isArray(value["path"]) && typeof value["message"] === "string"
