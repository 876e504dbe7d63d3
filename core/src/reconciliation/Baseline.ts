import type { Observed } from "../subscription/Observed.ts"
import {
  type AgreedTerms,
  Field,
  type MicrosoftId,
  type SubscriptionId,
  type Terms
} from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"
import { same } from "./fields.ts"

/** Terms of which each field was recorded when both sides last agreed on it; a field never agreed on is absent. */
export type BaselineTerms = { readonly [F in Field]?: Terms[F] }

/**
 * The last state in which both sides agreed, field by field. It does not decide *whether* there is a
 * finding, only *who moved*.
 */
export interface Baseline {
  readonly subscriptionId: SubscriptionId
  readonly microsoftId: MicrosoftId
  readonly terms: BaselineTerms
  /** When the two sides first agreed on anything about this mapping. */
  readonly agreedAt: Instant
}

/**
 * The baseline after both sides were seen: fields that agree now are recorded, the others keep what was
 * agreed before. A re-mapped subscription starts anew. Undefined when nothing changes.
 */
export const agree = (
  previous: Baseline | undefined,
  subscriptionId: SubscriptionId,
  agreed: AgreedTerms,
  observed: Observed,
  at: Instant
): Baseline | undefined => {
  const before =
    previous !== undefined && previous.microsoftId === observed.microsoftId
      ? previous.terms
      : undefined
  // Whoever reads both may find that they are one.
  if (before === observed.terms) return undefined
  const agrees = (field: Field): boolean =>
    agreed[field] !== undefined && same(field, agreed[field], observed.terms[field])
  // Most pairs agree on everything when they are first seen, 100,000 of them in a first report.
  if (before === undefined && Field.literals.every(agrees))
    return {
      subscriptionId,
      microsoftId: observed.microsoftId,
      terms: observed.terms,
      agreedAt: at
    }
  const changed = Field.literals.filter(
    (field) =>
      agrees(field) && (before === undefined || !same(field, before[field], observed.terms[field]))
  )
  if (changed.length === 0 && before !== undefined) return undefined
  const terms = { ...before, ...Object.fromEntries(changed.map((f) => [f, observed.terms[f]])) }
  return {
    subscriptionId,
    microsoftId: observed.microsoftId,
    terms,
    agreedAt: before === undefined ? at : (previous?.agreedAt ?? at)
  }
}
