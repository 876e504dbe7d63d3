import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import {
  entryProblemsMax,
  InvalidRequest,
  PriceEntriesInvalid,
  PriceGroupInUse,
  PriceGroupNameTaken,
  PriceGroupNotFound,
  PriceListInUse,
  PriceListNameTaken,
  PriceListNotFound,
  PriceListsOverlap
} from "@concordat/contracts/Problem"
import type { InstanceId, InstanceName } from "@concordat/core/instance/Instance"
import { Instances } from "@concordat/core/instance/Instances"
import { Assortments, type Previewed } from "@concordat/core/price/Assortments"
import { explainPrice } from "@concordat/core/price/explainPrice"
import { unavailableText } from "@concordat/core/price/mayBuy"
import { type PriceGroup, PriceGroupId } from "@concordat/core/price/PriceGroup"
import { PriceGroups } from "@concordat/core/price/PriceGroups"
import { type PriceList, PriceListId } from "@concordat/core/price/PriceList"
import {
  type EntriesChanged,
  type EntryProblem,
  PriceLists
} from "@concordat/core/price/PriceLists"
import { Instant } from "@concordat/core/time/Instant"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Identifiers } from "@concordat/core/work/Identifiers"
import { Clock, Effect, Result } from "effect"
import { HttpApiBuilder, HttpApiSchema } from "effect/http-api"
import { pageOf } from "../Cursors.ts"
import { etagOf, stale, versionRead } from "../ifMatch.ts"
import { accountNotFound } from "./accounts.ts"
import { instanceNotFound } from "./instances.ts"

/** Price lists, for operators. */
export const pricelistsLayer = HttpApiBuilder.group(
  Api,
  "pricelists",
  Effect.fnUntraced(function* (handlers) {
    const lists = yield* PriceLists
    const assortments = yield* Assortments
    const identifiers = yield* Identifiers
    const instances = yield* Instances
    const viewOf = Effect.fnUntraced(function* (list: PriceList) {
      return { ...list, instance: yield* nameOf(instances, list.instanceId) }
    })
    const tagged = Effect.fnUntraced(function* (list: PriceList) {
      return HttpApiSchema.withHeaders({
        body: yield* viewOf(list),
        headers: { etag: etagOf(list) }
      })
    })
    const entriesChanged = ({ list, added, changed, removed, unchanged }: EntriesChanged) =>
      HttpApiSchema.withHeaders({
        body: { added, changed, removed, unchanged },
        headers: { etag: etagOf(list) }
      })
    return handlers.handleAll({
      list: Effect.fnUntraced(
        function* ({ query }) {
          const instanceId = yield* idOf(instances, query.instance)
          const page = yield* pageOf("pricelists", query, (page) =>
            lists.search({ q: query.q, instanceId, accountId: query.account }, page)
          )
          return { ...page, items: yield* named(instances, page.items) }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      make: Effect.fnUntraced(
        function* ({ payload }) {
          const { id: instanceId } = yield* instances.byName(payload.instance)
          const list: PriceList = {
            id: PriceListId.make(yield* identifiers.next),
            instanceId,
            name: payload.name,
            description: payload.description ?? "",
            currency: payload.currency,
            market: payload.market ?? null,
            validFrom: payload.validFrom ?? (yield* now),
            validTo: payload.validTo ?? null,
            active: payload.active ?? true,
            version: 1
          }
          if (list.validTo !== null && list.validTo <= list.validFrom)
            return yield* endsBeforeItBegins
          yield* lists.add(list, yield* cause)
          return HttpApiSchema.withHeaders({
            body: yield* viewOf(list),
            headers: { etag: etagOf(list), location: `/v1/pricelists/${list.id}` }
          })
        },
        Effect.catchTags({ InstanceNotFound: instanceNotFound, PriceListNameTaken: listNameTaken })
      ),
      get: ({ params }) =>
        lists
          .get(params.id)
          .pipe(Effect.flatMap(tagged), Effect.catchTag("PriceListNotFound", priceListNotFound)),
      update: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const current = yield* lists.get(params.id)
          const version = yield* versionRead(headers["if-match"], current)
          const from = payload.validFrom ?? current.validFrom
          const to = payload.validTo === undefined ? current.validTo : payload.validTo
          if (to !== null && to <= from) return yield* endsBeforeItBegins
          return yield* tagged(yield* lists.update(params.id, version, payload, yield* cause))
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          PriceListNameTaken: listNameTaken,
          PriceListsOverlap: overlap,
          StaleVersion: stale
        })
      ),
      remove: Effect.fnUntraced(
        function* ({ headers, params }) {
          const version = yield* versionRead(headers["if-match"], yield* lists.get(params.id))
          yield* lists.remove(params.id, version, yield* cause)
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          StaleVersion: stale,
          PriceListInUse: ({ id, accounts, message }) =>
            Effect.fail(new PriceListInUse({ id, accounts, detail: message }))
        })
      ),
      entries: ({ params, query }) =>
        pageOf(`entries ${params.id}`, query, (page) => lists.entries(params.id, page)).pipe(
          Effect.catchTag("PriceListNotFound", priceListNotFound)
        ),
      replaceEntries: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* lists.get(params.id))
          return entriesChanged(
            yield* lists.replaceEntries(params.id, version, payload.entries, yield* cause)
          )
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          StaleVersion: stale,
          EntriesRefused: refused
        })
      ),
      changeEntries: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* lists.get(params.id))
          const change = { put: payload.put ?? [], remove: payload.remove ?? [] }
          return entriesChanged(
            yield* lists.changeEntries(params.id, version, change, yield* cause)
          )
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          StaleVersion: stale,
          EntriesRefused: refused
        })
      ),
      accounts: ({ params, query }) =>
        pageOf(`assigned ${params.id}`, query, (page) => lists.accounts(params.id, page)).pipe(
          Effect.catchTag("PriceListNotFound", priceListNotFound)
        ),
      assign: Effect.fnUntraced(
        function* ({ params }) {
          yield* lists.assign(params.id, params.accountId, yield* cause)
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          AccountNotFound: accountNotFound,
          PriceListsOverlap: overlap
        })
      ),
      unassign: Effect.fnUntraced(
        function* ({ params }) {
          yield* lists.unassign(params.id, params.accountId, yield* cause)
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          AccountNotFound: accountNotFound
        })
      ),
      preview: Effect.fnUntraced(
        function* ({ params, query }) {
          const at = query.at ?? (yield* now)
          const page = yield* pageOf(`preview ${params.id}`, query, (page) =>
            assortments.preview(params.id, query.account, at, query.q, page)
          )
          return { ...page, items: page.items.map(previewView) }
        },
        Effect.catchTags({
          PriceListNotFound: priceListNotFound,
          AccountNotFound: accountNotFound
        })
      )
    })
  })
)

