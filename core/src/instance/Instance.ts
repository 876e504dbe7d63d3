import { Cron, Result, Schema } from "effect"
import { Cloud, Endpoints } from "./Cloud.ts"
import { Countries, countryDefault } from "./Country.ts"
import { Guid } from "./Guid.ts"
import { Language, languageDefault } from "./Language.ts"

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

/**
 * Which of an instance's two accounts: the real one, or the integration sandbox, a separate account with customers and
 * orders of its own that nobody is billed for ("Set up API access in Partner Center"). Which one is live is switched
 * by a person.
 */
export const Environment = Schema.Literals(["primary", "sandbox"])
export type Environment = typeof Environment.Type

/** Who signs in to an account. The secret that belongs to it lives in the secret store, never here. */
export class Credentials extends Schema.Opaque<Credentials>()(
  Schema.Struct({
    /** The account id: the partner's own tenant. */
    tenantId: TenantId,
    /** The tenant's default domain; null where it is not known. */
    tenantDomain: Schema.NullOr(Schema.String),
    appId: Guid
  })
) {}

/** Product Names policy (domain.md §5): names edited by hand are kept, or Microsoft's replace them on each run. */
export const ProductNames = Schema.Literals(["keep", "update"])
export type ProductNames = typeof ProductNames.Type

/** When something happens, in UTC, as the five fields of cron: minute, hour, day of month, month, day of week. */
export const CronText = Schema.String.check(
  Schema.isMaxLength(100),
  Schema.makeFilter((text) =>
    text.trim().split(/\s+/u).length === 5 && Result.isSuccess(Cron.parse(text, "UTC"))
      ? undefined
      : "five fields of cron are needed (minute hour day month weekday, UTC), such as 0 3 1 * *"
  )
)

/** Microsoft changes the catalogue on the 1st of the month (domain.md §5): three hours later it is read. */
export const catalogueScheduleDefault = "0 3 1 * *"

/** One configured Partner Center account. */
export class Instance extends Schema.Opaque<Instance>()(
  Schema.Struct({
    id: InstanceId,
    name: InstanceName,
    cloud: Cloud,
    endpoints: Endpoints,
    /** Which credentials are live. */
    environment: Environment,
    credentials: Schema.Struct({ primary: Credentials, sandbox: Schema.NullOr(Credentials) }),
    /** Of the live credentials, as the next two. */
    tenantId: TenantId,
    tenantDomain: Schema.NullOr(Schema.String),
    appId: Guid,
    cspStatus: CspStatus,
    mpnId: Schema.NullOr(MpnId),
    /** The language in which the catalogue's names and descriptions are read. */
    catalogueLanguage: Language,
    /** The countries whose catalogues are read. */
    countries: Countries,
    productNames: ProductNames,
    /** Provisioning of annual subscriptions (domain.md §3a): off, Microsoft always gets monthly ones. */
    annualProvisioning: Schema.Boolean,
    /** When the catalogue is read by itself; null = by hand only. */
    catalogueSchedule: Schema.NullOr(CronText),
    /** Partner Center's published limit for one resource family of one partner tenant ("API throttling guidance"). */
    requestsPerMinute: Schema.Int,
    disabled: Schema.Boolean,
    version: Schema.Int
  }).annotate({ identifier: "Instance" })
) {}

/** The instance with the tenant, domain and application of whichever credentials are live. */
export const withLive = (instance: Omit<Instance, keyof Credentials>): Instance => {
  const { credentials, environment } = instance
  const live = environment === "sandbox" ? credentials.sandbox : credentials.primary
  return { ...instance, ...(live ?? credentials.primary) }
}

/** What may be left out of a new instance. */
type Defaulted =
  | "environment"
  | "catalogueLanguage"
  | "countries"
  | "productNames"
  | "annualProvisioning"
  | "catalogueSchedule"
  | "requestsPerMinute"
  | "disabled"

/**
 * A new instance, of the primary account until it is switched. What is left out is what costs nobody anything: names
 * edited by hand stay, Microsoft gets no annual commitment, and the catalogue is that of the cloud's home country.
 */
export const newInstance = (
  given: Omit<Instance, Defaulted | keyof Credentials | "version"> &
    Partial<Pick<Instance, Defaulted>>
): Instance =>
  withLive({
    environment: "primary",
    catalogueLanguage: languageDefault,
    countries: [countryDefault(given.cloud)],
    productNames: "keep",
    annualProvisioning: false,
    catalogueSchedule: catalogueScheduleDefault,
    requestsPerMinute: requestsPerMinuteDefault,
    disabled: false,
    ...given,
    version: 1
  })

/** 500 requests a minute for each of the customer, order and subscription resources ("API throttling guidance"). */
export const requestsPerMinuteDefault = 500
