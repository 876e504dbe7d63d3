/**
 * What an integration sandbox holds at most ("Set up API access in Partner Center": 75 customers, 5 subscriptions for
 * each, 25 licences for each of these). Partner Center refuses what goes beyond.
 */
export const sandboxLimits = {
  customersMax: 75,
  subscriptionsPerCustomerMax: 5,
  licencesPerSubscriptionMax: 25
} as const

/** What the sandbox holds before an order. */
export interface SandboxUse {
  readonly customers: number
  /** Of the customer who orders. */
  readonly subscriptions: number
}

/** What an order asks of the sandbox. */
export interface SandboxOrder {
  /** Whether the order brings the customer in. */
  readonly isNewCustomer: boolean
  /** Licences of each subscription that is bought or changed. */
  readonly licences: ReadonlyArray<number>
  /** How many of these are new subscriptions. */
  readonly newSubscriptions: number
}

/** A limit that an order would exceed: `wanted` is what there would be then. */
export interface SandboxExcess {
  readonly limit: keyof typeof sandboxLimits
  readonly max: number
  readonly wanted: number
}

/**
 * The limits that an order would exceed, each once; none when it fits. Whoever holds more than a limit already may
 * still order what does not add to it.
 */
export const checkSandboxOrder = (
  use: SandboxUse,
  order: SandboxOrder
): ReadonlyArray<SandboxExcess> => {
  const { customersMax, subscriptionsPerCustomerMax, licencesPerSubscriptionMax } = sandboxLimits
  const excess: Array<SandboxExcess> = []
  const customers = use.customers + 1
  if (order.isNewCustomer && customers > customersMax)
    excess.push({ limit: "customersMax", max: customersMax, wanted: customers })
  const subscriptions = use.subscriptions + order.newSubscriptions
  if (order.newSubscriptions > 0 && subscriptions > subscriptionsPerCustomerMax)
    excess.push({
      limit: "subscriptionsPerCustomerMax",
      max: subscriptionsPerCustomerMax,
      wanted: subscriptions
    })
  const licences = order.licences.reduce((most, count) => Math.max(most, count), 0)
  if (licences > licencesPerSubscriptionMax)
    excess.push({
      limit: "licencesPerSubscriptionMax",
      max: licencesPerSubscriptionMax,
      wanted: licences
    })
  return excess
}
