import type {
  FindingGroupView,
  ReconciliationRow,
  ReconciliationRowDetail,
  ReconciliationView
} from "@concordat/contracts/reconciliation"
import type { FindingKind, MovedBy } from "@concordat/core/reconciliation/Finding"
import { kindFacts } from "@concordat/core/reconciliation/kinds"
import type {
  FindingGroup,
  KeptRow,
  RowGrouping,
  Sighting
} from "@concordat/core/reconciliation/Reports"
import type { Run } from "@concordat/core/reconciliation/Run"
import { deadlineOf } from "@concordat/core/reconciliation/urgency"
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
export const rowView = ({
  accountId,
  customer,
  position,
  row,
  tenantId
}: KeptRow): ReconciliationRow => {
  const { subscription, observed } = row
  return {
    row: position,
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
      ...titled(finding),
      deadline: deadlineOf(finding.actions)
    }))
  }
}

/** A row with all that is kept of Partner Center's answer. */
export const rowDetailView = (kept: KeptRow): ReconciliationRowDetail => {
  const { observed } = kept.row
  return {
    ...rowView(kept),
    observed:
      observed === null
        ? null
        : {
            tenantId: observed.tenantId,
            microsoftId: observed.microsoftId,
            name: observed.name,
            orderId: observed.orderId,
            effectiveStart: observed.effectiveStart,
            createdAt: observed.createdAt,
            cancellableUntil: observed.cancellableUntil,
            refundable: observed.refundable,
            etag: observed.etag,
            terms: termsView(observed.terms)
          }
  }
}

/** A finding of whatever shape, with its kind in words. */
export const titled = <F extends { readonly kind: FindingKind }>(finding: F) => ({
  ...finding,
  title: kindFacts[finding.kind].title
})

/** A report in which the same subscription had findings, as callers see it. */
export const sightingView = ({ createdAt, findings, position, runId }: Sighting) => ({
  id: runId,
  createdAt,
  row: position,
  findings: findings.map(titled)
})

const movers: Readonly<Record<MovedBy, string>> = {
  bss: "BSS",
  "partner-center": "Partner Center",
  both: "Both",
  unknown: "Not known"
}
const isIn = <K extends string>(names: Readonly<Record<K, unknown>>, name: string): name is K =>
  Object.hasOwn(names, name)

/** A group as callers see it. */
export const groupView = (
  by: RowGrouping,
  { account, atRisk, findings, key }: FindingGroup
): FindingGroupView => ({ key, title: groupTitle(by, key, account), findings, atRisk })

const groupTitle = (by: RowGrouping, key: string | null, account: string | null): string => {
  if (key === null) return by === "deadline" ? "No deadline" : "No account"
  if (by === "kind" && isIn(kindFacts, key)) return kindFacts[key].title
  if (by === "movedBy" && isIn(movers, key)) return movers[key]
  return account ?? key
}

type TermsView = NonNullable<ReconciliationRow["bss"]>

/** What a side does not keep is absent, not null: null means that there is none. */
export const termsView = (terms: AgreedTerms): TermsView => ({
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
