import { randomUUID } from "node:crypto"
import { SettingsFile, type SettingsImport } from "@concordat/contracts/instances"
import { InstancesNotImported } from "@concordat/contracts/Problem"
import { retiredField } from "@concordat/core/instance/retiredFields"
import { Console, Effect, FileSystem, Redacted, Result, Schema, SchemaIssue, Stream } from "effect"
import { Argument, Command, Flag, Prompt } from "effect/cli"
import { parseDocument } from "yaml"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { readInput } from "../Input.ts"
import { writeOutput } from "../Output.ts"
import { printable } from "../Table.ts"

/** A settings file is some kilobytes; whatever is larger is something else. */
const fileBytesMax = 256 * 1024

export const importSettings = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE.yaml|FILE.json"),
      Argument.withDescription('The settings, as "instance template" shows them')
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Check and tell everything, and keep nothing"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ file, dryRun }) {
    const found = yield* entriesOf(file)
    const entries = yield* Effect.forEach(found, (entry, index) =>
      withSecrets(entry, `${file}: ${nameOf(entry, index)}`)
    )
    const settings = Schema.decodeUnknownResult(SettingsFile)(
      { instances: entries },
      { errors: "all", onExcessProperty: "error" }
    )
    if (Result.isFailure(settings))
      return yield* refusal(
        file,
        found,
        formatIssue(settings.failure.issue).issues.map(({ path, message }) => ({
          path: (path ?? []).map((part) => (typeof part === "object" ? part.key : part)),
          message:
            message === excess ? "not known here: leave it out, or correct its name" : message
        }))
      )
    const api = yield* connect()
    const done = yield* api.client.instances
      .import({
        headers: { "idempotency-key": randomUUID() },
        query: { dryRun },
        payload: settings.success
      })
      .pipe(
        Effect.mapError((error) =>
          error instanceof InstancesNotImported
            ? refusal(
                file,
                found,
                error.errors.map(({ path, message }) => ({ path: path.slice(1), message }))
              )
            : api.explained(error)
        )
      )
    yield* Console.log(outcomesOf(done))
  })
).pipe(
  Command.withDescription(
    "Make the instances be as a settings file says: new names are added, known ones changed, all or nothing; what the file does not name stays. Importing it again changes nothing. Which environment is live is not imported: see instance environment."
  ),
  Command.withShortDescription("Take the settings of instances from a file"),
  Command.withExamples([
    {
      command: "concordat instance import settings.yaml --dry-run",
      description: "See what would be added, changed and purged"
    }
  ])
)

/** Effect's words for a field that the contract does not have. */
const excess = "Expected no excess property"

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

type Entry = Readonly<Record<string, unknown>>
const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** One instance by itself, a list of them, or a list under `instances`. JSON is YAML. */
const entriesOf = Effect.fnUntraced(function* (file: string) {
  if (!/\.(ya?ml|json)$/iu.test(file))
    return yield* new CommandFailed({
      message: `${file} is neither .yaml nor .json; "concordat instance template" shows what is expected.`
    })
  const bytes = yield* readInput(file, fileBytesMax, "is too large to be a file of settings.")
  const text = new TextDecoder().decode(bytes)
  // Aliases that multiply themselves are refused by the parser's own limit.
  const document = parseDocument(text, { uniqueKeys: true })
  const [problem] = document.errors
  if (problem !== undefined)
    return yield* new CommandFailed({
      message: `${file}:${problem.linePos?.[0].line ?? 1}: ${problem.message.split("\n")[0]}`
    })
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  const list = isEntry(value) && "instances" in value ? value["instances"] : value
  const entries = Array.isArray(list) ? list : [list]
  if (entries.length === 0 || !entries.every(isEntry))
    return yield* new CommandFailed({
      message: `${file} holds no instances; "concordat instance template" shows what is expected.`
    })
  return entries
})

const nameOf = (entry: Entry | undefined, index: number): string =>
  typeof entry?.["name"] === "string" ? entry["name"] : `number ${index + 1}`

/** Where a secret is: named by the file, never shown. `ask` needs a terminal. */
const references = ["secretFile", "secretEnv", "secretPrompt"] as const

/** The entry with the secrets that it refers to, its own and the sandbox's. */
const withSecrets = Effect.fnUntraced(function* (entry: Entry, where: string) {
  const { sandbox, ...own } = yield* withSecret(entry, where)
  return sandbox === undefined
    ? own
    : {
        ...own,
        sandbox: isEntry(sandbox) ? yield* withSecret(sandbox, `${where}, sandbox`) : sandbox
      }
})

