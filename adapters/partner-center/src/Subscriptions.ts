import { hash } from "node:crypto"
import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import type { Observed } from "@concordat/core/subscription/Observed"
import type { MicrosoftId } from "@concordat/core/subscription/Subscription"
import { type Listing, VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Layer, Result } from "effect"
import { type Answer, Client, malformed, type ReadRequest } from "./Client.ts"
import { decoderOf } from "./decode.ts"
import { observedFrom } from "./observed.ts"
import { nextOf } from "./paging.ts"
import { WireSubscription, WireSubscriptions } from "./wire/Subscription.ts"

const decodeOne = decoderOf(WireSubscription)
const decodeList = decoderOf(WireSubscriptions)

/** The documentation knows no pages here; should they come, this is more than a customer can have. */
const pagesMax = 100

/** Raised when the mapping changes: what was stored by an older one is then read again. */
const mappingVersion = "1"

/**
 * "Get a customer's subscriptions": add-ons come along, each with its parentSubscriptionId. The digest is
 * that of the bytes, so an unchanged list costs no parsing.
 */
export const subscriptionsLayer: Layer.Layer<VendorSubscriptions, never, Client> = Layer.effect(
  VendorSubscriptions,
  Effect.gen(function* () {
    const client = yield* Client
    const list = Effect.fn("PartnerCenter.listSubscriptions")(function* (
      instance: Instance,
      tenantId: TenantId,
      knownDigest: string | null
    ): Effect.fn.Return<Listing, VendorError> {
      let request: ReadRequest | undefined = {
        operation: "listSubscriptions",
        method: "GET",
        uri: `/v1/customers/${tenantId}/subscriptions`
      }
      const subscriptions: Array<Observed> = []
      let digest = ""
      for (let pages = 1; ; pages++) {
        const answer: Answer = yield* client.send(instance, request)
        digest = digestOf(digest, answer.body)
        if (digest === knownDigest) return { _tag: "Unchanged" }
        const page: typeof WireSubscriptions.Type = yield* decodeList(answer)
        yield* intoObserved(instance, tenantId, answer, page.items, subscriptions)
        request = nextOf(request, page.links?.next)
        if (request === undefined) return { _tag: "Listed", digest, subscriptions }
        if (pages >= pagesMax)
          return yield* malformed(answer, 'the pages do not end\n  at ["links"]["next"]')
      }
    })
    return { list }
  })
)

/** Of all pages so far. */
const digestOf = (before: string, body: Uint8Array): string => {
  const digest = hash("sha256", body, "base64")
  return before === "" ? `${mappingVersion}.${digest}` : hash("sha256", before + digest, "base64")
}

const intoObserved = (
  instance: Instance,
  tenantId: TenantId,
  answer: Answer,
  items: ReadonlyArray<WireSubscription>,
  into: Array<Observed>
): Effect.Effect<void, VendorError> => {
  for (const [index, item] of items.entries()) {
    const observed = observedFrom(instance, tenantId, item)
    if (Result.isFailure(observed))
      return Effect.fail(
        malformed(answer, observed.failure.replace("at [", `at ["items"][${index}][`))
      )
    into.push(observed.success)
  }
  return Effect.void
}

/** "Get a subscription by ID". */
export const getSubscription = Effect.fn("PartnerCenter.getSubscription")(function* (
  instance: Instance,
  tenantId: TenantId,
  id: MicrosoftId
) {
  const client = yield* Client
  const answer = yield* client.send(instance, {
    operation: "getSubscription",
    method: "GET",
    uri: `/v1/customers/${tenantId}/subscriptions/${id}`
  })
  const observed = observedFrom(instance, tenantId, yield* decodeOne(answer))
  return Result.isSuccess(observed) ? observed.success : yield* malformed(answer, observed.failure)
})

/** "Get a list of add-ons for a subscription". */
export const listAddons = Effect.fn("PartnerCenter.listAddons")(function* (
  instance: Instance,
  tenantId: TenantId,
  parent: MicrosoftId
) {
  const client = yield* Client
  const answer = yield* client.send(instance, {
    operation: "listAddons",
    method: "GET",
    uri: `/v1/customers/${tenantId}/subscriptions/${parent}/addons`
  })
  const addons: Array<Observed> = []
  const { items } = yield* decodeList(answer)
  yield* intoObserved(instance, tenantId, answer, items, addons)
  return addons
})
