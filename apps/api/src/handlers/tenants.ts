import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  AccountChangeNotAllowed,
  AlreadySynchronised,
  InstanceDisabled,
  InvalidRequest,
  SynchronizationRefused,
  SynchronizationUnderWay
} from "@concordat/contracts/Problem"
import type { CustomerFormGiven, SynchronizationView } from "@concordat/contracts/tenants"
import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import type { Actor } from "@concordat/core/actor/Actor"
import type { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { freePrefixes } from "@concordat/core/tenant/advanceSynchronization"
import {
  type CustomerForm,
  customerFields,
  validateCustomerForm
} from "@concordat/core/tenant/customerForm"
import { domainSuffix } from "@concordat/core/tenant/Domain"
import { countryRulesOf } from "@concordat/core/tenant/KeptCountryRules"
import { putSyncOptions, syncOptionsOf } from "@concordat/core/tenant/manageSyncOptions"
import { requestSynchronization } from "@concordat/core/tenant/requestSynchronization"
import { Synchronizations, type SyncState, statusOf } from "@concordat/core/tenant/Synchronizations"
import {
  noSyncOptions,
  type SyncOptionFacts,
  syncOptionFields
} from "@concordat/core/tenant/SyncOption"
import type { KeptSyncOptions } from "@concordat/core/tenant/SyncOptions"
import { accountsAbove, syncOptionFactsOf } from "@concordat/core/tenant/tenantFacts"
import { VendorTenants } from "@concordat/core/tenant/VendorTenants"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Effect } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { etagOf, stale, versionRead } from "../ifMatch.ts"
import { partnerCenterFailed } from "../partnerCenterFailed.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** How accounts of the caller's branch become tenants. */
export const synchronizationLayer = HttpApiBuilder.group(
  Api,
  "synchronization",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    const instances = yield* Instances
    const synchronizations = yield* Synchronizations
    return handlers.handleAll({
      options: Effect.fnUntraced(
        function* ({ params, query }) {
          const caller = yield* Caller
          yield* accounts.get(params.id, caller.branch)
          const instance = yield* instances.byName(query.instance)
          const { facts, ...kept } = yield* syncOptionsOf(caller, params.id, instance)
          return optionsView(instance.name, kept, facts)
        },
        Effect.catchTags({ AccountNotFound: accountNotFound, InstanceNotFound: instanceNotFound })
      ),
      putOptions: Effect.fnUntraced(
        function* ({ headers, params, payload, query }) {
          const caller = yield* Caller
          yield* accounts.get(params.id, caller.branch)
          const instance = yield* instances.byName(query.instance)
          const current = yield* syncOptionsOf(caller, params.id, instance)
          const version = yield* versionRead(headers["if-match"], current)
          const { facts, ...kept } = yield* putSyncOptions(
            caller,
            params.id,
            instance,
            version,
            { ...noSyncOptions, ...payload },
            yield* causeOf(caller)
          )
          return optionsView(instance.name, kept, facts)
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          InstanceNotFound: instanceNotFound,
          AccountChangeNotAllowed: notAllowed,
          StaleVersion: stale,
          SyncOptionsRefused: ({ problems }) =>
            Effect.fail(
              new InvalidRequest({
                errors: problems.map(({ field, problem }) => ({
                  path: ["payload", field],
                  message: problem
                })),
                detail: "Nothing was changed."
              })
            )
        })
      ),
      states: Effect.fnUntraced(
        function* ({ params }) {
          const caller = yield* Caller
          yield* accounts.get(params.id, caller.branch)
          return { items: (yield* synchronizations.of(params.id)).map(stateView) }
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      ),
      steps: Effect.fnUntraced(
        function* ({ params, query: { instance: name, ...query } }) {
          const caller = yield* Caller
          yield* accounts.get(params.id, caller.branch)
          const instance = yield* instances.byName(name)
          return yield* pageOf(`steps ${params.id} ${instance.id}`, query, (page) =>
            synchronizations.steps(params.id, instance.id, page)
          )
        },
        Effect.catchTags({ AccountNotFound: accountNotFound, InstanceNotFound: instanceNotFound })
      ),
      synchronize: Effect.fnUntraced(
        function* ({ params, payload }) {
          const caller = yield* Caller
          const { confirm = false, instance, mode } = payload
          const begun = yield* requestSynchronization(
            caller,
            params.id,
            instance,
            { mode, confirm },
            yield* causeOf(caller)
          )
          return stateView({ ...begun, tenants: [], newest: begun })
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          InstanceNotFound: instanceNotFound,
          AccountChangeNotAllowed: notAllowed,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message })),
          AlreadySynchronised: ({ accountId, instance, message }) =>
            Effect.fail(new AlreadySynchronised({ accountId, instance, detail: message })),
          SynchronizationUnderWay: ({ accountId, message }) =>
            Effect.fail(new SynchronizationUnderWay({ accountId, detail: message })),
          SynchronizationRefused: ({ problems, message }) =>
            Effect.fail(new SynchronizationRefused({ problems, detail: message }))
        })
      )
    })
  })
)

