import type { AccountId, AccountKind } from "../account/Account.ts"
import { type Edition, editionDefault } from "../account/Edition.ts"
import type { MpnId, TenantId } from "../instance/Instance.ts"
import type { Observed } from "../subscription/Observed.ts"
import { isLive, type MicrosoftId, type OfferId } from "../subscription/Subscription.ts"
import type { BillingProfile } from "../tenant/VendorTenants.ts"
import { type AccountParts, accountFrom, line, nameMax } from "./accountFrom.ts"
import type { NotImported, Suggestion } from "./CustomerImport.ts"

/** What is known of a customer at the moment at which it is imported. */
export interface CustomerFacts {
  readonly tenantId: TenantId
  readonly name: string
  readonly domain: string
  /** The account that is this tenant already. */
  readonly linkedTo: AccountId | null
  /** The account that somebody has chosen for it. */
  readonly mappedTo: {
    readonly id: AccountId
    readonly name: string
    readonly kind: AccountKind
    readonly active: boolean
    /** Another tenant that it is in this instance. */
    readonly otherTenant: TenantId | null
  } | null
  /** A new account is wanted whatever is suggested. */
  readonly asNew: boolean
  readonly suggestions: ReadonlyArray<Suggestion>
  readonly reseller: ResellerFacts | null
  /** Everything that Partner Center holds for it. */
  readonly observed: ReadonlyArray<Observed>
  /** Those that the BSS has, under whichever account. */
  readonly known: ReadonlySet<MicrosoftId>
}

/** The reseller of a customer, as far as it is known. */
export interface ResellerFacts {
  readonly mpnId: MpnId
  readonly name: string | null
  /** The accounts that are this reseller: one, when somebody has chosen it, else all with its MPN id. */
  readonly accounts: ReadonlyArray<{
    readonly id: AccountId
    readonly name: string
    readonly active: boolean
    readonly edition: Edition | null
  }>
}

/** Where the subscriptions go: to an account that is there, or to one that is made below a reseller or the root. */
export type CustomerPlace =
  | { readonly _tag: "Linked"; readonly accountId: AccountId }
  | { readonly _tag: "Mapped"; readonly accountId: AccountId }
  | {
      readonly _tag: "New"
      readonly account: AccountParts
      readonly reseller: NewParent | null
    }

/** A reseller's account; one that is not there yet is made with its first customer. */
export type NewParent =
  | {
      readonly _tag: "Held"
      readonly accountId: AccountId
      readonly mpnId: MpnId
      readonly edition: Edition | null
    }
  | {
      readonly _tag: "Missing"
      readonly name: string
      readonly mpnId: MpnId
      readonly edition: Edition
    }

/** What becomes of a customer. `Refused` and `Held` change nothing; the reason says what to do. */
export type CustomerPlan =
  | {
      readonly _tag: "Import"
      readonly place: CustomerPlace
      /** To be added, each as Partner Center holds it; its name is one line. */
      readonly subscriptions: ReadonlyArray<Observed>
      readonly notImported: ReadonlyArray<NotImported>
    }
  /** It cannot be imported as it is. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** A person has to decide first. */
  | { readonly _tag: "Held"; readonly reason: string }

/**
 * What importing a customer means (domain.md §11). Subscriptions that the BSS has are never touched, and neither is an
 * account that is the tenant already: importing twice changes nothing. `products` are the offers that the BSS has.
 */
export const planCustomer = (
  facts: CustomerFacts,
  products: ReadonlySet<OfferId>,
  profile: BillingProfile | null
): CustomerPlan => {
  const place = placeOf(facts, profile)
  return "reason" in place
    ? place
    : { _tag: "Import", place, ...subscriptionsToImport(facts.observed, facts.known, products) }
}

const refused = (reason: string) => ({ _tag: "Refused", reason }) as const

