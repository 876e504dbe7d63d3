import { Schema } from "effect"
import { Cloud, Endpoints } from "./Cloud.ts"
import { Guid } from "./Guid.ts"

export const InstanceId = Guid.pipe(Schema.brand("InstanceId"))
export type InstanceId = typeof InstanceId.Type

/** The name operators type: lower-case letters, digits and dashes, unique, such as `contoso-eu`. */
export const InstanceName = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,62}$/u, {
    message:
      "an instance name has lower-case letters, digits and dashes, starts with a letter, at most 63"
  })
).pipe(Schema.brand("InstanceName"))
export type InstanceName = typeof InstanceName.Type

/** A Microsoft tenant: the partner's own or a customer's. */
export const TenantId = Guid.pipe(Schema.brand("TenantId"))
export type TenantId = typeof TenantId.Type

/** Partner ID (formerly MPN ID) of a partner location. */
export const MpnId = Schema.String.check(
  Schema.isPattern(/^[0-9]{1,20}$/u, { message: "an MPN id is a number of at most 20 digits" })
).pipe(Schema.brand("MpnId"))
export type MpnId = typeof MpnId.Type

/** Decides the partner of record: a direct partner has none; an indirect provider names its reseller (domain.md §6). */
export const CspStatus = Schema.Literals(["direct", "indirect"])
export type CspStatus = typeof CspStatus.Type

/** One configured Partner Center account. Its secret lives in the secret store, never here. */
export class Instance extends Schema.Opaque<Instance>()(
  Schema.Struct({
    id: InstanceId,
    name: InstanceName,
    cloud: Cloud,
    endpoints: Endpoints,
    tenantId: TenantId,
    tenantDomain: Schema.NullOr(Schema.String),
    appId: Guid,
    cspStatus: CspStatus,
    mpnId: Schema.NullOr(MpnId),
    /** Partner Center's published limit for one resource family of one partner tenant ("API throttling guidance"). */
    requestsPerMinute: Schema.Int,
    disabled: Schema.Boolean,
    version: Schema.Int
  }).annotate({ identifier: "Instance" })
) {}

/** 500 requests a minute for each of the customer, order and subscription resources ("API throttling guidance"). */
export const requestsPerMinuteDefault = 500
