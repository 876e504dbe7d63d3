import { Context, type Effect } from "effect"
import type { VendorError } from "../vendor/VendorError.ts"
import type { Instance } from "./Instance.ts"

/** What shows whether an instance's live account can be reached at all: its application's own sign-in, and one read. */
export class VendorConnection extends Context.Service<
  VendorConnection,
  {
    /**
     * Signs the application in with its key, also where a token is at hand ("Partner Center authentication",
     * app-only). What Microsoft has just rejected is not tried again until the instance is changed: it locks out those
     * who insist.
     */
    readonly signIn: (instance: Instance) => Effect.Effect<void, VendorError>
    /** The cheapest request that an application may make: one customer of the list ("Get a list of customers"). */
    readonly read: (instance: Instance) => Effect.Effect<void, VendorError>
  }
>()("core/instance/VendorConnection") {}
