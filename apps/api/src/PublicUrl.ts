import { Context, type Effect } from "effect"

/** Where browsers reach this API: CONCORDAT_PUBLIC_URL, or the address on which it listens. No trailing slash. */
export class PublicUrl extends Context.Service<
  PublicUrl,
  { readonly origin: Effect.Effect<string> }
>()("api/PublicUrl") {}

/** Where Microsoft's sign-in sends the user back to: one of the application's redirect URIs. */
export const callbackPath = "/v1/consent/callback"
export const startPath = "/v1/consent/start"
/** Where pages are told what changes. */
export const eventsPath = "/v1/events"
