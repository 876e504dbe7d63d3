import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import type { ConsentView } from "@concordat/contracts/consent"
import { InstanceName } from "@concordat/core/instance/Instance"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect, Redacted, Schedule } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connect } from "../Api.ts"
import { CommandFailed } from "../failures.ts"
import { printable } from "../Table.ts"

const named = Argument.String("name").pipe(
  Argument.withDescription("The instance's name, as instance list shows it"),
  Argument.withSchema(InstanceName)
)

const lookEvery = "1 second"
/** As long as a link works, and a little for the last answer. */
const waitMax = "16 minutes"

/** `concordat instance authenticate` */
export const authenticate = Command.make(
  "authenticate",
  {
    name: named,
    open: Flag.Boolean("open").pipe(
      Flag.withDescription("Open the link in this machine's browser"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ name, open }) {
    const api = yield* connect()
    const params = { name }
    const look = api.client.consent.get({ params, query: {} }).pipe(Effect.mapError(api.explained))
    const link = yield* api.client.consent
      .begin({ params, headers: { "idempotency-key": randomUUID() }, query: {} })
      .pipe(Effect.mapError(api.explained))
    const url = Redacted.value(link.url)
    yield* Console.error(
      "Open this link in the browser of an administrator of the partner's own tenant, who signs in with a second factor:"
    )
    // The link alone on standard output, for whoever passes it on.
    yield* Console.log(url)
    if (open) yield* openInBrowser(url)
    yield* Console.error(`It works until ${toIso(link.expiresAt)}. Waiting for the sign-in …`)
    const startedAt = (yield* look).lastAttempt?.startedAt
    const ended = yield* look.pipe(
      Effect.repeat({
        schedule: Schedule.spaced(lookEvery),
        // A later try of somebody else's is not ours to wait for.
        until: ({ lastAttempt }) =>
          lastAttempt === null ||
          lastAttempt.startedAt !== startedAt ||
          lastAttempt.state !== "waiting"
      }),
      Effect.timeoutOrElse({
        duration: waitMax,
        orElse: () =>
          Effect.fail(
            new CommandFailed({
              message: "Nobody has signed in. Ask for a new link and try again."
            })
          )
      })
    )
    if (ended.lastAttempt?.state === "failed") {
      const { code, text, wayOut } = ended.lastAttempt.problem ?? unknownProblem
      return yield* new CommandFailed({
        message: printable(
          `Instance ${name} was not authenticated${code === null ? "" : ` (${code})`}: ${text} ${wayOut}`
        )
      })
    }
    yield* Console.log(linesOf(ended).join("\n"))
  })
).pipe(
  Command.withDescription(
    "Authenticate an instance: prints a link to Microsoft's sign-in and waits until an administrator has signed in and consented."
  ),
  Command.withShortDescription("Sign in for an instance, and consent")
)

const unknownProblem = { code: null, text: "The sign-in failed.", wayOut: "Try again." }

/** What this system opens links with; that there is no browser is no failure, since the link is printed. */
const openInBrowser = (url: string) =>
  Effect.sync(() => {
    const [command, ...args] =
      process.platform === "darwin"
        ? ["open"]
        : process.platform === "win32"
          ? ["rundll32", "url.dll,FileProtocolHandler"]
          : ["xdg-open"]
    const child = spawn(command ?? "", [...args, url], { stdio: "ignore", detached: true })
    child.on("error", () => {
      process.stderr.write("No browser could be opened; open the link yourself.\n")
    })
    child.unref()
  })

/** `concordat instance consent` */
export const consent = Command.make(
  "consent",
  { name: named },
  Effect.fnUntraced(function* ({ name }) {
    const api = yield* connect()
    const view = yield* api.client.consent
      .get({ params: { name }, query: {} })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(linesOf(view).join("\n"))
  })
).pipe(Command.withDescription("Show who has consented for an instance, and until when that lasts"))

const linesOf = (view: ConsentView): ReadonlyArray<string> => {
  const { consentedAt, idleDaysLeft, lastUsedAt, problem, user } = view
  const rows: ReadonlyArray<readonly [string, string | null]> = [
    ["Account", view.environment],
    [
      "Signed in",
      user === null ? null : `${user.upn}${user.name === null ? "" : ` (${user.name})`}`
    ],
    ["Consented", consentedAt === null ? null : minuteOf(consentedAt)],
    ["Last used", lastUsedAt === null ? null : minuteOf(lastUsedAt)],
    ["Ends", idleDaysLeft === null ? null : `in ${idleDaysLeft} days, unless it is used before`],
    ["Problem", problem === null ? null : `${problem.code ?? "no code"}: ${problem.text}`],
    ["Way out", problem?.wayOut ?? null]
  ]
  return [
    `${view.instance}: ${view.text}`,
    ...rows.flatMap(([heading, text]) =>
      text === null ? [] : [`  ${heading.padEnd(10)}${printable(text)}`]
    )
  ]
}

const minuteOf = (instant: Parameters<typeof toIso>[0]): string =>
  `${toIso(instant).slice(0, 16).replace("T", " ")} UTC`
