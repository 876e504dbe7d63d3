import { randomUUID } from "node:crypto"
import {
  type AccountMerge,
  AccountPatch,
  type AccountView,
  type EditionChange,
  NewAccount
} from "@concordat/contracts/accounts"
import { AccountId, AccountKind, type CreditLimit } from "@concordat/core/account/Account"
import { Edition, editionAliases } from "@concordat/core/account/Edition"
import { BigDecimal, Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { limitFlag } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { typed } from "../typed.ts"

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
    limit: limitFlag(50)
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

/** An account as people name one. */
export const accountArgument = Argument.String("account").pipe(
  Argument.withMetavar("ACCOUNT"),
  Argument.withDescription("The account: its id, code, domain, or a part of its name")
)

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional
  )
const onOff = (name: string, description: string) =>
  Flag.Literals(name, ["on", "off"]).pipe(Flag.withDescription(description), Flag.optional)

const fieldFlags = {
  code: text("code", "CODE", "Your own number for it, unique"),
  email: text("email", "ADDRESS", 'Its corporate e-mail address; "" for none'),
  phone: text("phone", "NUMBER", 'Its phone number; "" for none'),
  line1: text("line1", "TEXT", "Street and number; with --city and --country the whole address"),
  line2: text("line2", "TEXT", "More of the address"),
  city: text("city", "TEXT", "City"),
  state: text("state", "TEXT", "State or province"),
  postCode: text("post-code", "TEXT", "Post code"),
  country: text("country", "CODE", "Country, as two letters of ISO 3166-1"),
  language: text(
    "language",
    "TAG",
    'Of mails to it, such as de-DE; "" for that of the account above'
  ),
  currency: text("currency", "CODE", 'ISO 4217, such as EUR; "" for that of the account above'),
  mpnId: text("mpn-id", "NUMBER", 'A reseller\'s Partner ID; "" for none'),
  manager: text("manager", "ADDRESS", 'Your account manager\'s e-mail address; "" for none'),
  taxId: text("tax-id", "TEXT", 'Its tax or registration number; "" for none'),
  creditLimit: text("credit-limit", "AMOUNT", "How much it may owe, or: unlimited"),
  ordering: onOff("ordering", "Whether it may order"),
  reselling: onOff("reselling", "Whether a reseller may order for end customers")
}
type FieldFlags = { readonly [K in keyof typeof fieldFlags]: Option.Option<string> }

/** The payload's fields as they are sent; the contract says what is wrong with them. */
const fieldsOf = (flags: FieldFlags): Record<string, unknown> => {
  const emptied = (name: string, given: Option.Option<string>) =>
    Option.isSome(given) ? { [name]: given.value === "" ? null : given.value } : {}
  const switched = (name: string, given: Option.Option<string>) =>
    Option.isSome(given) ? { [name]: given.value === "on" } : {}
  const { line1, line2, city, state, postCode, country, creditLimit } = flags
  const address = [line1, line2, city, state, postCode, country].some(Option.isSome)
    ? {
        address: {
          line1: Option.getOrElse(line1, () => ""),
          line2: Option.getOrNull(line2),
          city: Option.getOrElse(city, () => ""),
          state: Option.getOrNull(state),
          postalCode: Option.getOrNull(postCode),
          country: Option.getOrElse(country, () => "")
        }
      }
    : {}
  const credit = Option.isSome(creditLimit)
    ? {
        creditLimit:
          creditLimit.value === "unlimited"
            ? { kind: "unlimited" }
            : { kind: "limited", amount: creditLimit.value }
      }
    : {}
  return {
    ...(Option.isSome(flags.code) ? { code: flags.code.value } : {}),
    ...emptied("email", flags.email),
    ...emptied("phone", flags.phone),
    ...address,
    ...emptied("language", flags.language),
    ...emptied("currency", flags.currency),
    ...emptied("mpnId", flags.mpnId),
    ...emptied("managerEmail", flags.manager),
    ...emptied("taxId", flags.taxId),
    ...credit,
    ...switched("orderingEnabled", flags.ordering),
    ...switched("resellingEnabled", flags.reselling)
  }
}

