import type { TenantId } from "@concordat/core/instance/Instance"
import { type VendorCustomer, VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import { Effect, Layer, Stream } from "effect"
import { Client } from "./Client.ts"
import { decoderOf } from "./decode.ts"
import { allItems } from "./paging.ts"
import { reading } from "./read.ts"
import { WireBillingProfile } from "./wire/BillingProfile.ts"
import { WireCompanyProfile } from "./wire/CompanyProfile.ts"
import { WireCustomer, WireCustomers } from "./wire/Customer.ts"

export const decodeCustomerPage = decoderOf(WireCustomers)

/** "Get a list of customers". */
export const customersLayer: Layer.Layer<VendorCustomers, never, Client> = Layer.effect(
  VendorCustomers,
  Effect.gen(function* () {
    const client = yield* Client
    return {
      all: (instance) =>
        allItems(
          instance,
          {
            operation: "listCustomers",
            method: "GET",
            uri: `/v1/customers?size=${client.pageSize}`
          },
          decodeCustomerPage,
          (customer) => customer.id
        ).pipe(Stream.map(customerFrom), Stream.provideService(Client, client))
    }
  })
)

/** Without delegated rights a profile can be all but empty; the id is always there. */
export const customerFrom = (wire: WireCustomer): VendorCustomer => ({
  tenantId: wire.id,
  domain: wire.companyProfile?.domain ?? "",
  name: wire.companyProfile?.companyName ?? wire.companyProfile?.domain ?? wire.id
})

/** "Get a customer by ID". */
export const getCustomer = reading(
  "getCustomer",
  WireCustomer,
  (tenantId: TenantId) => `/v1/customers/${tenantId}`
)

/** "Get a customer's company profile". */
export const getCompanyProfile = reading(
  "getCompanyProfile",
  WireCompanyProfile,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/profiles/company`
)

/** "Get a customer's billing profile". */
export const getBillingProfile = reading(
  "getBillingProfile",
  WireBillingProfile,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/profiles/billing`
)
