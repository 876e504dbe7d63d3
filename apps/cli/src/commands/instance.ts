import { randomUUID } from "node:crypto"
import type { InstanceView } from "@concordat/contracts/instances"
import { Cloud, endpointsOf } from "@concordat/core/instance/Cloud"
import { Guid } from "@concordat/core/instance/Guid"
import { CspStatus, InstanceName, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Console, Effect, Option, Redacted, Stream } from "effect"
import { Command, Flag, Prompt } from "effect/cli"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { everyItem } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, table } from "../Table.ts"

const address = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("URL"), Flag.withDescription(description), Flag.optional)

const add = Command.make(
  "add",
  {
    name: Flag.String("name").pipe(
      Flag.withDescription("Required. What operators will type, such as contoso-eu"),
      Flag.withSchema(InstanceName)
    ),
    cloud: Flag.Literals("cloud", Cloud.literals).pipe(
      Flag.withDescription(
        "Required. Which of Microsoft's clouds; custom names its addresses itself"
      )
    ),
    tenantId: Flag.String("tenant-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Required. The partner's own Microsoft tenant"),
      Flag.withSchema(TenantId)
    ),
    appId: Flag.String("app-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription(
        "Required. The application (client) id that signs in, with app-only permissions"
      ),
      Flag.withSchema(Guid)
    ),
    cspStatus: Flag.Literals("csp-status", CspStatus.literals).pipe(
      Flag.withDescription("Required. Direct partner, or indirect provider")
    ),
    tenantDomain: Flag.String("tenant-domain").pipe(
      Flag.withDescription("The tenant's domain"),
      Flag.optional
    ),
    mpnId: Flag.String("mpn-id").pipe(
      Flag.withDescription("The partner's own Partner ID (MPN id)"),
      Flag.withSchema(MpnId),
      Flag.optional
    ),
    requestsPerMinute: Flag.Int("requests-per-minute").pipe(
      Flag.withDescription("What all processes together may send; 500 when absent"),
      Flag.optional
    ),
    apiUrl: address("api-url", "Where Partner Center answers; only for --cloud custom or germany"),
    loginUrl: address(
      "login-url",
      "Where applications sign in; only for --cloud custom or germany"
    ),
    resource: address("resource", "The token's audience; the --api-url when absent")
  },
  Effect.fnUntraced(function* (flags) {
    const endpoints = yield* endpointsFrom(flags)
    const secret = yield* readSecret
    const api = yield* connect()
    const { body } = yield* api.client.instances
      .add({
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: {
          name: flags.name,
          cloud: flags.cloud,
          tenantId: flags.tenantId,
          appId: flags.appId,
          cspStatus: flags.cspStatus,
          secret,
          ...endpoints,
          ...Option.match(flags.tenantDomain, {
            onNone: () => ({}),
            onSome: (tenantDomain) => ({ tenantDomain })
          }),
          ...Option.match(flags.mpnId, { onNone: () => ({}), onSome: (mpnId) => ({ mpnId }) }),
          ...Option.match(flags.requestsPerMinute, {
            onNone: () => ({}),
            onSome: (requestsPerMinute) => ({ requestsPerMinute })
          })
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `Instance ${body.name} is connected (${body.cloud}, ${body.cspStatus}). Nothing has been sent to Microsoft yet.\nNext: concordat book import FILE --instance ${body.name}, then concordat reconcile --instance ${body.name} --scope organisation`
    )
  })
).pipe(
  Command.withDescription(
    "Connect a Partner Center account with app-only credentials. The application's secret is asked for, or read from standard input in a pipe; it is never an argument, and is stored encrypted."
  ),
  Command.withShortDescription("Connect a Partner Center account"),
  Command.withExamples([
    {
      command:
        "concordat instance add --name contoso-eu --cloud global --tenant-id GUID --app-id GUID --csp-status indirect < secret.txt",
      description: "With the secret from a file"
    }
  ])
)

const endpointsFrom = (flags: {
  readonly cloud: Cloud
  readonly apiUrl: Option.Option<string>
  readonly loginUrl: Option.Option<string>
  readonly resource: Option.Option<string>
}) => {
  const given = Option.isSome(flags.apiUrl) || Option.isSome(flags.loginUrl)
  const isKnown = endpointsOf(flags.cloud) !== undefined
  if (isKnown && (given || Option.isSome(flags.resource)))
    return Effect.fail(
      new CommandFailed({
        message: `The addresses of the cloud ${flags.cloud} are known: leave out --api-url, --login-url and --resource, or use --cloud custom.`
      })
    )
  if (isKnown) return Effect.succeed({})
  if (Option.isNone(flags.apiUrl) || Option.isNone(flags.loginUrl))
    return Effect.fail(
      new CommandFailed({
        message: `The cloud ${flags.cloud} has no published addresses: give --api-url and --login-url.`
      })
    )
  const api = flags.apiUrl.value.replace(/\/+$/u, "")
  return Effect.succeed({
    endpoints: {
      api,
      login: flags.loginUrl.value.replace(/\/+$/u, ""),
      resource: Option.getOrElse(flags.resource, () => api).replace(/\/+$/u, "")
    }
  })
}

/** Asked for without showing it, or read from a pipe: other users of a machine see arguments. */
const readSecret = Effect.gen(function* () {
  const secret =
    process.stdin.isTTY === true
      ? yield* Prompt.run(Prompt.Hidden({ message: "The application's secret:" })).pipe(
          Effect.mapError(() => new CommandFailed({ message: "Nothing was added." }))
        )
      : Redacted.make((yield* readPipe).replace(/\r?\n$/u, ""))
  if (Redacted.value(secret).trim() === "")
    return yield* new CommandFailed({
      message: "There is no secret. Type it when asked, or pipe it in: … < secret.txt"
    })
  return secret
})

const readPipe = Effect.tryPromise({
  try: async () => {
    const chunks: Array<Buffer> = []
    let length = 0
    for await (const chunk of process.stdin) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      // No secret is this long; whatever is piped in is something else.
      if (length > 64 * 1024) break
      chunks.push(bytes)
    }
    return Buffer.concat(chunks).toString()
  },
  catch: () => new CommandFailed({ message: "The secret cannot be read from standard input." })
})

const columns: ReadonlyArray<Column> = [
  { heading: "Name", least: 8, most: 30 },
  { heading: "Cloud", least: 6, most: 14 },
  { heading: "CSP", least: 8, most: 8 },
  { heading: "Tenant", least: 12, most: 40 },
  { heading: "Requests/min", least: 12, most: 12, align: "right" },
  { heading: "", least: 8, most: 8 }
]

const cellsOf = (instance: InstanceView): ReadonlyArray<string> => [
  instance.name,
  instance.cloud,
  instance.cspStatus,
  instance.tenantDomain ?? instance.tenantId,
  String(instance.requestsPerMinute),
  instance.disabled ? "disabled" : ""
]

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function* () {
    const api = yield* connect()
    const items = yield* everyItem((cursor) => api.client.instances.list({ query: cursor })).pipe(
      Stream.runCollect,
      Effect.mapError(api.explained)
    )
    yield* Console.log(
      items.length === 0
        ? 'There is no instance yet; connect one with "concordat instance add".'
        : table(columns, items.map(cellsOf), screenWidth())
    )
  })
).pipe(Command.withDescription("List the connected Partner Center accounts"))

/** `concordat instance …` */
export const instance = Command.make("instance").pipe(
  Command.withDescription("The Partner Center accounts we are connected to"),
  Command.withSubcommands([add, list])
)