const creditText = (limit: CreditLimit, currency: string | null): string =>
  limit.kind === "unlimited"
    ? "unlimited"
    : `${BigDecimal.format(limit.amount)}${currency === null ? "" : ` ${currency}`}`

const factsOf = (account: AccountView): ReadonlyArray<readonly [string, string]> => {
  const { address } = account
  return [
    ["Name", account.name],
    ["ID", account.id],
    ["Code", account.code],
    ["Kind", account.kind],
    ["Below", account.parentId ?? "nothing: it is the root of what you see"],
    ...(account.edition === null ? [] : [["Edition", account.edition] as const]),
    ["MPN id", account.mpnId ?? "none"],
    ["E-mail", account.email ?? "none"],
    ["Phone", account.phone ?? "none"],
    [
      "Address",
      address === null
        ? "none"
        : [
            address.line1,
            address.line2,
            [address.postalCode, address.city].filter(isGiven).join(" "),
            address.state,
            address.country
          ]
            .filter(isGiven)
            .join(", ")
    ],
    ["Language", account.language ?? "as the account above"],
    ["Currency", account.currency ?? "as the account above"],
    ["Billed to", account.billToId ?? "whoever the purchase mode names"],
    ["Account manager", account.managerEmail ?? "none"],
    ["Ordering", account.orderingEnabled ? "on" : "off"],
    ["Reselling", account.resellingEnabled ? "on" : "off"],
    ["Credit limit", creditText(account.creditLimit, account.currency)],
    ["Tax id", account.taxId ?? "none"],
    ...Object.entries(account.customFields),
    ...account.tenants.map(
      ({ tenantId, domain }) =>
        ["Tenant", domain === null ? tenantId : `${domain} (${tenantId})`] as const
    ),
    ["State", account.active ? "active" : "not active"],
    ["Version", String(account.version)]
  ]
}
const isGiven = (part: string | null): part is string => part !== null && part !== ""

const shown = (account: AccountView): string => {
  const facts = factsOf(account)
  const width = Math.max(...facts.map(([label]) => label.length))
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join("\n")
}

const show = Command.make(
  "show",
  { account: accountArgument },
  Effect.fnUntraced(function* ({ account }) {
    const api = yield* connect()
    yield* Console.log(shown(yield* findAccount(api, account)))
  })
).pipe(Command.withDescription("Show an account"))

const create = Command.make(
  "create",
  {
    name: Argument.String("name").pipe(Argument.withDescription("Name of the company")),
    kind: Flag.Literals("kind", AccountKind.literals).pipe(
      Flag.withDescription(
        "Required. organisation (a country tenant), reseller, customer or affiliate"
      )
    ),
    parent: text("parent", "ACCOUNT", "The account above it; the root when absent"),
    edition: Flag.Literals("edition", [...Edition.literals, "lite", "tenant"]).pipe(
      Flag.withDescription("A reseller's edition; basic when absent"),
      Flag.optional
    ),
    ...fieldFlags
  },
  Effect.fnUntraced(function* ({ name, kind, parent, edition, ...flags }) {
    const api = yield* connect()
    const payload = yield* typed(NewAccount, {
      name,
      kind,
      ...(Option.isSome(parent) ? { parentId: (yield* findAccount(api, parent.value)).id } : {}),
      ...(Option.isSome(edition) ? { edition: edition.value } : {}),
      ...fieldsOf(flags)
    })
    const { body } = yield* api.client.accounts
      .create({ headers: { "idempotency-key": randomUUID() }, query: {}, payload })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(shown(body))
  })
).pipe(Command.withDescription("Make an account below another one"))

