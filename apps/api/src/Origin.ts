import { Context } from "effect"

/** The address that a request came from; null where that is not known, as behind a socket of Unix. */
export const CurrentOrigin = Context.Reference<string | null>("api/Origin", {
  defaultValue: () => null
})
