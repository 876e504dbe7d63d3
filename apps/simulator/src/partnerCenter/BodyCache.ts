import type { Customer } from "../world/Account.ts"

interface Cached {
  readonly revision: number
  readonly until: number
  readonly body: Buffer
}

/** Bytes of bodies that are kept; the ones stored first go first. */
const bytesMax = 96 * 1024 * 1024

/** Serialised lists of subscriptions, kept until the customer changes or the body speaks of a past instant. */
export class BodyCache {
  readonly #bodies = new Map<Customer, Cached>()
  #bytes = 0

  get(customer: Customer, at: number): Buffer | undefined {
    const cached = this.#bodies.get(customer)
    return cached !== undefined && cached.revision === customer.revision && at < cached.until
      ? cached.body
      : undefined
  }

  set(customer: Customer, until: number, body: Buffer): void {
    this.#delete(customer)
    this.#bodies.set(customer, { revision: customer.revision, until, body })
    this.#bytes += body.length
    for (const oldest of this.#bodies.keys()) {
      if (this.#bytes <= bytesMax) break
      this.#delete(oldest)
    }
  }

  clear(): void {
    this.#bodies.clear()
    this.#bytes = 0
  }

  #delete(customer: Customer): void {
    this.#bytes -= this.#bodies.get(customer)?.body.length ?? 0
    this.#bodies.delete(customer)
  }
}
