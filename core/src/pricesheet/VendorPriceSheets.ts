import { Context, type Stream } from "effect"
import type { Instance } from "../instance/Instance.ts"
import type { Market } from "../price/PriceList.ts"
import type { VendorError } from "../vendor/VendorError.ts"
import type { Month, Timeline } from "./PriceSheet.ts"

/** Microsoft's price sheets ("Get a price sheet"). They need a person's consent: app-only is refused with 400. */
export class VendorPriceSheets extends Context.Service<
  VendorPriceSheets,
  {
    /** The license-based sheet of a market as a file, piece by piece. */
    readonly download: (
      instance: Instance,
      market: Market,
      timeline: Timeline,
      month: Month
    ) => Stream.Stream<Uint8Array, VendorError>
  }
>()("core/pricesheet/VendorPriceSheets") {}
