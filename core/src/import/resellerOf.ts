import type { Instance, MpnId } from "../instance/Instance.ts"
import type { Observed } from "../subscription/Observed.ts"
import { isLive } from "../subscription/Subscription.ts"

/**
 * The reseller that a customer belongs to, by the MPN ids on its subscriptions (domain.md §11); null: a direct
 * customer, as all of a direct partner are. What is over says nothing any more, and the provider's own id names no
 * reseller. Where there are several, the one with the most subscriptions counts, of equals the lower id: the order of
 * the list means nothing.
 */
export const resellerOf = (
  subscriptions: ReadonlyArray<Pick<Observed, "terms">>,
  provider: Pick<Instance, "cspStatus" | "mpnId">
): MpnId | null => {
  if (provider.cspStatus === "direct") return null
  const counts = new Map<MpnId, number>()
  for (const { terms } of subscriptions) {
    const { partnerOfRecord, status } = terms
    if (partnerOfRecord === null || partnerOfRecord === provider.mpnId || !isLive(status)) continue
    counts.set(partnerOfRecord, (counts.get(partnerOfRecord) ?? 0) + 1)
  }
  let best: MpnId | null = null
  for (const [mpnId, count] of counts) {
    const most = best === null ? 0 : (counts.get(best) ?? 0)
    if (best === null || count > most || (count === most && mpnId < best)) best = mpnId
  }
  return best
}
