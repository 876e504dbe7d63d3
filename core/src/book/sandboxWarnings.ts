import type { TenantId } from "../instance/Instance.ts"
import { checkSandboxOrder, type SandboxExcess, sandboxLimits } from "../instance/sandboxLimits.ts"
import { isLive } from "../subscription/Subscription.ts"
import type { BookLine } from "./BookLine.ts"

/** So many customers are named; a list of the real book would otherwise be repeated whole. */
export const sandboxWarningsMax = 100

/**
 * What a list of the sandbox holds that the sandbox cannot, customer by customer: most likely it is the list of the
 * real account. Ended subscriptions do not count.
 */
export const sandboxWarnings = (lines: ReadonlyArray<BookLine>): ReadonlyArray<string> => {
  const byTenant = new Map<TenantId, Array<BookLine>>()
  for (const line of lines) {
    if (!isLive(line.terms.status)) continue
    const others = byTenant.get(line.tenantId)
    if (others === undefined) byTenant.set(line.tenantId, [line])
    else others.push(line)
  }
  const warnings: Array<string> = []
  if (byTenant.size > sandboxLimits.customersMax)
    warnings.push(
      `The list has ${byTenant.size} customers; a sandbox has at most ${sandboxLimits.customersMax}.`
    )
  for (const [tenantId, held] of byTenant)
    for (const excess of checkSandboxOrder(
      { customers: 0, subscriptions: 0 },
      {
        isNewCustomer: true,
        newSubscriptions: held.length,
        licences: held.map(({ terms }) => terms.quantity)
      }
    ))
      warnings.push(`${held[0]?.account.name ?? tenantId}: ${wordsOf(excess)}`)
  return warnings.length <= sandboxWarningsMax
    ? warnings
    : [
        ...warnings.slice(0, sandboxWarningsMax),
        `… and ${warnings.length - sandboxWarningsMax} more.`
      ]
}

const wordsOf = ({ limit, max, wanted }: SandboxExcess): string => {
  switch (limit) {
    case "customersMax":
      return `${wanted} customers; a sandbox has at most ${max}.`
    case "subscriptionsPerCustomerMax":
      return `${wanted} subscriptions; a customer of a sandbox has at most ${max}.`
    case "licencesPerSubscriptionMax":
      return `${wanted} licences of one subscription; a sandbox has at most ${max}.`
  }
}
