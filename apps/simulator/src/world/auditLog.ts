import { secondMs } from "../Clock.ts"
import type { Account, Customer } from "./Account.ts"
import { type Actor, type AuditRecord, auditRecordsMax } from "./Audit.ts"
import type { Change } from "./Change.ts"
import type { Subscription } from "./Subscription.ts"

/** Writes what was done into the partner's activity log and returns the id of the record. */
export const recordChange = (
  account: Account,
  customer: Customer,
  change: Change,
  before: Subscription | null,
  after: Subscription | null,
  at: number
): string => {
  const [resourceType, operationType] = operationOf(change)
  const subject = resourceType === "order" ? after?.orderId : (after ?? before)?.id
  const words = operationType.replaceAll("_", "")
  const record: AuditRecord = {
    // Partner Center's ids are partner, customer, resource, operation and .NET ticks, joined.
    id: `${account.tenantId}_${customer.id}_${(subject ?? customer.id).toLowerCase()}_${words}_${ticks(at)}${account.audit.length % 10}`,
    at,
    customerId: customer.id,
    customerName: customer.name,
    ...identityOf(change.as, account, customer),
    resourceType,
    operationType,
    correlationId: account.random.guid(),
    oldValue: before === null ? null : documentOf(customer, before),
    newValue: after === null ? null : documentOf(customer, after),
    customizedData: after === null ? [] : dataOf(after)
  }
  account.audit = [...account.audit.slice(-auditRecordsMax + 1), record]
  return record.id
}

/** The partner, through its application, has a new customer. */
export const recordCustomer = (
  account: Account,
  customer: Customer,
  operationType: "add_customer" | "delete_customer",
  at: number
): void => {
  const words = operationType.replaceAll("_", "")
  const record: AuditRecord = {
    id: `${account.tenantId}_${customer.id}_${customer.id}_${words}_${ticks(at)}${account.audit.length % 10}`,
    at,
    customerId: customer.id,
    customerName: customer.name,
    userPrincipalName: `admin@${account.domain}`,
    applicationId: account.appId,
    resourceType: "customer",
    operationType,
    correlationId: account.random.guid(),
    oldValue: null,
    newValue: JSON.stringify({ Id: customer.id, CompanyProfile: { Domain: customer.domain } }),
    customizedData: []
  }
  account.audit = [...account.audit.slice(-auditRecordsMax + 1), record]
}

const operationOf = (change: Change): readonly [AuditRecord["resourceType"], string] => {
  switch (change.kind) {
    case "newSubscription":
    case "migration":
      return ["order", "create_order"]
    case "trialConversion":
      return ["subscription", "convert_trial_subscription"]
    case "offer":
      return ["subscription", "upgrade_subscription"]
    case "deleteCustomerRelationship":
      return ["customer", "remove_partner_customer_relationship"]
    default:
      return ["subscription", "update_subscription"]
  }
}

/** Microsoft's own acts carry a service's name and no user, as its documented records do. */
const identityOf = (
  actor: Actor,
  account: Account,
  customer: Customer
): Pick<AuditRecord, "userPrincipalName" | "applicationId"> => {
  if (actor === "microsoft") return { userPrincipalName: null, applicationId: "FulfillmentService" }
  const domain = actor === "partner" ? account.domain : customer.domain
  return {
    userPrincipalName: `admin@${domain}`,
    applicationId:
      actor === "partner" ? "4990cffe-04e8-4e8b-808a-1175604b879f" : "Microsoft 365 admin center"
  }
}

// 0.1 µs since the year 1, without the last digit, which the caller adds to keep ids apart.
const ticks = (at: number): string => String(BigInt(at + 62_135_596_800 * secondMs) * 1000n)

const documentOf = (customer: Customer, subscription: Subscription): string =>
  JSON.stringify({
    Id: subscription.id,
    OfferId: subscription.item.offer,
    OfferName: subscription.item.name,
    FriendlyName: subscription.friendlyName,
    Quantity: subscription.quantity,
    Status: subscription.status,
    AutoRenewEnabled: subscription.autoRenew,
    BillingCycle: subscription.billingCycle,
    TermDuration: subscription.term,
    PartnerId: subscription.partnerOfRecord,
    ParentSubscriptionId: subscription.parentId,
    OrderId: subscription.orderId,
    Links: {
      Self: {
        Uri: `/customers/${customer.id}/subscriptions/${subscription.id}`,
        Method: "GET",
        Headers: []
      }
    },
    Attributes: { ObjectType: "Subscription" }
  })

const dataOf = (subscription: Subscription): AuditRecord["customizedData"] => [
  { key: "OrderId", value: subscription.orderId },
  { key: "SubscriptionId", value: subscription.id },
  { key: "SubscriptionName", value: subscription.friendlyName },
  { key: "Quantity", value: String(subscription.quantity) }
]