const placeOf = (
  facts: CustomerFacts,
  profile: BillingProfile | null
): CustomerPlace | Extract<CustomerPlan, { readonly reason: string }> => {
  const { asNew, linkedTo, mappedTo, suggestions } = facts
  if (linkedTo !== null)
    return mappedTo === null || mappedTo.id === linkedTo
      ? { _tag: "Linked", accountId: linkedTo }
      : refused(
          `The tenant is linked to another account than "${mappedTo.name}" already: map the customer to no account, and import it again.`
        )
  if (mappedTo !== null) {
    const reason = mappingRefusal(mappedTo)
    return reason === undefined ? { _tag: "Mapped", accountId: mappedTo.id } : refused(reason)
  }
  const [suggested] = suggestions
  if (suggested !== undefined && !asNew)
    return {
      _tag: "Held",
      reason: `The account "${suggested.name}" may be this customer (same ${suggested.reason}): map the customer to it, or import it as a new account.`
    }
  const reseller = facts.reseller === null ? null : parentOf(facts.reseller)
  if (reseller !== null && "reason" in reseller) return reseller
  return { _tag: "New", account: accountFrom(facts, profile), reseller }
}

/** Why an account cannot become the tenant; undefined when it can. */
export const mappingRefusal = ({
  active,
  kind,
  name,
  otherTenant
}: NonNullable<CustomerFacts["mappedTo"]>): string | undefined => {
  if (kind === "organisation")
    return `The account "${name}" is an organisation, not a customer: map the customer to another account.`
  if (!active)
    return `The account "${name}" is not active: activate it, or map the customer to another one.`
  if (otherTenant !== null)
    return `The account "${name}" is the tenant ${otherTenant} in this instance already: map the customer to another account.`
  return undefined
}

const parentOf = ({ accounts, mpnId, name }: ResellerFacts) => {
  const [account, another] = accounts
  if (another !== undefined)
    return refused(
      `Several resellers have the MPN id ${mpnId}: say which account is meant in the import's resellers.`
    )
  if (account !== undefined)
    return account.active
      ? ({ _tag: "Held", accountId: account.id, mpnId, edition: account.edition } as const)
      : refused(
          `The reseller "${account.name}" is not active: activate its account, or assign the customer to another reseller.`
        )
  return name === null
    ? refused(
        `Nobody knows the reseller with the MPN id ${mpnId}: add it to the import's resellers, or assign the customer to another one.`
      )
    : ({ _tag: "Missing", name, mpnId, edition: editionDefault } as const)
}

/**
 * Which subscriptions are added, and which cannot be. Those that are over are neither: nobody is billed for them. An
 * add-on comes with its base, or not at all.
 */
export const subscriptionsToImport = (
  observed: ReadonlyArray<Observed>,
  known: ReadonlySet<MicrosoftId>,
  products: ReadonlySet<OfferId>
): {
  readonly subscriptions: ReadonlyArray<Observed>
  readonly notImported: ReadonlyArray<NotImported>
} => {
  const missing = observed.filter(
    ({ microsoftId, terms }) => isLive(terms.status) && !known.has(microsoftId)
  )
  const held = new Set(known)
  const added = new Set<Observed>()
  // Bounded: each round adds one at least, or is the last.
  for (let size = -1; size < added.size; ) {
    size = added.size
    for (const one of missing) {
      const { offer, parent } = one.terms
      if (added.has(one) || !products.has(offer) || (parent !== null && !held.has(parent))) continue
      added.add(one)
      held.add(one.microsoftId)
    }
  }
  return {
    subscriptions: missing
      .filter((one) => added.has(one))
      .map((one) => ({ ...one, name: line(one.name, nameMax) || one.terms.offer })),
    notImported: missing
      .filter((one) => !added.has(one))
      .map(({ microsoftId, name, terms }) => ({
        microsoftId,
        offer: terms.offer,
        name: line(name, nameMax) || terms.offer,
        message: products.has(terms.offer)
          ? `The add-on cannot be imported because its base subscription ${terms.parent} is not in the BSS.`
          : productMissing(terms.offer)
      }))
  }
}

/**
 * The message of domain.md §11 for a product that the BSS does not have. There it blames Public Sector; here, what is
 * missing is the product, of whatever segment, and reading the catalogue brings it.
 */
export const productMissing = (offer: OfferId): string =>
  `Product with offer Id: ${offer} cannot be imported because the BSS does not have it, as may be with Public Sector NCE subscriptions. Read the catalogue of the instance, then import the customer again.`
