import type { Redacted } from "effect"
import { type Cloud, type Endpoints, endpointsOf } from "./Cloud.ts"
import {
  type Credentials,
  type CspStatus,
  type Environment,
  type Instance,
  type InstanceName,
  type MpnId,
  type ProductNames,
  withLive
} from "./Instance.ts"
import type { InstanceEventKind, SettingChange, SettingValue } from "./InstanceEvent.ts"

/** The application's keys, one for each account that has credentials. */
export interface InstanceSecrets {
  readonly primary: Redacted.Redacted
  readonly sandbox: Redacted.Redacted | null
}

/** What can be changed about an instance; what is absent stays as it is. */
export interface InstanceChange {
  readonly name?: InstanceName | undefined
  readonly cloud?: Cloud | undefined
  readonly endpoints?: Endpoints | undefined
  /** Of the primary account, as the next three. */
  readonly tenantId?: Credentials["tenantId"] | undefined
  readonly tenantDomain?: string | null | undefined
  readonly appId?: Credentials["appId"] | undefined
  readonly secret?: Redacted.Redacted | undefined
  /** The sandbox's credentials; null removes them. Without a secret the one that is kept stays. */
  readonly sandbox?:
    | (Credentials & { readonly secret?: Redacted.Redacted | undefined })
    | null
    | undefined
  readonly environment?: Environment | undefined
  readonly cspStatus?: CspStatus | undefined
  readonly mpnId?: MpnId | null | undefined
  readonly catalogueLanguage?: Instance["catalogueLanguage"] | undefined
  readonly countries?: Instance["countries"] | undefined
  readonly productNames?: ProductNames | undefined
  readonly annualProvisioning?: boolean | undefined
  readonly catalogueSchedule?: string | null | undefined
  readonly requestsPerMinute?: number | undefined
  readonly disabled?: boolean | undefined
}

/** The instance as the change makes it, of the same version. */
export const changed = (instance: Instance, change: InstanceChange): Instance => {
  const { primary, sandbox } = instance.credentials
  return withLive({
    id: instance.id,
    version: instance.version,
    name: change.name ?? instance.name,
    cloud: change.cloud ?? instance.cloud,
    endpoints: change.endpoints ?? instance.endpoints,
    environment: change.environment ?? instance.environment,
    credentials: {
      primary: {
        tenantId: change.tenantId ?? primary.tenantId,
        tenantDomain: given(change.tenantDomain, primary.tenantDomain),
        appId: change.appId ?? primary.appId
      },
      sandbox: change.sandbox === undefined ? sandbox : withoutSecret(change.sandbox)
    },
    cspStatus: change.cspStatus ?? instance.cspStatus,
    mpnId: given(change.mpnId, instance.mpnId),
    catalogueLanguage: change.catalogueLanguage ?? instance.catalogueLanguage,
    countries: change.countries ?? instance.countries,
    productNames: change.productNames ?? instance.productNames,
    annualProvisioning: change.annualProvisioning ?? instance.annualProvisioning,
    catalogueSchedule: given(change.catalogueSchedule, instance.catalogueSchedule),
    requestsPerMinute: change.requestsPerMinute ?? instance.requestsPerMinute,
    disabled: change.disabled ?? instance.disabled
  })
}

/** null is a value here; only what is absent stays. */
const given = <A>(value: A | undefined, before: A): A => (value === undefined ? before : value)

const withoutSecret = (given: Credentials | null): Credentials | null =>
  given === null
    ? null
    : { tenantId: given.tenantId, tenantDomain: given.tenantDomain, appId: given.appId }

/** The settings that differ, by the names of the API. Secrets are no part of an instance. */
export const differences = (before: Instance, after: Instance): ReadonlyArray<SettingChange> => {
  const old = settingsOf(before)
  return [...settingsOf(after)].flatMap(([field, value]) => {
    const was = old.get(field) ?? null
    return JSON.stringify(was) === JSON.stringify(value)
      ? []
      : [{ field, before: was, after: value }]
  })
}

