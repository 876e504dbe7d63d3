import type { Family } from "../Throttle.ts"
import type { Answer } from "./Answer.ts"
import { validateAddress } from "./addresses.ts"
import {
  acceptAgreement,
  getAgreementDocument,
  getDirectSigned,
  listAgreements,
  listAgreementTemplates
} from "./agreements.ts"
import { getAuditRecord, listAuditRecords } from "./auditRecords.ts"
import type { Call } from "./Call.ts"
import { getCountryRules } from "./countryRules.ts"
import { createCustomer } from "./createCustomer.ts"
import {
  deleteCustomer,
  getBillingProfile,
  getCompanyProfile,
  getCustomer,
  listCustomerRelationships,
  listCustomers,
  updateCustomer
} from "./customers.ts"
import {
  addUser,
  addUserMember,
  getUser,
  listDirectoryRoles,
  listUserMembers,
  listUsers,
  updateUser
} from "./directory.ts"
import {
  getOffer,
  listCustomerOfferCategories,
  listCustomerOffers,
  listOfferAddons,
  listOfferCategories,
  listOffers
} from "./offers.ts"
import { getOrder, listOrders } from "./orders.ts"
import {
  checkDomain,
  getMpnProfile,
  getRelationshipRequest,
  listRelationships,
  validateResellers
} from "./partnerProfiles.ts"
import { getPriceSheet } from "./priceSheets.ts"
import { byCountryOperations, byCustomerOperations } from "./products.ts"
import { getSubscription, listAddons, listSubscriptions } from "./subscriptions.ts"

const methods = ["GET", "HEAD", "POST", "PATCH", "DELETE"] as const
type Method = (typeof methods)[number]

export interface Route {
  /** Name in faults, statistics and the list of requests. */
  readonly operation: string
  readonly method: Method
  /** Path segments; null stands for anything. */
  readonly segments: ReadonlyArray<string | null>
  /** What it counts against; null = unthrottled. */
  readonly family: Family | null
  /** Whether a user must be signed in ("Partner Center authentication": app + user). */
  readonly needsUser: boolean
  /** Whether the first placeholder is a customer. */
  readonly ofCustomer: boolean
  readonly handle: (call: Call) => Answer
}

const route = (
  operation: string,
  request: string,
  family: Family | null,
  tokens: "any" | "user",
  handle: (call: Call) => Answer
): Route => {
  const [method, path = ""] = request.split(" ")
  const segments = path.split("/").slice(1)
  return {
    operation,
    method: methods.find((one) => one === method) ?? "GET",
    segments: segments.map((segment) => (segment.startsWith("{") ? null : segment)),
    family,
    needsUser: tokens === "user",
    ofCustomer: path.startsWith("/v1/customers/{"),
    handle
  }
}

const customer = "/v1/customers/{id}"

const productRoutes = (
  of: "" | "Customer",
  base: string,
  operations: typeof byCountryOperations
): ReadonlyArray<Route> => {
  const product = `${base}/products/{pid}`
  const sku = `${product}/skus/{sid}`
  return [
    route(`list${of}Products`, `GET ${base}/products`, null, "any", operations.listProducts),
    route(`get${of}Product`, `GET ${product}`, null, "any", operations.getProduct),
    route(`list${of}Skus`, `GET ${product}/skus`, null, "any", operations.listSkus),
    route(`get${of}Sku`, `GET ${sku}`, null, "any", operations.getSku),
    route(
      `list${of}Availabilities`,
      `GET ${sku}/availabilities`,
      null,
      "any",
      operations.listAvailabilities
    ),
    route(
      `get${of}Availability`,
      `GET ${sku}/availabilities/{aid}`,
      null,
      "any",
      operations.getAvailability
    )
  ]
}

/** What is sold, by country and by customer. */
const catalogueRoutes: ReadonlyArray<Route> = [
  route("listOffers", "GET /v1/offers", null, "any", listOffers),
  route("getOffer", "GET /v1/offers/{id}", null, "any", getOffer),
  route("listOfferAddons", "GET /v1/offers/{id}/addons", null, "any", listOfferAddons),
  route("listOfferCategories", "GET /v1/offercategories", null, "any", listOfferCategories),
  route("listCustomerOffers", `GET ${customer}/offers`, null, "any", listCustomerOffers),
  route(
    "listCustomerOfferCategories",
    `GET ${customer}/offercategories`,
    null,
    "any",
    listCustomerOfferCategories
  ),
  ...productRoutes("", "/v1", byCountryOperations),
  ...productRoutes("Customer", customer, byCustomerOperations)
]

