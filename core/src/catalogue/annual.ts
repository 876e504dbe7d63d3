import { type Money, times } from "../money/Money.ts"

/** How often a legacy product is ordered, billed or provisioned: by the month or by the year. */
export type Rhythm = "monthly" | "annual"

/** The two switches of annual billing (domain.md §3a); both are needed for an annual subscription at Microsoft. */
export interface AnnualSwitches {
  /** The unit "Annually" is enabled for ordering, on the product. */
  readonly unitEnabled: boolean
  /** "Provisioning of Annual Subscriptions", on the instance. */
  readonly provisioning: boolean
}

/** What a customer may order. */
export const orderable = ({ unitEnabled }: AnnualSwitches): ReadonlyArray<Rhythm> =>
  unitEnabled ? ["monthly", "annual"] : ["monthly"]

/** How the customer is billed and what Microsoft gets; undefined when this cannot be ordered. */
export const outcomeOf = (
  switches: AnnualSwitches,
  ordered: Rhythm
): { readonly billed: Rhythm; readonly provisioned: Rhythm } | undefined => {
  if (!orderable(switches).includes(ordered)) return undefined
  return { billed: ordered, provisioned: switches.provisioning ? ordered : "monthly" }
}

/** The price of a year: the one that is known, else exactly twelve times the month's (domain.md §3b). */
export const annualPriceOf = (monthly: Money, annual?: Money | null): Money =>
  annual ?? times(monthly, 12)
