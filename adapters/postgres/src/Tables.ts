import type { AccountId, AccountKind } from "@concordat/core/account/Account"
import type { Role, Scope } from "@concordat/core/actor/Actor"
import type { ApiKeyId } from "@concordat/core/actor/ApiKeys"
import type { Consent, ConsentProblem } from "@concordat/core/consent/Consent"
import type { Cloud } from "@concordat/core/instance/Cloud"
import type {
  CspStatus,
  Environment,
  Instance,
  InstanceId,
  InstanceName,
  MpnId,
  ProductNames,
  TenantId
} from "@concordat/core/instance/Instance"
import type { InstanceEventKind, SettingChange } from "@concordat/core/instance/InstanceEvent"
import type { Currency } from "@concordat/core/money/Money"
import type {
  Notification,
  NotificationId,
  Severity
} from "@concordat/core/notification/Notification"
import type { BaselineTerms } from "@concordat/core/reconciliation/Baseline"
import type { Finding, FindingKind, MovedBy } from "@concordat/core/reconciliation/Finding"
import type { RunId, RunStatus } from "@concordat/core/reconciliation/Run"
import type { Observed } from "@concordat/core/subscription/Observed"
import type {
  AgreedTerms,
  BillingCycle,
  MicrosoftId,
  OfferId,
  Subscription,
  SubscriptionId,
  Term,
  Terms
} from "@concordat/core/subscription/Subscription"
import type { Instant } from "@concordat/core/time/Instant"
import type { ResourceFamily } from "@concordat/core/vendor/RateBudget"
import type { ColumnType, Generated } from "kysely"

/** A document: read as what it stands for, written as its JSON text. */
export type Json<A> = ColumnType<A, string, string>

/** Read as epoch milliseconds, written as a `Date`. */
export type Timestamp = ColumnType<Instant, Date, Date>

/** Read as its decimal digits. */
export type Numeric = ColumnType<string, string, string>

type Nullable<C> =
  C extends ColumnType<infer S, infer I, infer U> ? ColumnType<S | null, I | null, U | null> : never

/** An amount in a document: its decimal digits, since JSON has only floats. */
export interface MoneyDocument {
  readonly amount: string
  readonly currency: Currency
}

/** The terms that a book keeps; a parent follows from `parent_id`. */
export type TermsDocument = Omit<AgreedTerms, "parent">

/** A subscription as it was when a report was made, without what the row's columns say. */
export type SubscriptionDocument = Omit<
  Subscription,
  "id" | "instanceId" | "accountId" | "tenantId" | "microsoftId" | "unitPrice"
> & { readonly unitPrice: MoneyDocument | null }

/**
 * What Partner Center held when a report was made. What is absent is as the row's columns say, and absent terms
 * are those of the subscription: half of a large report would say the same twice.
 */
export type ObservedDocument = Omit<
  Observed,
  "instanceId" | "tenantId" | "microsoftId" | "terms"
> & {
  readonly instanceId?: InstanceId
  readonly tenantId?: TenantId
  readonly terms?: Terms
}

export type FindingDocument = Omit<Finding, "kind" | "movedBy" | "atRisk"> & {
  readonly atRisk: MoneyDocument | null
}

export interface InstanceTable {
  id: InstanceId
  name: InstanceName
  cloud: Cloud
  endpoint_api: string
  endpoint_login: string
  endpoint_resource: string
  /** Of the primary account, as the next two. */
  tenant_id: TenantId
  tenant_domain: string | null
  app_id: Instance["appId"]
  csp_status: CspStatus
  mpn_id: MpnId | null
  requests_per_minute: number
  disabled: boolean
  version: number
  endpoint_prices: string
  environment: Environment
  sandbox_tenant_id: TenantId | null
  sandbox_tenant_domain: string | null
  sandbox_app_id: Instance["appId"] | null
  catalogue_language: Instance["catalogueLanguage"]
  countries: Instance["countries"]
  product_names: ProductNames
  annual_provisioning: boolean
  catalogue_schedule: string | null
}

