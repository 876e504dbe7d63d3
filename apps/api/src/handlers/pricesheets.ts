import { createHash } from "node:crypto"
import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  IdempotencyKeyInUse,
  IdempotencyKeyReused,
  InstanceDisabled,
  PriceSheetInvalid,
  PriceSheetNotFound,
  PriceSheetOutdated
} from "@concordat/contracts/Problem"
import type {
  PriceSheetChangeView,
  PriceSheetView,
  SheetPriceView
} from "@concordat/contracts/pricesheets"
import type { InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import {
  receivePriceSheet,
  requestPriceSheet,
  type SheetRequest
} from "@concordat/core/pricesheet/importPriceSheet"
import { type PriceSheet, PriceSheetId } from "@concordat/core/pricesheet/PriceSheet"
import {
  type KnownPrice,
  type PricePoint,
  type PriceSheetChange,
  PriceSheets,
  type PriceSheetNotFound as SheetNotFound,
  type PriceSheetOutdated as SheetOutdated
} from "@concordat/core/pricesheet/PriceSheets"
import { type PriceSubject, perPeriod } from "@concordat/core/pricesheet/SheetPrice"
import { Idempotency } from "@concordat/core/work/Idempotency"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Option, Stream } from "effect"
import { HttpEffect, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { digest } from "../idempotency.ts"
import { instanceNotFound } from "./instances.ts"

/** Microsoft's price sheets: every line is right, or no price changes. */
export const priceSheetsLayer = HttpApiBuilder.group(
  Api,
  "pricesheets",
  Effect.fnUntraced(function* (handlers) {
    const sheets = yield* PriceSheets
    const instances = yield* Instances
    const instanceNamed = (name: InstanceName) =>
      Effect.catchTag(instances.byName(name), "InstanceNotFound", instanceNotFound)
    return handlers.handleAll({
      import: Effect.fnUntraced(
        function* ({ payload, query }) {
          const caller = yield* Caller
          const instance = yield* instanceNamed(query.instance)
          const sha256 = createHash("sha256")
          const hashed = Stream.map(payload, (chunk) => {
            sha256.update(chunk)
            return chunk
          })
          const sheet = yield* receivePriceSheet(
            caller.name,
            instance,
            requestOf(query),
            hashed,
            onceOf(() => sha256.digest("hex"))
          )
          return sheet.status === "refused" ? yield* refused(sheet) : accepted(sheet)
        },
        Effect.catchTags({
          PriceSheetOutdated: outdated,
          KeyReused: ({ message }) => Effect.fail(new IdempotencyKeyReused({ detail: message })),
          KeyInUse: ({ message }) => Effect.fail(new IdempotencyKeyInUse({ detail: message }))
        })
      ),
      download: Effect.fnUntraced(
        function* ({ payload }) {
          const caller = yield* Caller
          return accepted(
            yield* requestPriceSheet(caller.name, payload.instance, requestOf(payload))
          )
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          InstanceDisabled: ({ name, message }) =>
            Effect.fail(new InstanceDisabled({ name, detail: message })),
          PriceSheetOutdated: outdated
        })
      ),
      list: Effect.fnUntraced(function* ({ query }) {
        const instanceId =
          query.instance === undefined ? undefined : (yield* instanceNamed(query.instance)).id
        const page = yield* pageOf(`price sheets of ${instanceId ?? "all"}`, query, (page) =>
          sheets.list(instanceId, page)
        )
        return { ...page, items: page.items.map(sheetView) }
      }),
      get: ({ params }) =>
        sheets
          .get(params.id)
          .pipe(Effect.map(sheetView), Effect.catchTag("PriceSheetNotFound", notFound)),
      changes: ({ params, query }) =>
        pageOf(`changes of price sheet ${params.id}`, query, (page) =>
          sheets.changes(params.id, page)
        ).pipe(
          Effect.map((page) => ({ ...page, items: page.items.map(changeView) })),
          Effect.catchTag("PriceSheetNotFound", notFound)
        ),
      prices: Effect.fnUntraced(function* ({ query }) {
        const { id } = yield* instanceNamed(query.instance)
        const filter = {
          instanceId: id,
          offer: query.offer,
          market: query.market,
          at: query.at,
          history: query.history ?? false
        }
        const page = yield* pageOf(`prices ${JSON.stringify(filter)}`, query, (page) =>
          sheets.prices(filter, page)
        )
        return { ...page, items: page.items.map(priceView) }
      })
    })
  })
)

