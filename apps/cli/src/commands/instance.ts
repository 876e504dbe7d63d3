import { randomUUID } from "node:crypto"
import type { InstanceEventView, InstancePatch, InstanceView } from "@concordat/contracts/instances"
import { Cloud, endpointsOf } from "@concordat/core/instance/Cloud"
import { Countries } from "@concordat/core/instance/Country"
import { Guid } from "@concordat/core/instance/Guid"
import {
  CspStatus,
  Environment,
  InstanceName,
  MpnId,
  ProductNames,
  TenantId
} from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Option, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { everyItem, limitFlag } from "../pages.ts"
import { screenWidth } from "../Screen.ts"
import { readSecret } from "../Secret.ts"
import { type Column, printable, table } from "../Table.ts"
import { authenticate, consent } from "./consent.ts"
import { mpn } from "./mpn.ts"
import { importSettings, template } from "./settings.ts"
import { testConnection } from "./testConnection.ts"

const address = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar("URL"), Flag.withDescription(description), Flag.optional)

const settingFlags = {
  tenantDomain: Flag.String("tenant-domain").pipe(
    Flag.withDescription("The tenant's default domain"),
    Flag.optional
  ),
  mpnId: Flag.String("mpn-id").pipe(
    Flag.withDescription("The partner's own Partner ID (MPN id)"),
    Flag.withSchema(MpnId),
    Flag.optional
  ),
  catalogueLanguage: Flag.String("language").pipe(
    Flag.withMetavar("TAG"),
    Flag.withDescription("The language of the catalogue, such as de-DE; en-US for a new instance"),
    Flag.withSchema(Language),
    Flag.optional
  ),
  countries: Flag.String("countries").pipe(
    Flag.withMetavar("CC,CC"),
    Flag.withDescription("The countries whose catalogues are read, such as DE,AT"),
    Flag.optional
  ),
  productNames: Flag.Literals("product-names", ProductNames.literals).pipe(
    Flag.withDescription("keep names edited by hand, or update them to Microsoft's"),
    Flag.optional
  ),
  annualProvisioning: Flag.Literals("annual-provisioning", ["on", "off"]).pipe(
    Flag.withDescription("Whether annual subscriptions are annual at Microsoft too"),
    Flag.optional
  ),
  catalogueSchedule: Flag.String("catalogue-schedule").pipe(
    Flag.withMetavar("CRON"),
    Flag.withDescription('When the catalogue is read by itself, in UTC; "" = by hand only'),
    Flag.optional
  ),
  requestsPerMinute: Flag.Int("requests-per-minute").pipe(
    Flag.withDescription("What all processes together may send; 500 for a new instance"),
    Flag.optional
  ),
  apiUrl: address("api-url", "Where Partner Center answers; only for --cloud custom or germany"),
  loginUrl: address("login-url", "Where applications sign in; only for --cloud custom or germany"),
  resource: address("resource", "The token's audience; Partner Center's own when absent"),
  pricesUrl: address("prices-url", "Where price sheets are; the --api-url when absent")
}

/** What the flags say, by the names of the API; what was not given is not sent. */
const settingsFrom = Effect.fnUntraced(function* (
  flags: Pick<
    Command.Command.Config.Infer<typeof settingFlags>,
    Exclude<keyof typeof settingFlags, "apiUrl" | "loginUrl" | "resource" | "pricesUrl">
  >
) {
  const countries = yield* countriesFrom(flags.countries)
  return {
    ...present("tenantDomain", flags.tenantDomain),
    ...present("mpnId", flags.mpnId),
    ...present("catalogueLanguage", flags.catalogueLanguage),
    ...present("countries", countries),
    ...present("productNames", flags.productNames),
    ...present(
      "annualProvisioning",
      Option.map(flags.annualProvisioning, (word) => word === "on")
    ),
    ...present(
      "catalogueSchedule",
      Option.map(flags.catalogueSchedule, (cron) => (cron === "" ? null : cron))
    ),
    ...present("requestsPerMinute", flags.requestsPerMinute)
  }
})

const present = <K extends string, A>(
  key: K,
  value: Option.Option<A>
): { readonly [P in K]?: A } =>
  Option.isSome(value) ? Object.assign<{ [P in K]?: A }, object>({}, { [key]: value.value }) : {}

