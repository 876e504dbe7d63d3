import { Context, type Effect, type Stream } from "effect"
import type { Instance, MpnId, TenantId } from "../instance/Instance.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { VendorCustomer } from "./VendorCustomers.ts"

/** An indirect reseller of an indirect provider. */
export interface VendorReseller {
  readonly tenantId: TenantId
  readonly name: string
  readonly mpnId: MpnId | null
  /** `Active`, or Microsoft's word for something else; null in the list of a customer's resellers. */
  readonly state: string | null
  /** ISO 3166, two capital letters; null as above. */
  readonly location: string | null
}

/** What Partner Center says of one id as partner of record. */
export interface ResellerVerdict {
  readonly mpnId: MpnId
  readonly valid: boolean
  /** Why not, in Microsoft's code and words; null where it is valid. */
  readonly code: string | null
  readonly text: string | null
}

/** The most ids of one bulk check. */
export const validatedMax = 100

/** Resellers and their MPN ids. All but `customersOf` acts for the user who consented (api.md §2). */
export class VendorResellers extends Context.Service<
  VendorResellers,
  {
    /** Every indirect reseller of the instance ("Retrieve a list of indirect resellers"); none for a direct partner. */
    readonly all: (instance: Instance) => Stream.Stream<VendorReseller, VendorError>
    /** The resellers of one customer ("Get a list of indirect resellers of a customer"). */
    readonly ofCustomer: (
      instance: Instance,
      tenantId: TenantId
    ) => Effect.Effect<ReadonlyArray<VendorReseller>, VendorError>
    /** The customers of one reseller, page by page ("Get a list of customers of an indirect reseller"). */
    readonly customersOf: (
      instance: Instance,
      resellerTenantId: TenantId
    ) => Stream.Stream<VendorCustomer, VendorError>
    /** The partner that has the id ("Verify a partner MPN ID"); null: nobody has. */
    readonly mpnProfile: (
      instance: Instance,
      mpnId: MpnId
    ) => Effect.Effect<{ readonly name: string | null } | null, VendorError>
    /**
     * Whether ids can be partner of record of new purchases, at most `validatedMax` at once ("Validate indirect
     * resellers"). null: this Partner Center has no such check, as before 2025 and in national clouds.
     */
    readonly validate: (
      instance: Instance,
      mpnIds: ReadonlyArray<MpnId>
    ) => Effect.Effect<ReadonlyArray<ResellerVerdict> | null, VendorError>
  }
>()("core/tenant/VendorResellers") {}
