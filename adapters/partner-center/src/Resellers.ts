import { MpnId, TenantId } from "@concordat/core/instance/Instance"
import { type VendorReseller, VendorResellers } from "@concordat/core/tenant/VendorResellers"
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { Client } from "./Client.ts"
import { customerFrom, decodeCustomerPage } from "./Customers.ts"
import { decoderOf } from "./decode.ts"
import { filtered } from "./filter.ts"
import { getMpnProfile } from "./Profiles.ts"
import { allItems } from "./paging.ts"
import { isNotFound } from "./Rejection.ts"
import { listPartners, listResellersOf } from "./Relationships.ts"
import { type WireRelationship, WireResellerVerdicts } from "./wire/Relationship.ts"

const decodeVerdicts = decoderOf(WireResellerVerdicts)
const decodeTenant = Schema.decodeUnknownOption(TenantId)
const decodeMpnId = Schema.decodeUnknownOption(MpnId)

export const resellersLayer: Layer.Layer<VendorResellers, never, Client> = Layer.effect(
  VendorResellers,
  Effect.gen(function* () {
    const client = yield* Client
    const validate: VendorResellers["Service"]["validate"] = Effect.fn(
      "PartnerCenter.validateResellers"
    )(function* (instance, mpnIds) {
      const answer = yield* client
        .send(instance, {
          operation: "validateResellers",
          method: "POST",
          uri: "/v1/partners/validateresellers",
          access: "app+user",
          body: { partnerIds: mpnIds }
        })
        .pipe(
          Effect.catchIf(
            ({ status }) => status !== null && withoutCheck.has(status),
            () => Effect.succeed(null)
          )
        )
      if (answer === null) return null
      const { validationResults } = yield* decodeVerdicts(answer)
      return validationResults.flatMap((one) => {
        const mpnId = Option.getOrUndefined(decodeMpnId(one.partnerId))
        if (mpnId === undefined) return []
        const valid = one.isValidPartnerIdOnRecord
        return [
          {
            mpnId,
            valid,
            code: valid || one.errorCode == null ? null : String(one.errorCode),
            text: valid ? null : (one.errorDescription ?? null)
          }
        ]
      })
    })
    return {
      all: (instance) =>
        listPartners(instance, "IsIndirectCloudSolutionProviderOf").pipe(
          Stream.map(resellersIn),
          Stream.flatMap(Stream.fromIterable),
          Stream.provideService(Client, client)
        ),
      ofCustomer: (instance, tenantId) =>
        Stream.runCollect(listResellersOf(instance, tenantId)).pipe(
          Effect.map((found) => found.flatMap(resellersIn)),
          Effect.provideService(Client, client)
        ),
      customersOf: (instance, resellerTenantId) =>
        allItems(
          instance,
          {
            operation: "listCustomersOfReseller",
            method: "GET",
            uri: `/v1/customers?size=${client.pageSize}&${filtered("IndirectReseller", resellerTenantId)}`
          },
          decodeCustomerPage,
          (customer) => customer.id
        ).pipe(Stream.map(customerFrom), Stream.provideService(Client, client)),
      mpnProfile: (instance, mpnId) =>
        getMpnProfile(instance, mpnId).pipe(
          Effect.map(({ partnerName }) => ({ name: partnerName || null })),
          Effect.catchIf(isNotFound, () => Effect.succeed(null)),
          Effect.provideService(Client, client)
        ),
      validate
    }
  })
)

/** The address is not there, is there for something else, or the cloud cannot do it. */
const withoutCheck: ReadonlySet<number> = new Set([404, 405, 501])

/** One that has no tenant yet is no reseller that anything could be done with. */
const resellersIn = (wire: WireRelationship): ReadonlyArray<VendorReseller> =>
  Option.match(decodeTenant(wire.id), {
    onNone: () => [],
    onSome: (tenantId) => [
      {
        tenantId,
        name: wire.name || tenantId,
        mpnId: Option.getOrNull(decodeMpnId(wire.mpnId ?? wire.partnerId)),
        state: wire.state || null,
        location: wire.location || null
      }
    ]
  })
