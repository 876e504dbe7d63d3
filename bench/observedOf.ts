import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import type { Observation } from "@concordat/core/reconciliation/Mirror"
import type { Observed } from "@concordat/core/subscription/Observed"
import { MicrosoftId } from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Schema } from "effect"
import { termsOf } from "../apps/start/src/demo/bookOf.ts"
import type { SimulatedCustomer } from "../apps/start/src/demo/SimulatorControl.ts"

const tenantIdOf = Schema.decodeUnknownSync(TenantId)
const microsoftIdOf = Schema.decodeUnknownSync(MicrosoftId)

/** A customer as the adapter would have read it, without the requests. */
export const observedOf = (
  instance: Instance,
  customer: SimulatedCustomer,
  at: Instant
): Observation => ({
  _tag: "Listed",
  instanceId: instance.id,
  environment: instance.environment,
  tenantId: tenantIdOf(customer.tenantId),
  at,
  digest: `${customer.tenantId} ${at}`,
  subscriptions: customer.subscriptions.map((subscription): Observed => {
    const orderedAt = Instant.make(Date.parse(subscription.orderedAt))
    return {
      instanceId: instance.id,
      tenantId: tenantIdOf(customer.tenantId),
      microsoftId: microsoftIdOf(subscription.microsoftId),
      terms: {
        ...termsOf(subscription),
        parent:
          subscription.parentMicrosoftId === null
            ? null
            : microsoftIdOf(subscription.parentMicrosoftId)
      },
      name: subscription.name,
      orderId: subscription.orderId,
      effectiveStart: orderedAt,
      createdAt: orderedAt,
      cancellableUntil: null,
      refundable: [{ quantity: subscription.quantity, until: orderedAt }],
      etag: subscription.microsoftId
    }
  })
})
