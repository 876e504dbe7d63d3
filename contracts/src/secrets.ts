import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { count, described } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery } from "./Page.ts"

/** How a step of changing the key went. */
export const SecretRotationView = Schema.Struct({
  resealed: count("Secrets that this step sealed with the current key."),
  remaining: count(
    "Secrets that an older key still seals: repeat until it is 0, and the older keys can go."
  ),
  unreadable: described(
    Schema.Array(Schema.String),
    "Secrets that no known key opens, the first hundred, with the way out. They are left as they are."
  ),
  unreadableTotal: count("How many cannot be opened in all.")
}).annotate({
  identifier: "SecretRotation",
  description: "How far all secrets are sealed with the current key."
})
export type SecretRotationView = typeof SecretRotationView.Type

/** The keys that keep secrets unreadable in the database. */
export class SecretsGroup extends HttpApiGroup.make("secrets")
  .add(
    HttpApiEndpoint.post("rotate", "/rotation", {
      headers: idempotencyKey,
      query: noQuery,
      success: SecretRotationView
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Seal secrets again with the current key, at most a thousand")
      .annotate(
        OpenApi.Description,
        "Takes what older keys (CONCORDAT_SECRET_KEYS_OLD) have sealed, while everything goes on. Every process must know both keys before. Repeating it does no harm."
      )
      .annotateMerge(requires("instances:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/secrets")
  .annotateMerge(
    OpenApi.annotations({
      title: "Secrets",
      description: "The keys that keep secrets unreadable in the database."
    })
  ) {}
