import type { ReconciliationRow, ReconciliationView } from "@concordat/contracts/reconciliation"
import { kindFacts } from "@concordat/core/reconciliation/kinds"
import type { Run } from "@concordat/core/reconciliation/Run"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import type { AgreedTerms } from "@concordat/core/subscription/Subscription"

/** A run as callers see it. */
export const runView = (run: Run): ReconciliationView => ({
  id: run.id,
  instance: run.instance,
  environment: run.environment,
  scope: run.scope,
  status: run.status,
  requestedBy: run.requestedBy,
  correlationId: run.correlationId,
  progress: {
    customers: run.customers,
    observed: run.customersObserved,
    failed: run.customersFailed
  },
  requests: run.requests,
  rows: run.rows,
  findings: run.findings,
  counts: run.counts.map(({ kind, count }) => ({ kind, title: kindFacts[kind].title, count })),
  atRisk: run.atRisk,
  problem: run.problem,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  finishedAt: run.finishedAt
})

/** A row as callers see it. */
export const rowView = ({ accountId, tenantId, customer, row }: ReportRow): ReconciliationRow => {
  const { subscription, observed } = row
  return {
    accountId,
    tenantId,
    customer,
    subscriptionId: subscription?.id ?? null,
    reference: subscription?.reference ?? null,
    microsoftId: subscription?.microsoftId ?? observed?.microsoftId ?? null,
    name: subscription?.name ?? observed?.name ?? "",
    isAddon: subscription?.isAddon ?? (observed !== null && observed.terms.parent !== null),
    bss: subscription === null ? null : termsView(subscription.terms),
    partnerCenter: observed === null ? null : termsView(observed.terms),
    unitPrice: subscription?.unitPrice ?? null,
    findings: row.findings.map((finding) => ({
      ...finding,
      title: kindFacts[finding.kind].title
    }))
  }
}

type TermsView = NonNullable<ReconciliationRow["bss"]>

/** What a side does not keep is absent, not null: null means that there is none. */
const termsView = (terms: AgreedTerms): TermsView => ({
  offer: terms.offer,
  quantity: terms.quantity,
  status: terms.status,
  ...(terms.billingCycle === undefined ? {} : { billingCycle: terms.billingCycle }),
  ...(terms.term === undefined ? {} : { term: terms.term }),
  ...(terms.autoRenew === undefined ? {} : { autoRenew: terms.autoRenew }),
  ...(terms.commitmentEnd === undefined ? {} : { commitmentEnd: terms.commitmentEnd }),
  ...(terms.scheduledChange === undefined ? {} : { scheduledChange: terms.scheduledChange }),
  ...(terms.partnerOfRecord === undefined ? {} : { partnerOfRecord: terms.partnerOfRecord }),
  ...(terms.parent === undefined ? {} : { parent: terms.parent }),
  ...(terms.isTrial === undefined ? {} : { isTrial: terms.isTrial }),
  ...(terms.friendlyName === undefined ? {} : { friendlyName: terms.friendlyName })
})
