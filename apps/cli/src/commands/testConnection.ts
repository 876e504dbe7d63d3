import { randomUUID } from "node:crypto"
import type { ConnectionTest } from "@concordat/contracts/connection"
import { InstanceName } from "@concordat/core/instance/Instance"
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { printable } from "../Table.ts"

/** `concordat instance test` */
export const testConnection = Command.make(
  "test",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("The instance's name, as instance list shows it"),
      Argument.withSchema(InstanceName)
    )
  },
  Effect.fnUntraced(function* ({ name }) {
    const api = yield* connect()
    const tested = yield* api.client.connection
      .test({ params: { name }, headers: { "idempotency-key": randomUUID() }, query: {} })
      .pipe(Effect.mapError(api.explained))
    for (const check of tested.checks) yield* Console.log(lineOf(check))
    if (!tested.works)
      return yield* new CommandFailed({
        message: `Instance "${name}" does not work; what is said above ends it.`
      })
  })
).pipe(
  Command.withDescription(
    "Sign in with the instance's key and read one customer, now. Ends with 1 when either does not work."
  ),
  Command.withShortDescription("Test whether an instance signs in and reads")
)

const lineOf = ({ outcome, problem, step }: ConnectionTest["checks"][number]): string => {
  const head = `${step.padEnd(8)} ${outcome === "not-tried" ? "not tried" : outcome}`
  if (problem === null) return head
  const said = printable(`${problem.code === null ? "" : `${problem.code}: `}${problem.text}`)
  return `${head}\n  ${said}\n  ${problem.wayOut}\n  correlation id ${problem.correlationId}`
}
