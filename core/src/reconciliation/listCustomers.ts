import { Effect, Option, Stream } from "effect"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import type { VendorCustomer } from "../tenant/VendorCustomers.ts"
import { VendorCustomers } from "../tenant/VendorCustomers.ts"
import { CurrentCorrelation } from "../vendor/Correlation.ts"
import { countingRequests } from "../vendor/Requests.ts"
import type { RunId } from "./Run.ts"
import { Runs } from "./Runs.ts"

/**
 * Decides which customers a run looks at. A whole organisation is every tenant that either side knows: what
 * nobody invoices may well lie in a tenant that the BSS has never heard of. Fails with `VendorError` when
 * Partner Center's list cannot be read, and has then changed nothing.
 */
export const listCustomers = Effect.fn("listCustomers")(function* (id: RunId) {
  const runs = yield* Runs
  const active = yield* runs.active(id)
  if (Option.isNone(active)) return
  const run = active.value
  yield* runs.listing(id)
  const instance = yield* Effect.flatMap(Instances, (instances) => instances.get(run.instanceId))
  if (instance.disabled) return yield* new InstanceDisabled({ name: instance.name })
  const ours = yield* runs.tenantsOf(run.instanceId, run.environment, run.scope, run.branch)
  const whole = run.scope.kind === "organisation" && run.branch === null
  const customers = yield* VendorCustomers
  const [theirs, requests] = yield* whole
    ? Stream.runCollect(customers.all(instance)).pipe(
        countingRequests,
        Effect.provideService(CurrentCorrelation, run.correlationId)
      )
    : Effect.succeed<readonly [ReadonlyArray<VendorCustomer>, number]>([[], 0])
  const tenants = new Set([...ours, ...theirs.map((customer) => customer.tenantId)])
  yield* runs.observe(run, [...tenants], theirs, requests)
})