/**
 * The same key with the same file gets the first import again. What the file is is known only when all of it has come, which is
 * why the key is claimed then; the sheet and what belongs to the key are kept together.
 */
const onceOf =
  (hashOf: () => string) => (staged: Effect.Effect<PriceSheet>, id: PriceSheet["id"]) =>
    Effect.gen(function* () {
      const { headers, method, url } = yield* HttpServerRequest.HttpServerRequest
      const key = headers["idempotency-key"]
      if (key === undefined) return yield* staged
      const answers = yield* Idempotency
      const work = yield* UnitOfWork
      const sheets = yield* PriceSheets
      const caller = digest("idempotency caller", headers["authorization"] ?? "")
      const first = yield* answers.claim(caller, key, digest(method, url, hashOf()))
      if (Option.isSome(first)) {
        const known = PriceSheetId.make(first.value.body)
        yield* sheets.fail(id, `The file was sent before, as price sheet ${known}.`)
        yield* HttpEffect.appendPreResponseHandler((_request, response) =>
          Effect.succeed(HttpServerResponse.setHeader(response, "idempotency-replayed", "true"))
        )
        return yield* Effect.orDie(sheets.get(known))
      }
      return yield* work
        .within(
          Effect.tap(staged, (sheet) =>
            sheet.status === "refused"
              ? answers.release(caller, key)
              : answers.answer(caller, key, { status: 202, headers: {}, body: sheet.id })
          )
        )
        .pipe(Effect.onError(() => answers.release(caller, key)))
    })

const requestOf = (
  given: Pick<SheetRequest, "market"> & {
    readonly timeline?: SheetRequest["timeline"]
    readonly month?: SheetRequest["month"]
    readonly dryRun?: boolean
  }
): SheetRequest => ({
  market: given.market,
  timeline: given.timeline ?? "current",
  month: given.month,
  dryRun: given.dryRun ?? false
})

const accepted = (sheet: PriceSheet) =>
  HttpApiSchema.withHeaders({
    body: sheetView(sheet),
    headers: { location: `/v1/catalogue/pricesheets/${sheet.id}` }
  })

const refused = ({ id, problems, problemCount }: PriceSheet) =>
  Effect.fail(
    new PriceSheetInvalid({
      id,
      problems,
      total: problemCount,
      detail:
        "No price was changed. Correct the lines that are named, or export the sheet again, and send it once more."
    })
  )

const outdated = ({ month, newest, message }: SheetOutdated) =>
  Effect.fail(new PriceSheetOutdated({ month, newest, detail: message }))

const notFound = ({ id, message }: SheetNotFound) =>
  Effect.fail(
    new PriceSheetNotFound({
      id,
      detail: `${message} GET /v1/catalogue/pricesheets lists those that there are.`
    })
  )

const sheetView = (sheet: PriceSheet): PriceSheetView => ({
  id: sheet.id,
  instance: sheet.instance,
  market: sheet.market,
  month: sheet.month,
  timeline: sheet.timeline,
  source: sheet.source,
  dryRun: sheet.dryRun,
  status: sheet.status,
  requestedBy: sheet.requestedBy,
  correlationId: sheet.correlationId,
  progress: { bytes: sheet.bytes, lines: sheet.lines },
  counts: {
    added: sheet.added,
    changed: sheet.changed,
    redated: sheet.redated,
    ended: sheet.ended,
    unchanged: sheet.unchanged,
    duplicates: sheet.duplicates
  },
  problems: sheet.problems,
  problemCount: sheet.problemCount,
  problem: sheet.problem,
  createdAt: sheet.createdAt,
  finishedAt: sheet.finishedAt
})

const pointView = (
  subject: Pick<PriceSubject, "term" | "billingCycle" | "currency">,
  { erpPrice, unitPrice, validFrom, validTo }: PricePoint
) => ({
  cost: perPeriod(unitPrice, subject),
  recommended: erpPrice === null ? null : perPeriod(erpPrice, subject),
  termCost: { amount: unitPrice, currency: subject.currency },
  termRecommended: erpPrice === null ? null : { amount: erpPrice, currency: subject.currency },
  validFrom,
  validTo
})

const changeView = ({ after, before, ...change }: PriceSheetChange): PriceSheetChangeView => ({
  ...change,
  before: before === null ? null : pointView(change, before),
  after: after === null ? null : pointView(change, after)
})

const priceView = (price: KnownPrice): SheetPriceView => {
  const { addedBy, erpPrice, supersededBy, unitPrice, validFrom, validTo, ...subject } = price
  return { ...subject, ...pointView(subject, price), priceSheet: addedBy, supersededBy }
}
