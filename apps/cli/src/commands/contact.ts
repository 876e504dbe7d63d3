import { Contacts } from "@concordat/contracts/accounts"
import { ContactRole } from "@concordat/core/account/Account"
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { typed } from "../typed.ts"
import { accountArgument, findAccount } from "./account.ts"

const columns: ReadonlyArray<Column> = [
  { heading: "Name", least: 12, most: 40 },
  { heading: "E-mail", least: 12, most: 50 },
  { heading: "Phone", least: 8, most: 24 },
  { heading: "Roles", least: 8, most: 40 }
]

const shown = ({ contacts }: typeof Contacts.Type): string =>
  contacts.length === 0
    ? "It has no contacts."
    : table(
        columns,
        contacts.map(({ name, email, phone, roles }) => [
          name,
          email,
          phone ?? "",
          roles.join(", ")
        ]),
        screenWidth()
      )

/** All contacts, with the tag that a change of them sends back. */
const contactsOf = Effect.fnUntraced(function* (api: Api, text: string) {
  const { id } = yield* findAccount(api, text)
  const { body, headers } = yield* api.client.accounts
    .contacts({ params: { id }, query: {} })
    .pipe(Effect.mapError(api.explained))
  return { id, contacts: body.contacts, etag: headers.etag }
})

const replace = Effect.fnUntraced(function* (
  api: Api,
  { id, etag }: Pick<Effect.Success<ReturnType<typeof contactsOf>>, "id" | "etag">,
  contacts: ReadonlyArray<unknown>
) {
  const payload = yield* typed(Contacts, { contacts })
  const { body } = yield* api.client.accounts
    .putContacts({ params: { id }, headers: { "if-match": etag }, query: {}, payload })
    .pipe(Effect.mapError(api.explained))
  yield* Console.log(shown(body))
})

const list = Command.make(
  "list",
  { account: accountArgument },
  Effect.fnUntraced(function* ({ account }) {
    const api = yield* connect()
    yield* Console.log(shown(yield* contactsOf(api, account)))
  })
).pipe(Command.withDescription("List the people at an account"))

const emailFlag = Flag.String("email").pipe(
  Flag.withMetavar("ADDRESS"),
  Flag.withDescription("Required. The person's e-mail address")
)
const isOf = (email: string) => (contact: { readonly email: string }) =>
  contact.email.toLowerCase() === email.toLowerCase()

const set = Command.make(
  "set",
  {
    account: accountArgument,
    email: emailFlag,
    name: Flag.String("name").pipe(
      Flag.withDescription("The person's name; needed for somebody new"),
      Flag.optional
    ),
    phone: Flag.String("phone").pipe(
      Flag.withMetavar("NUMBER"),
      Flag.withDescription('Phone number; "" for none'),
      Flag.optional
    ),
    roles: Flag.Literals("role", ContactRole.literals).pipe(
      Flag.withDescription(
        "primary, bill-to or storefront-user; may be given several times. Whoever was primary or bill-to before is not any more"
      ),
      Flag.atLeast(0)
    ),
    noRoles: Flag.Boolean("no-roles").pipe(
      Flag.withDescription("Take all roles away"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ account, email, name, phone, roles, noRoles }) {
    if (noRoles && roles.length > 0)
      return yield* new CommandFailed({ message: "Give either --role or --no-roles." })
    const api = yield* connect()
    const { contacts, ...place } = yield* contactsOf(api, account)
    const before = contacts.filter(isOf(email))
    const [one] = before
    if (before.length > 1)
      return yield* new CommandFailed({
        message: `${before.length} contacts have the address ${email}; remove one of them first.`
      })
    if (one === undefined && Option.isNone(name))
      return yield* new CommandFailed({
        message: `Nobody has the address ${email} here: give --name for somebody new.`
      })
    const contact = {
      name: Option.getOrElse(name, () => one?.name ?? ""),
      email,
      phone: Option.match(phone, {
        onNone: () => one?.phone ?? null,
        onSome: (value) => (value === "" ? null : value)
      }),
      roles: noRoles ? [] : roles.length > 0 ? roles : (one?.roles ?? [])
    }
    // One person at most has each of these.
    const others = contacts.map((other) => ({
      ...other,
      roles: other.roles.filter(
        (role) => role === "storefront-user" || !contact.roles.includes(role)
      )
    }))
    yield* replace(
      api,
      place,
      one === undefined
        ? [...others, contact]
        : others.map((other) => (isOf(email)(other) ? contact : other))
    )
  })
).pipe(Command.withDescription("Add a person to an account, or change what is known of one"))

const remove = Command.make(
  "remove",
  {
    account: accountArgument,
    email: Argument.String("email").pipe(Argument.withDescription("The person's e-mail address")),
    name: Flag.String("name").pipe(
      Flag.withDescription("The person's name, where several have the address"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ account, email, name }) {
    const api = yield* connect()
    const { contacts, ...place } = yield* contactsOf(api, account)
    const those = contacts.filter(
      (contact) =>
        isOf(email)(contact) &&
        Option.match(name, { onNone: () => true, onSome: (n) => n === contact.name })
    )
    if (those.length !== 1)
      return yield* new CommandFailed({
        message:
          those.length === 0
            ? `No contact has the address ${printable(email)}.`
            : `${those.length} contacts have the address ${printable(email)}; name one with --name.`
      })
    yield* replace(
      api,
      place,
      contacts.filter((contact) => contact !== those[0])
    )
  })
).pipe(Command.withDescription("Take a person away from an account"))

/** `concordat contact …` */
export const contact = Command.make("contact").pipe(
  Command.withDescription("The people at an account"),
  Command.withSubcommands([list, set, remove])
)
