import { randomUUID } from "node:crypto"
import type { OperatorView } from "@concordat/contracts/operators"
import { Role } from "@concordat/core/actor/Actor"
import {
  OperatorName,
  passwordLengthMax,
  passwordLengthMin
} from "@concordat/core/operator/Operator"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Redacted, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { askSecret } from "../Secret.ts"
import { type Column, table } from "../Table.ts"
import { findAccount } from "./account.ts"

const nameArgument = Argument.String("name").pipe(
  Argument.withDescription(
    "What the operator signs in with, in lower case; a mail address will do"
  ),
  Argument.withSchema(OperatorName)
)
const branchFlag = Flag.String("branch").pipe(
  Flag.withMetavar("ACCOUNT"),
  Flag.withDescription("The account whose branch a reseller's or customer's operator sees"),
  Flag.optional
)
const readPassword = Effect.gen(function* () {
  const password = yield* askSecret(`The password, at least ${passwordLengthMin} characters:`)
  const { length } = Redacted.value(password)
  return length < passwordLengthMin || length > passwordLengthMax
    ? yield* new CommandFailed({
        message: `A password has ${passwordLengthMin} to ${passwordLengthMax} characters; several words are easy to keep.`
      })
    : password
})

const branchOf = Effect.fnUntraced(function* (api: Api, branch: Option.Option<string>) {
  return Option.isSome(branch) ? { branch: (yield* findAccount(api, branch.value)).id } : {}
})

const add = Command.make(
  "add",
  {
    name: nameArgument,
    role: Flag.Literals("role", Role.literals).pipe(
      Flag.withDescription("Required. What the operator may see and do")
    ),
    branch: branchFlag
  },
  Effect.fnUntraced(function* ({ name, role, branch }) {
    const api = yield* connect()
    const given = yield* branchOf(api, branch)
    const password = yield* readPassword
    yield* api.client.operators
      .add({
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { name, role, password, ...given }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`${name} can sign in as ${role}.`)
  })
).pipe(
  Command.withDescription(
    "Add an operator, who signs in to the console. The password is asked for, or read from a pipe."
  ),
  Command.withShortDescription("Add an operator")
)

const columns: ReadonlyArray<Column> = [
  { heading: "Name", least: 8, most: 60 },
  { heading: "Role", least: 8, most: 14 },
  { heading: "Branch", least: 6, most: 36 },
  { heading: "Last sign-in", least: 16, most: 16 },
  { heading: "", least: 8, most: 8 }
]

const cellsOf = (operator: OperatorView): ReadonlyArray<string> => [
  operator.name,
  operator.role,
  operator.branch ?? "",
  operator.lastSignInAt === null
    ? "never"
    : toIso(operator.lastSignInAt).slice(0, 16).replace("T", " "),
  operator.active ? "" : "inactive"
]

const everyOperator = (api: Api) =>
  everyItem((cursor) => api.client.operators.list({ query: cursor }))

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function* () {
    const api = yield* connect()
    const items = yield* everyOperator(api).pipe(Stream.runCollect, Effect.mapError(api.explained))
    yield* Console.log(table(columns, items.map(cellsOf), screenWidth()))
  })
).pipe(Command.withDescription("List operators"))

const change = Command.make(
  "change",
  {
    name: nameArgument,
    role: Flag.Literals("role", Role.literals).pipe(
      Flag.withDescription("Another role, from the next request on"),
      Flag.optional
    ),
    branch: branchFlag,
    state: Flag.Literals("state", ["active", "inactive"]).pipe(
      Flag.withDescription("inactive signs the operator out everywhere"),
      Flag.optional
    ),
    newPassword: Flag.Boolean("new-password").pipe(
      Flag.withDescription("Give a new password, which is asked for or read from a pipe"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ name, role, branch, state, newPassword }) {
    const api = yield* connect()
    if (Option.isNone(role) && Option.isNone(branch) && Option.isNone(state) && !newPassword)
      return yield* new CommandFailed({
        message: "Say what changes: --role, --branch, --state or --new-password."
      })
    const found = yield* everyOperator(api).pipe(
      Stream.filter((operator) => operator.name === name),
      Stream.runHead,
      Effect.mapError(api.explained)
    )
    if (Option.isNone(found))
      return yield* new CommandFailed({
        message: `There is no operator "${name}". "concordat operator list" shows who there is.`
      })
    const { id, version } = found.value
    yield* api.client.operators
      .update({
        params: { id },
        headers: { "if-match": `"${version}"` },
        query: {},
        payload: {
          ...Option.match(role, { onNone: () => ({}), onSome: (given) => ({ role: given }) }),
          ...Option.match(state, {
            onNone: () => ({}),
            onSome: (given) => ({ active: given === "active" })
          }),
          ...(yield* branchOf(api, branch)),
          ...(newPassword ? { password: yield* readPassword } : {})
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`${name} is changed.`)
  })
).pipe(
  Command.withDescription(
    "Change an operator's role or branch, lock somebody out, or give a new password. It counts at once."
  ),
  Command.withShortDescription("Change an operator")
)

/** `concordat operator …` */
export const operator = Command.make("operator").pipe(
  Command.withDescription("Operators: who signs in to the console, and what each may do"),
  Command.withSubcommands([add, list, change])
)
