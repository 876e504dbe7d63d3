import type { MpnId } from "@concordat/core/instance/Instance"
import { reading } from "./read.ts"
import { WireMpnProfile } from "./wire/MpnProfile.ts"

/** "Get Microsoft Partner Network profile": our own. */
export const getOwnMpnProfile = reading(
  "getOwnMpnProfile",
  WireMpnProfile,
  () => "/v1/profiles/mpn",
  "app+user"
)

/** "Verify a partner MPN ID": fails with NotFound when nobody has it. */
export const getMpnProfile = reading(
  "getMpnProfile",
  WireMpnProfile,
  (mpnId: MpnId) => `/v1/profiles/mpn?mpnId=${mpnId}`,
  "app+user"
)
