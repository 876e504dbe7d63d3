import { type Currency, priceOf } from "../Catalogue.ts"
import type { Account, Customer, Order } from "../world/Account.ts"
import { isNewCommerce, type Subscription, sameId } from "../world/Subscription.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, customerOfCall, invalidProperty, parameter } from "./Call.ts"
import { collection, dateOf, etagOf, link } from "./resource.ts"
import { offerIdOf } from "./subscriptionResource.ts"

const billingTypes: ReadonlySet<string> = new Set([
  "none",
  "onetime",
  "monthly",
  "annual",
  "triennial"
])

/** GET /v1/customers/{id}/orders[?billingType=][&include_price=true] */
export const listOrders = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const billingType = call.query.get("billingtype")?.toLowerCase().replaceAll("_", "")
  if (billingType !== undefined && !billingTypes.has(billingType))
    throw new Refusal(invalidProperty("billingType"))
  const orders = visible(call, customer).filter(
    (order) =>
      billingType === undefined || order.lines[0]?.billingCycle.replaceAll("_", "") === billingType
  )
  return json(
    collection(
      orders.map((order) => renderOrder(call, customer, order)),
      { self: link(`/customers/${customer.id}/orders`) }
    )
  )
}

/** GET /v1/customers/{id}/orders/{oid}[?include_price=true]. A new order cannot be seen at once. */
export const getOrder = (call: Call): Answer => {
  const customer = customerOfCall(call)
  const id = parameter(call, 1)
  const order = visible(call, customer).find((one) => sameId(one.id, id))
  if (order === undefined)
    throw new Refusal(standardError(404, 20000, `Order ${id.slice(0, 64)} was not found.`))
  return json(renderOrder(call, customer, order))
}

const visible = ({ at }: Call, customer: Customer): ReadonlyArray<Order> =>
  customer.orders.filter((order) => order.visibleFrom <= at)

const symbols: Readonly<Record<Currency, string>> = { EUR: "€", USD: "$", GBP: "£" }

const renderOrder = (call: Call, customer: Customer, order: Order) => {
  const { account } = call
  const priced = call.query.get("include_price")?.toLowerCase() === "true"
  const self = `/customers/${customer.id}/orders/${order.id}`
  const first = order.lines[0]
  const total = order.lines.reduce((sum, line) => sum + extendedPrice(account, line), 0)
  const modern = first !== undefined && isNewCommerce(first)
  return {
    id: order.id,
    alternateId: modern ? order.id : undefined,
    referenceCustomerId: customer.id,
    billingCycle: first?.billingCycle,
    currencyCode: account.currency,
    currencySymbol: symbols[account.currency],
    lineItems: order.lines.map((line, number) =>
      renderLine(account, customer, line, number, priced)
    ),
    creationDate: dateOf(order.createdAt),
    status: "completed",
    transactionType: "UserPurchase",
    totalPrice: priced ? total : undefined,
    links: {
      provisioningStatus: link(`${self}/provisioningstatus`),
      self: link(self)
    },
    // New-commerce orders carry no etag, as the documented ones do not.
    attributes: { etag: modern ? undefined : etagOf(order.id, 1), objectType: "Order" }
  }
}

const renderLine = (
  account: Account,
  customer: Customer,
  line: Subscription,
  lineItemNumber: number,
  priced: boolean
) => {
  const subscription = `/customers/${customer.id}/subscriptions/${line.id}`
  const country = `?country=${account.country}`
  const sku = isNewCommerce(line)
    ? `/products/${line.item.productId}/skus/${line.item.skuId}${country}`
    : `/products/${line.item.offer.toUpperCase()}/skus/${line.item.offer.toUpperCase()}`
  const unit = Number(priceOf(line.item, line, account.currency))
  return {
    lineItemNumber,
    offerId: offerIdOf(line),
    subscriptionId: line.id,
    parentSubscriptionId: line.parentId ?? undefined,
    termDuration: line.term ?? undefined,
    transactionType: "New",
    friendlyName: line.friendlyName,
    quantity: line.quantity,
    partnerIdOnRecord: line.partnerOfRecord ?? undefined,
    pricing: priced
      ? {
          listPrice: unit,
          discountedPrice: unit,
          proratedPrice: unit,
          price: unit,
          extendedPrice: extendedPrice(account, line)
        }
      : undefined,
    links: {
      subscription: link(subscription),
      sku: link(sku),
      provisioningStatus: link(`/subscriptions/${line.id}/provisioningstatus`)
    }
  }
}

const extendedPrice = (account: Account, line: Subscription): number =>
  Math.round(Number(priceOf(line.item, line, account.currency)) * line.quantity * 100) / 100
