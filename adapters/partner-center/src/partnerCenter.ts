import type { VendorCatalogue } from "@concordat/core/catalogue/VendorCatalogue"
import type { UserTokens } from "@concordat/core/consent/UserTokens"
import type { Instances } from "@concordat/core/instance/Instances"
import type { VendorConnection } from "@concordat/core/instance/VendorConnection"
import type { VendorPriceSheets } from "@concordat/core/pricesheet/VendorPriceSheets"
import type { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import type { VendorAgreements } from "@concordat/core/tenant/VendorAgreements"
import type { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import type { VendorResellers } from "@concordat/core/tenant/VendorResellers"
import type { VendorTenants } from "@concordat/core/tenant/VendorTenants"
import type { VendorUsers } from "@concordat/core/tenant/VendorUsers"
import type { RateBudget } from "@concordat/core/vendor/RateBudget"
import { Layer } from "effect"
import type { HttpClient } from "effect/http"
import { agreementsLayer } from "./Agreements.ts"
import { catalogueLayer } from "./Catalogue.ts"
import { type Client, clientLayer } from "./Client.ts"
import { connectionLayer } from "./Connection.ts"
import { customersLayer } from "./Customers.ts"
import { vendorPriceSheetsLayer } from "./PriceSheets.ts"
import { resellersLayer } from "./Resellers.ts"
import { subscriptionsLayer } from "./Subscriptions.ts"
import { tenantsLayer } from "./Tenants.ts"
import { tokensLayer } from "./Token.ts"
import { usersLayer } from "./Users.ts"

/**
 * Everything that talks to Partner Center: the core's ports, and the client for the operations that have none yet.
 * `transportLayer` is the HttpClient to give it; how patient it is, `CurrentClientSettings` says.
 */
export const partnerCenterLayer: Layer.Layer<
  | VendorSubscriptions
  | VendorCustomers
  | VendorTenants
  | VendorUsers
  | VendorResellers
  | VendorAgreements
  | VendorCatalogue
  | VendorConnection
  | VendorPriceSheets
  | Client,
  never,
  Instances | UserTokens | RateBudget | HttpClient.HttpClient
> = Layer.mergeAll(
  subscriptionsLayer,
  customersLayer,
  tenantsLayer,
  usersLayer,
  resellersLayer,
  agreementsLayer,
  catalogueLayer,
  connectionLayer,
  vendorPriceSheetsLayer
).pipe(Layer.provideMerge(clientLayer), Layer.provide(tokensLayer))
