import { type Instance, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Instant } from "@concordat/core/time/Instant"
import type { VendorError } from "@concordat/core/vendor/VendorError"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { getDirectSigned, listAgreements, listAgreementTemplates } from "../src/Agreements.ts"
import { listAuditRecords } from "../src/Audit.ts"
import type { Client } from "../src/Client.ts"
import { getCountryRules } from "../src/CountryRules.ts"
import { getBillingProfile, getCompanyProfile, getCustomer } from "../src/Customers.ts"
import { getOrder, listOrders } from "../src/Orders.ts"
import { getMpnProfile, getOwnMpnProfile } from "../src/Profiles.ts"
import { listPartners, listResellersOf } from "../src/Relationships.ts"
import { adapter, instanceAt } from "./fixtures.ts"
import { scriptedServer } from "./scriptedServer.ts"

const tenantId = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")
const customers = `/v1/customers/${tenantId}`
const day = (iso: string) => Instant.make(Date.parse(iso))

describe("every operation asks for the address that the documentation has", () => {
  // operation, address, and the least that it can be answered with
  const rows: ReadonlyArray<
    readonly [(instance: Instance) => Effect.Effect<unknown, VendorError, Client>, string, unknown]
  > = [
    [(instance) => getCustomer(instance, tenantId), customers, { id: tenantId }],
    [(instance) => getCompanyProfile(instance, tenantId), `${customers}/profiles/company`, {}],
    [(instance) => getBillingProfile(instance, tenantId), `${customers}/profiles/billing`, {}],
    [
      (instance) => getOrder(instance, tenantId, "9qg-ErcO/4?"),
      `${customers}/orders/9qg-ErcO%2F4%3F?include_price=true`,
      { id: "x" }
    ],
    [
      (instance) => Stream.runCollect(listOrders(instance, tenantId)),
      `${customers}/orders`,
      { items: [] }
    ],
    [
      (instance) => listAgreementTemplates(instance, "*"),
      "/v1/agreements?agreementType=*",
      { items: [] }
    ],
    [
      (instance) => listAgreements(instance, tenantId, "*"),
      `${customers}/agreements?agreementType=*`,
      { items: [] }
    ],
    [
      (instance) => getDirectSigned(instance, tenantId),
      `${customers}/directSignedMicrosoftCustomerAgreementStatus`,
      { isSigned: true }
    ],
    [(instance) => getOwnMpnProfile(instance), "/v1/profiles/mpn", { mpnId: "1" }],
    [
      (instance) => getMpnProfile(instance, MpnId.make("4391507")),
      "/v1/profiles/mpn?mpnId=4391507",
      { partnerId: 1 }
    ],
    [
      (instance) => Stream.runCollect(listPartners(instance, "IsIndirectResellerOf")),
      "/v1/relationships?relationship_type=IsIndirectResellerOf",
      { items: [] }
    ],
    [
      (instance) => Stream.runCollect(listResellersOf(instance, tenantId)),
      `${customers}/relationships`,
      { items: [] }
    ],
    [
      (instance) => getCountryRules(instance, "cn"),
      "/v1/countryvalidationrules/CN",
      { iso2Code: "CN" }
    ],
    [
      (instance) =>
        Stream.runCollect(
          listAuditRecords(instance, {
            from: day("2026-11-01T23:00:00Z"),
            to: day("2026-11-02T00:00:00Z"),
            tenantId
          })
        ),
      `/v1/auditrecords?startDate=2026-11-01&size=500&endDate=2026-11-02&filter=${new URLSearchParams({ "": JSON.stringify({ Field: "CustomerId", Value: tenantId, Operator: "equals" }) }).toString().slice(1)}`,
      { items: [] }
    ]
  ]
  for (const [operation, address, body] of rows)
    it.effect(address, () =>
      Effect.gen(function* () {
        const server = yield* scriptedServer([{ body }])
        yield* operation(instanceAt(server.origin)).pipe(Effect.provide(adapter()))
        assert.deepStrictEqual(
          server.seen.map(({ method, url }) => `${method} ${url}`),
          [`GET ${address}`]
        )
      })
    )
})
