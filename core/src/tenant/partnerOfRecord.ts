import { Schema } from "effect"
import { type PurchaseMode, purchaseTerms } from "../account/PurchaseMode.ts"
import type { CspStatus, MpnId } from "../instance/Instance.ts"

/** What Partner Center says of a reseller's MPN id; unknown when it could not be asked. */
export const MpnVerdict = Schema.Literals(["valid", "invalid", "unknown"])
export type MpnVerdict = typeof MpnVerdict.Type

export interface PartnerOfRecordFacts {
  readonly cspStatus: CspStatus
  readonly mode: PurchaseMode
  /** The MPN id of the reseller that orders; null where it has none. */
  readonly resellerMpnId: MpnId | null
  readonly verdict: MpnVerdict
  /** The instance's own MPN id; null where it is not known. */
  readonly providerMpnId: MpnId | null
}

/** Why a reseller that should be partner of record is not. */
export type FallbackReason = "no MPN id" | "invalid MPN id" | "the provider's own MPN id"

/**
 * - `none`: nobody is partner of record, and nobody misses it.
 * - `reseller`: its MPN id goes with the order. Not `verified` when Partner Center could not be asked before: should
 *   it refuse the id, the verdict is invalid, and the rule is asked again.
 * - `provider`: the documented fallback. The order goes out without a partner of record, and the CSP is told.
 */
export type PartnerOfRecord =
  | { readonly kind: "none" }
  | { readonly kind: "reseller"; readonly mpnId: MpnId; readonly verified: boolean }
  | { readonly kind: "provider"; readonly reason: FallbackReason }

/**
 * Who is partner of record of what is bought.
 *
 * A direct partner has none; an indirect provider names the ordering reseller, for end customers only (domain.md §6,
 * §9). An invalid MPN id must not fail the order: domain.md §9 has the subscription "created with the CSP's own MPN
 * ID". Partner Center refuses that very id as PartnerIdOnRecord (404, code 2072, api.md §4), and counts an order of
 * a provider that names nobody as the provider's own. So the fallback is to name nobody; the provider's id is never
 * sent, not even where a reseller was given it by mistake.
 */
export const partnerOfRecord = (facts: PartnerOfRecordFacts): PartnerOfRecord => {
  if (facts.cspStatus === "direct" || purchaseTerms[facts.mode].partnerOfRecord === "none")
    return { kind: "none" }
  const { resellerMpnId: mpnId, verdict } = facts
  if (mpnId === null) return { kind: "provider", reason: "no MPN id" }
  if (mpnId === facts.providerMpnId)
    return { kind: "provider", reason: "the provider's own MPN id" }
  if (verdict === "invalid") return { kind: "provider", reason: "invalid MPN id" }
  return { kind: "reseller", mpnId, verified: verdict === "valid" }
}

/** The id that goes to Partner Center as PartnerIdOnRecord; null: the field stays away. */
export const partnerIdOnRecord = (partner: PartnerOfRecord): MpnId | null =>
  partner.kind === "reseller" ? partner.mpnId : null

/** Whether the CSP is sent "Reseller has an invalid MPNID" (domain.md §9), to relate the reseller by hand. */
export const tellsOfInvalidMpnId = (partner: PartnerOfRecord): boolean =>
  partner.kind === "provider"
