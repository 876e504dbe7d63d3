import { Context, type Effect, type Redacted, Schema, type Stream } from "effect"
import type { Country } from "../instance/Country.ts"
import { Guid } from "../instance/Guid.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import type { RequestId } from "../vendor/RequestId.ts"
import type { VendorError } from "../vendor/VendorError.ts"

/** Somebody in a customer's directory, as Partner Center names them. */
export const UserId = Guid.pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

export interface VendorUser {
  readonly id: UserId
  /** admin@contoso.onmicrosoft.com */
  readonly principalName: string
  readonly displayName: string | null
  /** Deleted ones stay for 30 days. */
  readonly active: boolean
}

export interface NewUser {
  /** Whole, with one of the tenant's domains. */
  readonly principalName: string
  readonly firstName: string
  readonly lastName: string
  readonly displayName: string
  readonly usageLocation: Country
  /** To be changed at the first sign-in. */
  readonly password: Redacted.Redacted
}

/**
 * The directory of a customer's tenant. All of it acts for the user who consented, and needs the customer's delegated
 * rights (GDAP); without them Partner Center refuses (SignInRejected with the role that is missing).
 */
export class VendorUsers extends Context.Service<
  VendorUsers,
  {
    readonly all: (instance: Instance, tenantId: TenantId) => Stream.Stream<VendorUser, VendorError>
    /** "Create user accounts for a customer". */
    readonly add: (
      instance: Instance,
      tenantId: TenantId,
      user: NewUser,
      requestId: RequestId
    ) => Effect.Effect<VendorUser, VendorError>
    /** Gives the user the role of the global administrator ("Set user roles for a customer"). Twice is once. */
    readonly makeAdministrator: (
      instance: Instance,
      tenantId: TenantId,
      user: VendorUser
    ) => Effect.Effect<void, VendorError>
    /** "Reset user password for a customer"; the user has to change it at the first sign-in. Twice is once. */
    readonly resetPassword: (
      instance: Instance,
      tenantId: TenantId,
      userId: UserId,
      password: Redacted.Redacted
    ) => Effect.Effect<void, VendorError>
  }
>()("core/tenant/VendorUsers") {}
