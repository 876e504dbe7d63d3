import { Schema } from "effect"

/** The embedded Postgres cannot be had. One line: the problem, then the way out. */
export class EmbeddedServerError extends Schema.TaggedError<EmbeddedServerError>()(
  "EmbeddedServerError",
  {
    reason: Schema.Literals([
      "Platform", // no programs for this machine, or nobody to run them as
      "Folder", // the data folder cannot be made, read, or is something else
      "WrongVersion", // the data folder belongs to another major version
      "InitFailed", // initdb failed; nothing of it is left
      "StartFailed", // the server does not come up
      "Busy" // another process holds the start lock for too long
    ]),
    problem: Schema.String,
    wayOut: Schema.String
  }
) {
  override get message(): string {
    return `${this.problem} ${this.wayOut}`
  }
}
