import { Context, type Effect } from "effect"
import type { Environment, InstanceId, TenantId } from "../instance/Instance.ts"
import type { Observed } from "../subscription/Observed.ts"
import type { Instant } from "../time/Instant.ts"

/** What one look at a customer's subscriptions showed. */
export type Observation = {
  readonly instanceId: InstanceId
  /** Whose credentials saw it. What the other environment holds of the same tenant is left as it is. */
  readonly environment: Environment
  readonly tenantId: TenantId
  readonly at: Instant
} & (
  | { readonly _tag: "Unchanged" }
  | {
      readonly _tag: "Listed"
      readonly digest: string
      readonly subscriptions: ReadonlyArray<Observed>
    }
  /** Partner Center does not know the tenant as a customer: it holds nothing for us. */
  | { readonly _tag: "Gone" }
)

/** The last that Partner Center said, customer by customer. */
export class Mirror extends Context.Service<
  Mirror,
  {
    /** The digests of the lists that are held, of those tenants that have one. */
    readonly digests: (
      instanceId: InstanceId,
      tenants: ReadonlyArray<TenantId>
    ) => Effect.Effect<ReadonlyMap<TenantId, string>>
    /**
     * Makes the mirror say what was observed: rows that did not change are not rewritten, rows that are
     * no longer listed go, and every change is in the history. One statement per table, however many
     * customers. Joins the current transaction.
     */
    readonly record: (
      observations: ReadonlyArray<Observation>,
      cause: { readonly actor: string; readonly correlationId: string }
    ) => Effect.Effect<{ readonly changed: number; readonly unchanged: number }>
  }
>()("core/reconciliation/Mirror") {}
