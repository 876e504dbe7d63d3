import { Context, type Effect } from "effect"

/** New ids (random GUIDs, lower case). A port, so that rules have no randomness and tests can foresee ids. */
export class Identifiers extends Context.Service<
  Identifiers,
  { readonly next: Effect.Effect<string> }
>()("core/work/Identifiers") {}
