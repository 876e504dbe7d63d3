import { randomUUID } from "node:crypto"
import {
  type AcceptanceView,
  AgreementConfirmation,
  type AgreementView
} from "@concordat/contracts/agreements"
import { AcceptanceId, AcceptanceStatus, SignerRole } from "@concordat/core/agreement/Acceptance"
import { InstanceName } from "@concordat/core/instance/Instance"
import { type Instant, toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { refuseTerminal, writeOutput } from "../Output.ts"
import { limitFlag } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { typed } from "../typed.ts"
import { accountArgument, findAccount } from "./account.ts"

const instanceFlag = Flag.String("instance").pipe(
  Flag.withDescription("Required. The instance"),
  Flag.withSchema(InstanceName)
)
const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional
  )
const minuteOf = (at: Instant): string => toIso(at).slice(0, 16).replace("T", " ")

const states: Record<(typeof AgreementView.Type)["state"], string> = {
  "not-required": "not required in this cloud",
  accepted: "accepted",
  "on-its-way": "confirmed; Microsoft is told as soon as possible",
  needed: "not accepted"
}

const standingOf = (view: typeof AgreementView.Type): string => {
  const { accepted, acceptance, form } = view
  const person = accepted?.contact
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["Agreement", view.type],
    ["State", states[view.state]],
    ...(view.acceptedBy === null
      ? []
      : [
          [
            "Signed by",
            view.acceptedBy === "customer"
              ? "the customer, with Microsoft itself"
              : person == null
                ? "a partner for it"
                : `${person.firstName ?? ""} ${person.lastName ?? ""} <${person.email ?? ""}>`
          ] as const
        ]),
    ...(acceptance === null
      ? []
      : [
          [
            "Last confirmed",
            `${minuteOf(acceptance.confirmedAt)} by ${acceptance.contact.firstName} ${acceptance.contact.lastName} (${acceptance.status}${acceptance.problem === null ? "" : `: ${acceptance.problem}`})`
          ] as const
        ]),
    ...(form === null
      ? []
      : [
          ["Signs", `${form.signer.name} (${form.mode})`] as const,
          [
            "Contact",
            Object.values(form.contact)
              .filter((part) => part !== null)
              .join(", ")
          ] as const,
          ["Text", form.document?.displayUrl ?? form.link ?? "none"] as const,
          ...(form.document === null
            ? []
            : [["Works until", minuteOf(form.document.validUntil)] as const]),
          ["Template", form.templateId] as const
        ])
  ]
  const width = Math.max(...facts.map(([label]) => label.length))
  return facts.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join("\n")
}

const standing = Effect.fnUntraced(function* (
  api: Api,
  id: Parameters<Api["client"]["agreements"]["standing"]>[0]["params"]["id"],
  instance: InstanceName
) {
  return yield* api.client.agreements
    .standing({ params: { id }, query: { instance } })
    .pipe(Effect.mapError(api.explained))
})

const show = Command.make(
  "show",
  { account: accountArgument, instance: instanceFlag },
  Effect.fnUntraced(function* ({ account, instance }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    yield* Console.log(standingOf(yield* standing(api, id, instance)))
  })
).pipe(
  Command.withDescription("Ask Microsoft whether an account has accepted the customer agreement")
)

const confirm = Command.make(
  "confirm",
  {
    account: accountArgument,
    instance: instanceFlag,
    firstName: text("first-name", "NAME", "Who accepts for the customer; else its contact"),
    lastName: text("last-name", "NAME", "Last name"),
    email: text("email", "ADDRESS", "E-mail address"),
    phone: text("phone", "NUMBER", "Phone number"),
    date: text(
      "date",
      "INSTANT",
      "When it was accepted, such as 2026-11-20T09:00Z; now when absent"
    ),
    role: Flag.Literals("role", SignerRole.literals).pipe(
      Flag.withDescription("For whom it is confirmed; an operator confirms as a user of the BSS"),
      Flag.optional
    ),
    order: text("order", "CODE", "The order for which it is confirmed"),
    yes: Flag.Boolean("yes").pipe(
      Flag.withDescription("The customer has accepted; without it nothing is confirmed"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ account, instance, yes, ...flags }) {
    const api = yield* connect()
    const { id, name } = yield* findAccount(api, account)
    const view = yield* standing(api, id, instance)
    const { form } = view
    if (form === null) {
      if (view.state !== "needed") return yield* Console.log(standingOf(view))
      return yield* new CommandFailed({
        message:
          "Your key may not confirm the agreement for this account; its reseller does, or the CSP."
      })
    }
    const given = (flag: Option.Option<string>, known: string | null) =>
      Option.getOrElse(flag, () => known ?? "")
    const phone = given(flags.phone, form.contact.phone)
    const optional = (name: string, flag: Option.Option<string>) =>
      Option.isSome(flag) ? { [name]: flag.value } : {}
    const payload = yield* typed(AgreementConfirmation, {
      instance,
      templateId: form.templateId,
      confirmed: true,
      firstName: given(flags.firstName, form.contact.firstName),
      lastName: given(flags.lastName, form.contact.lastName),
      email: given(flags.email, form.contact.email),
      ...(phone === "" ? {} : { phone }),
      ...optional("agreedAt", flags.date),
      ...optional("role", flags.role),
      ...optional("orderCode", flags.order)
    })
    const person = printable(`${payload.firstName} ${payload.lastName} <${payload.email}>`)
    if (!yes)
      return yield* new CommandFailed({
        message: `Nothing was confirmed. ${person} would accept for ${printable(name)}; the text is at ${form.document?.displayUrl ?? form.link ?? "Microsoft"}. Add --yes to confirm.`
      })
    const acceptance = yield* api.client.agreements
      .confirm({ params: { id }, headers: { "idempotency-key": randomUUID() }, query: {}, payload })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `Confirmed: ${person} accepts for ${printable(name)}. It is ${acceptance.status}${acceptance.status === "waiting" ? ", until the account's tenant is there" : ""}.\n${acceptance.id}`
    )
  })
).pipe(Command.withDescription("Confirm Microsoft's customer agreement for an account"))

