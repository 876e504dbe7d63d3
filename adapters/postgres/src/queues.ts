import { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { RunId } from "@concordat/core/reconciliation/Run"
import { Effect, Schema } from "effect"
import { defineQueue } from "./Queue.ts"

const OfRun = Schema.Struct({ runId: RunId })
type OfRun = typeof OfRun.Type

/** Decide which customers a run looks at. */
export const listCustomersQueue = defineQueue("list-customers", OfRun, {
  key: ({ runId }: OfRun) => runId
})

/** The correlation id is that of the run that asked first; others that wait for the same look share it. */
export const OfCustomer = Schema.Struct({
  instanceId: InstanceId,
  tenantId: TenantId,
  correlationId: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))
})
export type OfCustomer = typeof OfCustomer.Type

/** One key per customer: of the jobs about a customer one waits at most, and one is at work at most. */
export const customerKey = ({
  instanceId,
  tenantId
}: Pick<OfCustomer, "instanceId" | "tenantId">): string => `${instanceId}:${tenantId}`

/** Look at one customer, for every run that waits for it. */
export const observeCustomerQueue = defineQueue("observe-customer", OfCustomer, {
  key: customerKey
})

/** Compare what a run has observed with the book. */
export const compareRunQueue = defineQueue("compare-run", OfRun, {
  key: ({ runId }: OfRun) => runId
})