export interface InstanceEventTable {
  id: Generated<number>
  instance_id: InstanceId
  at: Timestamp
  actor: string
  correlation_id: string
  kind: InstanceEventKind
  reason: string | null
  changes: Json<ReadonlyArray<SettingChange>>
}

export interface SecretTable {
  instance_id: InstanceId
  environment: Environment
  sealed: string
}

export interface AccountTable {
  id: AccountId
  parent_id: AccountId | null
  /** The account itself and everything above it. */
  ancestors: ReadonlyArray<AccountId>
  kind: AccountKind
  name: string
  code: string
  mpn_id: MpnId | null
  version: Generated<number>
}

export interface AccountTenantTable {
  instance_id: InstanceId
  tenant_id: TenantId
  account_id: AccountId
  domain: string | null
  environment: Generated<Environment>
}

export interface ProductTable {
  instance_id: InstanceId
  offer: OfferId
  name: string
  is_trial: boolean
  is_addon: boolean
  single_active: boolean
}

export interface ProductPriceTable {
  instance_id: InstanceId
  offer: OfferId
  ordinal: number
  term: Term | null
  billing_cycle: BillingCycle
  amount: Numeric
  currency: Currency
}

export interface SubscriptionTable {
  id: SubscriptionId
  instance_id: InstanceId
  account_id: AccountId
  tenant_id: TenantId
  reference: string
  parent_id: SubscriptionId | null
  microsoft_id: MicrosoftId | null
  name: string
  is_addon: boolean
  /** Whether the book knows what is an add-on of what. */
  keeps_parent: boolean
  terms: Json<TermsDocument>
  unit_price: Nullable<Numeric>
  currency: Currency | null
  accepted_at: Nullable<Timestamp>
  version: Generated<number>
  environment: Generated<Environment>
}

export interface ObservedCustomerTable {
  instance_id: InstanceId
  tenant_id: TenantId
  state: "seen" | "listed" | "gone"
  digest: string | null
  name: string | null
  domain: string | null
  fetched_at: Nullable<Timestamp>
  environment: Generated<Environment>
}

export interface ObservedSubscriptionTable {
  instance_id: InstanceId
  tenant_id: TenantId
  microsoft_id: MicrosoftId
  hash: string
  document: Json<Observed>
  environment: Generated<Environment>
}

export interface BaselineTable {
  subscription_id: SubscriptionId
  microsoft_id: MicrosoftId
  terms: Json<BaselineTerms>
  agreed_at: Timestamp
}

export interface ReconciliationRunTable {
  id: RunId
  instance_id: InstanceId
  scope_account_id: AccountId | null
  scope_subscription_id: SubscriptionId | null
  branch: AccountId | null
  status: RunStatus
  requested_by: string
  correlation_id: string
  customers: number
  customers_observed: number
  customers_failed: number
  requests: number
  rows: number
  findings: number
  counts: Json<ReadonlyArray<{ readonly kind: FindingKind; readonly count: number }>>
  at_risk: Json<ReadonlyArray<MoneyDocument>>
  problem: string | null
  created_at: Timestamp
  started_at: Nullable<Timestamp>
  finished_at: Nullable<Timestamp>
  environment: Generated<Environment>
}

export interface ReconciliationCustomerTable {
  run_id: RunId
  instance_id: InstanceId
  tenant_id: TenantId
  state: "pending" | "observed" | "failed"
  problem: string | null
  waiting_since: Timestamp
}

export interface ReconciliationRowTable {
  run_id: RunId
  position: number
  tenant_id: TenantId
  account_id: AccountId | null
  subscription_id: SubscriptionId | null
  microsoft_id: MicrosoftId | null
  customer: string
  /** What can be searched for a part of, in lower case. */
  search: string
  /** JSON of a `SubscriptionDocument`. */
  subscription: string | null
  /** JSON of an `Observed`. */
  observed: string | null
}

