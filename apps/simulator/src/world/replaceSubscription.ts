import type { Customer } from "./Account.ts"
import { type Subscription, sameId } from "./Subscription.ts"
import { touch } from "./World.ts"

/** Puts a changed record in the place of the old one, one version later. */
export const replaceSubscription = (
  customer: Customer,
  before: Subscription,
  change: Partial<Subscription>
): Subscription => {
  const after: Subscription = { ...before, ...change, version: before.version + 1 }
  customer.subscriptions = customer.subscriptions.map((one) =>
    sameId(one.id, before.id) ? after : one
  )
  touch(customer)
  return after
}

export const addSubscription = (customer: Customer, subscription: Subscription): void => {
  customer.subscriptions = [...customer.subscriptions, subscription]
  touch(customer)
}

export const removeSubscription = (customer: Customer, subscription: Subscription): void => {
  customer.subscriptions = customer.subscriptions.filter((one) => one.id !== subscription.id)
  touch(customer)
}