const withSecret = Effect.fnUntraced(function* (entry: Entry, where: string) {
  const given = [...references, "secret"].filter((field) => entry[field] !== undefined)
  if (given.length > 1)
    return yield* new CommandFailed({
      message: `${where}: ${given.join(" and ")} both name the secret; leave all but one out.`
    })
  const { secretFile, secretEnv, secretPrompt, ...rest }: Entry = entry
  if (rest["secret"] !== undefined) {
    yield* Console.error(
      `Warning: ${printable(where)}: the secret itself is in the file. Name it by secretFile or secretEnv instead, and delete it there.`
    )
    return rest
  }
  if (typeof secretFile === "string")
    return { ...rest, secret: yield* secretOfFile(secretFile, where) }
  if (typeof secretEnv === "string") {
    const secret = process.env[secretEnv]
    if (secret === undefined || secret === "")
      return yield* new CommandFailed({
        message: `${where}: the environment variable ${secretEnv} is not set.`
      })
    return { ...rest, secret }
  }
  if (secretPrompt === true) return { ...rest, secret: yield* asked(where) }
  return rest
})

const secretOfFile = Effect.fnUntraced(function* (path: string, where: string) {
  const files = yield* FileSystem.FileSystem
  const text = yield* files.readFileString(path).pipe(
    Effect.mapError(
      (error) =>
        new CommandFailed({
          message: `${where}: secretFile ${path} cannot be read: ${error.message}`
        })
    )
  )
  return text.replace(/\r?\n$/u, "")
})

const asked = (where: string) =>
  process.stdin.isTTY === true
    ? Prompt.run(Prompt.Hidden({ message: `The secret of ${where}:` })).pipe(
        Effect.map(Redacted.value),
        Effect.mapError(() => new CommandFailed({ message: "Nothing was imported." }))
      )
    : Effect.fail(
        new CommandFailed({
          message: `${where}: secretPrompt needs a terminal; use secretFile or secretEnv.`
        })
      )

/** As compilers print it, with the instance in place of the line. */
const refusal = (
  file: string,
  entries: ReadonlyArray<Entry>,
  issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }>
): CommandFailed =>
  new CommandFailed({
    message: [
      `${file} was not imported: ${issues.length} ${issues.length === 1 ? "problem" : "problems"}.`,
      ...issues.map(({ path: [, at, ...field], message }) => {
        const index = Number(at ?? 0)
        return printable(
          `${nameOf(entries[index], index)}: ${field.map(String).join(".")}: ${message}`
        )
      })
    ].join("\n")
  })

const outcomesOf = ({ dryRun, instances }: SettingsImport): string =>
  [
    dryRun ? "Nothing was kept. Importing would do this:" : "Imported:",
    ...instances.flatMap(({ name, outcome, fields, purged }) => [
      `  ${name}: ${outcome}${outcome === "changed" ? ` (${fields.join(", ")})` : ""}`,
      ...purged.map((field) =>
        printable(
          `    ${retiredField(field) ?? field} was purged: nothing uses it any more. Delete it from the file${/password/iu.test(field) ? ", and change that password" : ""}.`
        )
      )
    ])
  ].join("\n")

const templateText = `# Instances of Concordat: "concordat instance import settings.yaml". What is absent stays, or has its default.
# A secret is named, not written down: secretFile (a path), secretEnv (a variable), or secretPrompt: true.
instances:
  - name: contoso-eu
    cloud: global                # global, us-government, china; germany and custom need endpoints
    tenantId: 00000000-0000-4000-8000-000000000000      # account id
    tenantDomain: contoso.onmicrosoft.com               # tenant name
    appId: 00000000-0000-4000-8000-000000000000
    secretFile: /run/secrets/contoso-eu
    cspStatus: indirect          # direct: no partner of record; indirect: the reseller's MPN id
    mpnId: "1234567"
    catalogueLanguage: en-US
    countries: [DE, AT]
    productNames: keep           # or update: Microsoft's names with each catalogue run
    annualProvisioning: false    # false: Microsoft always gets monthly subscriptions
    catalogueSchedule: "0 3 1 * *" # UTC; "" = by hand only
    requestsPerMinute: 500
    disabled: false
    # sandbox:                   # the integration sandbox; "concordat instance environment" makes it live
    #   tenantId: 00000000-0000-4000-8000-000000000000
    #   appId: 00000000-0000-4000-8000-000000000000
    #   secretEnv: CONTOSO_EU_SANDBOX_SECRET
    # endpoints:                 # clouds germany and custom only; https, or http on this machine
    #   api: https://api.partnercenter.example
    #   login: https://login.example
    #   resource: https://api.partnercenter.example
    #   prices: https://prices.example
`

export const template = Command.make(
  "template",
  {
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write it to this file instead of standard output"),
      Flag.optional
    )
  },
  ({ output }) => writeOutput(Stream.make(new TextEncoder().encode(templateText)), output)
).pipe(Command.withDescription("Get a settings file with every setting explained"))
