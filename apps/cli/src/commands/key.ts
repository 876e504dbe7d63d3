import { randomUUID } from "node:crypto"
import type { KeyView } from "@concordat/contracts/keys"
import { AccountId } from "@concordat/core/account/Account"
import { Role, Scope, scopesOf } from "@concordat/core/actor/Actor"
import { ApiKeyId } from "@concordat/core/actor/ApiKeys"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Redacted, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connect } from "../Api.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, table } from "../Table.ts"

const create = Command.make(
  "create",
  {
    name: Flag.String("name").pipe(
      Flag.withDescription("Required. What the key is for; it names the caller in the history")
    ),
    role: Flag.Literals("role", Role.literals).pipe(
      Flag.withDescription("Required. What the caller is")
    ),
    scopes: Flag.Literals("scope", Scope.literals).pipe(
      Flag.withDescription(
        "What the key may do; may be repeated. All that its role can when absent"
      ),
      Flag.atLeast(0)
    ),
    branch: Flag.String("branch").pipe(
      Flag.withMetavar("ACCOUNT_ID"),
      Flag.withDescription("The account whose branch a reseller's or customer's key sees"),
      Flag.withSchema(AccountId),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ name, role, scopes, branch }) {
    const api = yield* connect()
    const made = yield* api.client.keys
      .make({
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: {
          name,
          role,
          scopes: scopes.length === 0 ? scopesOf(role) : scopes,
          ...Option.match(branch, { onNone: () => ({}), onSome: (id) => ({ branch: id }) })
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.error(`Key ${made.id} is made. It is shown this once; keep it safe.`)
    // The key alone on standard output, for `KEY=$(concordat key create …)`.
    yield* Console.log(Redacted.value(made.key))
  })
).pipe(Command.withDescription("Make an API key; it is printed once, alone on standard output"))

const columns: ReadonlyArray<Column> = [
  { heading: "ID", least: 36, most: 36 },
  { heading: "Name", least: 8, most: 30 },
  { heading: "Role", least: 8, most: 14 },
  { heading: "Made", least: 10, most: 10 },
  { heading: "", least: 7, most: 7 },
  { heading: "Scopes", least: 10, most: 120 }
]

const cellsOf = (key: KeyView): ReadonlyArray<string> => [
  key.id,
  key.name,
  key.role,
  toIso(key.createdAt).slice(0, 10),
  key.revokedAt === null ? "" : "revoked",
  key.scopes.join(" ")
]

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function* () {
    const api = yield* connect()
    const items = yield* everyItem((cursor) => api.client.keys.list({ query: cursor })).pipe(
      Stream.runCollect,
      Effect.mapError(api.explained)
    )
    yield* Console.log(table(columns, items.map(cellsOf), screenWidth()))
  })
).pipe(Command.withDescription("List API keys, without the keys themselves"))

const revoke = Command.make(
  "revoke",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription('The key\'s id, from "key list"'),
      Argument.withSchema(ApiKeyId)
    )
  },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    yield* api.client.keys
      .revoke({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`Key ${id} is revoked.`)
  })
).pipe(Command.withDescription("Revoke an API key at once"))

/** `concordat key …` */
export const key = Command.make("key").pipe(
  Command.withDescription("API keys: who may call, and what each may do"),
  Command.withSubcommands([create, list, revoke])
)
