import { layer as nodeServices } from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Layer } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { root } from "./Api.ts"
import { account } from "./commands/account.ts"
import { agreement } from "./commands/agreement.ts"
import { book } from "./commands/book.ts"
import { catalogue } from "./commands/catalogue.ts"
import { contact } from "./commands/contact.ts"
import { customerImport } from "./commands/customerImport.ts"
import { instance } from "./commands/instance.ts"
import { key } from "./commands/key.ts"
import { notification } from "./commands/notification.ts"
import { operator } from "./commands/operator.ts"
import { outbox } from "./commands/outbox.ts"
import { pricelist } from "./commands/pricelist.ts"
import { reconcile } from "./commands/reconcile.ts"
import { rotateSecrets } from "./commands/rotateSecrets.ts"
import { runs } from "./commands/run.ts"
import { template } from "./commands/template.ts"
import { tenant } from "./commands/tenant.ts"

/** How the command ends. */
export const exitCode = { agreed: 0, couldNotRun: 1, findings: 2, interrupted: 130 } as const

const command = root.pipe(
  Command.withDescription(
    "Reconciles a CSP's book of subscriptions with Microsoft Partner Center. The API must be running (npm start); the key is CONCORDAT_API_KEY, else .data/operator.key. Exit code: 0 = done and all agree, 2 = findings, 1 = could not."
  ),
  Command.withExamples([
    {
      command: "concordat reconcile --instance contoso-eu --scope organisation",
      description: "Compare everything"
    },
    {
      command: "concordat book import subscriptions.xlsx --dry-run",
      description: "Check your own list of subscriptions"
    }
  ]),
  Command.withSubcommands([
    reconcile,
    book,
    catalogue,
    instance,
    account,
    contact,
    agreement,
    tenant,
    customerImport,
    runs,
    notification,
    outbox,
    template,
    key,
    operator,
    rotateSecrets,
    pricelist
  ])
)

/** Arguments that do not fit: what is wrong, on standard error, and where the help is, but not all of it. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          [
            ...event.errors.map((error) => `concordat: ${invalidArgument(error)}`),
            `See "${event.commandPath.join(" ")} --help".`
          ].join("\n")
        )
      : CliOutput.defaultPresenter.present(event)
}

const invalidArgument = (error: CliError.NonShowHelpErrors): string =>
  error.message.replace("Expected: Schema validation failed: ", "Expected: ").trim()

/** The whole command, with its arguments: what it prints is on the console, what it comes to is its exit code. */
export const concordat = (args: ReadonlyArray<string>) =>
  Command.runWith(command, { version: "0.1.0" })(args).pipe(
    Effect.as<number>(exitCode.agreed),
    Effect.catchTags({
      Disagreement: () => Effect.succeed(exitCode.findings),
      CommandFailed: ({ message, exitCode: code }) =>
        Effect.as(Console.error(`concordat: ${message}`), code ?? exitCode.couldNotRun)
    }),
    // Arguments that do not fit have been explained with the command's help.
    Effect.catchIf(CliError.isCliError, () => Effect.succeed(exitCode.couldNotRun)),
    Effect.catchCauseIf(
      (cause) => !Cause.hasInterruptsOnly(cause),
      (cause) =>
        Effect.as(
          Console.error(
            `concordat: a bug in this command, please report it: ${String(Cause.squash(cause))}`
          ),
          exitCode.couldNotRun
        )
    ),
    Effect.provide(
      Layer.mergeAll(
        nodeServices,
        CliOutput.layerPresenter(presenter),
        CliConfig.layer({
          builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions]
        })
      )
    )
  )