const countriesFrom = (text: Option.Option<string>) =>
  Option.isNone(text)
    ? Effect.succeedNone
    : Schema.decodeEffect(Countries)(
        text.value.split(/[\s,]+/u).filter((code) => code !== "")
      ).pipe(
        Effect.asSome,
        Effect.mapError(
          () =>
            new CommandFailed({
              message: `--countries: "${text.value}" is no list of countries; it looks like DE,AT (ISO 3166-1), each once.`
            })
        )
      )

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
      Flag.withDescription("Required. The account id: the partner's own Microsoft tenant"),
      Flag.withSchema(TenantId)
    ),
    appId: Flag.String("app-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Required. The application (client) id that signs in"),
      Flag.withSchema(Guid)
    ),
    cspStatus: Flag.Literals("csp-status", CspStatus.literals).pipe(
      Flag.withDescription("Required. Direct partner, or indirect provider")
    ),
    ...settingFlags
  },
  Effect.fnUntraced(function* (flags) {
    const endpoints = yield* endpointsFrom(flags)
    const settings = yield* settingsFrom(flags)
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
          ...settings
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `Instance ${body.name} is connected (${body.cloud}, ${body.cspStatus}). Nothing has been sent to Microsoft yet.\nNext: concordat book import FILE --instance ${body.name}, or concordat import start --instance ${body.name}; then concordat reconcile --instance ${body.name} --scope organisation`
    )
  })
).pipe(
  Command.withDescription(
    "Connect a Partner Center account. The application's secret is asked for, or read from standard input in a pipe; it is never an argument, and is stored encrypted."
  ),
  Command.withShortDescription("Connect a Partner Center account"),
  Command.withExamples([
    {
      command:
        "concordat instance add --name contoso-eu --cloud global --tenant-id GUID --app-id GUID --csp-status indirect --countries DE,AT < secret.txt",
      description: "With the secret from a file"
    }
  ])
)

const endpointsFrom = (flags: {
  readonly cloud: Cloud
  readonly apiUrl: Option.Option<string>
  readonly loginUrl: Option.Option<string>
  readonly resource: Option.Option<string>
  readonly pricesUrl: Option.Option<string>
  /** Those that the instance has: what is not given stays. */
  readonly current?: InstanceView["endpoints"] | undefined
}) => {
  const { current } = flags
  const isKnown = endpointsOf(flags.cloud) !== undefined
  if (isKnown && isAddressed(flags))
    return Effect.fail(
      new CommandFailed({
        message: `The addresses of the cloud ${flags.cloud} are known: leave out --api-url, --login-url, --resource and --prices-url, or use --cloud custom.`
      })
    )
  if (isKnown) return Effect.succeed({})
  const api = Option.getOrElse(flags.apiUrl, () => current?.api)?.replace(/\/+$/u, "")
  const login = Option.getOrElse(flags.loginUrl, () => current?.login)?.replace(/\/+$/u, "")
  if (api === undefined || login === undefined)
    return Effect.fail(
      new CommandFailed({
        message: `The cloud ${flags.cloud} has no published addresses: give --api-url and --login-url.`
      })
    )
  const resource = Option.getOrElse(
    flags.resource,
    () => current?.resource ?? partnerCenterResource
  )
  const prices = Option.getOrElse(flags.pricesUrl, () => current?.prices ?? api)
  return Effect.succeed({
    endpoints: {
      api,
      login,
      resource: resource.replace(/\/+$/u, ""),
      prices: prices.replace(/\/+$/u, "")
    }
  })
}

/** What tokens for Partner Center are for, whatever stands before it ("National cloud endpoints"). */
const partnerCenterResource = "https://api.partnercenter.microsoft.com"

const isAddressed = (flags: {
  readonly apiUrl: Option.Option<string>
  readonly loginUrl: Option.Option<string>
  readonly resource: Option.Option<string>
  readonly pricesUrl: Option.Option<string>
}): boolean => [flags.apiUrl, flags.loginUrl, flags.resource, flags.pricesUrl].some(Option.isSome)

const columns: ReadonlyArray<Column> = [
  { heading: "Name", least: 8, most: 30 },
  { heading: "Cloud", least: 6, most: 14 },
  { heading: "CSP", least: 8, most: 8 },
  { heading: "Tenant", least: 12, most: 40 },
  { heading: "Requests/min", least: 12, most: 12, align: "right" },
  { heading: "", least: 8, most: 18 }
]

