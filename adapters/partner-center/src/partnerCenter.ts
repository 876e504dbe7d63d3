import type { VendorCatalogue } from "@concordat/core/catalogue/VendorCatalogue"
import type { UserTokens } from "@concordat/core/consent/UserTokens"
import type { Instances } from "@concordat/core/instance/Instances"
import type { VendorPriceSheets } from "@concordat/core/pricesheet/VendorPriceSheets"
import type { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import type { VendorCustomers } from "@concordat/core/tenant/VendorCustomers"
import type { RateBudget } from "@concordat/core/vendor/RateBudget"
import { Layer } from "effect"
import type { HttpClient } from "effect/http"
import { catalogueLayer } from "./Catalogue.ts"
import { type Client, clientLayer } from "./Client.ts"
import { customersLayer } from "./Customers.ts"
import { vendorPriceSheetsLayer } from "./PriceSheets.ts"
import { subscriptionsLayer } from "./Subscriptions.ts"
import { tokensLayer } from "./Token.ts"

/**
 * Everything that reads Partner Center: the core's four ports, and the client for the operations that have none
 * yet. `transportLayer` is the HttpClient to give it; how patient it is, `CurrentClientSettings` says.
 */
export const partnerCenterLayer: Layer.Layer<
  VendorSubscriptions | VendorCustomers | VendorCatalogue | VendorPriceSheets | Client,
  never,
  Instances | UserTokens | RateBudget | HttpClient.HttpClient
> = Layer.mergeAll(subscriptionsLayer, customersLayer, catalogueLayer, vendorPriceSheetsLayer).pipe(
  Layer.provideMerge(clientLayer),
  Layer.provide(tokensLayer)
)
