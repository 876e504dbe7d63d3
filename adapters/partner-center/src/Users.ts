import type { Instance, TenantId } from "@concordat/core/instance/Instance"
import { type VendorUser, VendorUsers } from "@concordat/core/tenant/VendorUsers"
import { NotFound, VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Layer, Redacted, Stream } from "effect"
import { Client } from "./Client.ts"
import { decoderOf } from "./decode.ts"
import { allItems } from "./paging.ts"
import { reading } from "./read.ts"
import { WireDirectoryRoles, WireUser, WireUsers } from "./wire/User.ts"

const decodePage = decoderOf(WireUsers)
const decodeUser = decoderOf(WireUser)

/** The global administrator by the name that directories give the role, old and new, and its id in Entra's templates. */
const administratorNames: ReadonlySet<string> = new Set([
  "company administrator",
  "global administrator"
])
const administratorTemplate = "62e90394-69f5-4237-9190-012177145e10"

/** "Get a list of roles of a customer". */
export const listDirectoryRoles = reading(
  "listDirectoryRoles",
  WireDirectoryRoles,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/directoryroles`,
  "app+user"
)

export const usersLayer: Layer.Layer<VendorUsers, never, Client> = Layer.effect(
  VendorUsers,
  Effect.gen(function* () {
    const client = yield* Client

    const makeAdministrator = Effect.fn("PartnerCenter.makeAdministrator")(function* (
      instance: Instance,
      tenantId: TenantId,
      user: VendorUser
    ): Effect.fn.Return<void, VendorError> {
      const { items } = yield* listDirectoryRoles(instance, tenantId).pipe(
        Effect.provideService(Client, client)
      )
      const role = items.find(
        ({ id, name }) =>
          id === administratorTemplate || administratorNames.has(name?.toLowerCase() ?? "")
      )
      if (role === undefined)
        return yield* new VendorError({
          operation: "listDirectoryRoles",
          reason: new NotFound({}),
          status: 200,
          code: null,
          text: "the tenant's directory has no role of a global administrator",
          correlationId: ""
        })
      yield* client
        .send(instance, {
          operation: "addUserMember",
          method: "POST",
          uri: `/v1/customers/${tenantId}/directoryroles/${role.id}/usermembers`,
          access: "app+user",
          body: {
            id: user.id,
            displayName: user.displayName ?? user.principalName,
            userPrincipalName: user.principalName
          }
        })
        .pipe(
          Effect.asVoid,
          // Who has the role already is what was asked for.
          Effect.catchIf(
            ({ status }) => status === 409,
            () => Effect.void
          )
        )
    })

    return {
      all: (instance, tenantId) =>
        allItems(
          instance,
          {
            operation: "listUsers",
            method: "GET",
            uri: `/v1/customers/${tenantId}/users?size=${client.pageSize}`,
            access: "app+user"
          },
          decodePage,
          (user) => user.id
        ).pipe(Stream.map(userFrom), Stream.provideService(Client, client)),
      add: (instance, tenantId, user, requestId) =>
        client
          .send(instance, {
            operation: "addUser",
            method: "POST",
            uri: `/v1/customers/${tenantId}/users`,
            access: "app+user",
            requestId,
            body: {
              usageLocation: user.usageLocation,
              userPrincipalName: user.principalName,
              firstName: user.firstName,
              lastName: user.lastName,
              displayName: user.displayName,
              passwordProfile: {
                password: Redacted.value(user.password),
                forceChangePassword: true
              }
            }
          })
          .pipe(Effect.flatMap(decodeUser), Effect.map(userFrom)),
      makeAdministrator,
      resetPassword: (instance, tenantId, userId, password) =>
        client
          .send(instance, {
            operation: "resetPassword",
            method: "PATCH",
            uri: `/v1/customers/${tenantId}/users/${userId}`,
            access: "app+user",
            body: {
              passwordProfile: {
                password: Redacted.value(password),
                forceChangePassword: true
              },
              attributes: { objectType: "CustomerUser" }
            }
          })
          .pipe(Effect.asVoid)
    }
  })
)

const userFrom = (wire: WireUser): VendorUser => ({
  id: wire.id,
  principalName: wire.userPrincipalName.toLowerCase(),
  displayName: wire.displayName || null,
  active: wire.state?.toLowerCase() !== "inactive"
})