const cellsOf = (instance: InstanceView): ReadonlyArray<string> => [
  instance.name,
  instance.cloud,
  instance.cspStatus,
  instance.tenantDomain ?? instance.tenantId,
  String(instance.requestsPerMinute),
  [
    ...(instance.environment === "sandbox" ? ["sandbox"] : []),
    ...(instance.disabled ? ["disabled"] : [])
  ].join(", ")
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

const named = Argument.String("name").pipe(
  Argument.withDescription("The instance's name"),
  Argument.withSchema(InstanceName)
)

const read = (api: Api, name: InstanceName) =>
  api.client.instances.get({ params: { name }, query: {} }).pipe(Effect.mapError(api.explained))

/** Changes the version that was read just now: whoever is faster wins, and nothing is mixed. */
const patch = Effect.fnUntraced(function* (api: Api, name: InstanceName, payload: InstancePatch) {
  const { headers } = yield* read(api, name)
  const { body } = yield* api.client.instances
    .update({ params: { name }, headers: { "if-match": headers.etag }, query: {}, payload })
    .pipe(Effect.mapError(api.explained))
  return body
})

const factsOf = (instance: InstanceView): ReadonlyArray<readonly [string, string]> => {
  const { primary, sandbox } = instance.credentials
  const account = ({ tenantId, tenantDomain, appId }: InstanceView["credentials"]["primary"]) =>
    `${tenantDomain ?? tenantId} (tenant ${tenantId}, application ${appId})`
  return [
    ["Name", instance.name],
    ["ID", instance.id],
    ["Cloud", instance.cloud],
    ["API", instance.endpoints.api],
    ["Login", instance.endpoints.login],
    ["Price sheets", instance.endpoints.prices],
    [
      "Live",
      instance.environment === "sandbox" ? "SANDBOX: nothing is billed" : "primary: orders are real"
    ],
    ["Primary account", account(primary)],
    ["Sandbox", sandbox === null ? "none" : account(sandbox)],
    ["CSP status", instance.cspStatus],
    ["MPN id", instance.mpnId ?? "none"],
    ["Catalogue language", instance.catalogueLanguage],
    ["Countries", instance.countries.join(", ")],
    ["Product names", instance.productNames],
    ["Annual provisioning", instance.annualProvisioning ? "on" : "off"],
    ["Catalogue schedule", instance.catalogueSchedule ?? "by hand only"],
    ["Requests a minute", String(instance.requestsPerMinute)],
    ["State", instance.disabled ? "disabled: nothing is sent to Partner Center" : "enabled"],
    ["Version", String(instance.version)]
  ]
}

const show = Command.make(
  "show",
  { name: named },
  Effect.fnUntraced(function* ({ name }) {
    const api = yield* connect()
    const { body } = yield* read(api, name)
    const facts = factsOf(body)
    const width = Math.max(...facts.map(([label]) => label.length))
    yield* Console.log(
      facts.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join("\n")
    )
  })
).pipe(Command.withDescription("Show an instance's settings; its secrets are never shown"))

const update = Command.make(
  "update",
  {
    name: named,
    rename: Flag.String("rename").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("Another name for the instance"),
      Flag.withSchema(InstanceName),
      Flag.optional
    ),
    cloud: Flag.Literals("cloud", Cloud.literals).pipe(
      Flag.withDescription("Another cloud, while the instance holds no data"),
      Flag.optional
    ),
    tenantId: Flag.String("tenant-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Another account id, while the instance holds no data"),
      Flag.withSchema(TenantId),
      Flag.optional
    ),
    appId: Flag.String("app-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Another application (client) id"),
      Flag.withSchema(Guid),
      Flag.optional
    ),
    cspStatus: Flag.Literals("csp-status", CspStatus.literals).pipe(
      Flag.withDescription("Direct partner, or indirect provider"),
      Flag.optional
    ),
    newSecret: Flag.Boolean("secret").pipe(
      Flag.withDescription("Replace the secret: it is asked for, or read from a pipe"),
      Flag.withDefault(false)
    ),
    ...settingFlags
  },
  Effect.fnUntraced(function* (flags) {
    const settings = yield* settingsFrom(flags)
    const api = yield* connect()
    const isMoved = isAddressed(flags) || Option.isSome(flags.cloud)
    const current = isMoved ? (yield* read(api, flags.name)).body : undefined
    const cloud = Option.getOrElse(flags.cloud, () => current?.cloud)
    const stays = cloud === current?.cloud ? current?.endpoints : undefined
    const endpoints =
      current === undefined || cloud === undefined
        ? {}
        : yield* endpointsFrom({ ...flags, cloud, current: stays })
    const payload = {
      ...present("name", flags.rename),
      ...present("cloud", flags.cloud),
      ...present("tenantId", flags.tenantId),
      ...present("appId", flags.appId),
      ...present("cspStatus", flags.cspStatus),
      ...endpoints,
      ...settings,
      ...(flags.newSecret ? { secret: yield* readSecret } : {})
    }
    if (Object.keys(payload).length === 0)
      return yield* new CommandFailed({
        message:
          'Nothing to change was given; "concordat instance update --help" names the settings.'
      })
    const body = yield* patch(api, flags.name, payload)
    yield* Console.log(`Instance ${body.name} is at version ${body.version}.`)
  })
).pipe(
  Command.withDescription(
    "Change settings of an instance; what is not named stays. With other addresses the secret is needed again, which is sent there."
  ),
  Command.withShortDescription("Change settings of an instance"),
  Command.withExamples([
    {
      command: "concordat instance update contoso-eu --countries DE,AT,CH --product-names update",
      description: "Read three countries' catalogues, and take Microsoft's names"
    },
    {
      command: "concordat instance update contoso-eu --secret < secret.txt",
      description: "Replace the application's secret before it expires"
    }
  ])
)

