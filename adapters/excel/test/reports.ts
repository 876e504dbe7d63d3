import { AccountId } from "@concordat/core/account/Account"
import { InstanceId, InstanceName, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Currency, money } from "@concordat/core/money/Money"
import type { Finding } from "@concordat/core/reconciliation/Finding"
import { type Run, RunId } from "@concordat/core/reconciliation/Run"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import {
  MicrosoftId,
  OfferId,
  SubscriptionId,
  type Terms
} from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"

const guid = (n: number) => `0a1b2c3d-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const at = (iso: string) => Instant.make(Date.parse(iso))

export const run: Run = {
  id: RunId.make(guid(1)),
  instanceId: InstanceId.make(guid(2)),
  instance: InstanceName.make("contoso-eu"),
  environment: "primary",
  scope: { kind: "organisation" },
  branch: null,
  status: "incomplete",
  requestedBy: "=key:cli",
  correlationId: guid(3),
  customers: 10,
  customersObserved: 9,
  customersFailed: 1,
  requests: 12,
  rows: 3,
  findings: 2,
  counts: [{ kind: "quantity", count: 2 }],
  atRisk: [money("1234.5", Currency.make("EUR")), money("7", Currency.make("USD"))],
  problem: "Fabrikam: Partner Center answered 500",
  createdAt: at("2026-11-20T10:00:00Z"),
  startedAt: at("2026-11-20T10:00:01Z"),
  finishedAt: at("2026-11-20T10:05:00Z")
}

const terms: Terms = {
  offer: OfferId.make("CFQ7TTC0LCHC:0002"),
  quantity: 25,
  status: "active",
  billingCycle: "monthly",
  term: "P1Y",
  autoRenew: true,
  commitmentEnd: at("2027-03-31T00:00:00Z"),
  scheduledChange: null,
  partnerOfRecord: MpnId.make("4711001"),
  parent: null,
  isTrial: false,
  friendlyName: "Head office"
}

export const quantityFinding: Finding = {
  kind: "quantity",
  field: "quantity",
  baseline: 25,
  bss: 25,
  partnerCenter: 30,
  movedBy: "partner-center",
  severity: "critical",
  atRisk: money("103.00", Currency.make("EUR")),
  actions: [
    { name: "take-partner-center-value", refusal: null, closesAt: null },
    {
      name: "push-bss-value",
      refusal: {
        code: "window-closed",
        text: "The window closed.",
        closedAt: at("2026-04-08T00:00:00Z")
      },
      closesAt: null
    }
  ]
}

export const changeFinding: Finding = {
  ...quantityFinding,
  kind: "scheduled-change-missing",
  field: "scheduledChange",
  baseline: null,
  bss: {
    offer: OfferId.make("CFQ7TTC0LCHC:0002"),
    quantity: 10,
    billingCycle: "annual",
    term: "P1Y"
  },
  partnerCenter: null,
  movedBy: "unknown",
  severity: "warning",
  atRisk: null,
  actions: []
}

/** A row that both sides have. */
export const reportRow = (
  n: number,
  customer: string,
  findings: ReadonlyArray<Finding> = []
): ReportRow => ({
  accountId: AccountId.make(guid(100 + n)),
  tenantId: TenantId.make(guid(200 + n)),
  customer,
  row: {
    subscription: {
      id: SubscriptionId.make(guid(300 + n)),
      reference: `SUB-${n}`,
      instanceId: run.instanceId,
      accountId: AccountId.make(guid(100 + n)),
      tenantId: TenantId.make(guid(200 + n)),
      microsoftId: MicrosoftId.make(guid(400 + n)),
      name: "Microsoft 365 Business Premium",
      isAddon: false,
      terms: { ...terms, term: undefined },
      unitPrice: null,
      acceptedAt: null
    },
    observed: {
      instanceId: run.instanceId,
      tenantId: TenantId.make(guid(200 + n)),
      microsoftId: MicrosoftId.make(guid(400 + n)),
      terms: { ...terms, quantity: 30 },
      name: "Microsoft 365 Business Premium",
      orderId: null,
      effectiveStart: null,
      createdAt: null,
      cancellableUntil: null,
      refundable: [],
      etag: null
    },
    findings
  }
})

/** A row that only Partner Center has. */
export const unknownRow = (n: number): ReportRow => {
  const row = reportRow(n, "Northwind")
  return { ...row, accountId: null, row: { ...row.row, subscription: null } }
}
