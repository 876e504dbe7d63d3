import { useQuery } from "@tanstack/react-query"
import type { Item } from "../../api/Operations.ts"
import { issueOf, type Problem } from "../../api/Problem.ts"
import { read } from "../../api/request.ts"
import {
  flagIn,
  type ListSearch,
  listSearch,
  nameIn,
  type RawSearch,
  textIn
} from "../../frame/search.ts"
import { type AccountDraft, isAsSent } from "./accountForm.ts"

export type Account = Item<"GET /v1/accounts">

export const kindNames: Record<Account["kind"], string> = {
  organisation: "Organisation",
  reseller: "Reseller",
  customer: "Customer",
  affiliate: "Affiliate"
}

export const editionNames: Record<NonNullable<Account["edition"]>, string> = {
  basic: "Basic",
  standard: "Standard",
  professional: "Professional"
}

/** So many accounts lie above another one at most; what would be more is a ring. */
const aboveMax = 20

/** The account with the id and those above it as far as they are seen, the root first. */
export const useAbove = (id: string | null) =>
  useQuery<ReadonlyArray<Account>, Problem>({
    queryKey: ["GET /v1/accounts/:id", "above", id],
    queryFn: async ({ signal }) => {
      const above: Array<Account> = []
      let next = id
      while (next !== null && above.length < aboveMax) {
        const account = await read("GET /v1/accounts/:id", { params: { id: next } }, signal)
        above.unshift(account)
        next = account.parentId
      }
      return above
    },
    enabled: id !== null
  })

export const kindOf = (text: string | null): Account["kind"] | undefined =>
  nameIn({ text }, "text", kindNames)
export const activeOf = (text: string | null) => flagIn({ text }, "text")

/** What the address of the list says. */
export interface AccountsSearch extends ListSearch {
  readonly kind?: Account["kind"] | undefined
  readonly parent?: string | undefined
  readonly active?: "true" | "false" | undefined
}

export const accountsSearch = (raw: RawSearch): AccountsSearch => ({
  ...listSearch(raw),
  kind: nameIn(raw, "kind", kindNames),
  parent: textIn(raw, "parent"),
  active: flagIn(raw, "active")
})

/** What the API said about a field of an account's form, as long as the field is what it was said about. */
export const errorOfAccount =
  (problem: Problem | null, draft: AccountDraft, sent: AccountDraft) =>
  (field: string): string | undefined => {
    if (problem === null || !isAsSent(draft, sent, field)) return undefined
    return (
      issueOf(problem, field) ??
      (field === "code" && problem.name === "account-code-taken" ? problem.detail : undefined)
    )
  }

/** What the address of the form says to begin with. */
export const newAccountSearch = (raw: RawSearch): Pick<AccountsSearch, "kind" | "parent"> => ({
  kind: nameIn(raw, "kind", kindNames),
  parent: textIn(raw, "parent")
})

/** What an account's page shows. */
export const sectionNames = {
  overview: "Overview",
  microsoft: "At Microsoft",
  subscriptions: "Subscriptions",
  agreements: "Agreements",
  mails: "Mails"
} as const

export interface AccountSearch {
  readonly show?: keyof typeof sectionNames | undefined
  readonly cursor?: string | undefined
}

export const accountSearch = (raw: RawSearch): AccountSearch => ({
  show: nameIn(raw, "show", sectionNames),
  cursor: textIn(raw, "cursor")
})

export type SyncMode = "create" | "link"

export const modeOf = (text: string): SyncMode | undefined =>
  nameIn({ text }, "text", { create: 1, link: 1 })

/** What the address of the page that makes or links a tenant says. */
export interface TenantSearch {
  readonly instance?: string | undefined
  readonly mode?: SyncMode | undefined
}

export const tenantSearch = (raw: RawSearch): TenantSearch => ({
  instance: textIn(raw, "instance"),
  mode: modeOf(textIn(raw, "mode") ?? "")
})