/** Price groups, for operators. */
export const pricegroupsLayer = HttpApiBuilder.group(
  Api,
  "pricegroups",
  Effect.fnUntraced(function* (handlers) {
    const groups = yield* PriceGroups
    const identifiers = yield* Identifiers
    const instances = yield* Instances
    const viewOf = Effect.fnUntraced(function* (group: PriceGroup) {
      return { ...group, instance: yield* nameOf(instances, group.instanceId) }
    })
    const tagged = Effect.fnUntraced(function* (group: PriceGroup) {
      return HttpApiSchema.withHeaders({
        body: yield* viewOf(group),
        headers: { etag: etagOf(group) }
      })
    })
    return handlers.handleAll({
      list: Effect.fnUntraced(
        function* ({ query }) {
          const instanceId = yield* idOf(instances, query.instance)
          const page = yield* pageOf("pricegroups", query, (page) =>
            groups.search({ q: query.q, instanceId }, page)
          )
          return { ...page, items: yield* named(instances, page.items) }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      make: Effect.fnUntraced(
        function* ({ payload }) {
          const { id: instanceId } = yield* instances.byName(payload.instance)
          const id = PriceGroupId.make(yield* identifiers.next)
          const group: PriceGroup = { id, instanceId, name: payload.name, version: 1 }
          yield* groups.add(group, yield* cause)
          return HttpApiSchema.withHeaders({
            body: yield* viewOf(group),
            headers: { etag: etagOf(group), location: `/v1/pricegroups/${id}` }
          })
        },
        Effect.catchTags({
          InstanceNotFound: instanceNotFound,
          PriceGroupNameTaken: groupNameTaken
        })
      ),
      get: ({ params }) =>
        groups
          .get(params.id)
          .pipe(Effect.flatMap(tagged), Effect.catchTag("PriceGroupNotFound", priceGroupNotFound)),
      rename: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* groups.get(params.id))
          return yield* tagged(yield* groups.rename(params.id, version, payload.name, yield* cause))
        },
        Effect.catchTags({
          PriceGroupNotFound: priceGroupNotFound,
          PriceGroupNameTaken: groupNameTaken,
          StaleVersion: stale
        })
      ),
      remove: Effect.fnUntraced(
        function* ({ headers, params }) {
          const version = yield* versionRead(headers["if-match"], yield* groups.get(params.id))
          yield* groups.remove(params.id, version, yield* cause)
        },
        Effect.catchTags({
          PriceGroupNotFound: priceGroupNotFound,
          StaleVersion: stale,
          PriceGroupInUse: ({ id, lists, message }) =>
            Effect.fail(new PriceGroupInUse({ id, lists, detail: message }))
        })
      ),
      products: ({ params, query }) =>
        pageOf(`group ${params.id}`, query, (page) => groups.products(params.id, page)).pipe(
          Effect.map((page) => ({ ...page, items: page.items.map((offer) => ({ offer })) })),
          Effect.catchTag("PriceGroupNotFound", priceGroupNotFound)
        ),
      replaceProducts: Effect.fnUntraced(
        function* ({ headers, params, payload }) {
          const version = yield* versionRead(headers["if-match"], yield* groups.get(params.id))
          return yield* tagged(
            yield* groups.replaceProducts(params.id, version, payload.offers, yield* cause)
          )
        },
        Effect.catchTags({
          PriceGroupNotFound: priceGroupNotFound,
          StaleVersion: stale,
          GroupProductsRefused: refused
        })
      ),
      changeProducts: Effect.fnUntraced(
        function* ({ headers, params, payload: { put = [], remove = [] } }) {
          const version = yield* versionRead(headers["if-match"], yield* groups.get(params.id))
          return yield* tagged(
            yield* groups.changeProducts(params.id, version, { put, remove }, yield* cause)
          )
        },
        Effect.catchTags({
          PriceGroupNotFound: priceGroupNotFound,
          StaleVersion: stale,
          GroupProductsRefused: refused
        })
      )
    })
  })
)