const columns: ReadonlyArray<Column> = [
  { heading: "Confirmed", least: 16, most: 16 },
  { heading: "Account", least: 12, most: 30 },
  { heading: "Person", least: 12, most: 40 },
  { heading: "Instance", least: 8, most: 20 },
  { heading: "Role", least: 8, most: 8 },
  { heading: "Status", least: 7, most: 7 },
  { heading: "ID", least: 36, most: 36 },
  { heading: "Problem", least: 8, most: 200 }
]
const cellsOf = (acceptance: AcceptanceView): ReadonlyArray<string> => [
  minuteOf(acceptance.confirmedAt),
  acceptance.accountName,
  `${acceptance.contact.firstName} ${acceptance.contact.lastName} <${acceptance.contact.email}>`,
  acceptance.instance,
  acceptance.role,
  acceptance.status,
  acceptance.id,
  acceptance.problem ?? ""
]

const instants = Schema.Struct({
  from: Schema.optionalKey(AgreementConfirmation.fields.agreedAt.schema),
  to: Schema.optionalKey(AgreementConfirmation.fields.agreedAt.schema)
})

const filterFlags = {
  account: text("account", "ACCOUNT", "Only of this account and of those below it"),
  instance: Flag.String("instance").pipe(
    Flag.withDescription("Only of this instance"),
    Flag.withSchema(InstanceName),
    Flag.optional
  ),
  status: Flag.Literals("status", AcceptanceStatus.literals).pipe(
    Flag.withDescription("Only those of which this became"),
    Flag.optional
  ),
  from: text("from", "INSTANT", "Only those confirmed then or later, such as 2026-11-01T00:00Z"),
  to: text("to", "INSTANT", "Only those confirmed before"),
  search: text("search", "TEXT", "Part of the account's or person's name, address, or order")
}
type FilterFlags = {
  readonly account: Option.Option<string>
  readonly instance: Option.Option<InstanceName>
  readonly status: Option.Option<AcceptanceStatus>
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
  readonly search: Option.Option<string>
}

const filterOf = Effect.fnUntraced(function* (api: Api, flags: FilterFlags) {
  const times = yield* typed(instants, {
    ...(Option.isSome(flags.from) ? { from: flags.from.value } : {}),
    ...(Option.isSome(flags.to) ? { to: flags.to.value } : {})
  })
  return {
    ...times,
    ...(Option.isSome(flags.account)
      ? { account: (yield* findAccount(api, flags.account.value)).id }
      : {}),
    ...(Option.isSome(flags.instance) ? { instance: flags.instance.value } : {}),
    ...(Option.isSome(flags.status) ? { status: flags.status.value } : {}),
    ...(Option.isSome(flags.search) ? { q: flags.search.value } : {})
  }
})

const list = Command.make(
  "list",
  {
    ...filterFlags,
    limit: limitFlag(50)
  },
  Effect.fnUntraced(function* ({ limit, ...flags }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.agreements
      .list({ query: { ...(yield* filterOf(api, flags)), limit } })
      .pipe(Effect.mapError(api.explained))
    yield* items.length === 0
      ? Console.error("There are no such acceptances.")
      : Console.log(table(columns, items.map(cellsOf), screenWidth()))
    if (next !== null) yield* Console.error(`There are more; the newest ${items.length} are shown.`)
  })
).pipe(Command.withDescription("List the log of agreements, newest first"))

const retry = Command.make(
  "retry",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription('The acceptance\'s id, from "agreement list"'),
      Argument.withSchema(AcceptanceId)
    )
  },
  Effect.fnUntraced(function* ({ id }) {
    const api = yield* connect()
    const acceptance = yield* api.client.agreements
      .retry({ params: { id }, headers: { "idempotency-key": randomUUID() }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `The acceptance for ${printable(acceptance.accountName)} is ${acceptance.status}.`
    )
  })
).pipe(Command.withDescription("Tell Microsoft once more of an acceptance that failed"))

const exportLog = Command.make(
  "export",
  {
    ...filterFlags,
    format: Flag.Literals("format", ["xlsx", "csv", "json"]).pipe(
      Flag.withDescription("xlsx, csv or json"),
      Flag.withDefault("csv")
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write it to this file instead of standard output"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ format, output, ...flags }) {
    yield* refuseTerminal(format, output)
    const api = yield* connect()
    const { body } = yield* api.client.agreements
      .export({ query: { ...(yield* filterOf(api, flags)), format } })
      .pipe(Effect.mapError(api.explained))
    yield* writeOutput(body, output)
  })
).pipe(Command.withDescription("Write the log of agreements as Excel, CSV or JSON"))

/** `concordat agreement …` */
export const agreement = Command.make("agreement").pipe(
  Command.withDescription("Customers' acceptance of Microsoft's agreement, and its log"),
  Command.withSubcommands([show, confirm, list, retry, exportLog])
)
