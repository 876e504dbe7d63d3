import { AccountId } from "@concordat/core/account/Account"
import { Role, Scope, scopesOf } from "@concordat/core/actor/Actor"
import { ApiKeyId } from "@concordat/core/actor/ApiKeys"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, line, timestamp } from "./Field.ts"
import { Idempotent, idempotencyKey } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import { AccountNotFound, BodyTooLarge, KeyNotFound, MediaTypeUnsupported } from "./Problem.ts"

const branch = "The account whose branch the key sees; null for operators, who see everything."
const key = {
  name: line("What the key is for; it names the caller in the history.", { min: 1, max: 100 }),
  role: described(Role, "What the caller is."),
  scopes: described(Schema.Array(Scope), "What the key may do, within what its role allows.")
}

/** A key as it is listed: never the key itself. */
export const KeyView = Schema.Struct({
  id: guid(ApiKeyId, "The key's id, for revoking it."),
  ...key,
  branch: described(Schema.NullOr(guid(AccountId, "The account.")), branch),
  createdAt: timestamp("When it was made."),
  revokedAt: described(
    Schema.NullOr(timestamp("When it was revoked.")),
    "When it was revoked; null while it is valid."
  )
}).annotate({ identifier: "Key", description: "An API key, without the key itself." })
export type KeyView = typeof KeyView.Type

/** Operators see everything; a reseller or customer exactly one branch. */
const isBranchRole = (role: Role): boolean => role === "reseller" || role === "customer"

export const NewKey = Schema.Struct({
  ...key,
  scopes: key.scopes.check(Schema.isMinLength(1), Schema.isMaxLength(Scope.literals.length)),
  branch: described(
    Schema.optionalKey(Schema.NullOr(guid(AccountId, "The account."))),
    "The account whose branch the key sees: needed for a reseller or customer, refused for the others."
  )
})
  .check(
    Schema.makeFilter(({ branch, role, scopes }) => {
      const beyond = scopes.filter((scope) => !scopesOf(role).includes(scope))
      if (beyond.length > 0)
        return {
          path: ["scopes"],
          issue: `the role ${role} cannot hold ${beyond.join(", ")}; it can hold ${scopesOf(role).join(", ")}`
        }
      const hasBranch = branch !== undefined && branch !== null
      if (isBranchRole(role) === hasBranch) return undefined
      return {
        path: ["branch"],
        issue: hasBranch
          ? `the role ${role} sees everything: leave the branch out`
          : `the role ${role} sees one branch: name its account`
      }
    })
  )
  .annotate({ identifier: "NewKey", description: "An API key to make." })
export type NewKey = typeof NewKey.Type

/** The only answer that ever holds the key. */
export const MadeKey = Schema.Struct({
  id: guid(ApiKeyId, "The key's id, for revoking it."),
  key: described(
    Schema.RedactedFromValue(Schema.String),
    "The key, to be sent as bearer token. It is shown this once and only a hash of it is kept."
  )
}).annotate({ identifier: "MadeKey", description: "A new API key." })

/** Bearer keys of the API. */
export class KeysGroup extends HttpApiGroup.make("keys")
  .add(
    HttpApiEndpoint.get("list", "/", { query: pageQuery, success: pageOf(KeyView, "KeyPage") })
      .annotate(OpenApi.Summary, "List API keys, without the keys themselves")
      .annotateMerge(requires("keys:write")),
    HttpApiEndpoint.post("make", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewKey,
      success: MadeKey.pipe(HttpApiSchema.status(201)),
      error: [AccountNotFound, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Make an API key; the answer shows it once")
      .annotateMerge(requires("keys:write")),
    HttpApiEndpoint.delete("revoke", "/:id", {
      params: { id: guid(ApiKeyId, "The key's id.") },
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: KeyNotFound
    })
      .annotate(OpenApi.Summary, "Revoke an API key at once")
      .annotateMerge(requires("keys:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/keys")
  .annotateMerge(
    OpenApi.annotations({
      title: "Keys",
      description: "API keys: who may call, what each may do, and which branch it sees."
    })
  ) {}