const now = Effect.map(Clock.currentTimeMillis, (ms) => Instant.make(ms))

/** Who changes prices, from the request. */
const cause = Effect.gen(function* () {
  const { name } = yield* Caller
  return { actor: name, correlationId: yield* CurrentCorrelation }
})

const idOf = (instances: Instances["Service"], name: InstanceName | undefined) =>
  name === undefined
    ? Effect.undefined
    : Effect.map(instances.byName(name), ({ id }): InstanceId | undefined => id)

/** Prices refer to instances, which are never removed. */
const nameOf = (instances: Instances["Service"], id: InstanceId) =>
  Effect.orDie(Effect.map(instances.get(id), ({ name }) => name))

/** Each with the name of its instance, of which there are few. */
const named = Effect.fnUntraced(function* <A extends { readonly instanceId: InstanceId }>(
  instances: Instances["Service"],
  items: ReadonlyArray<A>
) {
  const names = new Map<InstanceId, InstanceName>()
  for (const { instanceId } of items)
    if (!names.has(instanceId)) names.set(instanceId, yield* nameOf(instances, instanceId))
  return items.flatMap((item) => {
    const instance = names.get(item.instanceId)
    return instance === undefined ? [] : [{ ...item, instance }]
  })
})

const previewView = ({ product, plans }: Previewed) => ({
  offer: product.offer,
  name: product.name,
  family: product.family,
  plans: plans.map(({ plan, resolved, hidden }) => ({
    ...plan,
    price: Result.isSuccess(resolved) ? resolved.success.price : null,
    explanation: explainPrice(resolved),
    visible: hidden === null,
    hiddenBecause: hidden === null ? null : unavailableText[hidden]
  }))
})

const endsBeforeItBegins = Effect.fail(
  new InvalidRequest({
    detail: "Nothing was changed.",
    errors: [
      {
        path: ["payload", "validTo"],
        message: "a list ends after it begins: give a validTo after validFrom"
      }
    ]
  })
)

interface Missing {
  readonly id: string
  readonly message: string
}
const priceListNotFound = ({ id, message }: Missing) =>
  Effect.fail(
    new PriceListNotFound({ id, detail: `${message} GET /v1/pricelists lists those that exist.` })
  )
const priceGroupNotFound = ({ id, message }: Missing) =>
  Effect.fail(
    new PriceGroupNotFound({ id, detail: `${message} GET /v1/pricegroups lists those that exist.` })
  )

interface Taken {
  readonly name: string
  readonly message: string
}
const listNameTaken = ({ name, message }: Taken) =>
  Effect.fail(new PriceListNameTaken({ name, detail: message }))
const groupNameTaken = ({ name, message }: Taken) =>
  Effect.fail(new PriceGroupNameTaken({ name, detail: message }))

const overlap = ({
  list,
  other,
  otherId,
  accountId,
  message
}: {
  readonly list: string
  readonly other: string
  readonly otherId: string
  readonly accountId: string
  readonly message: string
}) => Effect.fail(new PriceListsOverlap({ list, other, otherId, accountId, detail: message }))

const refused = ({
  problems,
  message
}: {
  readonly problems: ReadonlyArray<EntryProblem>
  readonly message: string
}) =>
  Effect.fail(
    new PriceEntriesInvalid({
      problems: problems.slice(0, entryProblemsMax),
      total: problems.length,
      detail: message
    })
  )
