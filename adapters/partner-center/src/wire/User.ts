import { UserId } from "@concordat/core/tenant/VendorUsers"
import { Schema } from "effect"
import { collectionOf, maybe, WireId } from "./values.ts"

/** CustomerUser ("User resources"). */
export const WireUser = Schema.Struct({
  id: UserId,
  userPrincipalName: Schema.String,
  displayName: maybe(Schema.String),
  state: maybe(Schema.String)
})
export type WireUser = typeof WireUser.Type

export const WireUsers = collectionOf(WireUser)

/** DirectoryRole ("Role resources"). */
export const WireDirectoryRoles = collectionOf(
  Schema.Struct({ id: WireId, name: maybe(Schema.String) })
)
