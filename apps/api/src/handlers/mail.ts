import { readDeliveryReport } from "@concordat/adapter-mail/DeliveryReport"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  BounceUnknown,
  BounceUnreadable,
  InvalidRequest,
  MailNotFound,
  MailWaits,
  NoRecipient
} from "@concordat/contracts/Problem"
import type { AccountId } from "@concordat/core/account/Account"
import { Accounts } from "@concordat/core/account/Accounts"
import { accountValues } from "@concordat/core/mail/accountValues"
import { builtInTemplate } from "@concordat/core/mail/builtIn"
import { checkTemplate, type TemplateTexts } from "@concordat/core/mail/checkTemplate"
import { chooseTemplate } from "@concordat/core/mail/chooseTemplate"
import { exampleValues, mergeFields } from "@concordat/core/mail/mergeFields"
import { Outbox } from "@concordat/core/mail/Outbox"
import { occasions } from "@concordat/core/mail/occasions"
import { recordBounce } from "@concordat/core/mail/recordBounce"
import { render } from "@concordat/core/mail/render"
import { languageDefault, MailKind, type Template } from "@concordat/core/mail/Template"
import { Templates } from "@concordat/core/mail/Templates"
import type { PageRequest } from "@concordat/core/page/Page"
import { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Result } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { conditionGiven, stale, tagged, versionRead } from "../ifMatch.ts"
import { mailFile } from "../mailFile.ts"
import { accountNotFound } from "./accounts.ts"

/** Every mail that was ever written. */
export const outboxLayer = HttpApiBuilder.group(
  Api,
  "outbox",
  Effect.fnUntraced(function* (handlers) {
    const outbox = yield* Outbox
    return handlers.handleAll({
      list: ({ query: { cursor, limit, ...filter } }) =>
        pageOf("outbox", { cursor, limit }, (page) => outbox.list(filter, page)),
      get: ({ params }) =>
        outbox.get(params.id).pipe(Effect.catchTag("MailNotFound", mailNotFound)),
      raw: ({ params }) =>
        outbox.get(params.id).pipe(
          Effect.map((mail) =>
            HttpServerResponse.uint8Array(mailFile(mail), {
              contentType: "message/rfc822",
              headers: { "content-disposition": `attachment; filename="${mail.id}.eml"` }
            })
          ),
          Effect.catchTag("MailNotFound", mailNotFound)
        ),
      resend: ({ params }) =>
        outbox.resend(params.id).pipe(
          Effect.catchTags({
            MailNotFound: mailNotFound,
            MailWaits: ({ id, message }) => Effect.fail(new MailWaits({ id, detail: message }))
          })
        ),
      bounce: ({ payload }) =>
        readDeliveryReport(payload).pipe(
          Effect.flatMap(recordBounce),
          Effect.map(({ mail: { id, status }, recorded }) => ({ mailId: id, status, recorded })),
          Effect.catchTags({
            ReportUnreadable: ({ message }) =>
              Effect.fail(new BounceUnreadable({ detail: message })),
            BounceUnknown: ({ message }) => Effect.fail(new BounceUnknown({ detail: message }))
          })
        )
    })
  })
)

const mailNotFound = ({ id, message }: { readonly id: string; readonly message: string }) =>
  Effect.fail(new MailNotFound({ id, detail: `${message} GET /v1/outbox lists them.` }))

