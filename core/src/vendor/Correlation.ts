import { Context } from "effect"

/**
 * One id for everything that one act causes: it goes to Partner Center as MS-CorrelationId, into every
 * log line and into the history. Empty = none was set; the adapter then makes one per request.
 */
export const CurrentCorrelation = Context.Reference<string>("core/vendor/CurrentCorrelation", {
  defaultValue: () => ""
})
