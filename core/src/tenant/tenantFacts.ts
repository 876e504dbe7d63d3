import { Effect, Option, Schema, Stream } from "effect"
import type { Account, AccountId, Contact } from "../account/Account.ts"
import { Accounts } from "../account/Accounts.ts"
import { type PurchaseMode, purchaseModeOf } from "../account/PurchaseMode.ts"
import type { Instance, MpnId, TenantId } from "../instance/Instance.ts"
import { accountValues } from "../mail/accountValues.ts"
import type { MergeValues } from "../mail/mergeFields.ts"
import { Language, languageDefault } from "../mail/Template.ts"
import { writeMail } from "../mail/writeMail.ts"
import type { CountryRules } from "./CountryRules.ts"
import { checkMpnId } from "./checkMpnId.ts"
import { partnerOfRecord } from "./partnerOfRecord.ts"
import { addressOf, type TenantFacts } from "./prerequisites.ts"
import type { SyncOptionFacts, SyncOptionValues } from "./SyncOption.ts"
import { SyncOptions } from "./SyncOptions.ts"
import { VendorResellers } from "./VendorResellers.ts"

/** An account with all that decides what its tenant is. */
export interface Known {
  readonly account: Account
  /** The accounts above it, the nearest first. */
  readonly above: ReadonlyArray<Account>
  readonly reseller: Account | null
  readonly contact: Contact | null
  readonly mode: PurchaseMode
  readonly options: SyncOptionValues
  readonly of: SyncOptionFacts
}

/** No tree is deeper (core/account/AccountTree). */
const depthMax = 10

/** The accounts above one, the nearest first. */
export const accountsAbove = Effect.fnUntraced(function* (parentId: AccountId | null) {
  const { get } = yield* Accounts
  const above: Array<Account> = []
  let next = parentId
  while (next !== null && above.length < depthMax) {
    const parent: Account = yield* get(next, null)
    above.push(parent)
    next = parent.parentId
  }
  return above
})

/** Reads them, whoever asks: what the caller may see has been seen to. */
export const knownOf = Effect.fn("knownOf")(function* (id: AccountId, instance: Instance) {
  const accounts = yield* Accounts
  const { account, contacts } = yield* accounts.contacts(id, null)
  const above: ReadonlyArray<Account> = yield* accountsAbove(account.parentId)
  const { values } = yield* Effect.flatMap(SyncOptions, (port) => port.get(id, instance.id))
  const known: Known = {
    account,
    above,
    reseller: above.find(({ kind }) => kind === "reseller") ?? null,
    contact: contacts.find(({ roles }) => roles.includes("primary")) ?? contacts[0] ?? null,
    mode: purchaseModeOf(account.kind, above[0]?.kind ?? null),
    options: values,
    of: yield* syncOptionFactsOf(instance, above)
  }
  return known
})

/** `above`: the accounts above the one in question. */
export const syncOptionFactsOf = Effect.fnUntraced(function* (
  { id, cspStatus, cloud }: Instance,
  above: ReadonlyArray<Pick<Account, "kind" | "edition">>
) {
  const facts: SyncOptionFacts = {
    cspStatus,
    cloud,
    defined: yield* Effect.flatMap(SyncOptions, ({ definitions }) => definitions(id)),
    ofTenantReseller: above.some(
      ({ kind, edition }) => kind === "reseller" && edition === "professional"
    )
  }
  return facts
})

/** What a new tenant of it would be judged by; `rules` as in TenantFacts. */
export const factsOf = (
  { account, above, contact, mode, options, of }: Known,
  rules: CountryRules | null | undefined
): TenantFacts => ({
  account,
  contact,
  mode,
  buyerAddress: above[0]?.address ?? null,
  options,
  of,
  rules
})

/** In whose country it will be; undefined where no address is known. */
export const countryOf = (known: Known) =>
  addressOf({
    account: known.account,
    mode: known.mode,
    buyerAddress: known.above[0]?.address ?? null
  })?.country

/** Whose customer the tenant will be at Microsoft. */
export interface ResellerChoice {
  readonly resellerTenantId: TenantId | null
  /** Its MPN id; null where no reseller is named. */
  readonly mpnId: MpnId | null
  /** Why a reseller that it should have is not named. */
  readonly missing: string | null
}

/** More resellers than any provider has. */
const resellersMax = 50_000

/**
 * The reseller of an end customer, in an indirect provider's instance. One that Microsoft does not know, or does not let
 * sell, must not stop the customer: it becomes the provider's own, who relates it in Partner Center (domain.md §9).
 */
export const resellerOf = Effect.fn("resellerOf")(function* (instance: Instance, known: Known) {
  const choice = yield* listedResellerOf(instance, known)
  if (choice.resellerTenantId === null || choice.mpnId === null) return choice
  const { reason, verdict } = yield* checkMpnId(instance, choice.mpnId)
  return verdict === "invalid"
    ? notNamed(known, `${choice.mpnId} is not valid: ${reason ?? "Microsoft refuses it."}`)
    : choice
})

const notNamed = ({ reseller }: Known, reason: string): ResellerChoice => ({
  resellerTenantId: null,
  mpnId: null,
  missing: `${reseller?.name ?? "The reseller"} is not named to Microsoft (${reason}); relate the customer to it in Partner Center.`
})

/** Whose customer it is or shall be, as far as the instance has such a reseller, whether or not that one may sell now. */
export const listedResellerOf = Effect.fn("listedResellerOf")(function* (
  instance: Instance,
  known: Known
) {
  const { mode, options, reseller } = known
  const none: ResellerChoice = { resellerTenantId: null, mpnId: null, missing: null }
  if (instance.cspStatus === "direct" || mode !== "EndCustomer") return none
  const mpnId = options.mpnId ?? reseller?.mpnId ?? null
  const vendor = yield* VendorResellers
  const found =
    mpnId === null
      ? Option.none()
      : yield* vendor.all(instance).pipe(
          Stream.take(resellersMax),
          Stream.filter((one) => one.mpnId === mpnId),
          Stream.runHead
        )
  const partner = partnerOfRecord({
    cspStatus: instance.cspStatus,
    mode,
    resellerMpnId: mpnId,
    // Among the instance's resellers is what counts here; for purchases Microsoft is asked about the id itself.
    verdict: Option.isSome(found) ? "valid" : "invalid",
    providerMpnId: instance.mpnId
  })
  if (partner.kind === "none") return none
  if (partner.kind === "reseller" && Option.isSome(found))
    return { resellerTenantId: found.value.tenantId, mpnId: partner.mpnId, missing: null }
  const reason = partner.kind === "provider" ? partner.reason : "invalid MPN id"
  return notNamed(known, mpnId === null ? reason : `${reason}: ${mpnId}`)
})

/** Writes a mail about the account, in its language, into the current transaction. */
export const writeTo = Effect.fn("writeTo")(function* (
  { account, above }: Known,
  instance: Instance,
  kind: "welcome-customer" | "provisioning-failed" | "authorization-requested",
  key: string,
  values: MergeValues
) {
  const spoken = [account, ...above].find(({ language }) => language !== null)?.language ?? null
  return yield* writeMail({
    kind,
    key,
    accounts: [account.id, ...above.map(({ id }) => id)],
    language: Option.getOrElse(Schema.decodeUnknownOption(Language)(spoken), () => languageDefault),
    values: {
      ...accountValues(account, above[0] ?? null, above.at(-1) ?? null),
      "Instances.Name": instance.name,
      ...values
    }
  })
})
