import { Context, type Effect } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { UserToken } from "./SignIn.ts"

/** Tokens that act for the user who consented, for operations that Partner Center refuses to an application alone. */
export class UserTokens extends Context.Service<
  UserTokens,
  {
    /**
     * A token of the instance's live account for a service (`resource`), from what all processes keep, or a new one.
     * Fails with `SignInRejected` when nobody has consented, `Paused` when the consent has ended, `Busy` when Entra
     * does not answer. A token equal to `unlike` is not given again.
     */
    readonly get: (
      instance: Instance,
      resource: string,
      unlike?: UserToken["value"]
    ) => Effect.Effect<UserToken, VendorError>
    /** Partner Center refused the user's token because no second factor was used: the consent's status says so. */
    readonly mfaMissing: (instance: Instance, refusal: VendorError) => Effect.Effect<void>
  }
>()("core/consent/UserTokens") {}
