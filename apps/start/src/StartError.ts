import { Schema } from "effect"

/** The system could not be started. One line for the terminal: what is wrong, and what to do. */
export class StartError extends Schema.TaggedError<StartError>()("StartError", {
  problem: Schema.String,
  wayOut: Schema.String
}) {
  override get message(): string {
    return `${this.problem} ${this.wayOut}`
  }
}
