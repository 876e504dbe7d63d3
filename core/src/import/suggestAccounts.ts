import type { Account, AccountId } from "../account/Account.ts"
import type { TenantId } from "../instance/Instance.ts"
import { type Suggestion, SuggestionReason } from "./CustomerImport.ts"

/** An account that could be a customer of Partner Center. */
export interface Candidate {
  readonly id: AccountId
  readonly name: string
  readonly kind: Account["kind"]
  readonly active: boolean
  /** Its tenants in other instances. */
  readonly tenants: ReadonlyArray<{ readonly tenantId: TenantId; readonly domain: string | null }>
}

/** So many are shown; who has more of one name has to search anyway. */
export const suggestionsMax = 3

/**
 * The accounts that may be the customer, best first: the same tenant in another instance, then the same domain, then
 * the same name (domain.md §11). They are suggestions: what happens is decided by a person.
 */
export const suggestAccounts = (
  customer: { readonly tenantId: TenantId; readonly domain: string; readonly name: string },
  candidates: ReadonlyArray<Candidate>
): ReadonlyArray<Suggestion> => {
  const suggestions: Array<Suggestion> = []
  for (const { active, id, kind, name, tenants } of candidates) {
    if (!active || kind === "organisation") continue
    const reason = tenants.some(({ tenantId }) => tenantId === customer.tenantId)
      ? "tenant"
      : tenants.some(({ domain }) => domain !== null && isSame(domain, customer.domain))
        ? "domain"
        : isSame(name, customer.name)
          ? "name"
          : undefined
    if (reason !== undefined) suggestions.push({ accountId: id, name, reason })
  }
  return suggestions
    .sort((a, b) => rank(a) - rank(b) || (a.accountId < b.accountId ? -1 : 1))
    .slice(0, suggestionsMax)
}

const rank = ({ reason }: Suggestion): number => SuggestionReason.literals.indexOf(reason)

/** Nothing is the same as nothing: an empty name says nothing about anybody. */
const isSame = (a: string, b: string): boolean => {
  const [one, other] = [folded(a), folded(b)]
  return one !== "" && one === other
}

/** Case, accents' encodings and spaces make no difference between names. */
export const folded = (text: string): string =>
  text.normalize("NFKC").trim().replace(/\s+/gu, " ").toLowerCase()
