import { AccountId, AccountKind } from "@concordat/core/account/Account"
import { InstanceId, MpnId, TenantId } from "@concordat/core/instance/Instance"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, line } from "./Field.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import { AccountNotFound } from "./Problem.ts"

/** An account as callers see it; the parent of the caller's own root is not told. */
export const AccountView = Schema.Struct({
  id: guid(AccountId, "The account."),
  parentId: described(
    Schema.NullOr(guid(AccountId, "The account above.")),
    "The account above it in the tree; null for the root of what the caller sees."
  ),
  kind: described(AccountKind, "What the account is in the tree."),
  name: described(Schema.String, "Name of the company."),
  code: described(Schema.String, "The CSP's own number for the account."),
  mpnId: described(Schema.NullOr(MpnId), "Partner ID of a reseller; null where there is none."),
  tenants: described(
    Schema.Array(
      Schema.Struct({
        instanceId: guid(InstanceId, "The instance through which the tenant is managed."),
        tenantId: guid(TenantId, "The customer's Microsoft tenant."),
        domain: described(
          Schema.NullOr(Schema.String),
          "Its domain, such as contoso.onmicrosoft.com; null where it is not known."
        )
      }).annotate({
        identifier: "AccountTenant",
        description: "A Microsoft tenant of the account in one instance."
      })
    ),
    "The account's Microsoft tenants."
  )
}).annotate({
  identifier: "Account",
  description: "Who buys or resells: a node of the account tree."
})
export type AccountView = typeof AccountView.Type

/** Accounts of the caller's branch. */
export class AccountsGroup extends HttpApiGroup.make("accounts")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: {
        q: Schema.optionalKey(
          line("Part of a name, code or domain, or a whole tenant id.", { min: 0, max: 200 })
        ),
        ...pageQuery
      },
      success: pageOf(AccountView, "AccountPage")
    })
      .annotate(OpenApi.Summary, "Search accounts by name, code, domain or tenant id")
      .annotateMerge(requires("accounts:read")),
    HttpApiEndpoint.get("get", "/:id", {
      params: { id: guid(AccountId, "The account.") },
      query: noQuery,
      success: AccountView,
      error: AccountNotFound
    })
      .annotate(OpenApi.Summary, "Get one account")
      .annotateMerge(requires("accounts:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/accounts")
  .annotateMerge(
    OpenApi.annotations({
      title: "Accounts",
      description: "The account tree: the organisation, its resellers, customers and affiliates."
    })
  ) {}
