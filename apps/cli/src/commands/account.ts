import type { AccountView } from "@concordat/contracts/accounts"
import { AccountId } from "@concordat/core/account/Account"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, table } from "../Table.ts"

const columns: ReadonlyArray<Column> = [
  { heading: "Code", least: 6, most: 20 },
  { heading: "Name", least: 12, most: 40 },
  { heading: "Kind", least: 8, most: 12 },
  { heading: "Domain", least: 10, most: 40 },
  { heading: "ID", least: 36, most: 36 }
]

const cellsOf = (account: AccountView): ReadonlyArray<string> => [
  account.code,
  account.name,
  account.kind,
  account.tenants[0]?.domain ?? account.tenants[0]?.tenantId ?? "",
  account.id
]

/** The one account that an id or a text means; with several, they are listed. */
export const findAccount = Effect.fnUntraced(function* (api: Api, text: string) {
  const id = Schema.decodeOption(AccountId)(text)
  if (Option.isSome(id)) {
    const account = yield* api.client.accounts.get({ params: { id: id.value }, query: {} }).pipe(
      Effect.map(({ body }) => Option.some(body)),
      Effect.catchTag("AccountNotFound", () => Effect.succeed(Option.none<AccountView>())),
      Effect.mapError(api.explained)
    )
    if (Option.isSome(account)) return account.value
  }
  const { items, next } = yield* api.client.accounts
    .list({ query: { q: text, limit: candidatesMax } })
    .pipe(Effect.mapError(api.explained))
  const exact = items.filter((account) => namesOf(account).includes(text.toLowerCase()))
  const [only] = exact.length === 1 ? exact : items
  if (only === undefined)
    return yield* new CommandFailed({
      message: `No account matches "${text}". Try "concordat account search" with a part of its name.`
    })
  if (exact.length !== 1 && items.length > 1)
    return yield* new CommandFailed({
      message: [
        `${next === null ? items.length : `More than ${items.length}`} accounts match "${text}"; name one by its id:`,
        table(columns, items.map(cellsOf), screenWidth())
      ].join("\n")
    })
  return only
})

const candidatesMax = 20

const namesOf = (account: AccountView): ReadonlyArray<string> =>
  [account.name, account.code, ...account.tenants.flatMap((t) => [t.domain ?? "", t.tenantId])].map(
    (name) => name.toLowerCase()
  )

const search = Command.make(
  "search",
  {
    text: Argument.String("text").pipe(
      Argument.withDescription("Part of a name, code or domain, or a whole tenant id")
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("How many at most, 1 to 500"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 500 }))),
      Flag.withDefault(50)
    )
  },
  Effect.fnUntraced(function* ({ text, limit }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.accounts
      .list({ query: { q: text, limit } })
      .pipe(Effect.mapError(api.explained))
    if (items.length === 0)
      return yield* new CommandFailed({ message: `No account matches "${text}".` })
    yield* Console.log(table(columns, items.map(cellsOf), screenWidth()))
    if (next !== null) yield* Console.error(`There are more; the first ${items.length} are shown.`)
  })
).pipe(Command.withDescription("Find accounts by name, code, domain or tenant id"))

/** `concordat account …` */
export const account = Command.make("account").pipe(
  Command.withDescription("Find the customers and resellers of the book"),
  Command.withSubcommands([search])
)
