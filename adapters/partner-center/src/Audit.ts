import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import { type Instant, toIso } from "@concordat/core/time/Instant"
import { Effect, Stream } from "effect"
import { Client } from "./Client.ts"
import { decoderOf } from "./decode.ts"
import { allItems } from "./paging.ts"
import { type WireAuditRecord, WireAuditRecords } from "./wire/AuditRecord.ts"

const decodePage = decoderOf(WireAuditRecords)

/**
 * "Get a record of Partner Center activity": by whole days, of the last 90 at most (else Refused), of
 * one customer or of all.
 */
export const listAuditRecords = (
  instance: Instance,
  range: { readonly from: Instant; readonly to?: Instant; readonly tenantId?: TenantId }
) =>
  Stream.unwrap(
    Effect.map(Client, ({ pageSize }) => {
      const query = new URLSearchParams({ startDate: dayOf(range.from), size: String(pageSize) })
      if (range.to !== undefined) query.set("endDate", dayOf(range.to))
      if (range.tenantId !== undefined)
        query.set(
          "filter",
          JSON.stringify({ Field: "CustomerId", Value: range.tenantId, Operator: "equals" })
        )
      return allItems(
        instance,
        { operation: "listAuditRecords", method: "GET", uri: `/v1/auditrecords?${query}` },
        decodePage,
        keyOf
      )
    })
  )

const dayOf = (instant: Instant): string => toIso(instant).slice(0, 10)

/** Older services leave the id out: then a record is what it says. */
const keyOf = (record: WireAuditRecord): string => record.id ?? JSON.stringify(record)
