import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import { decoderOf } from "./decode.ts"
import { allItems } from "./paging.ts"
import { reading } from "./read.ts"
import { WireOrder, WireOrders } from "./wire/Order.ts"

const decodePage = decoderOf(WireOrders)

/** "Get all of a customer's orders". What was just ordered can be missing for 15 minutes. */
export const listOrders = (instance: Instance, tenantId: TenantId) =>
  allItems(
    instance,
    { operation: "listOrders", method: "GET", uri: `/v1/customers/${tenantId}/orders` },
    decodePage,
    (order) => order.id
  )

/** "Get an order by ID", with its prices. */
export const getOrder = reading(
  "getOrder",
  WireOrder,
  (tenantId: TenantId, orderId: string) =>
    `/v1/customers/${tenantId}/orders/${encodeURIComponent(orderId)}?include_price=true`
)
