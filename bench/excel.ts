import { createWriteStream, statSync, unlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { reportFile } from "@concordat/adapter-excel/ReportFile"
import { AccountId } from "@concordat/core/account/Account"
import { InstanceId, InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { type Run, RunId } from "@concordat/core/reconciliation/Run"
import type { ReportRow } from "@concordat/core/reconciliation/Runs"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  MicrosoftId,
  OfferId,
  SubscriptionId,
  type Terms
} from "@concordat/core/subscription/Subscription"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Stream } from "effect"
import { peakMemoryMiB, print } from "./measure.ts"

/** An Excel report of 100,000 rows, streamed to a file. */
const total = Number(process.env["BENCH_ROWS"] ?? 100_000)

const guid = (kind: number, n: number): string =>
  `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const now = Instant.make(Date.UTC(2026, 10, 20))
const instanceId = InstanceId.make(guid(4, 1))
const accountId = AccountId.make(guid(5, 1))

const rowOf = (n: number): ReportRow => {
  const tenantId = TenantId.make(guid(3, n))
  const microsoftId = MicrosoftId.make(guid(2, n))
  const terms: Terms = {
    offer: OfferId.make("CFQ7TTC0LCHC:0002"),
    quantity: n % 90,
    status: "active",
    billingCycle: "monthly",
    term: "P1Y",
    autoRenew: true,
    commitmentEnd: now,
    scheduledChange: null,
    partnerOfRecord: null,
    parent: null,
    isTrial: false,
    friendlyName: `Subscription ${n}`
  }
  const observed: Observed = {
    instanceId,
    tenantId,
    microsoftId,
    terms,
    name: "Microsoft 365 Business Premium",
    orderId: null,
    effectiveStart: now,
    createdAt: now,
    cancellableUntil: null,
    refundable: [],
    etag: null
  }
  return {
    accountId,
    tenantId,
    customer: `Customer ${n % 20_000}`,
    row: {
      observed,
      findings: [],
      subscription: {
        id: SubscriptionId.make(guid(1, n)),
        reference: `S-${n}`,
        instanceId,
        accountId,
        tenantId,
        microsoftId,
        name: "Microsoft 365 Business Premium",
        isAddon: false,
        terms,
        unitPrice: null,
        acceptedAt: now
      }
    }
  }
}

const run: Run = {
  id: RunId.make(guid(6, 1)),
  instanceId,
  instance: InstanceName.make("bench"),
  environment: "primary",
  scope: { kind: "organisation" },
  branch: null,
  status: "completed",
  requestedBy: "bench",
  correlationId: guid(7, 1),
  customers: 20_000,
  customersObserved: 20_000,
  customersFailed: 0,
  requests: 20_000,
  rows: total,
  findings: 0,
  counts: [],
  atRisk: [],
  problem: null,
  createdAt: now,
  startedAt: now,
  finishedAt: now
}

const file = join(tmpdir(), `concordat-bench-${process.pid}.xlsx`)
const output = createWriteStream(file)
const start = performance.now()
await Effect.runPromise(
  reportFile("xlsx", run, Stream.range(1, total).pipe(Stream.map(rowOf))).pipe(
    Stream.runForEach((bytes) =>
      Effect.promise(() => new Promise<void>((resolve) => output.write(bytes, () => resolve())))
    )
  )
)
output.end()
const seconds = (performance.now() - start) / 1000
print(`excel: ${total.toLocaleString("en")} rows`, [
  {
    what: "time",
    figure: `${seconds.toFixed(1)} s`,
    note: `${Math.round(total / seconds).toLocaleString("en")} rows/s`
  },
  { what: "peak memory", figure: `${peakMemoryMiB()} MiB`, note: "" },
  { what: "file", figure: `${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`, note: "" }
])
unlinkSync(file)
process.exit()
