import type { AccountSettings } from "./world/Account.ts"

/** Microsoft counts these apart ("API throttling guidance": 500 requests per minute and tenant each). */
export const families = ["customers", "orders", "subscriptions"] as const
export type Family = (typeof families)[number]

interface Bucket {
  tokens: number
  at: number
}

/** One token bucket per partner tenant and resource family, refilled evenly. */
export class Throttle {
  readonly #buckets = new Map<string, Bucket>()

  /** 0 when the request may pass, else the seconds after which the next one may. */
  take(account: string, family: Family, settings: AccountSettings, at: number): number {
    const limit = settings.limitPerMinute ?? 0
    if (limit === 0) return 0
    const capacity = burstOf(settings, limit)
    const perMs = limit / 60_000
    const key = `${account} ${family}`
    const bucket = this.#buckets.get(key) ?? { tokens: capacity, at }
    this.#buckets.set(key, bucket)
    // A clock that was set back adds nothing; a lower burst takes effect at once.
    const refilled = bucket.tokens + Math.max(0, at - bucket.at) * perMs
    bucket.tokens = Math.min(capacity, refilled)
    bucket.at = at
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1000))
  }

  clear(): void {
    this.#buckets.clear()
  }
}

/** A tenth of the limit, at least what one second brings, at least one request. */
const burstOf = ({ burst }: AccountSettings, limit: number): number =>
  burst ?? Math.max(1, Math.ceil(limit / 10), Math.ceil(limit / 60))
