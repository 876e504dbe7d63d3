import fc from "fast-check"
import type { Baseline } from "../../src/reconciliation/Baseline.ts"
import type { Observed } from "../../src/subscription/Observed.ts"
import { isNewCommerce, type Subscription } from "../../src/subscription/Subscription.ts"
import { soundWorld, type World } from "./Worlds.ts"

const commits = ({ terms }: Observed): boolean =>
  isNewCommerce(terms.offer) &&
  terms.term !== "P1M" &&
  terms.term !== null &&
  terms.parent === null &&
  !terms.isTrial

/** A customer of an indirect provider with one committed subscription, agreed on by both sides. */
export const aWorld: World & {
  readonly subscriptions: readonly [Subscription]
  readonly observed: readonly [Observed]
  readonly baselines: readonly [Baseline]
} = (() => {
  const [world] = fc.sample(
    soundWorld.filter(
      ({ cspStatus, baselines, observed }) =>
        cspStatus === "indirect" && baselines.length > 0 && observed.some(commits)
    ),
    { numRuns: 1, seed: 7 }
  )
  const at = world?.observed.findIndex(commits) ?? -1
  const [subscription, observed, baseline] = [
    world?.subscriptions[at],
    world?.observed[at],
    world?.baselines[at]
  ]
  if (subscription === undefined || observed === undefined || baseline === undefined)
    throw new Error("no such world was generated")
  return {
    cspStatus: "indirect",
    subscriptions: [subscription],
    observed: [observed],
    baselines: [baseline]
  }
})()
