import { AcceptanceId } from "@concordat/core/agreement/Acceptance"
import { CatalogueRunId } from "@concordat/core/catalogue/CatalogueRun"
import { ImportId } from "@concordat/core/import/CustomerImport"
import { InstanceId, TenantId } from "@concordat/core/instance/Instance"
import { MailId } from "@concordat/core/mail/Outbox"
import { PriceSheetId } from "@concordat/core/pricesheet/PriceSheet"
import { RunId } from "@concordat/core/reconciliation/Run"
import { SynchronizationId } from "@concordat/core/tenant/Synchronization"
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

/** Attempts of one mail, the last about a day after the first. */
export const sendMailAttemptsMax = 22

/** Hand a mail of the outbox to the mail server. It is tried for about a day. */
export const sendMailQueue = defineQueue("send-mail", Schema.Struct({ mailId: MailId }), {
  key: ({ mailId }) => mailId,
  retryLimit: sendMailAttemptsMax - 1,
  retryDelaySeconds: 5,
  retryDelayMaxSeconds: 7_200
})

/** Read the catalogue of an instance, or what is left of it, and apply it. */
export const catalogueRunQueue = defineQueue(
  "catalogue-run",
  Schema.Struct({ instanceId: InstanceId, catalogueRunId: CatalogueRunId }),
  { key: ({ catalogueRunId }) => catalogueRunId }
)

/** Go on with an account that becomes a tenant. It is about one try; the next one has another id. */
export const synchronizeQueue = defineQueue(
  "synchronize-tenant",
  Schema.Struct({ instanceId: InstanceId, synchronizationId: SynchronizationId }),
  { key: ({ synchronizationId }) => synchronizationId }
)

/** Download a price sheet, or what is left to do for it, and apply it. */
export const priceSheetQueue = defineQueue(
  "price-sheet",
  Schema.Struct({ priceSheetId: PriceSheetId }),
  { key: ({ priceSheetId }: { readonly priceSheetId: PriceSheetId }) => priceSheetId }
)

const OfImport = Schema.Struct({ instanceId: InstanceId, importId: ImportId })
export type OfImport = typeof OfImport.Type

/** Go on with an import of customers: read its hierarchy, or import those that wait. */
export const customerImportQueue = defineQueue("customer-import", OfImport, {
  key: ({ importId }: OfImport) => importId
})

/** Attempts of telling one acceptance, the last about an hour after the first. */
export const sendAcceptanceAttemptsMax = 12

/** Tell Microsoft that a customer accepted an agreement. */
export const sendAcceptanceQueue = defineQueue(
  "send-acceptance",
  Schema.Struct({ instanceId: InstanceId, acceptanceId: AcceptanceId }),
  {
    key: ({ acceptanceId }: { readonly acceptanceId: AcceptanceId }) => acceptanceId,
    retryLimit: sendAcceptanceAttemptsMax - 1,
    retryDelaySeconds: 2,
    retryDelayMaxSeconds: 3_600
  }
)