const ability = (verb: "disable" | "enable", description: string, done: string) =>
  Command.make(
    verb,
    { name: named },
    Effect.fnUntraced(function* ({ name }) {
      const api = yield* connect()
      const body = yield* patch(api, name, { disabled: verb === "disable" })
      yield* Console.log(`Instance ${body.name} is ${verb}d. ${done}`)
    })
  ).pipe(Command.withDescription(description))

const disable = ability(
  "disable",
  "Send nothing to Partner Center for an instance any more",
  "Nothing is sent to Partner Center for it."
)
const enable = ability("enable", "Send to Partner Center for an instance again", "Work goes on.")

const sandbox = Command.make(
  "sandbox",
  {
    name: named,
    tenantId: Flag.String("tenant-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Required. The sandbox's own Microsoft tenant"),
      Flag.withSchema(TenantId)
    ),
    appId: Flag.String("app-id").pipe(
      Flag.withMetavar("GUID"),
      Flag.withDescription("Required. The application (client) id that signs in to the sandbox"),
      Flag.withSchema(Guid)
    ),
    tenantDomain: settingFlags.tenantDomain
  },
  Effect.fnUntraced(function* (flags) {
    const secret = yield* readSecret
    const api = yield* connect()
    const { headers } = yield* read(api, flags.name)
    const { body } = yield* api.client.instances
      .setSandbox({
        params: { name: flags.name },
        headers: { "if-match": headers.etag },
        query: {},
        payload: {
          tenantId: flags.tenantId,
          appId: flags.appId,
          secret,
          ...present("tenantDomain", flags.tenantDomain)
        }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      `Instance ${body.name} has a sandbox; ${body.environment} is live.\nNext: concordat instance environment ${body.name} sandbox --reason "first steps"`
    )
  })
).pipe(
  Command.withDescription(
    "Set the credentials of an instance's integration sandbox. The secret is asked for, or read from standard input in a pipe."
  ),
  Command.withShortDescription("Set the credentials of the sandbox")
)

const environment = Command.make(
  "environment",
  {
    name: named,
    environment: Argument.Literals("environment", Environment.literals).pipe(
      Argument.withDescription("Which account shall be live")
    ),
    reason: Flag.String("reason").pipe(Flag.withDescription("Required. Why, for the log"))
  },
  Effect.fnUntraced(function* ({ name, environment, reason }) {
    const api = yield* connect()
    const { body } = yield* api.client.instances
      .switchEnvironment({
        params: { name },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { environment, reason }
      })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      body.environment === "sandbox"
        ? `The sandbox of ${body.name} is live: nothing is billed, and reports say so.`
        : `The primary account of ${body.name} is live: orders are real.`
    )
  })
).pipe(
  Command.withDescription(
    "Make the primary account or the sandbox live. Book, mirror and reports of the two stay apart. Refused while reconciliations are under way."
  ),
  Command.withShortDescription("Make the primary account or the sandbox live")
)

const eventColumns: ReadonlyArray<Column> = [
  { heading: "When (UTC)", least: 16, most: 16 },
  { heading: "Who", least: 8, most: 24 },
  { heading: "What", least: 8, most: 10 },
  { heading: "Changes", least: 20, most: 80 },
  { heading: "Why", least: 8, most: 40 }
]

const wordsOf = ({ field, before, after }: InstanceEventView["changes"][number]): string => {
  if (before === null && after === null) return field
  const text = (value: typeof before) =>
    value === null ? "none" : typeof value === "object" ? value.join(",") : String(value)
  return `${field}: ${text(before)} → ${text(after)}`
}

const events = Command.make(
  "events",
  {
    name: named,
    limit: limitFlag(20)
  },
  Effect.fnUntraced(function* ({ name, limit }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.instances
      .events({ params: { name }, query: { limit } })
      .pipe(Effect.mapError(api.explained))
    const rows = items.map((event) => [
      toIso(event.at).slice(0, 16).replace("T", " "),
      event.actor,
      event.kind,
      event.kind === "registered" ? "" : event.changes.map(wordsOf).join("; "),
      event.reason ?? ""
    ])
    yield* Console.log(table(eventColumns, rows, screenWidth()))
    if (next !== null) yield* Console.error(`There are more; the newest ${items.length} are shown.`)
  })
).pipe(Command.withDescription("List what was done to an instance, newest first"))

/** `concordat instance …` */
export const instance = Command.make("instance").pipe(
  Command.withDescription("The Partner Center accounts we are connected to"),
  Command.withSubcommands([
    add,
    list,
    show,
    update,
    disable,
    enable,
    sandbox,
    environment,
    authenticate,
    consent,
    mpn,
    testConnection,
    events,
    importSettings,
    template
  ])
)