/** What the log says of a new instance. */
export const settingsOf = (instance: Instance): ReadonlyMap<string, SettingValue> => {
  const { primary, sandbox } = instance.credentials
  return new Map<string, SettingValue>([
    ["name", instance.name],
    ["cloud", instance.cloud],
    ["endpoints.api", instance.endpoints.api],
    ["endpoints.login", instance.endpoints.login],
    ["endpoints.resource", instance.endpoints.resource],
    ["endpoints.prices", instance.endpoints.prices],
    ["environment", instance.environment],
    ["tenantId", primary.tenantId],
    ["tenantDomain", primary.tenantDomain],
    ["appId", primary.appId],
    ["sandbox.tenantId", sandbox?.tenantId ?? null],
    ["sandbox.tenantDomain", sandbox?.tenantDomain ?? null],
    ["sandbox.appId", sandbox?.appId ?? null],
    ["cspStatus", instance.cspStatus],
    ["mpnId", instance.mpnId],
    ["catalogueLanguage", instance.catalogueLanguage],
    ["countries", instance.countries],
    ["productNames", instance.productNames],
    ["annualProvisioning", instance.annualProvisioning],
    ["catalogueSchedule", instance.catalogueSchedule],
    ["requestsPerMinute", instance.requestsPerMinute],
    ["disabled", instance.disabled]
  ])
}

/** What the log calls a change. */
export const eventKindOf = (before: Instance, after: Instance): InstanceEventKind =>
  before.environment === after.environment ? "changed" : "switched"

/** What an instance holds already, which decides what may still be changed. */
export interface InstanceFacts {
  /** Whether a book, a mirror or a reconciliation belongs to the account of that environment. */
  readonly holds: Readonly<Record<Environment, boolean>>
  /** Reconciliations that have not ended. */
  readonly unfinishedRuns: number
}

/** Why a change is refused, and the way out. */
export interface ChangeRefusal {
  readonly field: string
  readonly reason: string
}

/**
 * Whether a change is safe; undefined when it is. What was mirrored from one account must never be compared with
 * another's, and a secret is only ever sent to the addresses it was given for.
 */
export const changeRefusal = (
  before: Instance,
  change: InstanceChange,
  facts: InstanceFacts
): ChangeRefusal | undefined => {
  const after = changed(before, change)
  const { primary, sandbox } = before.credentials
  const next = after.credentials
  if (after.environment === "sandbox" && next.sandbox === null)
    return before.environment === "sandbox"
      ? { field: "sandbox", reason: "The sandbox is live; switch to primary first." }
      : {
          field: "environment",
          reason: "There are no credentials of a sandbox; give them first, then switch."
        }
  if (after.environment !== before.environment && facts.unfinishedRuns > 0)
    return {
      field: "environment",
      reason: `${facts.unfinishedRuns === 1 ? "A reconciliation is" : `${facts.unfinishedRuns} reconciliations are`} under way against the ${before.environment} account; wait for the end or cancel, then switch.`
    }
  if (after.cloud !== before.cloud && (facts.holds.primary || facts.holds.sandbox))
    return { field: "cloud", reason: `${holdsData} Register another instance for the other cloud.` }
  const published = endpointsOf(after.cloud)
  const isAddressed = change.endpoints !== undefined || after.cloud !== before.cloud
  if (
    isAddressed &&
    published !== undefined &&
    addressesOf(after) !== addressesOf({ endpoints: published })
  )
    return {
      field: "endpoints",
      reason: `The addresses of the cloud ${after.cloud} are known; leave them out.`
    }
  if (isAddressed && published === undefined && change.endpoints === undefined)
    return {
      field: "endpoints",
      reason: `The cloud ${after.cloud} has no published addresses; give them.`
    }
  if (next.primary.tenantId !== primary.tenantId && facts.holds.primary)
    return {
      field: "tenantId",
      reason: `${holdsData} Register another instance for the other tenant.`
    }
  if (sandbox !== null && next.sandbox?.tenantId !== sandbox.tenantId && facts.holds.sandbox)
    return {
      field: "sandbox.tenantId",
      reason: `${holdsData} Register another instance for another sandbox.`
    }
  if (next.sandbox !== null && next.sandbox.tenantId === next.primary.tenantId)
    return {
      field: "sandbox.tenantId",
      reason:
        "The sandbox is an account of its own with a tenant of its own; this is the primary account's."
    }
  if (sandbox === null && next.sandbox !== null && change.sandbox?.secret === undefined)
    return { field: "sandbox.secret", reason: "Give the secret of the sandbox's application." }
  if (addressesOf(after) !== addressesOf(before)) {
    if (change.secret === undefined)
      return { field: "secret", reason: `${sentElsewhere} Give the secret again with them.` }
    if (next.sandbox !== null && change.sandbox?.secret === undefined)
      return {
        field: "sandbox.secret",
        reason: `${sentElsewhere} Give the sandbox's secret again with them.`
      }
  }
  return undefined
}

const holdsData =
  "The instance already holds data of this account, which would be taken for the other's."
const sentElsewhere = "The kept secret would be sent to the new addresses."

const addressesOf = ({ endpoints }: Pick<Instance, "endpoints">): string =>
  [endpoints.api, endpoints.login, endpoints.resource, endpoints.prices].join(" ")