/** Templates of the mails that notifications become. */
export const templatesLayer = HttpApiBuilder.group(
  Api,
  "templates",
  Effect.fnUntraced(function* (handlers) {
    const templates = yield* Templates
    const accounts = yield* Accounts

    /** The template for exactly this key; where there is none, what is used instead, under version 0. */
    const templateOf = (
      kind: MailKind,
      organisationId: AccountId | null,
      language: Template["language"]
    ) =>
      Effect.map(templates.ofKind(kind), (all): Template => {
        const chosen = chooseTemplate(
          kind,
          all,
          organisationId === null ? [] : [organisationId],
          language
        )
        const isExact = chosen.organisationId === organisationId && chosen.language === language
        return isExact ? chosen : { ...chosen, organisationId, language, version: 0 }
      })

    const occasionOf = Effect.fnUntraced(function* (kind: MailKind) {
      const all = yield* templates.ofKind(kind)
      const isBuiltInUsed = !all.some(
        ({ organisationId, language }) => organisationId === null && language === languageDefault
      )
      return {
        kind,
        name: occasions[kind].name,
        fields: occasions[kind].fields.map((name) => ({ name, ...mergeFields[name] })),
        templates: isBuiltInUsed ? [builtInTemplate(kind), ...all] : all
      }
    })

    return handlers.handleAll({
      list: ({ query }) =>
        pageOf("templates", query, ({ cursor, limit }: PageRequest) => {
          const from = Number(cursor ?? 0)
          const kinds = MailKind.literals.slice(from, from + limit)
          const to = from + kinds.length
          return Effect.map(Effect.forEach(kinds, occasionOf), (items) => ({
            items,
            next: to < MailKind.literals.length ? String(to) : null
          }))
        }),
      get: ({ params, query }) =>
        Effect.map(
          templateOf(params.kind, query.organisation ?? null, query.language ?? languageDefault),
          tagged
        ),
      put: Effect.fnUntraced(
        function* ({ params, query, headers, payload }) {
          const condition = yield* conditionGiven(headers["if-match"])
          yield* checked({ kind: params.kind, ...payload })
          const { name, branch } = yield* Caller
          const organisationId = query.organisation ?? null
          if (organisationId !== null) yield* accounts.get(organisationId, branch)
          const language = query.language ?? languageDefault
          const current = yield* templateOf(params.kind, organisationId, language)
          const version = yield* versionRead(condition, current)
          const changed = yield* templates.put(
            { ...payload, kind: params.kind, organisationId, language },
            version,
            name,
            Instant.make(yield* Clock.currentTimeMillis)
          )
          return tagged(changed)
        },
        Effect.catchTags({ AccountNotFound: accountNotFound, StaleVersion: stale })
      ),
      versions: ({ params, query }) =>
        pageOf("template versions", query, (page) =>
          templates.versions(
            {
              kind: params.kind,
              organisationId: query.organisation ?? null,
              language: query.language ?? languageDefault
            },
            page
          )
        ),
      preview: Effect.fnUntraced(
        function* ({ params, query, payload }) {
          yield* checked({ kind: params.kind, ...payload })
          const values =
            query.account === undefined
              ? exampleValues
              : { ...exampleValues, ...(yield* valuesOf(query.account)) }
          const rendered = render({ ...builtInTemplate(params.kind), ...payload }, values)
          if (Result.isFailure(rendered))
            return yield* new NoRecipient({ detail: rendered.failure.message })
          return rendered.success
        },
        Effect.catchTag("AccountNotFound", accountNotFound)
      )
    })
  })
)

/** What is known of an account, with what lies above it. */
const valuesOf = Effect.fnUntraced(function* (id: AccountId) {
  const accounts = yield* Accounts
  const { branch } = yield* Caller
  const account = yield* accounts.get(id, branch)
  const parent = account.parentId === null ? null : yield* accounts.get(account.parentId, null)
  const root = yield* rootOf(parent ?? account)
  return accountValues(account, parent, root)
})

/** Trees are not deeper than this. */
const depthMax = 10

const rootOf = Effect.fnUntraced(function* (account: { readonly parentId: AccountId | null }) {
  const accounts = yield* Accounts
  let above = account.parentId
  for (let depth = 0; depth < depthMax && above !== null; depth++) {
    const next = yield* accounts.get(above, null)
    if (next.parentId === null) return next
    above = next.parentId
  }
  return null
})

const checked = (template: TemplateTexts) => {
  const problems = checkTemplate(template)
  return problems.length === 0
    ? Effect.void
    : Effect.fail(
        new InvalidRequest({
          detail: "The template has problems; each is named with its part.",
          errors: problems.map(({ part, message }) => ({ path: ["payload", part], message }))
        })
      )
}
