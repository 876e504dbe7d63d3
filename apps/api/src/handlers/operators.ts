import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  InvalidRequest,
  LastAdministrator,
  OperatorNameTaken,
  OperatorNotFound
} from "@concordat/contracts/Problem"
import { Accounts } from "@concordat/core/account/Accounts"
import type { Role } from "@concordat/core/actor/Actor"
import {
  type LastAdministrator as CoreLastAdministrator,
  type OperatorNameTaken as CoreOperatorNameTaken,
  type OperatorNotFound as CoreOperatorNotFound,
  Operators
} from "@concordat/core/operator/Operators"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { stale, tagged, versionRead } from "../ifMatch.ts"
import { accountNotFound } from "./accounts.ts"

/** Operators, for whoever administers them. */
export const operatorsLayer = HttpApiBuilder.group(
  Api,
  "operators",
  Effect.fnUntraced(function* (handlers) {
    const operators = yield* Operators
    const accounts = yield* Accounts
    return handlers.handleAll({
      list: ({ query }) => pageOf("operators", query, operators.list),
      add: Effect.fnUntraced(
        function* ({ payload: { branch = null, name, password, role } }) {
          const caller = yield* Caller
          if (branch !== null) yield* accounts.get(branch, caller.branch)
          const added = yield* operators.add({ name, role, branch, password })
          yield* Effect.logInfo("operator added", { operator: name, role, by: caller.name })
          return tagged(added)
        },
        Effect.catchTags({ AccountNotFound: accountNotFound, OperatorNameTaken: nameTaken })
      ),
      get: ({ params }) =>
        operators
          .get(params.id)
          .pipe(Effect.map(tagged), Effect.catchTag("OperatorNotFound", notFound)),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const caller = yield* Caller
          const current = yield* operators.get(params.id)
          const version = yield* versionRead(headers["if-match"], current)
          const role = payload.role ?? current.role
          // Who sees everything from now on has no branch any more, whether or not that was said.
          const kept = hasBranch(role) ? current.branch : null
          const branch = payload.branch === undefined ? kept : payload.branch
          if (hasBranch(role) !== (branch !== null)) return yield* branchDoesNotFit(role)
          if (branch !== null) yield* accounts.get(branch, caller.branch)
          const changed = yield* operators.change(params.id, version, { ...payload, branch })
          yield* Effect.logInfo("operator changed", {
            operator: changed.name,
            role: changed.role,
            active: changed.active,
            password: payload.password === undefined ? "kept" : "new",
            by: caller.name
          })
          return tagged(changed)
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          OperatorNotFound: notFound,
          LastAdministrator: lastAdministrator,
          StaleVersion: stale
        })
      )
    })
  })
)

const hasBranch = (role: Role): boolean => role === "reseller" || role === "customer"

const branchDoesNotFit = (role: Role) =>
  Effect.fail(
    new InvalidRequest({
      detail: "Correct what is named in errors and send it again.",
      errors: [
        {
          path: ["payload", "branch"],
          message: hasBranch(role)
            ? `the role ${role} sees one branch: name its account`
            : `the role ${role} sees everything: leave the branch out`
        }
      ]
    })
  )

function notFound({ id, message }: CoreOperatorNotFound) {
  return Effect.fail(
    new OperatorNotFound({ id, detail: `${message} GET /v1/operators lists them.` })
  )
}

function nameTaken({ message, name }: CoreOperatorNameTaken) {
  return Effect.fail(new OperatorNameTaken({ name, detail: message }))
}

function lastAdministrator({ message, name }: CoreLastAdministrator) {
  return Effect.fail(new LastAdministrator({ name, detail: message }))
}
