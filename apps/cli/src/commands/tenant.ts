import { randomUUID } from "node:crypto"
import { type SynchronizationView, SyncOptionsGiven } from "@concordat/contracts/tenants"
import { InstanceName } from "@concordat/core/instance/Instance"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Duration, Effect, Option, Schedule } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { makeStatusLine } from "../Progress.ts"
import { screenWidth } from "../Screen.ts"
import { type Column, printable, table } from "../Table.ts"
import { typed } from "../typed.ts"
import { accountArgument, findAccount } from "./account.ts"

const instanceFlag = Flag.String("instance").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription("Required. The Partner Center instance"),
  Flag.withSchema(InstanceName)
)
const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional
  )

/** Labelled values, one a line. */
const facts = (lines: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(...lines.map(([label]) => label.length))
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${printable(value)}`).join("\n")
}

const optionsOf = Effect.fnUntraced(function* (api: Api, account: string, instance: InstanceName) {
  const { id } = yield* findAccount(api, account)
  const { body, headers } = yield* api.client.synchronization
    .options({ params: { id }, query: { instance } })
    .pipe(Effect.mapError(api.explained))
  return { id, options: body, etag: headers.etag }
})

const options = Command.make(
  "options",
  {
    account: accountArgument,
    instance: instanceFlag,
    userName: text("username", "NAME", 'The administrator to be made, such as admin; "" for none'),
    domainPrefix: text(
      "domain-prefix",
      "TEXT",
      "Of a new tenant; or of one that exists, which may also be another domain with its suffix"
    ),
    mpnId: text("mpn-id", "NUMBER", "The reseller's Partner ID, where it is not the account's"),
    taxId: text("tax-id", "TEXT", "Organization INN, 5 to 22 characters")
  },
  Effect.fnUntraced(function* ({ account, instance, ...flags }) {
    const api = yield* connect()
    const { id, options: before, etag } = yield* optionsOf(api, account, instance)
    const given = Object.entries(flags).flatMap(([name, value]) =>
      Option.isSome(value) ? [[name, value.value === "" ? null : value.value] as const] : []
    )
    const { userName, domainPrefix, mpnId, taxId } = before
    const after =
      given.length === 0
        ? before
        : (yield* api.client.synchronization
            .putOptions({
              params: { id },
              query: { instance },
              headers: { "if-match": etag },
              payload: yield* typed(SyncOptionsGiven, {
                userName,
                domainPrefix,
                mpnId,
                taxId,
                ...Object.fromEntries(given)
              })
            })
            .pipe(Effect.mapError(api.explained))).body
    yield* Console.log(
      facts(after.fields.map(({ name, label }) => [label, after[name] ?? "not said"]))
    )
  })
).pipe(
  Command.withDescription("Show the sync options of an account, or change those that are given")
)

const stateText = (state: SynchronizationView): string =>
  facts([
    ["Instance", state.instance],
    [
      "Status",
      state.waitsFor === null ? state.status : `${state.status}, waits for ${state.waitsFor}`
    ],
    ...state.tenants.map(
      ({ tenantId, domain }) =>
        ["Tenant", domain === null ? tenantId : `${domain} (${tenantId})`] as const
    ),
    ...(state.domain === null || state.tenants.length > 0
      ? []
      : [["Domain", state.domain] as const]),
    ...(state.question === null ? [] : [["Question", state.question.text] as const]),
    ...(state.question?.suggestions ?? []).map(
      ({ line1, postalCode, city, country }) =>
        [
          "Suggested",
          [line1, postalCode, city, country].filter((part) => part !== null).join(", ")
        ] as const
    ),
    ...(state.waitsFor !== "authorization" || state.authorizationLink === null
      ? []
      : [["To accept", state.authorizationLink] as const]),
    ...(state.expiresAt === null ? [] : [["Until", toIso(state.expiresAt)] as const]),
    ...(state.problem === null ? [] : [["Problem", state.problem] as const]),
    ...state.problems.map(({ field, problem }) => [`  ${field}`, problem] as const),
    ...(state.suggestions.length === 0
      ? []
      : [["Free prefixes", state.suggestions.join(", ")] as const])
  ])

const statesOf = (api: Api, id: Effect.Success<ReturnType<typeof findAccount>>["id"]) =>
  api.client.synchronization
    .states({ params: { id }, query: {} })
    .pipe(Effect.mapError(api.explained))

/** Somebody looks at the terminal meanwhile; the job goes on without. */
const followFor = "2 minutes"

/** Until it has ended, or waits for people; as it is when that takes too long. */
const followed = Effect.fnUntraced(function* (
  api: Api,
  id: Effect.Success<ReturnType<typeof findAccount>>["id"],
  instance: InstanceName
) {
  const line = makeStatusLine()
  const look = Effect.gen(function* () {
    const { items } = yield* statesOf(api, id)
    const state = items.find((one) => one.instance === instance)
    if (state === undefined)
      return yield* new CommandFailed({ message: `There is no instance "${instance}".` })
    yield* line.show(`${state.instance} ${state.domain ?? ""} ${state.stage ?? ""}`)
    return state
  })
  const state = yield* look.pipe(
    Effect.repeat({
      until: ({ status, waitsFor }) => status !== "in-progress" || waitsFor !== null,
      schedule: Schedule.spaced("250 millis").pipe(
        Schedule.upTo({ duration: Duration.fromInputUnsafe(followFor) })
      )
    }),
    Effect.ensuring(line.clear)
  )
  return state
})

const synchronize = Command.make(
  "synchronize",
  {
    account: accountArgument,
    instance: instanceFlag,
    link: Flag.Boolean("link").pipe(
      Flag.withDescription("Link a tenant that exists, instead of making a new one"),
      Flag.withDefault(false)
    ),
    confirm: Flag.Boolean("confirm").pipe(
      Flag.withDescription("Answer the question with which it waits"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ account, instance, link, confirm }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    yield* api.client.synchronization
      .synchronize({
        params: { id },
        headers: { "idempotency-key": randomUUID() },
        query: {},
        payload: { instance, mode: link ? "link" : "create", confirm }
      })
      .pipe(
        Effect.catchTag("SynchronizationRefused", ({ problems }) =>
          Effect.fail(
            new CommandFailed({
              message: [
                "Nothing was begun:",
                ...problems.map(({ field, problem }) => `  ${field}: ${problem}`)
              ].join("\n")
            })
          )
        ),
        Effect.mapError((error) => (error instanceof CommandFailed ? error : api.explained(error)))
      )
    const state = yield* followed(api, id, instance)
    yield* Console.log(stateText(state))
    if (state.status === "failed" || state.status === "not-synchronised")
      return yield* new CommandFailed({ message: "The account is not synchronised." })
  })
).pipe(
  Command.withDescription(
    "Make an account a Microsoft tenant, or link the one it has; again after a failure to try again"
  )
)

const stepColumns: ReadonlyArray<Column> = [
  { heading: "When", least: 19, most: 19 },
  { heading: "Who", least: 8, most: 30 },
  { heading: "What", least: 20, most: 300 }
]

const status = Command.make(
  "status",
  {
    account: accountArgument,
    instance: text("instance", "NAME", "Only this instance, with what happened on the way")
  },
  Effect.fnUntraced(function* ({ account, instance }) {
    const api = yield* connect()
    const { id } = yield* findAccount(api, account)
    const { items } = yield* statesOf(api, id)
    const wanted = Option.isNone(instance)
      ? items
      : items.filter((state) => state.instance === instance.value)
    if (wanted.length === 0)
      return yield* new CommandFailed({
        message: Option.isSome(instance)
          ? `There is no instance "${instance.value}"; "concordat instance list" names them.`
          : "There is no instance yet."
      })
    yield* Console.log(wanted.map(stateText).join("\n\n"))
    const [only] = wanted
    if (Option.isNone(instance) || only === undefined) return
    const steps = yield* api.client.synchronization
      .steps({ params: { id }, query: { instance: only.instance, limit: stepsShown } })
      .pipe(Effect.mapError(api.explained))
    if (steps.items.length > 0)
      yield* Console.log(
        `\n${table(
          stepColumns,
          steps.items.map(({ at, actor, text: what }) => [
            toIso(at).slice(0, 19).replace("T", " "),
            actor,
            what
          ]),
          screenWidth()
        )}`
      )
  })
).pipe(Command.withDescription("Show how far an account is in each instance, and what happened"))

const stepsShown = 50

const domain = Command.make(
  "domain",
  {
    prefix: Argument.String("prefix").pipe(Argument.withDescription("A domain prefix")),
    instance: instanceFlag
  },
  Effect.fnUntraced(function* ({ prefix, instance }) {
    const api = yield* connect()
    const verdict = yield* api.client.customerforms
      .domain({ params: { prefix }, query: { instance } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      verdict.isFree
        ? `${verdict.domain} is free.`
        : `${verdict.domain} is used already. Free: ${verdict.suggestions.join(", ")}`
    )
  })
).pipe(Command.withDescription("Say whether a domain prefix is free"))

/** `concordat tenant …` */
export const tenant = Command.make("tenant").pipe(
  Command.withDescription("Make accounts Microsoft tenants, and link those that exist"),
  Command.withSubcommands([options, synchronize, status, domain])
)
