import { randomUUID } from "node:crypto"
import { TemplateTexts } from "@concordat/contracts/mail"
import { Language } from "@concordat/core/instance/Language"
import { MailKind } from "@concordat/core/mail/Template"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { readInput } from "../Input.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { typed } from "../typed.ts"
import { findAccount } from "./account.ts"

const kindArgument = Argument.Literals("kind", MailKind.literals).pipe(
  Argument.withDescription('The occasion, from "template list"')
)
const which = {
  organisation: Flag.String("organisation").pipe(
    Flag.withMetavar("ACCOUNT"),
    Flag.withDescription("The organisation whose template it is; for all when absent"),
    Flag.optional
  ),
  language: Flag.String("language").pipe(
    Flag.withMetavar("TAG"),
    Flag.withDescription("The language, such as de or de-CH; English when absent"),
    Flag.withSchema(Language),
    Flag.optional
  )
}
interface Which {
  readonly organisation: Option.Option<string>
  readonly language: Option.Option<Language>
}

const queryOf = Effect.fnUntraced(function* (api: Api, { organisation, language }: Which) {
  return {
    ...(Option.isSome(organisation)
      ? { organisation: (yield* findAccount(api, organisation.value)).id }
      : {}),
    ...(Option.isSome(language) ? { language: language.value } : {})
  }
})

const occasionColumns: ReadonlyArray<Column> = [
  { heading: "Kind", least: 16, most: 40 },
  { heading: "Occasion", least: 16, most: 50 },
  { heading: "Templates", least: 12, most: 60 }
]

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function* () {
    const api = yield* connect()
    const occasions = yield* everyItem((cursor) =>
      api.client.templates.list({ query: cursor })
    ).pipe(Stream.runCollect, Effect.mapError(api.explained))
    const templateText = ({
      organisationId,
      language,
      version,
      active
    }: (typeof occasions)[number]["templates"][number]) =>
      `${organisationId === null ? "" : `${organisationId} `}${language} ${version === 0 ? "built in" : `v${version}`}${active ? "" : " off"}`
    yield* Console.log(
      table(
        occasionColumns,
        occasions.map(({ kind, name, templates }) => [
          kind,
          name,
          templates.map(templateText).join("; ")
        ]),
        screenWidth()
      )
    )
  })
).pipe(Command.withDescription("List the occasions of mails, and their templates"))

const show = Command.make(
  "show",
  { kind: kindArgument, ...which },
  Effect.fnUntraced(function* ({ kind, ...given }) {
    const api = yield* connect()
    const { body } = yield* api.client.templates
      .get({ params: { kind }, query: yield* queryOf(api, given) })
      .pipe(Effect.mapError(api.explained))
    const { active, to, cc, bcc, subject, html, text } = body
    // As "template edit" takes it.
    yield* Console.log(JSON.stringify({ active, to, cc, bcc, subject, html, text }, null, 2))
    yield* Console.error(
      body.version === 0
        ? "Nobody has changed it: this is what is used instead."
        : `Version ${body.version}.`
    )
  })
).pipe(Command.withDescription("Print a template, as JSON that can be edited"))

const fieldColumns: ReadonlyArray<Column> = [
  { heading: "Merge field", least: 20, most: 40 },
  { heading: "What stands in its place", least: 20, most: 60 },
  { heading: "Example", least: 10, most: 50 }
]

const fields = Command.make(
  "fields",
  { kind: kindArgument },
  Effect.fnUntraced(function* ({ kind }) {
    const api = yield* connect()
    const occasions = yield* everyItem((cursor) =>
      api.client.templates.list({ query: cursor })
    ).pipe(Stream.runCollect, Effect.mapError(api.explained))
    const rows = occasions
      .filter((occasion) => occasion.kind === kind)
      .flatMap((occasion) => occasion.fields)
      .map(({ name, description, example }) => [`{#${name}#}`, description, example])
    yield* Console.log(table(fieldColumns, rows, screenWidth()))
  })
).pipe(Command.withDescription("List the merge fields that an occasion's templates may use"))

const fileArgument = Argument.String("file").pipe(
  Argument.withMetavar("FILE.json"),
  Argument.withDescription('What the template says, in the form of "template show"')
)

/** Every text of a template at its greatest length is less. */
const fileBytesMax = 4 * 1024 * 1024

