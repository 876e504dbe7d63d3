import { randomUUID } from "node:crypto"
import type { NewReconciliation, ReconciliationView } from "@concordat/contracts/reconciliation"
import { InstanceName } from "@concordat/core/instance/Instance"
import { isFinished } from "@concordat/core/reconciliation/Run"
import { SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Console, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { type Api, connect } from "../Api.ts"
import { CommandFailed, Disagreement } from "../failures.ts"
import { makeProgress } from "../Progress.ts"
import { findAccount } from "./account.ts"
import { checkReportFlags, hasReport, printReport, reportFlags } from "./run.ts"

type Scope = (typeof NewReconciliation.Type)["scope"]

/** `concordat reconcile`: exit code 0 when both sides agree, 2 with findings, 1 when it could not be run. */
export const reconcile = Command.make(
  "reconcile",
  {
    instance: Flag.String("instance").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription('Required. The Partner Center account, from "instance list"'),
      Flag.withSchema(InstanceName)
    ),
    scope: Flag.Literals("scope", ["organisation", "account", "subscription"]).pipe(
      Flag.withDescription(
        "Required. Everything, an account with all below it, or one subscription"
      )
    ),
    id: Flag.String("id").pipe(
      Flag.withMetavar("ID|TEXT"),
      Flag.withDescription(
        "The account (its id, or a name, domain or tenant id that only one has) or the subscription's id"
      ),
      Flag.optional
    ),
    ...reportFlags
  },
  Effect.fnUntraced(function* ({ instance, scope: kind, id, ...flags }) {
    yield* checkReportFlags(flags)
    const api = yield* connect()
    const scope = yield* scopeOf(api, kind, id)
    const run = yield* follow(api, yield* start(api, { instance, scope }))
    if (!hasReport(run))
      return yield* new CommandFailed({
        message: `Reconciliation ${run.id} ${run.status === "failed" ? "failed" : "was cancelled"}${run.problem === null ? "." : `: ${run.problem}`}`
      })
    yield* printReport(api, run, flags)
    if (run.status === "incomplete")
      return yield* new CommandFailed({
        message: `The report is not complete: ${run.progress.failed} of ${run.progress.customers} customers could not be checked. Run it again.`
      })
    if (run.findings > 0) return yield* new Disagreement()
  })
).pipe(
  Command.withDescription(
    "Compare the book with what Partner Center holds, and report what differs. Nothing is changed on either side. Exit code: 0 = all agree, 2 = findings, 1 = could not run or not complete."
  ),
  Command.withShortDescription("Compare the book with Partner Center and report what differs"),
  Command.withExamples([
    {
      command: "concordat reconcile --instance contoso-eu --scope organisation",
      description: "Everything"
    },
    {
      command: 'concordat reconcile --instance contoso-eu --scope account --id "Fabrikam"',
      description: "One customer, by name"
    },
    {
      command:
        "concordat reconcile --instance contoso-eu --scope organisation --format xlsx --output report.xlsx",
      description: "As an Excel file"
    }
  ])
)

const scopeOf = (
  api: Api,
  kind: Scope["kind"],
  id: Option.Option<string>
): Effect.Effect<Scope, CommandFailed> => {
  const text = Option.getOrUndefined(id)?.trim()
  if (kind === "organisation")
    return text === undefined
      ? Effect.succeed({ kind })
      : Effect.fail(
          new CommandFailed({
            message: "--id has no meaning with --scope organisation; leave it out."
          })
        )
  if (text === undefined || text === "")
    return Effect.fail(
      new CommandFailed({
        message: `--scope ${kind} needs --id: ${kind === "account" ? "the account's id, or a text that finds it" : "the subscription's id in the BSS"}.`
      })
    )
  if (kind === "account")
    return Effect.map(findAccount(api, text), (account) => ({ kind, id: account.id }))
  return Schema.decodeEffect(SubscriptionId)(text).pipe(
    Effect.map((subscription) => ({ kind, id: subscription })),
    Effect.mapError(
      () =>
        new CommandFailed({
          message: `"${text}" is not a subscription's id; it is a GUID, and reports have it in the column Subscription ID.`
        })
    )
  )
}

const start = (api: Api, payload: typeof NewReconciliation.Type) =>
  api.client.reconciliations
    .request({ headers: { "idempotency-key": randomUUID() }, query: {}, payload })
    .pipe(
      Effect.map(({ body }) => body),
      Effect.mapError(api.explained)
    )

/** Asks until the run has finished. Whoever interrupts this does not want the run any more. */
const follow = (api: Api, started: ReconciliationView) => {
  const progress = makeProgress()
  const params = { id: started.id }
  return Effect.gen(function* () {
    let run = started
    for (let asked = 0; !isFinished(run.status); asked++) {
      yield* progress.show(run)
      yield* Effect.sleep(asked < 10 ? "100 millis" : "1 second")
      run = yield* api.client.reconciliations
        .get({ params, query: {} })
        .pipe(Effect.mapError((error) => lostSight(started.id, api.explained(error))))
    }
    return run
  }).pipe(
    Effect.ensuring(progress.clear),
    Effect.onInterrupt(() =>
      api.client.reconciliations.cancel({ params, query: {} }).pipe(
        Effect.timeout("5 seconds"),
        Effect.matchEffect({
          onSuccess: () => Console.error(`Reconciliation ${started.id} is cancelled.`),
          onFailure: () =>
            Console.error(
              `Reconciliation ${started.id} goes on; end it with "concordat runs cancel ${started.id}".`
            )
        })
      )
    )
  )
}

const lostSight = (id: string, failure: CommandFailed): CommandFailed =>
  new CommandFailed({
    message: `${failure.message}\nReconciliation ${id} may go on; see "concordat runs show ${id}".`
  })
