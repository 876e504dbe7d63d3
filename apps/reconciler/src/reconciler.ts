import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { userTokensLayer } from "@concordat/adapter-entra/UserTokens"
import { mailerLayer } from "@concordat/adapter-mail/Smtp"
import { priceSheetFilesLayer } from "@concordat/adapter-partner-center/PriceSheetFiles"
import { partnerCenterLayer } from "@concordat/adapter-partner-center/partnerCenter"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import type { Place } from "@concordat/adapter-postgres/Address"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { reconcilerName } from "@concordat/adapter-postgres/SystemHealth"
import { Effect, Layer } from "effect"
import { agreementLane } from "./agreementLane.ts"
import { catalogueLane } from "./catalogueLane.ts"
import { consents } from "./consents.ts"
import { importLane } from "./importLane.ts"
import { type LaneSettings, laneSettingsDefault, lanes } from "./lanes.ts"
import { mailLane } from "./mailLane.ts"
import { priceSheetLane } from "./priceSheetLane.ts"
import { tenantLane } from "./tenantLane.ts"

/**
 * The reconciler on a database: works until the layer's scope closes. Any number of them may run, on any
 * number of machines; each may be killed at any time.
 */
export const reconcilerLayer = (
  place: Pick<Place, "url" | "folder">,
  settings: LaneSettings = laneSettingsDefault
) => {
  const storage = storageLayer(place, reconcilerName)
  return Layer.mergeAll(
    Layer.effectDiscard(
      Effect.all(
        [
          lanes(settings),
          catalogueLane,
          priceSheetLane,
          importLane,
          tenantLane,
          agreementLane,
          consents
        ],
        {
          discard: true
        }
      )
    ).pipe(
      Layer.provide([partnerCenterLayer, priceSheetFilesLayer()]),
      Layer.provide(userTokensLayer),
      Layer.provideMerge(signInLayer),
      Layer.provide(transportLayer)
    ),
    Layer.effectDiscard(mailLane).pipe(Layer.provide(mailerLayer))
  ).pipe(Layer.provide(storage))
}
