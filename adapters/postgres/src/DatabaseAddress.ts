import { Effect, Redacted, Schema } from "effect"

/** The database cannot be used from the start. One line: the problem, then the way out. */
export class DatabaseStartError extends Schema.TaggedError<DatabaseStartError>()(
  "DatabaseStartError",
  { problem: Schema.String, wayOut: Schema.String }
) {
  override get message(): string {
    return `${this.problem} ${this.wayOut}`
  }
}

/** What may be shown of a database URL: never the password. */
export interface Address {
  /** `Postgres at host:port`. */
  readonly place: string
  readonly user: string
  readonly database: string
}

const wayOutOfUrl =
  "Set DATABASE_URL to postgres://user:password@host:5432/database, or unset it to use the embedded one."

/** Reads a database URL; what is wrong with it is said without repeating it. */
export const parseAddress = (
  url: Redacted.Redacted<string>
): Effect.Effect<Address, DatabaseStartError> => {
  const parsed = URL.parse(Redacted.value(url))
  if (parsed === null || !/^postgres(?:ql)?:$/u.test(parsed.protocol)) {
    return Effect.fail(
      new DatabaseStartError({
        problem: "DATABASE_URL is not the address of a Postgres.",
        wayOut: wayOutOfUrl
      })
    )
  }
  const host = parsed.hostname === "" ? "localhost" : parsed.hostname
  return Effect.succeed({
    place: `Postgres at ${host}:${parsed.port === "" ? "5432" : parsed.port}`,
    user: parsed.username,
    database: parsed.pathname.slice(1)
  })
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

/** Why the first statement failed, and what to do about it. */
export const describeStartFailure = (address: Address, cause: unknown): DatabaseStartError => {
  const { place, user, database } = address
  const code = codeOf(cause)
  const text = cause instanceof Error ? cause.message : String(cause)
  const said = code === "" || text.includes(code) ? text : `${code} ${text}`
  const as = (problem: string, wayOut: string) => new DatabaseStartError({ problem, wayOut })
  switch (code) {
    case "28P01":
    case "28000":
      return as(
        `${place} refuses the user "${user}": ${text}.`,
        "Correct user and password in DATABASE_URL."
      )
    case "3D000":
      return as(
        `${place} has no database "${database}".`,
        `Create it (createdb ${database}) or correct DATABASE_URL.`
      )
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return as(`${place} is unknown: no such host.`, "Correct the host in DATABASE_URL.")
    default:
      return as(
        `${place} does not answer: ${said}.`,
        "Start it, correct DATABASE_URL, or unset DATABASE_URL to use the embedded one."
      )
  }
}
