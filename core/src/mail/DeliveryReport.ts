/** What a mail system says became of a mail for one recipient (RFC 3464 §2.3), as it wrote it. */
export interface ReportedRecipient {
  /** The address that the mail was sent to, where the report knows it, else where it went in the end. */
  readonly recipient: string
  /** `failed`, `delayed`, `delivered`, `relayed` or `expanded`. */
  readonly action: string | null
  readonly status: string | null
  readonly diagnostic: string | null
}

/** A delivery status notification (RFC 3464). Anybody may have written it. */
export interface DeliveryReport {
  /** Tells this report from all others; the same for one that is handed in twice. */
  readonly key: string
  /** What it calls the mail: the envelope's id that we gave, then the Message-ID of what came back. */
  readonly about: ReadonlyArray<string>
  readonly recipients: ReadonlyArray<ReportedRecipient>
}
