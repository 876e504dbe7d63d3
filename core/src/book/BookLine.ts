import type { MpnId, TenantId } from "../instance/Instance.ts"
import type { Money } from "../money/Money.ts"
import type { AgreedTerms, MicrosoftId } from "../subscription/Subscription.ts"
import type { Instant } from "../time/Instant.ts"

/**
 * One line of a CSP's own list of subscriptions: a subscription or add-on, the account that holds it, and the
 * tenant it is provisioned in. A column that the list does not have is `undefined`: what the book holds stays, and what it
 * never held is not compared.
 */
export interface BookLine {
  /** Line of the file, the header being line 1. */
  readonly line: number
  readonly account: { readonly code: string; readonly name: string }
  readonly reseller:
    | {
        readonly code: string
        readonly name: string
        readonly mpnId: MpnId | null
      }
    | null
    | undefined
  readonly tenantId: TenantId
  readonly tenantDomain: string | null
  readonly reference: string
  /** The reference of the base subscription of an add-on; null for a base subscription. */
  readonly parentReference: string | null | undefined
  readonly microsoftId: MicrosoftId | null
  readonly name: string
  /** `parent` is not part of a line: it follows from `parentReference`. */
  readonly terms: Omit<AgreedTerms, "parent">
  readonly unitPrice: Money | null
  readonly acceptedAt: Instant | null
}

/** What is wrong with a line, and with which column; `column` is null when it is about the line as a whole. */
export interface BookProblem {
  readonly line: number
  readonly column: string | null
  readonly text: string
}
