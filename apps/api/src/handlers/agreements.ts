import { agreementLayout } from "@concordat/adapter-excel/agreementLayout"
import { tableFile } from "@concordat/adapter-excel/TableFile"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import type { AgreementView } from "@concordat/contracts/agreements"
import {
  AcceptanceNotFailed,
  AcceptanceNotFound,
  AccountChangeNotAllowed,
  AgreementConfirmed,
  AgreementRefused,
  InstanceDisabled
} from "@concordat/contracts/Problem"
import type { AccountId } from "@concordat/core/account/Account"
import type { AcceptanceStatus } from "@concordat/core/agreement/Acceptance"
import { type AcceptanceFilter, Agreements } from "@concordat/core/agreement/Agreements"
import { acceptAgreement } from "@concordat/core/agreement/acceptAgreement"
import { type AgreementStanding, agreementOf } from "@concordat/core/agreement/agreementOf"
import type { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import type { Instant } from "@concordat/core/time/Instant"
import { CurrentPriority } from "@concordat/core/vendor/RateBudget"
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { fileType } from "../fileType.ts"
import { CurrentOrigin } from "../Origin.ts"
import { partnerCenterFailed } from "../partnerCenterFailed.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** Agreements of customers with Microsoft, and their log. */
export const agreementsLayer = HttpApiBuilder.group(
  Api,
  "agreements",
  Effect.fnUntraced(function* (handlers) {
    const agreements = yield* Agreements
    return handlers.handleAll({
      standing: Effect.fnUntraced(
        function* ({ params, query }) {
          const caller = yield* Caller
          return viewOf(yield* agreementOf(caller, params.id, query.instance, query.type))
        },
        // A person looks at a form.
        Effect.provideService(CurrentPriority, "interactive"),
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: instanceDisabled,
          VendorError: partnerCenterFailed
        })
      ),
      confirm: Effect.fnUntraced(
        function* ({ params, payload }) {
          const { headers } = yield* HttpServerRequest.HttpServerRequest
          return yield* acceptAgreement(yield* Caller, {
            accountId: params.id,
            instance: payload.instance,
            templateId: payload.templateId,
            contact: {
              firstName: payload.firstName.trim(),
              lastName: payload.lastName.trim(),
              email: payload.email,
              phone: payload.phone ?? null
            },
            agreedAt: payload.agreedAt,
            role: payload.role,
            userName: payload.userName ?? null,
            orderCode: payload.orderCode ?? null,
            ipAddress: payload.ipAddress ?? (yield* CurrentOrigin),
            userAgent: payload.userAgent ?? browserOf(headers["user-agent"])
          })
        },
        Effect.catchTags({
          AccountNotFound: accountNotFound,
          AccountChangeNotAllowed: ({ field, message }) =>
            Effect.fail(new AccountChangeNotAllowed({ field, detail: message })),
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: instanceDisabled,
          AgreementRefused: ({ field, message }) =>
            Effect.fail(new AgreementRefused({ field, detail: message })),
          AgreementConfirmed: confirmedAlready
        })
      ),
      list: Effect.fnUntraced(
        function* ({ query: { cursor, limit, ...filter } }) {
          const { branch } = yield* Caller
          const narrowed = yield* filterOf(filter)
          return yield* pageOf("agreements", { cursor, limit }, (page) =>
            agreements.list(narrowed, branch, page)
          )
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      export: Effect.fnUntraced(
        function* ({ query: { format, ...filter } }) {
          const { branch } = yield* Caller
          const log = agreements.log(yield* filterOf(filter), branch)
          return HttpServerResponse.stream(tableFile(format, agreementLayout, log), {
            contentType: fileType(format),
            headers: { "content-disposition": `attachment; filename="agreements.${format}"` }
          })
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      get: Effect.fnUntraced(
        function* ({ params }) {
          const { branch } = yield* Caller
          return yield* agreements.get(params.id, branch)
        },
        Effect.catchTag("AcceptanceNotFound", acceptanceNotFound)
      ),
      retry: Effect.fnUntraced(
        function* ({ params }) {
          const { branch } = yield* Caller
          return yield* agreements.retry(params.id, branch)
        },
        Effect.catchTags({
          AcceptanceNotFound: acceptanceNotFound,
          AcceptanceNotFailed: ({ id, message, status }) =>
            Effect.fail(new AcceptanceNotFailed({ id, state: status, detail: message })),
          AgreementConfirmed: confirmedAlready
        })
      )
    })
  })
)

const filterOf = Effect.fnUntraced(function* ({
  instance,
  ...filter
}: {
  readonly account?: AccountId
  readonly instance?: InstanceName
  readonly status?: AcceptanceStatus
  readonly from?: Instant
  readonly to?: Instant
  readonly q?: string
}): Effect.fn.Return<AcceptanceFilter, InstanceNotFoundOf, Instances> {
  if (instance === undefined) return filter
  const { id } = yield* Effect.flatMap(Instances, ({ byName }) => byName(instance))
  return { ...filter, instanceId: id }
})
type InstanceNotFoundOf = Effect.Error<ReturnType<Instances["Service"]["byName"]>>

/** As browsers and programs name themselves; nothing that a log or a sheet could not show. */
const browserOf = (header: string | undefined): string | null =>
  header === undefined || header === "" ? null : header.replace(/\p{Cc}/gu, " ").slice(0, 500)

const viewOf = ({ accepted, form, ...standing }: AgreementStanding): typeof AgreementView.Type => ({
  ...standing,
  accepted: accepted === null ? null : { agreedAt: accepted.agreedAt, contact: accepted.contact },
  form:
    form === null
      ? null
      : {
          templateId: form.template.templateId,
          versionRank: form.template.versionRank,
          link: form.template.link,
          document: form.document,
          signer: form.signer,
          mode: form.mode,
          role: form.role,
          contact: form.contact,
          agreedAt: form.agreedAt
        }
})

const instanceDisabled = ({ name, message }: { readonly name: string; readonly message: string }) =>
  Effect.fail(new InstanceDisabled({ name, detail: message }))

const acceptanceNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(
    new AcceptanceNotFound({
      id,
      detail: `${message} GET /v1/agreements lists those that you can see.`
    })
  )

const confirmedAlready = (error: {
  readonly id: string
  readonly status: string
  readonly message: string
}) =>
  Effect.fail(new AgreementConfirmed({ id: error.id, state: error.status, detail: error.message }))
