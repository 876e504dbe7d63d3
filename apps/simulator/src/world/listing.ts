import { dayMs } from "../Clock.ts"
import type { Account, Customer, Lagging } from "./Account.ts"
import type { Subscription } from "./Subscription.ts"

/** What the list of subscriptions shows at an instant, and until when it will show the same if nothing changes. */
export interface Listing {
  readonly subscriptions: ReadonlyArray<Subscription>
  readonly until: number
}

/** Partner Center's lists lag behind what it accepted: a changed subscription shows its old self for a while. */
export const listingOf = (customer: Customer, at: number): Listing => {
  if (customer.lagging.size === 0)
    return { subscriptions: customer.subscriptions, until: Number.POSITIVE_INFINITY }
  const shown: Array<Subscription> = []
  let until = Number.POSITIVE_INFINITY
  const seen = new Set<string>()
  const consider = (id: string, truth: Subscription | null) => {
    seen.add(id)
    const lagging = customer.lagging.get(id)
    const late = lagging !== undefined && at < lagging.until
    if (late) until = Math.min(until, lagging.until)
    const visible = late ? lagging.shown : truth
    if (visible !== null) shown.push(visible)
  }
  for (const subscription of customer.subscriptions) consider(subscription.id, subscription)
  for (const id of customer.lagging.keys()) if (!seen.has(id)) consider(id, null)
  return { subscriptions: shown, until }
}

/** Lets the list show `before` for as long as the account's settings say. Two changes lag from the first to the last. */
export const lag = (
  account: Account,
  customer: Customer,
  id: string,
  before: Subscription | null,
  at: number
): void => {
  const { lagSeconds, newSubscriptionLagSeconds } = account.settings
  const seconds = before === null ? newSubscriptionLagSeconds : lagSeconds
  if (seconds === 0) return
  const running = customer.lagging.get(id)
  const entry: Lagging = {
    until: Math.max(at + seconds * 1000, running?.until ?? 0),
    shown: running !== undefined && running.until > at ? running.shown : before
  }
  // Entries that are long over go when the next one comes.
  const kept = [...customer.lagging].filter(([, { until }]) => until > at - dayMs)
  customer.lagging = new Map([...kept, [id, entry]])
}
