import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import type { NewAccount } from "@concordat/contracts/accounts"
import {
  AccountChangeNotAllowed,
  AccountChangeRefused,
  AccountCodeTaken,
  AccountInUse,
  AccountNotFound
} from "@concordat/contracts/Problem"
import { type Account, AccountId, noCredit } from "@concordat/core/account/Account"
import {
  type AccountMove,
  Accounts,
  type NewAccount as Made
} from "@concordat/core/account/Accounts"
import { editionDefault } from "@concordat/core/account/Edition"
import {
  changeEdition,
  createAccount,
  mergeAccount,
  moveAccount,
  putContacts,
  setAccountActive,
  updateAccount
} from "@concordat/core/account/manageAccounts"
import type { Actor } from "@concordat/core/actor/Actor"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { stale, tagged, versionRead } from "../ifMatch.ts"

/** Accounts of the caller's branch. */
export const accountsLayer = HttpApiBuilder.group(
  Api,
  "accounts",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    const identifiers = yield* Identifiers
    const provided = Effect.provideService(Accounts, accounts)
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const caller = yield* Caller
        const filter = { parentId: query.parent, kind: query.kind, active: query.active }
        const page = yield* pageOf("accounts", query, (page) =>
          accounts.search(query.q, caller.branch, page, filter)
        )
        return { ...page, items: page.items.map((account) => viewOf(account, caller)) }
      }),
      create: Effect.fnUntraced(
        function* ({ payload }) {
          const caller = yield* Caller
          const id = AccountId.make(yield* identifiers.next)
          const made = yield* createAccount(caller, madeOf(id, payload), yield* causeOf(caller))
          return HttpApiSchema.withHeaders({
            body: viewOf(made, caller),
            headers: { etag: `"${made.version}"`, location: `/v1/accounts/${made.id}` }
          })
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused,
          AccountCodeTaken: codeTaken
        }),
        provided
      ),
      get: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          return tagged(viewOf(yield* accounts.get(params.id, caller.branch), caller))
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      ),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const caller = yield* Caller
          const current = yield* accounts.get(params.id, caller.branch)
          const version = yield* versionRead(headers["if-match"], current)
          const cause = yield* causeOf(caller)
          return tagged(
            viewOf(yield* updateAccount(caller, params.id, version, payload, cause), caller)
          )
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused,
          AccountCodeTaken: codeTaken,
          StaleVersion: stale
        }),
        provided
      ),
      move: Effect.fnUntraced(
        function* ({ params, payload: { parentId, dryRun = false } }) {
          const caller = yield* Caller
          const cause = yield* causeOf(caller)
          const moved: AccountMove = yield* moveAccount(caller, params.id, parentId, dryRun, cause)
          return { ...moved, account: viewOf(moved.account, caller), dryRun }
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused
        }),
        provided
      ),
      merge: Effect.fnUntraced(
        function* ({ params, payload: { into, dryRun = false } }) {
          const caller = yield* Caller
          const merged = yield* mergeAccount(
            caller,
            params.id,
            into,
            dryRun,
            yield* causeOf(caller)
          )
          return {
            ...merged,
            source: viewOf(merged.source, caller),
            target: viewOf(merged.target, caller),
            dryRun
          }
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused
        }),
        provided
      ),
      deactivate: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          const cause = yield* causeOf(caller)
          return tagged(viewOf(yield* setAccountActive(caller, params.id, false, cause), caller))
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused,
          AccountInUse: inUse
        }),
        provided
      ),
      activate: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          const cause = yield* causeOf(caller)
          return tagged(viewOf(yield* setAccountActive(caller, params.id, true, cause), caller))
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused,
          // Only what is deactivated can be in use.
          AccountInUse: Effect.die
        }),
        provided
      ),
      edition: Effect.fnUntraced(
        function* ({ params, payload: { edition, dryRun = false } }) {
          const caller = yield* Caller
          const cause = yield* causeOf(caller)
          const change = yield* changeEdition(caller, params.id, edition, dryRun, cause)
          return { ...change, account: viewOf(change.account, caller), edition, dryRun }
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          AccountRefused: refused
        }),
        provided
      ),
      contacts: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          const { account, contacts } = yield* accounts.contacts(params.id, caller.branch)
          return HttpApiSchema.withHeaders({
            body: { contacts },
            headers: { etag: `"${account.version}"` }
          })
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      ),
      putContacts: Effect.fnUntraced(
        function* ({ headers, params, payload: { contacts } }) {
          const caller = yield* Caller
          const current = yield* accounts.get(params.id, caller.branch)
          const version = yield* versionRead(headers["if-match"], current)
          const cause = yield* causeOf(caller)
          const account = yield* putContacts(caller, params.id, version, contacts, cause)
          return HttpApiSchema.withHeaders({
            body: { contacts },
            headers: { etag: `"${account.version}"` }
          })
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: notAllowed,
          StaleVersion: stale
        }),
        provided
      )
    })
  })
)

const causeOf = Effect.fnUntraced(function* (caller: Actor) {
  return { actor: caller.name, correlationId: yield* CurrentCorrelation }
})

const madeOf = (id: AccountId, given: NewAccount): Made => ({
  id,
  parentId: given.parentId ?? null,
  kind: given.kind,
  name: given.name,
  code: given.code ?? `A-${id.slice(0, 13)}`,
  edition: given.kind === "reseller" ? (given.edition ?? editionDefault) : null,
  mpnId: given.mpnId ?? null,
  email: given.email ?? null,
  phone: given.phone ?? null,
  address: given.address ?? null,
  language: given.language ?? null,
  currency: given.currency ?? null,
  billToId: given.billToId ?? null,
  managerEmail: given.managerEmail ?? null,
  orderingEnabled: given.orderingEnabled ?? false,
  resellingEnabled: given.resellingEnabled ?? false,
  creditLimit: given.creditLimit ?? noCredit,
  taxId: given.taxId ?? null,
  customFields: given.customFields ?? {}
})

/** The problem of an account that does not exist for the caller. */
export const accountNotFound = ({
  id,
  message
}: {
  readonly id: string
  readonly message: string
}) =>
  Effect.fail(
    new AccountNotFound({ id, detail: `${message} Search for it under /v1/accounts?q=.` })
  )

interface Refusal {
  readonly field: string
  readonly message: string
}

const notAllowed = ({ field, message }: Refusal) =>
  Effect.fail(new AccountChangeNotAllowed({ field, detail: message }))

const refused = ({ field, message }: Refusal) =>
  Effect.fail(new AccountChangeRefused({ field, detail: message }))

const codeTaken = ({ code, message }: { readonly code: string; readonly message: string }) =>
  Effect.fail(new AccountCodeTaken({ code, detail: message }))

const inUse = (error: {
  readonly id: string
  readonly subscriptions: number
  readonly accounts: number
  readonly message: string
}) =>
  Effect.fail(
    new AccountInUse({
      id: error.id,
      subscriptions: error.subscriptions,
      accounts: error.accounts,
      detail: error.message
    })
  )

/** What lies above the caller's own root is nobody's business. */
const viewOf = (account: Account, caller: Actor): Account =>
  account.id === caller.branch ? { ...account, parentId: null } : account
