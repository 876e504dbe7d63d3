import * as Schema from "effect/Schema"
import { isoOf } from "../world/Book.ts"
import { Instant } from "../world/Change.ts"
import { domainsOf } from "../world/Tenant.ts"
import { endpoint, none } from "./Endpoint.ts"

const Tenant = Schema.Struct({
  tenantId: Schema.String,
  companyName: Schema.String,
  domains: Schema.Array(Schema.String).annotate({ description: "the default one first" }),
  country: Schema.String,
  customerOf: Schema.Array(Schema.String).annotate({
    description: "names of the other accounts whose customer it is"
  })
}).annotate({ identifier: "ForeignTenant" })

const foreignTenants = endpoint({
  id: "listForeignTenants",
  method: "GET",
  path: "/accounts/{name}/foreign-tenants",
  summary: "List the tenants that are no customers of the account",
  description:
    "Their domains are taken. Some belong to other CSPs of this world, some to CSPs that are not here. Any of them can accept the account's invitation.",
  query: Schema.Struct({
    cursor: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
      description: "nextCursor of the page before"
    }),
    limit: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
    ).annotate({ description: "default 200" })
  }),
  payload: none,
  success: Schema.Struct({
    tenants: Schema.Array(Tenant),
    nextCursor: Schema.NullOr(Schema.Int)
  }).annotate({ identifier: "ForeignTenants" }),
  run: ({ simulator, name, query }) => {
    const { cursor = 0, limit = 200 } = query
    const { accounts, foreign } = simulator.world
    const account = simulator.account(name)
    const others = [...accounts.values()].filter((one) => one !== account)
    const known = new Map(
      [
        ...foreign.values(),
        ...others.flatMap(({ customers }) => customers.filter(({ related }) => related))
      ]
        .filter(({ id }) => account.customersById.get(id)?.related !== true)
        .map((tenant) => [tenant.id, tenant])
    )
    return {
      tenants: [...known.values()].slice(cursor, cursor + limit).map((tenant) => ({
        tenantId: tenant.id,
        companyName: tenant.name,
        domains: domainsOf(tenant),
        country: tenant.place.country,
        customerOf: others
          .filter(({ customersById }) => customersById.get(tenant.id)?.related === true)
          .map((one) => one.name)
      })),
      nextCursor: cursor + limit < known.size ? cursor + limit : null
    }
  }
})

const Decided = Schema.Struct({
  tenantId: Schema.String,
  resellerTenantId: Schema.NullOr(Schema.String),
  decision: Schema.Literals(["accept", "decline"]),
  at: Instant
}).annotate({ identifier: "InvitationDecision" })

const listDecisions = endpoint({
  id: "listInvitationDecisions",
  method: "GET",
  path: "/accounts/{name}/invitations",
  summary: "List who accepted or declined the account's invitation",
  description: "The last 1,000, oldest first, on the page as well as here.",
  query: none,
  payload: none,
  success: Schema.Struct({ decisions: Schema.Array(Decided) }).annotate({
    identifier: "InvitationDecisions"
  }),
  run: ({ simulator, name }) => ({
    decisions: simulator.account(name).decisions.map((one) => ({ ...one, at: isoOf(one.at) }))
  })
})

const decide = endpoint({
  id: "decideInvitation",
  method: "POST",
  path: "/accounts/{name}/invitations",
  summary: "Accept or decline the account's invitation as the administrator of a tenant",
  description:
    "As on the page that GET /v1/customers/relationshiprequests leads to. A tenant that accepts is a customer of the account at once, and listed after newCustomerLagSeconds.",
  status: 204,
  payload: Schema.Struct({
    tenant: Schema.String.check(Schema.isBetweenLength(1, 200)).annotate({
      description: "tenant id, or any of the tenant's domains"
    }),
    resellerTenantId: Schema.optionalKey(Schema.String).annotate({
      description: "the account's reseller that invited"
    }),
    decision: Schema.Literals(["accept", "decline"])
  }).annotate({ identifier: "InvitationAnswer" }),
  query: none,
  run: ({ simulator, name, payload }) =>
    simulator.decide(name, payload.tenant, payload.resellerTenantId ?? null, payload.decision)
})

export const tenantEndpoints = [foreignTenants, listDecisions, decide]
