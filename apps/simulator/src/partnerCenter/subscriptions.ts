import type { Account, Customer } from "../world/Account.ts"
import { subscriptionOf } from "../world/Account.ts"
import { listingOf } from "../world/listing.ts"
import { type Subscription, sameId } from "../world/Subscription.ts"
import { type Answer, json, jsonBytes, Refusal, standardError } from "./Answer.ts"
import { type Call, customerOfCall, parameter } from "./Call.ts"
import { collection, link } from "./resource.ts"
import { renderSubscription } from "./subscriptionResource.ts"

/** GET /v1/customers/{id}/subscriptions[?order_id=|?mpn_id=] */
export const listSubscriptions = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const orderId = call.query.get("order_id")
  const mpnId = call.query.get("mpn_id")
  if (orderId !== undefined || mpnId !== undefined) {
    const chosen = listingOf(customer, call.at).subscriptions.filter(
      (one) =>
        (orderId === undefined || sameId(one.orderId, orderId)) &&
        (mpnId === undefined || one.partnerOfRecord === mpnId)
    )
    const query = orderId === undefined ? `mpn_id=${mpnId}` : `order_id=${orderId}`
    return { status: 200, body: bodyOf(call, customer, chosen, `?${encodeURI(query)}`).body }
  }
  const { bodies } = call.simulator
  const ready = bodies.get(customer, call.at)
  if (ready !== undefined) return { status: 200, body: ready }
  const listing = listingOf(customer, call.at)
  const { body, until } = bodyOf(call, customer, listing.subscriptions, "")
  bodies.set(customer, Math.min(until, listing.until), body)
  return { status: 200, body }
}

const bodyOf = (
  { account, at }: { readonly account: Account; readonly at: number },
  customer: Customer,
  subscriptions: ReadonlyArray<Subscription>,
  query: string
): { readonly body: Buffer; readonly until: number } => {
  const rendered = subscriptions.map((one) => renderSubscription(account, customer, one, at))
  return {
    body: jsonBytes(
      collection(
        rendered.map(({ resource }) => resource),
        { self: link(`/customers/${customer.id}/subscriptions${query}`) }
      )
    ),
    until: Math.min(...rendered.map(({ until }) => until), Number.POSITIVE_INFINITY)
  }
}

/** GET /v1/customers/{id}/subscriptions/{sid}: the truth, without the list's lag. */
export const getSubscription = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const subscription = found(call, customer)
  return json(renderSubscription(call.account, customer, subscription, call.at).resource)
}

/** GET /v1/customers/{id}/subscriptions/{sid}/addons */
export const listAddons = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const base = found(call, customer)
  const addons = listingOf(customer, call.at).subscriptions.filter(
    ({ parentId }) => parentId !== null && sameId(parentId, base.id)
  )
  return {
    status: 200,
    body: bodyOf(call, customer, addons, `/${base.id}/addons`).body
  }
}

const found = (call: Call, customer: Customer): Subscription => {
  const id = parameter(call, 1)
  const subscription = subscriptionOf(customer, id)
  if (subscription !== undefined) return subscription
  throw new Refusal(standardError(404, 20003, `Subscription ${id.slice(0, 64)} was not found.`))
}
