/** Who acted: the customer's admin, the partner in its portal, or Microsoft itself. */
export const actors = ["customer", "partner", "microsoft"] as const
export type Actor = (typeof actors)[number]

/** One line of the activity log, with the names that Partner Center's audit records use. */
export interface AuditRecord {
  readonly id: string
  readonly at: number
  readonly customerId: string
  readonly customerName: string
  /** Absent when Microsoft acts by itself. */
  readonly userPrincipalName: string | null
  readonly applicationId: string
  readonly resourceType: "subscription" | "order" | "customer"
  readonly operationType: string
  readonly correlationId: string
  /** JSON text in PascalCase, as Partner Center has it. */
  readonly oldValue: string | null
  readonly newValue: string | null
  readonly customizedData: ReadonlyArray<{ readonly key: string; readonly value: string }>
}

/** The log is bounded; the oldest records go first. */
export const auditRecordsMax = 10_000
