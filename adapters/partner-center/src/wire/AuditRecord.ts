import { Schema } from "effect"
import { collectionOf, maybe, oneOf, WireId, WireInstant } from "./values.ts"

/**
 * AuditRecord ("Get a record of Partner Center activity"). The values of the resource are JSON in a
 * string, and the samples lack the id.
 */
export const WireAuditRecord = Schema.Struct({
  id: maybe(Schema.String),
  partnerId: maybe(WireId),
  customerId: maybe(WireId),
  customerName: maybe(Schema.String),
  userPrincipalName: maybe(Schema.String),
  applicationId: maybe(Schema.String),
  resourceType: maybe(Schema.String),
  operationType: maybe(Schema.String),
  operationDate: WireInstant,
  operationStatus: maybe(oneOf("succeeded", "failed", "progress", "decline")),
  originalCorrelationId: maybe(Schema.String),
  resourceOldValue: maybe(Schema.String),
  resourceNewValue: maybe(Schema.String),
  customizedData: maybe(
    Schema.Array(Schema.Struct({ key: Schema.String, value: maybe(Schema.String) }))
  )
})
export type WireAuditRecord = typeof WireAuditRecord.Type

export const WireAuditRecords = collectionOf(WireAuditRecord)