const causeOf = Effect.fnUntraced(function* (caller: Actor) {
  return { actor: caller.name, correlationId: yield* CurrentCorrelation }
})

const notAllowed = ({ field, message }: { readonly field: string; readonly message: string }) =>
  Effect.fail(new AccountChangeNotAllowed({ field, detail: message }))

const optionsView = (
  instance: InstanceName,
  { values, version }: KeptSyncOptions,
  facts: SyncOptionFacts
) =>
  HttpApiSchema.withHeaders({
    body: { instance, ...values, fields: syncOptionFields(facts), version },
    headers: { etag: etagOf({ version }) }
  })

const stateView = (state: SyncState): SynchronizationView => {
  const { instance, instanceId, environment, tenants, newest } = state
  return {
    instance,
    instanceId,
    environment,
    status: statusOf(state),
    tenants,
    mode: newest?.mode ?? null,
    stage: newest?.stage ?? null,
    waitsFor: newest?.waitsFor ?? null,
    domain: newest?.domain ?? null,
    question: newest?.waitsFor === "confirmation" ? newest.question : null,
    authorizationLink: newest?.authorizationLink ?? null,
    expiresAt: newest?.expiresAt ?? null,
    problem: newest?.problem ?? null,
    problems: newest?.problems ?? [],
    suggestions: newest?.suggestions ?? [],
    requestedBy: newest?.requestedBy ?? null,
    createdAt: newest?.createdAt ?? null,
    finishedAt: newest?.finishedAt ?? null
  }
}

/** What a Storefront needs to ask for a new customer. */
export const customerFormsLayer = HttpApiBuilder.group(
  Api,
  "customerforms",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    const instances = yield* Instances
    const vendor = yield* VendorTenants

    /** The accounts above a new customer, the nearest first, of which the caller sees the nearest. */
    const aboveOf = Effect.fnUntraced(function* (parentId: AccountId | undefined) {
      const { branch } = yield* Caller
      const parent = parentId ?? branch
      if (parent === null) return []
      yield* accounts.get(parent, branch)
      return yield* accountsAbove(parent)
    })

    return handlers.handleAll({
      fields: Effect.fnUntraced(
        function* ({ query: { instance: name, country, parent } }) {
          const above = yield* aboveOf(parent)
          const instance = yield* instances.byName(name)
          const rules = yield* countryRulesOf(instance, country)
          const facts = yield* syncOptionFactsOf(instance, above)
          return {
            instance: instance.name,
            country,
            isServed: rules !== null,
            fields: customerFields(facts, country, rules)
          }
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          InstanceNotFound: instanceNotFound,
          VendorError: partnerCenterFailed
        })
      ),
      validate: Effect.fnUntraced(
        function* ({ payload }) {
          const above = yield* aboveOf(payload.parentId)
          const instance = yield* instances.byName(payload.instance)
          const verdict = yield* validateCustomerForm(instance, above, formOf(payload))
          return { ...verdict, valid: verdict.problems.length === 0 }
        },
        Effect.catchTags({ AccountNotFound: accountNotFound, InstanceNotFound: instanceNotFound })
      ),
      address: Effect.fnUntraced(
        function* ({ payload }) {
          const instance = yield* instances.byName(payload.instance)
          return yield* vendor.validateAddress(instance, payload.address)
        },
        Effect.catchTags({ InstanceNotFound: instanceNotFound, VendorError: partnerCenterFailed })
      ),
      domain: Effect.fnUntraced(
        function* ({ params, query }) {
          const instance = yield* instances.byName(query.instance)
          const prefix = params.prefix.toLowerCase()
          const domain = prefix + domainSuffix(instance.cloud)
          const isFree = !(yield* vendor.isDomainTaken(instance, domain))
          const suggestions = isFree ? [] : yield* freePrefixes(instance, prefix, prefix, null)
          return { domain, isFree, suggestions }
        },
        Effect.catchTags({ InstanceNotFound: instanceNotFound, VendorError: partnerCenterFailed })
      )
    })
  })
)

/** What was left empty is not said. */
const formOf = (given: CustomerFormGiven): CustomerForm => {
  const said = (text: string | null | undefined) =>
    text === undefined || text === null || text.trim() === "" ? null : text
  const { address = null, language = null, mode = "create", syncOptions = {} } = given
  return {
    name: given.name,
    email: said(given.email),
    phone: said(given.phone),
    contact: said(given.contact),
    address,
    taxId: null,
    language,
    mode,
    options: {
      userName: said(syncOptions.userName),
      domainPrefix: said(syncOptions.domainPrefix),
      mpnId: syncOptions.mpnId ?? null,
      taxId: said(syncOptions.taxId)
    }
  }
}
