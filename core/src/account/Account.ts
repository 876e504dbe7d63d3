import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId, MpnId, TenantId } from "../instance/Instance.ts"

export const AccountId = Guid.pipe(Schema.brand("AccountId"))
export type AccountId = typeof AccountId.Type

/** `organisation` is the root: the CSP itself. A reseller's customers lie below it in the tree. */
export const AccountKind = Schema.Literals(["organisation", "reseller", "customer", "affiliate"])
export type AccountKind = typeof AccountKind.Type

/** A BSS account that is a customer tenant in one instance; one account may be two tenants in two instances (domain.md §4). */
export class AccountTenant extends Schema.Opaque<AccountTenant>()(
  Schema.Struct({
    instanceId: InstanceId,
    tenantId: TenantId,
    domain: Schema.NullOr(Schema.String)
  })
) {}

/** Who buys or resells, as a node of the account tree. */
export class Account extends Schema.Opaque<Account>()(
  Schema.Struct({
    id: AccountId,
    parentId: Schema.NullOr(AccountId),
    kind: AccountKind,
    name: Schema.String,
    /** The CSP's own number for the account, unique. */
    code: Schema.String,
    mpnId: Schema.NullOr(MpnId),
    tenants: Schema.Array(AccountTenant)
  }).annotate({ identifier: "Account" })
) {}
