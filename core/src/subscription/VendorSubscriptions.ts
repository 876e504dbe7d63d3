import { Context, type Effect } from "effect"
import type { Instance, TenantId } from "../instance/Instance.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { Observed } from "./Observed.ts"

/** What a customer's list of subscriptions says; `digest` stands for the whole list. */
export type Listing =
  | { readonly _tag: "Unchanged" }
  | {
      readonly _tag: "Listed"
      readonly digest: string
      readonly subscriptions: ReadonlyArray<Observed>
    }

/** The subscriptions and add-ons that Partner Center holds for a customer. */
export class VendorSubscriptions extends Context.Service<
  VendorSubscriptions,
  {
    /** All of them, in one request; `Unchanged` when the list still has the digest that is known. */
    readonly list: (
      instance: Instance,
      tenantId: TenantId,
      knownDigest: string | null
    ) => Effect.Effect<Listing, VendorError>
  }
>()("core/subscription/VendorSubscriptions") {}