export interface FindingTable {
  run_id: RunId
  position: number
  ordinal: number
  kind: FindingKind
  moved_by: MovedBy
  document: Json<FindingDocument>
}

export interface HistoryTable {
  id: Generated<number>
  at: Timestamp
  actor: string
  cause: string
  correlation_id: string
  side: "desired" | "observed" | "baseline"
  instance_id: InstanceId | null
  account_id: AccountId | null
  tenant_id: TenantId | null
  subscription_id: SubscriptionId | null
  microsoft_id: MicrosoftId | null
  field: string | null
  before: Nullable<Json<unknown>>
  after: Nullable<Json<unknown>>
}

export interface IdempotencyKeyTable {
  caller: string
  key: string
  request_hash: string
  claimed_at: Timestamp
  status: number | null
  headers: Nullable<Json<Readonly<Record<string, string>>>>
  body: string | null
}

export interface ApiKeyTable {
  id: ApiKeyId
  name: string
  hash: Buffer
  role: Role
  scopes: ReadonlyArray<Scope>
  branch: AccountId | null
  created_at: Timestamp
  last_used_at: Nullable<Timestamp>
  revoked_at: Nullable<Timestamp>
}

export interface RateBudgetTable {
  instance_id: InstanceId
  family: ResourceFamily
  next_at: Timestamp
  interactive_at: Timestamp
  blocked_until: Timestamp
  factor: number
  factor_at: Timestamp
}

export interface ConsentTable {
  instance_id: InstanceId
  environment: Environment
  tenant_id: TenantId
  app_id: Instance["appId"]
  user_upn: string
  user_name: string | null
  user_object_id: Consent["user"]["objectId"]
  consented_at: Timestamp
  used_at: Timestamp
  mfa: boolean | null
  problem: Nullable<Json<ConsentProblem>>
  ended: boolean
  next_use_at: Timestamp
  failures: number
  version: number
  sealed: string
  lease_holder: string | null
  leased_until: Nullable<Timestamp>
}

export interface ConsentAttemptTable {
  id: string
  instance_id: InstanceId
  environment: Environment
  requested_by: string
  started_at: Timestamp
  expires_at: Timestamp
  ticket_hash: Buffer
  state_hash: Buffer | null
  session_hash: Buffer | null
  sealed: string | null
  answered: Generated<boolean>
  done: Generated<boolean>
  problem: Nullable<Json<ConsentProblem>>
}

export interface NotificationTable {
  id: NotificationId
  key: string
  kind: Notification["kind"]
  severity: Severity
  instance_id: InstanceId | null
  subject: string
  text: string
  raised_at: Timestamp
}

export interface ParkedJobTable {
  queue: string
  job_id: string
  /** What it waits for, such as the id of a paused instance. */
  gate: string
  lane: string
}

/** The tables as Kysely sees them: one interface per table, one property per column. */
export interface Tables {
  instance: InstanceTable
  instance_event: InstanceEventTable
  secret: SecretTable
  account: AccountTable
  account_tenant: AccountTenantTable
  product: ProductTable
  product_price: ProductPriceTable
  subscription: SubscriptionTable
  observed_customer: ObservedCustomerTable
  observed_subscription: ObservedSubscriptionTable
  baseline: BaselineTable
  reconciliation_run: ReconciliationRunTable
  reconciliation_customer: ReconciliationCustomerTable
  reconciliation_row: ReconciliationRowTable
  finding: FindingTable
  history: HistoryTable
  idempotency_key: IdempotencyKeyTable
  api_key: ApiKeyTable
  rate_budget: RateBudgetTable
  consent: ConsentTable
  consent_attempt: ConsentAttemptTable
  notification: NotificationTable
  parked_job: ParkedJobTable
}
