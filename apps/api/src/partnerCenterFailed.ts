import { PartnerCenterFailed } from "@concordat/contracts/Problem"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { Effect } from "effect"

/** The problem of a request that needs Partner Center's answer, and did not get it. */
export const partnerCenterFailed = ({ code, message, reason }: VendorError) =>
  Effect.fail(new PartnerCenterFailed({ reason: reason._tag, code, detail: message }))
