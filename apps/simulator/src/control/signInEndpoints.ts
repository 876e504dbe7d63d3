import * as Schema from "effect/Schema"
import { isRegistrable } from "../signIn/redirectUri.ts"
import { objectIdOf, roles, type User, UserInput, UserPrincipalName } from "../world/User.ts"
import { AccountInfo, infoOf } from "./accountEndpoints.ts"
import { endpoint, none } from "./Endpoint.ts"

/** Somebody who can sign in. */
export const UserInfo = Schema.Struct({
  userPrincipalName: UserPrincipalName,
  objectId: Schema.String,
  name: Schema.String,
  roles: Schema.Array(Schema.Literals(roles)),
  mfa: Schema.Boolean
}).annotate({ identifier: "UserInfo" })

const userInfoOf = (tenantId: string, { upn, name, roles, mfa }: User): typeof UserInfo.Type => ({
  userPrincipalName: upn,
  objectId: objectIdOf(tenantId, upn),
  name,
  roles,
  mfa
})

const listUsers = endpoint({
  id: "listUsers",
  method: "GET",
  path: "/accounts/{name}/users",
  summary: "List who can sign in",
  description:
    "An account starts with three: an administrator with a second factor, one without, and somebody without any role.",
  query: none,
  payload: none,
  success: Schema.Struct({ users: Schema.Array(UserInfo) }).annotate({ identifier: "Users" }),
  run: ({ simulator, name }) => {
    const { tenantId, users } = simulator.account(name)
    return { users: users.map((user) => userInfoOf(tenantId, user)) }
  }
})

const addUser = endpoint({
  id: "addUser",
  method: "POST",
  path: "/accounts/{name}/users",
  summary: "Add somebody who can sign in",
  description: "Users have no passwords: the sign-in page asks who it shall be.",
  status: 201,
  payload: UserInput,
  query: none,
  success: UserInfo,
  run: ({ simulator, name, payload }) =>
    userInfoOf(simulator.account(name).tenantId, simulator.addUser(name, payload))
})

const signOut = endpoint({
  id: "revokeSessions",
  method: "POST",
  path: "/accounts/{name}/revocations",
  summary: "Revoke a user's sessions",
  description:
    "The user's refresh tokens are refused with AADSTS50173 from now on; access tokens live on until they expire.",
  status: 204,
  payload: Schema.Struct({ userPrincipalName: UserPrincipalName }).annotate({
    identifier: "Revocation"
  }),
  query: none,
  run: ({ simulator, name, payload }) => simulator.signOut(name, payload.userPrincipalName)
})

const removeConsent = endpoint({
  id: "removeConsent",
  method: "DELETE",
  path: "/accounts/{name}/consent",
  summary: "Take the application's permissions away",
  description:
    "Refresh tokens are refused with AADSTS65001 until an administrator accepts on the sign-in page again.",
  status: 204,
  query: none,
  payload: none,
  run: ({ simulator, name }) => simulator.consent(name, "removed")
})

const addRedirectUri = endpoint({
  id: "addRedirectUri",
  method: "POST",
  path: "/accounts/{name}/redirect-uris",
  summary: "Register an address that sign-in may send codes to",
  description:
    "Compared letter by letter. Addresses on the machine itself (localhost, 127.0.0.1, [::1]) need no registration.",
  payload: Schema.Struct({
    redirectUri: Schema.String.check(
      Schema.makeFilter(
        (text) =>
          isRegistrable(text) ||
          "an https address (http only for localhost) of at most 256 characters, without user, fragment or wildcard"
      )
    )
  }).annotate({ identifier: "RedirectUri" }),
  query: none,
  success: AccountInfo,
  run: ({ simulator, name, payload, origin }) => {
    simulator.addRedirectUri(name, payload.redirectUri)
    return infoOf(simulator, simulator.account(name), origin)
  }
})

export const signInEndpoints = [listUsers, addUser, signOut, removeConsent, addRedirectUri]
