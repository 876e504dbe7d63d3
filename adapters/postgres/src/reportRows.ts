import type { RunId } from "@concordat/core/reconciliation/Run"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import {
  deadlineOf,
  severityRank,
  type Urgency,
  urgencyOf
} from "@concordat/core/reconciliation/urgency"
import { BigDecimal } from "effect"
import { type Kysely, sql } from "kysely"
import { findingDocument, observedDocument, subscriptionDocument } from "./documents.ts"
import { lines } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

/** So much of each text is searched: with four of them, as much as an index can hold. */
const searchedMax = 200

const searched = (text: string): string => text.slice(0, searchedMax)

/** What can be searched for a part of. */
const searchText = ({ customer, row: { subscription, observed } }: ReportRow): string => {
  const ours =
    subscription === null
      ? ""
      : `\t${searched(subscription.name)}\t${searched(subscription.reference)}`
  const theirs =
    observed === null || observed.name === subscription?.name ? "" : `\t${searched(observed.name)}`
  return `${searched(customer)}${ours}${theirs}`.toLowerCase()
}

const oneLine = (text: string): string => (text.includes("\n") ? text.replaceAll("\n", " ") : text)

const urgencyLine = (at: number, { atRisk, deadline, severity }: Urgency) => ({
  at,
  severity: severityRank(severity),
  at_risk: atRisk === null ? null : BigDecimal.format(atRisk.amount),
  currency: atRisk?.currency ?? null,
  deadline
})

/**
 * The rows of a report, from `firstPosition` on, in one statement. The columns come as lists of lines, which
 * Postgres splits several times faster than it takes rows out of a document.
 */
export const insertRows = (
  db: Kysely<Tables>,
  id: RunId,
  firstPosition: number,
  rows: ReadonlyArray<ReportRow>
) => {
  // Few rows have findings: what is said of these alone costs the others nothing.
  const urgencies = rows.flatMap(({ row }, at) => {
    const urgency = urgencyOf(row.findings)
    return urgency === null ? [] : [urgencyLine(at + 1, urgency)]
  })
  return sql`
    insert into reconciliation_row (run_id, position, tenant_id, account_id, subscription_id,
      microsoft_id, customer, search, subscription, observed, severity, at_risk, currency, deadline)
    select ${id}::uuid, ${firstPosition}::integer + ordinality - 1, tenant_id::uuid,
      account_id::uuid, subscription_id::uuid, microsoft_id::uuid, coalesce(customer, ''),
      coalesce(search, ''), subscription, observed, severity, at_risk, currency,
      to_timestamp(deadline / 1000.0)
    from unnest(
      ${lines(rows.map(({ tenantId }) => tenantId))},
      ${lines(rows.map(({ accountId }) => accountId ?? ""))},
      ${lines(rows.map(({ row }) => row.subscription?.id ?? ""))},
      ${lines(
        rows.map(({ row }) => row.observed?.microsoftId ?? row.subscription?.microsoftId ?? "")
      )},
      ${lines(rows.map(({ customer }) => oneLine(customer)))},
      ${lines(rows.map((row) => oneLine(searchText(row))))},
      ${lines(
        rows.map(({ row }) =>
          row.subscription === null ? "" : JSON.stringify(subscriptionDocument(row.subscription))
        )
      )},
      ${lines(
        rows.map(({ tenantId, row }) =>
          row.observed === null
            ? ""
            : JSON.stringify(observedDocument(tenantId, row.subscription, row.observed))
        )
      )}
    ) with ordinality given (tenant_id, account_id, subscription_id, microsoft_id, customer, search,
      subscription, observed, ordinality)
    left join json_to_recordset(${JSON.stringify(urgencies)}::json)
      urgent (at bigint, severity smallint, at_risk numeric, currency text, deadline bigint)
      on urgent.at = ordinality`.execute(db)
}

/** The findings of the same rows. */
export const insertFindings = (
  db: Kysely<Tables>,
  id: RunId,
  firstPosition: number,
  rows: ReadonlyArray<ReportRow>
) =>
  sql`
    insert into finding (run_id, position, ordinal, kind, moved_by, document, severity, at_risk,
      currency, deadline)
    select ${id}::uuid, position, ordinal, kind, moved_by, document, severity, at_risk, currency,
      to_timestamp(deadline / 1000.0)
    from json_to_recordset(${JSON.stringify(
      rows.flatMap(({ row }, at) =>
        row.findings.map((finding, ordinal) => ({
          position: firstPosition + at,
          ordinal,
          kind: finding.kind,
          moved_by: finding.movedBy,
          document: findingDocument(finding),
          severity: severityRank(finding.severity),
          at_risk: finding.atRisk === null ? null : BigDecimal.format(finding.atRisk.amount),
          currency: finding.atRisk?.currency ?? null,
          deadline: deadlineOf(finding.actions)
        }))
      )
    )}::json) given (position integer, ordinal integer, kind text, moved_by text, document json,
      severity smallint, at_risk numeric, currency text, deadline bigint)`.execute(db)
