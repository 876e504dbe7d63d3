import type { Acceptance } from "@concordat/core/agreement/Acceptance"
import { toIso } from "@concordat/core/time/Instant"
import type { ColumnType } from "./cells.ts"
import type { TableColumn, TableLayout } from "./TableFile.ts"

const column = (
  heading: string,
  width: number,
  read: TableColumn<Acceptance>["read"],
  type: ColumnType = "text"
): TableColumn<Acceptance> => ({ heading, type, width, read })

/** The log of agreements as operators know logs of terms of use (domain.md §8h), and what became of each. */
export const agreementLayout: TableLayout<Acceptance> = {
  sheet: "Agreements",
  columns: [
    column("Agreement", 28, ({ type }) => type),
    column("Order Code", 16, ({ orderCode }) => orderCode),
    column("Account Name", 30, ({ accountName }) => accountName),
    column("User First Name", 16, ({ contact }) => contact.firstName),
    column("User Last Name", 18, ({ contact }) => contact.lastName),
    column("Email", 30, ({ contact }) => contact.email),
    column("Phone", 18, ({ contact }) => contact.phone),
    column("Username", 24, ({ userName }) => userName),
    column("URL", 36, ({ link }) => link),
    column("IP Address", 18, ({ ipAddress }) => ipAddress),
    column("Browser", 40, ({ userAgent }) => userAgent),
    column("Term Accepted (UTC)", 20, ({ agreedAt }) => agreedAt, "instant"),
    column("Confirmed (UTC)", 20, ({ confirmedAt }) => confirmedAt, "instant"),
    column("Confirmed by", 24, ({ confirmedBy }) => confirmedBy),
    column("Role", 12, ({ role }) => role),
    column("Template ID", 38, ({ templateId }) => templateId),
    column("Template Version", 16, ({ versionRank }) => versionRank, "number"),
    column("Instance", 18, ({ instance }) => instance),
    column("Environment", 12, ({ environment }) => environment),
    column("Tenant ID", 38, ({ tenantId }) => tenantId),
    column("Account ID", 38, ({ accountId }) => accountId),
    column("Status", 10, ({ status }) => status),
    column("Problem", 40, ({ problem }) => problem),
    column(
      "Told Microsoft (UTC)",
      20,
      ({ settledAt, status }) => (status === "failed" ? null : settledAt),
      "instant"
    )
  ],
  json: (acceptance) => ({
    ...acceptance,
    agreedAt: toIso(acceptance.agreedAt),
    confirmedAt: toIso(acceptance.confirmedAt),
    settledAt: acceptance.settledAt === null ? null : toIso(acceptance.settledAt)
  })
}
