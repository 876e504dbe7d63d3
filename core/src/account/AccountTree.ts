import type { Account, AccountId, AccountKind } from "./Account.ts"

/**
 * Which kinds may lie directly below which. Microsoft knows two tiers (provider and reseller), so there is no
 * reseller below a reseller; a country tenant is an organisation below the root (domain.md §9).
 */
export const containedKinds: Record<AccountKind, ReadonlyArray<AccountKind>> = {
  organisation: ["organisation", "reseller", "customer"],
  reseller: ["customer", "affiliate"],
  customer: ["affiliate"],
  affiliate: []
}

export const mayContain = (above: AccountKind, below: AccountKind): boolean =>
  containedKinds[above].includes(below)

/** Why an account of that kind cannot be put directly below `parent`; undefined when it can. */
export const placementRefusal = (
  kind: AccountKind,
  parent: Pick<Account, "kind" | "name" | "active">
): string | undefined => {
  if (!mayContain(parent.kind, kind))
    return containedKinds[parent.kind].length === 0
      ? `nothing lies below an ${parent.kind}: choose the account above it`
      : `${articled(kind)} cannot lie below ${articled(parent.kind)}; below it lie: ${containedKinds[parent.kind].join(", ")}`
  return parent.active ? undefined : `"${parent.name}" is not active: activate it first`
}

/** Why an account cannot be moved below `parent`; undefined when it can. `ancestors` are the parent's, with itself. */
export const moveRefusal = (
  account: Pick<Account, "id" | "kind" | "parentId">,
  parent: Pick<Account, "kind" | "name" | "active"> & {
    readonly ancestors: ReadonlyArray<AccountId>
  }
): string | undefined => {
  if (account.parentId === null) return "the root of the tree cannot be moved"
  if (parent.ancestors.includes(account.id))
    return `"${parent.name}" is the account itself or lies below it: choose an account outside its branch`
  return placementRefusal(account.kind, parent)
}

/** The ancestors of an account of the moved branch, itself included, root first, after the move. */
export const ancestorsAfter = (
  ancestors: ReadonlyArray<AccountId>,
  moved: AccountId,
  parentAncestors: ReadonlyArray<AccountId>
): ReadonlyArray<AccountId> => [...parentAncestors, ...ancestors.slice(ancestors.indexOf(moved))]

const articled = (kind: AccountKind): string => `${/^[aeiou]/u.test(kind) ? "an" : "a"} ${kind}`
