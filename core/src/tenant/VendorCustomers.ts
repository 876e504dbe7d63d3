import { Context, type Stream } from "effect"
import type { Instance, TenantId } from "../instance/Instance.ts"
import type { VendorError } from "../vendor/VendorError.ts"

/** A customer as Partner Center's list shows it. */
export interface VendorCustomer {
  readonly tenantId: TenantId
  readonly domain: string
  readonly name: string
}

/** The customers of a partner. */
export class VendorCustomers extends Context.Service<
  VendorCustomers,
  {
    /** Every customer, page by page. */
    readonly all: (instance: Instance) => Stream.Stream<VendorCustomer, VendorError>
  }
>()("core/tenant/VendorCustomers") {}