const textsIn = Effect.fnUntraced(function* (file: string) {
  const bytes = yield* readInput(file, fileBytesMax, "is too large to be a template.")
  const content = new TextDecoder().decode(bytes)
  const json = yield* Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))(content).pipe(
    Effect.mapError(() => new CommandFailed({ message: `${file} is not JSON.` }))
  )
  return yield* typed(TemplateTexts, json)
})

const edit = Command.make(
  "edit",
  { kind: kindArgument, file: fileArgument, ...which },
  Effect.fnUntraced(function* ({ kind, file, ...given }) {
    const payload = yield* textsIn(file)
    const api = yield* connect()
    const query = yield* queryOf(api, given)
    // The version that was read just now: whoever is faster wins, and nothing is mixed.
    const { headers } = yield* api.client.templates
      .get({ params: { kind }, query })
      .pipe(Effect.mapError(api.explained))
    const { body } = yield* api.client.templates
      .put({ params: { kind }, query, headers: { "if-match": headers.etag }, payload })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(`The template ${kind} (${body.language}) is version ${body.version} now.`)
  })
).pipe(Command.withDescription("Change a template to what a file says; older versions are kept"))

const preview = Command.make(
  "preview",
  {
    kind: kindArgument,
    file: fileArgument.pipe(Argument.optional),
    account: Flag.String("account").pipe(
      Flag.withMetavar("ACCOUNT"),
      Flag.withDescription("With the data of this account; examples when absent"),
      Flag.optional
    ),
    html: Flag.Boolean("html").pipe(
      Flag.withDescription("Print its HTML, and nothing else, on standard output"),
      Flag.withDefault(false)
    ),
    ...which
  },
  Effect.fnUntraced(function* ({ kind, file, account, html, ...given }) {
    const api = yield* connect()
    const texts = Option.isSome(file)
      ? yield* textsIn(file.value)
      : yield* api.client.templates
          .get({ params: { kind }, query: yield* queryOf(api, given) })
          .pipe(
            Effect.mapError(api.explained),
            Effect.map(({ body: { active, to, cc, bcc, subject, html, text } }) => ({
              active,
              to,
              cc,
              bcc,
              subject,
              html,
              text
            }))
          )
    const mail = yield* api.client.templates
      .preview({
        params: { kind },
        query: Option.isSome(account)
          ? { account: (yield* findAccount(api, account.value)).id }
          : {},
        headers: { "idempotency-key": randomUUID() },
        payload: texts
      })
      .pipe(Effect.mapError(api.explained))
    if (html) return yield* Console.log(mail.html)
    const header = [
      ["To", mail.to.join(", ")],
      ["Cc", mail.cc.join(", ")],
      ["Bcc", mail.bcc.join(", ")],
      ["Subject", mail.subject]
    ]
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `${name}: ${printable(value ?? "")}`)
    yield* Console.log([...header, "", ...mail.text.split("\n").map(printable)].join("\n"))
  })
).pipe(Command.withDescription("Show the mail that a template would make; nothing is sent or kept"))

const versionColumns: ReadonlyArray<Column> = [
  { heading: "Version", least: 7, most: 7, align: "right" },
  { heading: "Made", least: 16, most: 16 },
  { heading: "By", least: 10, most: 40 },
  { heading: "Subject", least: 12, most: 80 }
]

const versions = Command.make(
  "versions",
  { kind: kindArgument, ...which },
  Effect.fnUntraced(function* ({ kind, ...given }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.templates
      .versions({ params: { kind }, query: { ...(yield* queryOf(api, given)), limit: 100 } })
      .pipe(Effect.mapError(api.explained))
    yield* items.length === 0
      ? Console.error("Nobody has changed it.")
      : Console.log(
          table(
            versionColumns,
            items.map(({ template, at, actor }) => [
              String(template.version),
              toIso(at).slice(0, 16).replace("T", " "),
              actor,
              template.subject
            ]),
            screenWidth()
          )
        )
    if (next !== null) yield* Console.error(`There are more; the newest ${items.length} are shown.`)
  })
).pipe(Command.withDescription("List the versions of a template, newest first"))

/** `concordat template …` */
export const template = Command.make("template").pipe(
  Command.withDescription("How mails look, by occasion, organisation and language"),
  Command.withSubcommands([list, show, fields, edit, preview, versions])
)