/** Everything of Partner Center that is imitated. */
export const routes: ReadonlyArray<Route> = [
  route(
    "listSubscriptions",
    `GET ${customer}/subscriptions`,
    "subscriptions",
    "any",
    listSubscriptions
  ),
  route(
    "getSubscription",
    `GET ${customer}/subscriptions/{id}`,
    "subscriptions",
    "any",
    getSubscription
  ),
  route(
    "listAddons",
    `GET ${customer}/subscriptions/{id}/addons`,
    "subscriptions",
    "any",
    listAddons
  ),
  route("listCustomers", "GET /v1/customers", "customers", "any", listCustomers),
  route("getCustomer", `GET ${customer}`, "customers", "any", getCustomer),
  route(
    "getCompanyProfile",
    `GET ${customer}/profiles/company`,
    "customers",
    "any",
    getCompanyProfile
  ),
  route(
    "getBillingProfile",
    `GET ${customer}/profiles/billing`,
    "customers",
    "any",
    getBillingProfile
  ),
  route("createCustomer", "POST /v1/customers", "customers", "any", createCustomer),
  route("updateCustomer", `PATCH ${customer}`, "customers", "any", updateCustomer),
  route("deleteCustomer", `DELETE ${customer}`, "customers", "any", deleteCustomer),
  route(
    "getRelationshipRequest",
    "GET /v1/customers/relationshiprequests",
    "customers",
    "user",
    getRelationshipRequest
  ),
  route("validateAddress", "POST /v1/validations/address", null, "any", validateAddress),
  route("listUsers", `GET ${customer}/users`, "customers", "user", listUsers),
  route("addUser", `POST ${customer}/users`, "customers", "user", addUser),
  route("getUser", `GET ${customer}/users/{uid}`, "customers", "user", getUser),
  route("updateUser", `PATCH ${customer}/users/{uid}`, "customers", "user", updateUser),
  route(
    "resetPassword",
    `PATCH ${customer}/users/{uid}/resetpassword`,
    "customers",
    "user",
    updateUser
  ),
  route(
    "listDirectoryRoles",
    `GET ${customer}/directoryroles`,
    "customers",
    "user",
    listDirectoryRoles
  ),
  route(
    "listUserMembers",
    `GET ${customer}/directoryroles/{rid}/usermembers`,
    "customers",
    "user",
    listUserMembers
  ),
  route(
    "addUserMember",
    `POST ${customer}/directoryroles/{rid}/usermembers`,
    "customers",
    "user",
    addUserMember
  ),
  route("listOrders", `GET ${customer}/orders`, "orders", "any", listOrders),
  route("getOrder", `GET ${customer}/orders/{id}`, "orders", "any", getOrder),
  route("listAgreements", `GET ${customer}/agreements`, "customers", "user", listAgreements),
  route("acceptAgreement", `POST ${customer}/agreements`, "customers", "user", acceptAgreement),
  route(
    "getDirectSigned",
    `GET ${customer}/directsignedmicrosoftcustomeragreementstatus`,
    "customers",
    "user",
    getDirectSigned
  ),
  route(
    "getAgreementDocument",
    "GET /v1/agreementtemplates/{tid}/document",
    null,
    "user",
    getAgreementDocument
  ),
  route("listAgreementTemplates", "GET /v1/agreements", null, "user", listAgreementTemplates),
  route(
    "listCustomerRelationships",
    `GET ${customer}/relationships`,
    "customers",
    "user",
    listCustomerRelationships
  ),
  route("listRelationships", "GET /v1/relationships", null, "user", listRelationships),
  route("getMpnProfile", "GET /v1/profiles/mpn", null, "user", getMpnProfile),
  route(
    "validateResellers",
    "POST /v1/partners/validateresellers",
    null,
    "user",
    validateResellers
  ),
  route("getCountryRules", "GET /v1/countryvalidationrules/{iso2}", null, "any", getCountryRules),
  route("listAuditRecords", "GET /v1/auditrecords", null, "any", listAuditRecords),
  route("getAuditRecord", "GET /auditactivity/v1/auditrecords/{id}", null, "any", getAuditRecord),
  ...catalogueRoutes,
  route(
    "getPriceSheet",
    "GET /v1.0/sales/{pricesheets}/$value",
    null,
    // Microsoft refuses app-only access here with a 400 of its own.
    "any",
    getPriceSheet
  ),
  route("checkDomain", "HEAD /v1/domains/{domain}", null, "any", checkDomain)
]

/** Resources of their own that stand where an id could; the simulator has none of them. */
const reserved: ReadonlySet<string> = new Set([
  "all",
  "customtermenddates",
  "overage",
  "relationshiprequests",
  "usagerecords"
])

const fits = (segment: string | null, given: string | undefined): boolean =>
  given !== undefined && (segment === null ? !reserved.has(given) : segment === given)

/** The routes of a path, whatever the method; empty when it is not imitated. */
export const routesOf = (segments: ReadonlyArray<string>): ReadonlyArray<Route> => {
  const given = segments.map((segment) => segment.toLowerCase())
  return routes.filter(
    (one) =>
      one.segments.length === given.length &&
      one.segments.every((segment, position) => fits(segment, given[position]))
  )
}

/** What stands in the place of the placeholders. */
export const parametersOf = (one: Route, segments: ReadonlyArray<string>): ReadonlyArray<string> =>
  segments.filter((_, position) => one.segments[position] === null)