const update = Command.make(
  "update",
  {
    account: accountArgument,
    rename: text("name", "NAME", "Another name"),
    billTo: text("bill-to", "ACCOUNT", 'Who is billed for it, an account above it; "" for nobody'),
    ...fieldFlags
  },
  Effect.fnUntraced(function* ({ account, rename, billTo, ...flags }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    const payload = yield* typed(AccountPatch, {
      ...(Option.isSome(rename) ? { name: rename.value } : {}),
      ...(Option.isSome(billTo)
        ? { billToId: billTo.value === "" ? null : (yield* findAccount(api, billTo.value)).id }
        : {}),
      ...fieldsOf(flags)
    })
    // The version that was read just now: whoever is faster wins, and nothing is mixed.
    const { headers } = yield* api.client.accounts
      .get({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    const { body } = yield* api.client.accounts
      .update({ params: { id }, headers: { "if-match": headers.etag }, query: {}, payload })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(shown(body))
  })
).pipe(Command.withDescription("Change fields of an account; the others stay"))

const dryRunFlag = Flag.Boolean("dry-run").pipe(
  Flag.withDescription("Only say what would change"),
  Flag.withDefault(false)
)

const move = Command.make(
  "move",
  {
    account: accountArgument,
    below: Argument.String("below").pipe(
      Argument.withMetavar("PARENT"),
      Argument.withDescription("The account below which it will lie")
    ),
    dryRun: dryRunFlag
  },
  Effect.fnUntraced(function* ({ account, below, dryRun }) {
    const api = yield* connect()
    const [{ id }, parent] = [yield* findAccount(api, account), yield* findAccount(api, below)]
    const moved = yield* api.client.accounts
      .move({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { parentId: parent.id, dryRun }
      })
      .pipe(Effect.mapError(api.explained))
    const pathText = (path: ReadonlyArray<{ readonly name: string }>) =>
      path.map(({ name }) => printable(name)).join(" › ")
    const resellers = [moved.resellerBefore, moved.resellerAfter].map((reseller) =>
      reseller === null ? "no reseller" : printable(reseller.name)
    )
    yield* Console.log(
      [
        `${dryRun ? "Would move" : "Moved"} ${printable(moved.account.name)}; accounts that move: ${moved.accounts}, their subscriptions: ${moved.subscriptions}`,
        `  from ${pathText(moved.from)}`,
        `  to   ${pathText(moved.to)}`,
        ...(moved.resellerBefore?.id === moved.resellerAfter?.id
          ? []
          : [`  Partner of record of end customers: ${resellers.join(" → ")}`])
      ].join("\n")
    )
  })
).pipe(Command.withDescription("Move an account, with everybody below it, below another one"))

const mergeText = (merged: typeof AccountMerge.Type): string => {
  const { source, target, refusals, conflicts } = merged
  const kept = conflicts.map(
    ({ field, source: theirs, target: ours }) =>
      `    ${field}: ${printable(ours ?? "none")} stays, ${printable(theirs)} does not come along`
  )
  return [
    `${merged.dryRun ? "Would merge" : "Merged"} ${printable(source.name)} (${source.code}) into ${printable(target.name)} (${target.code})`,
    `  moves: tenants ${merged.tenants}, subscriptions ${merged.subscriptions}, contacts ${merged.contacts} (${merged.contactsJoined} of them there already), accounts ${merged.accounts}, agreements on their way ${merged.agreements}`,
    ...(merged.operators + merged.keys === 0
      ? []
      : [
          `  sees ${printable(target.name)} from then on: operators ${merged.operators}, API keys ${merged.keys}`
        ]),
    ...(merged.filled.length === 0 ? [] : [`  takes over: ${merged.filled.join(", ")}`]),
    ...(kept.length === 0 ? [] : ["  conflicts:", ...kept]),
    ...(merged.priceListsLeft === 0
      ? []
      : [`  stays behind: price lists ${merged.priceListsLeft} (assign them again)`]),
    ...refusals.map(({ field, reason }) => `  forbidden: ${field}: ${printable(reason)}`)
  ].join("\n")
}

const merge = Command.make(
  "merge",
  {
    account: accountArgument,
    into: Argument.String("into").pipe(
      Argument.withMetavar("INTO"),
      Argument.withDescription("The account of the same company that stays")
    ),
    dryRun: dryRunFlag
  },
  Effect.fnUntraced(function* ({ account, into, dryRun }) {
    const api = yield* connect()
    const [{ id }, target] = [yield* findAccount(api, account), yield* findAccount(api, into)]
    const merged = yield* api.client.accounts
      .merge({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { into: target.id, dryRun }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(mergeText(merged))
    if (merged.refusals.length > 0)
      return yield* new CommandFailed({ message: "They cannot be merged as they are." })
  })
).pipe(
  Command.withDescription("Merge an account into another one of the same company, with everything")
)

const customField = Command.make(
  "set-field",
  {
    account: accountArgument,
    fields: Argument.String("field").pipe(
      Argument.withMetavar("NAME=VALUE"),
      Argument.withDescription("A custom field and its value; nothing after = takes it away"),
      Argument.atLeast(1)
    )
  },
  Effect.fnUntraced(function* ({ account, fields }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    const given = new Map<string, string>()
    for (const field of fields) {
      const at = field.indexOf("=")
      if (at < 1)
        return yield* new CommandFailed({
          message: `"${field}" is no custom field: write NAME=VALUE.`
        })
      given.set(field.slice(0, at), field.slice(at + 1))
    }
    const { body, headers } = yield* api.client.accounts
      .get({ params: { id }, query: {} })
      .pipe(Effect.mapError(api.explained))
    const all = new Map([...Object.entries(body.customFields), ...given])
    const payload = yield* typed(AccountPatch, {
      customFields: Object.fromEntries([...all].filter(([, value]) => value !== ""))
    })
    const changed = yield* api.client.accounts
      .update({ params: { id }, headers: { "if-match": headers.etag }, query: {}, payload })
      .pipe(Effect.mapError(api.explained))
    const shown = Object.entries(changed.body.customFields)
    yield* Console.log(
      shown.length === 0
        ? `${printable(body.name)} has no custom fields.`
        : shown.map(([name, value]) => `${name}=${printable(value)}`).join("\n")
    )
  })
).pipe(Command.withDescription("Set or take away custom fields of an account; the others stay"))

const activity = (name: "activate" | "deactivate", description: string) =>
  Command.make(
    name,
    { account: accountArgument },
    Effect.fnUntraced(function* ({ account }) {
      const api = yield* connect()
      const { id } = yield* findAccount(api, account)
      const { body } = yield* api.client.accounts[name]({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {}
      }).pipe(Effect.mapError(api.explained))
      yield* Console.log(
        `${printable(body.name)} (${body.code}) is ${body.active ? "active" : "not active any more"}.`
      )
    })
  ).pipe(Command.withDescription(description))

const editionText = (change: typeof EditionChange.Type): string =>
  [
    `${printable(change.account.name)}: ${change.before} → ${change.edition}${change.dryRun ? " (not done)" : ""}`,
    ...(change.gained.length === 0 ? [] : [`  gains: ${change.gained.join(", ")}`]),
    ...(change.lost.length === 0
      ? []
      : [`  loses: ${change.lost.join(", ")} (what was made with it is kept)`])
  ].join("\n")

const edition = Command.make(
  "edition",
  {
    account: accountArgument,
    to: Argument.Literals("edition", [...Edition.literals, "lite", "tenant"]).pipe(
      Argument.withDescription("basic, standard or professional")
    ),
    dryRun: dryRunFlag
  },
  Effect.fnUntraced(function* ({ account, to, dryRun }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    const change = yield* api.client.accounts
      .edition({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { edition: to === "lite" || to === "tenant" ? editionAliases[to] : to, dryRun }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(editionText(change))
  })
).pipe(Command.withDescription("Give a reseller another edition, and say what it gains and loses"))

/** `concordat account …` */
export const account = Command.make("account").pipe(
  Command.withDescription("Find, make and change the customers and resellers of the book"),
  Command.withSubcommands([
    search,
    show,
    create,
    update,
    customField,
    move,
    merge,
    activity("deactivate", "Deactivate an account on which nothing runs"),
    activity("activate", "Activate an account again"),
    edition
  ])
)
