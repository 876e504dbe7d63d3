import type { ImportCustomer, NotImported } from "@concordat/core/import/CustomerImport"
import type { TableFormat, TableLayout } from "./TableFile.ts"

/** One line: a customer, or a subscription of it that was left out. */
export interface ImportLine {
  readonly customer: ImportCustomer
  readonly notImported: NotImported | null
}

/**
 * In a table, a customer that lacks three subscriptions is three lines, so that each can be filtered and ticked off by
 * itself; JSON has them within the customer.
 */
export const importLinesOf = (
  format: TableFormat,
  customer: ImportCustomer
): ReadonlyArray<ImportLine> =>
  format === "json" || customer.notImported.length === 0
    ? [{ customer, notImported: null }]
    : customer.notImported.map((notImported) => ({ customer, notImported }))

/** The report of an import of customers. */
export const importTable: TableLayout<ImportLine> = {
  sheet: "Customers",
  columns: [
    { heading: "Customer", type: "text", width: 36, read: ({ customer }) => customer.name },
    { heading: "Domain", type: "text", width: 34, read: ({ customer }) => customer.domain },
    { heading: "Tenant ID", type: "text", width: 38, read: ({ customer }) => customer.tenantId },
    { heading: "Status", type: "text", width: 12, read: ({ customer }) => customer.status },
    {
      heading: "Reseller (MPN ID)",
      type: "text",
      width: 18,
      read: ({ customer }) => customer.resellerMpnId
    },
    {
      heading: "Assigned by hand",
      type: "boolean",
      width: 16,
      read: ({ customer }) => customer.assigned
    },
    {
      heading: "Account",
      type: "text",
      width: 36,
      read: ({ customer }) => customer.account?.name ?? null
    },
    {
      heading: "Account ID",
      type: "text",
      width: 38,
      read: ({ customer }) => customer.account?.id ?? null
    },
    {
      heading: "Suggested account",
      type: "text",
      width: 36,
      read: ({ customer }) => customer.suggestions[0]?.name ?? null
    },
    {
      heading: "Suggested because of the same",
      type: "text",
      width: 28,
      read: ({ customer }) => customer.suggestions[0]?.reason ?? null
    },
    {
      heading: "Subscriptions",
      type: "number",
      width: 14,
      read: ({ customer }) => customer.subscriptions
    },
    {
      heading: "In the BSS",
      type: "number",
      width: 12,
      read: ({ customer }) => customer.subscriptionsKnown
    },
    { heading: "Problem", type: "text", width: 60, read: ({ customer }) => customer.problem },
    {
      heading: "Not taken over",
      type: "text",
      width: 60,
      read: ({ customer }) => customer.notes.join(" · ") || null
    },
    {
      heading: "Left out: offer ID",
      type: "text",
      width: 38,
      read: ({ notImported }) => notImported?.offer ?? null
    },
    {
      heading: "Left out: name",
      type: "text",
      width: 36,
      read: ({ notImported }) => notImported?.name ?? null
    },
    {
      heading: "Left out: Microsoft ID",
      type: "text",
      width: 38,
      read: ({ notImported }) => notImported?.microsoftId ?? null
    },
    {
      heading: "Left out because",
      type: "text",
      width: 80,
      read: ({ notImported }) => notImported?.message ?? null
    }
  ],
  json: ({ customer }) => customer
}
