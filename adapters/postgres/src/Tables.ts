import type { Account, AccountId, AccountKind, ContactRole } from "@concordat/core/account/Account"
import type { Role, Scope } from "@concordat/core/actor/Actor"
import type { ApiKeyId } from "@concordat/core/actor/ApiKeys"
import type {
  AcceptanceId,
  AcceptanceStatus,
  SignerRole
} from "@concordat/core/agreement/Acceptance"
import type { ProductChange } from "@concordat/core/catalogue/applyCatalogue"
import type {
  CatalogueStatus,
  ChargeType,
  FieldChange,
  ProductId,
  ProductPlan
} from "@concordat/core/catalogue/CatalogueProduct"
import type {
  CatalogueRunId,
  CatalogueRunStatus,
  CatalogueTrigger,
  LogLevel
} from "@concordat/core/catalogue/CatalogueRun"
import type { Family, Segment } from "@concordat/core/catalogue/Family"
import type { ProductTypeId, RefundPolicy } from "@concordat/core/catalogue/ProductType"
import type { CataloguePart, VendorItem } from "@concordat/core/catalogue/VendorCatalogue"
import type { Consent, ConsentProblem } from "@concordat/core/consent/Consent"
import type { ImportId, ImportStatus, NotImported } from "@concordat/core/import/CustomerImport"
import type { Cloud } from "@concordat/core/instance/Cloud"
import type { Country } from "@concordat/core/instance/Country"
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
import type { JobId, JobKind } from "@concordat/core/job/Job"
import type { Bounce } from "@concordat/core/mail/Bounce"
import type { MailId, MailStatus } from "@concordat/core/mail/Outbox"
import type { Language, MailKind } from "@concordat/core/mail/Template"
import type { Currency } from "@concordat/core/money/Money"
import type {
  Notification,
  NotificationId,
  Severity
} from "@concordat/core/notification/Notification"
import type { OperatorId, OperatorName } from "@concordat/core/operator/Operator"
import type { SavedViewId, ViewedPage } from "@concordat/core/operator/SavedViews"
import type { SessionId } from "@concordat/core/operator/Session"
import type { PriceSheet, PriceSheetId, SheetProblem } from "@concordat/core/pricesheet/PriceSheet"
import type { PriceSheetChange } from "@concordat/core/pricesheet/PriceSheets"
import type { BaselineTerms } from "@concordat/core/reconciliation/Baseline"
import type {
  CorrectiveAction,
  Finding,
  FindingKind,
  MovedBy
} from "@concordat/core/reconciliation/Finding"
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
import type { CountryRules } from "@concordat/core/tenant/CountryRules"
import type {
  Synchronization,
  SynchronizationId,
  SyncQuestion
} from "@concordat/core/tenant/Synchronization"
import type { SyncOptionName } from "@concordat/core/tenant/SyncOption"
import type { NewTenant } from "@concordat/core/tenant/VendorTenants"
import type { Instant } from "@concordat/core/time/Instant"
import type { ResourceFamily } from "@concordat/core/vendor/RateBudget"
import type { RequestId } from "@concordat/core/vendor/RequestId"
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

/** Reports that are older than `closesAt` do not say until when an action is possible. */
export type FindingDocument = Omit<Finding, "kind" | "movedBy" | "atRisk" | "actions"> & {
  readonly atRisk: MoneyDocument | null
  readonly actions: ReadonlyArray<
    Omit<CorrectiveAction, "closesAt"> & Partial<Pick<CorrectiveAction, "closesAt">>
  >
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
  /** Exactly of resellers. */
  edition: Account["edition"]
  email: string | null
  phone: string | null
  address: Nullable<Json<NonNullable<Account["address"]>>>
  language: Account["language"]
  currency: Currency | null
  bill_to_id: AccountId | null
  manager_email: string | null
  ordering_enabled: Generated<boolean>
  reselling_enabled: Generated<boolean>
  credit_unlimited: Generated<boolean>
  credit_amount: Numeric
  tax_id: string | null
  custom_fields: Json<Account["customFields"]>
  active: Generated<boolean>
  /** Kept by triggers. */
  search: ColumnType<string, never, never>
}

export interface AccountContactTable {
  account_id: AccountId
  position: number
  name: string
  email: string
  phone: string | null
  roles: ReadonlyArray<ContactRole>
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
  id: Generated<ProductId>
  version: Generated<number>
  /** null while no catalogue run has seen it. */
  microsoft_name: string | null
  code: string
  family: Family
  segment: Generated<Segment>
  description: Generated<string>
  charge_type: Generated<ChargeType>
  minimum_quantity: Generated<number>
  maximum_quantity: Generated<number>
  plans: Json<ReadonlyArray<ProductPlan>>
  prerequisites: Generated<ReadonlyArray<OfferId>>
  trial_offer: OfferId | null
  trial_enabled: Generated<boolean>
  annual_enabled: Generated<boolean>
  published: Generated<boolean>
  sell_amount: Numeric
  sell_currency: Generated<Currency>
  purchase_amount: Numeric
  purchase_currency: Generated<Currency>
  protection_months: Generated<number>
  status: Generated<CatalogueStatus>
  changes: Json<ReadonlyArray<FieldChange>>
  discontinued_at: Nullable<Timestamp>
}

export interface ProductAvailabilityTable {
  instance_id: InstanceId
  offer: OfferId
  country: string
  segment: Segment
  is_purchasable: boolean
  minimum_quantity: number
  maximum_quantity: number
  plans: Json<ReadonlyArray<ProductPlan>>
  catalog_item_id: string | null
  read_at: Timestamp
}

export interface ProductTypeTable {
  id: ProductTypeId
  instance_id: InstanceId
  family: Family
  name: string
  code: string
  quantity_limit: number | null
  single_active: boolean
  cancel_subscriptions: boolean
  cancel_addons: boolean
  cancel_limit: Nullable<Numeric>
  cancel_limit_currency: Currency | null
  refund: RefundPolicy
  billing_day: number | null
  version: number
}

export interface CatalogueRunTable {
  id: CatalogueRunId
  instance_id: InstanceId
  status: CatalogueRunStatus
  trigger: CatalogueTrigger
  requested_by: string
  correlation_id: string
  countries: ReadonlyArray<string>
  language: string
  parts: number
  parts_read: number
  parts_failed: number
  requests: number
  added: number
  changed: number
  discontinued: number
  unchanged: number
  problem: string | null
  created_at: Timestamp
  started_at: Nullable<Timestamp>
  finished_at: Nullable<Timestamp>
}

export interface CatalogueRunCountryTable {
  run_id: CatalogueRunId
  country: string
  state: "pending" | "listed" | "failed"
  problem: string | null
}

export interface CataloguePartTable {
  run_id: CatalogueRunId
  position: number
  country: string
  part: Json<CataloguePart>
  state: "pending" | "read" | "failed"
  items: Nullable<Json<ReadonlyArray<VendorItem>>>
  problem: string | null
}

export interface CatalogueLogTable {
  id: Generated<number>
  run_id: CatalogueRunId
  at: Timestamp
  level: LogLevel
  text: string
}

export interface CatalogueChangeTable {
  run_id: CatalogueRunId
  offer: OfferId
  name: string
  kind: ProductChange["kind"]
  fields: Json<ReadonlyArray<FieldChange>>
}

export interface CatalogueScheduleTable {
  instance_id: InstanceId
  schedule: string
  since: Timestamp
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

export interface PriceSheetTable {
  id: PriceSheetId
  instance_id: InstanceId
  market: PriceSheet["market"]
  month: PriceSheet["month"]
  timeline: PriceSheet["timeline"]
  source: PriceSheet["source"]
  dry_run: boolean
  status: PriceSheet["status"]
  requested_by: string
  correlation_id: string
  bytes: number
  lines: number
  duplicates: number
  added: number
  changed: number
  redated: number
  ended: number
  unchanged: number
  problems: Json<ReadonlyArray<SheetProblem>>
  problem_count: number
  problem: string | null
  created_at: Timestamp
  touched_at: Timestamp
  finished_at: Nullable<Timestamp>
}

interface PriceSubjectColumns {
  market: PriceSheet["market"]
  offer: OfferId
  title: string
  /** Empty for none. */
  term: Term | ""
  billing_cycle: BillingCycle
  segment: Segment
  currency: Currency
  tier_min: number
  tier_max: number
}

/** A price of a whole term as a sheet said it. */
export interface PriceSheetRowTable extends PriceSubjectColumns {
  id: Generated<number>
  instance_id: InstanceId
  unit_price: Numeric
  erp_price: Nullable<Numeric>
  periods: number
  valid_from: Timestamp
  valid_to: Nullable<Timestamp>
  holds_from: Timestamp
  added_by: PriceSheetId
  superseded_by: PriceSheetId | null
  /** Of one billing period, as the next. */
  cost: ColumnType<string, never, never>
  recommended: ColumnType<string | null, never, never>
}

export interface PriceSheetChangeTable extends PriceSubjectColumns {
  price_sheet_id: PriceSheetId
  position: number
  kind: PriceSheetChange["kind"]
  before_unit_price: Nullable<Numeric>
  before_erp_price: Nullable<Numeric>
  before_from: Nullable<Timestamp>
  before_to: Nullable<Timestamp>
  after_unit_price: Nullable<Numeric>
  after_erp_price: Nullable<Numeric>
  after_from: Nullable<Timestamp>
  after_to: Nullable<Timestamp>
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
  /** The worst of its findings (`severityRank`); null without any, as the next three. */
  severity: number | null
  at_risk: Nullable<Numeric>
  currency: Currency | null
  deadline: Nullable<Timestamp>
}

export interface FindingTable {
  run_id: RunId
  position: number
  ordinal: number
  kind: FindingKind
  moved_by: MovedBy
  document: Json<FindingDocument>
  severity: number
  at_risk: Nullable<Numeric>
  currency: Currency | null
  deadline: Nullable<Timestamp>
}

export interface SavedViewTable {
  id: SavedViewId
  operator_id: OperatorId
  page: ViewedPage
  name: string
  search: string
  created_at: Timestamp
}

export interface CustomerImportTable {
  id: ImportId
  instance_id: InstanceId
  environment: Environment
  status: ImportStatus
  requested_by: string
  executed_by: string | null
  correlation_id: string
  listed: Generated<boolean>
  customers: Generated<number>
  customers_read: Generated<number>
  customers_failed: Generated<number>
  customers_waiting: Generated<number>
  customers_imported: Generated<number>
  customers_incomplete: Generated<number>
  resellers: Generated<number>
  subscriptions: Generated<number>
  subscriptions_imported: Generated<number>
  requests: Generated<number>
  problem: string | null
  created_at: Timestamp
  started_at: Nullable<Timestamp>
  finished_at: Nullable<Timestamp>
}

export interface CustomerImportCustomerTable {
  import_id: ImportId
  tenant_id: TenantId
  name: string
  domain: string
  state: Generated<"pending" | "read" | "failed">
  found_mpn_id: MpnId | null
  assigned: Generated<boolean>
  assigned_mpn_id: MpnId | null
  account_id: AccountId | null
  subscriptions: Generated<number>
  outcome: "waiting" | "imported" | "incomplete" | "failed" | null
  as_new: Generated<boolean>
  ordering_enabled: Generated<boolean>
  subscriptions_imported: Generated<number>
  not_imported: Json<ReadonlyArray<NotImported>>
  notes: Generated<ReadonlyArray<string>>
  problem: string | null
}

export interface CustomerImportResellerTable {
  import_id: ImportId
  mpn_id: MpnId
  name: string | null
  tenant_id: TenantId | null
  by_hand: Generated<boolean>
  account_id: AccountId | null
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

export interface OperatorTable {
  id: OperatorId
  name: OperatorName
  role: Role
  branch: AccountId | null
  password_hash: string
  active: boolean
  created_at: Timestamp
  last_sign_in_at: Nullable<Timestamp>
  version: number
}

export interface OperatorSessionTable {
  id: SessionId
  operator_id: OperatorId
  hash: Buffer
  previous_hash: Buffer | null
  rotated_at: Timestamp
  confirmed_at: Nullable<Timestamp>
  started_at: Timestamp
  seen_at: Timestamp
  ended_at: Nullable<Timestamp>
  address: string | null
  user_agent: string | null
}

export interface SignInAttemptTable {
  subject: string
  failures: number
  failed_at: Timestamp
  blocked_until: Timestamp
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

export interface MailTable {
  id: MailId
  key: string
  kind: MailKind
  account_id: AccountId | null
  status: MailStatus
  recipients: ReadonlyArray<string>
  subject: string
  content: string
  template_version: number
  attempts: Generated<number>
  problem: string | null
  created_at: Timestamp
  sent_at: Nullable<Timestamp>
  /** How often it was queued; bounces of an earlier sending do not count. */
  sending: Generated<number>
  /** Whether a recipient did not get it as it was sent last. */
  came_back: Generated<boolean>
}

export interface MailBounceTable {
  mail_id: MailId
  report: string
  recipient: string
  action: Bounce["action"]
  status: string
  reason: string
  sending: number
  at: Timestamp
}

export interface MailTemplateTable {
  kind: MailKind
  organisation_id: AccountId | null
  language: Language
  version: number
  active: boolean
  recipients_to: string
  recipients_cc: string
  recipients_bcc: string
  subject: string
  html: string
  text: string
  at: Timestamp
  actor: string
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

export interface SyncOptionDefinitionTable {
  instance_id: InstanceId
  name: SyncOptionName
  length_min: number
  length_max: number
  countries: Instance["countries"]
}

export interface JobDiscardTable {
  id: JobId
  kind: JobKind
  about: string | null
  instance: InstanceName | null
  reason: string | null
  note: string
  actor: string
  at: Timestamp
}

export interface SyncOptionTable {
  account_id: AccountId
  instance_id: InstanceId
  user_name: string | null
  domain_prefix: string | null
  mpn_id: MpnId | null
  tax_id: string | null
  version: number
}

export interface MpnVerdictTable {
  instance_id: InstanceId
  environment: Environment
  mpn_id: MpnId
  verdict: "valid" | "invalid" | null
  partner_name: string | null
  reason: string | null
  checked_at: Nullable<Timestamp>
  failed_at: Nullable<Timestamp>
  failure: string | null
}

export interface CountryRulesTable {
  instance_id: InstanceId
  country: Country
  rules: Nullable<Json<CountryRules>>
  read_at: Timestamp
}

export interface SynchronizationTable {
  id: SynchronizationId
  account_id: AccountId
  instance_id: InstanceId
  environment: Environment
  mode: Synchronization["mode"]
  status: Synchronization["status"]
  stage: Synchronization["stage"]
  waits_for: Synchronization["waitsFor"]
  asker: Synchronization["asker"]
  user_name: string
  domain: string
  draft: ColumnType<NewTenant | null, string | null | undefined, string | null>
  request_id: Synchronization["requestId"]
  sent_at: Nullable<Timestamp>
  tenant_id: TenantId | null
  question: Nullable<Json<SyncQuestion>>
  confirmed: boolean
  authorization_link: string | null
  expires_at: Nullable<Timestamp>
  next_look_at: Nullable<Timestamp>
  looks: number
  problem: string | null
  problems: Json<Synchronization["problems"]>
  suggestions: ReadonlyArray<string>
  sealed: ColumnType<string | null, string | null | undefined, string | null>
  requested_by: string
  correlation_id: string
  created_at: Timestamp
  finished_at: Nullable<Timestamp>
  touched_at: ColumnType<Instant, Date | undefined, Date>
  version: number
}

export interface SynchronizationStepTable {
  id: Generated<number>
  account_id: AccountId
  instance_id: InstanceId
  environment: Environment
  at: Timestamp
  actor: string
  text: string
}

export interface AgreementTemplateTable {
  instance_id: InstanceId
  environment: Environment
  template_id: string
  type: string
  version_rank: number | null
  link: string | null
  read_at: Timestamp
}

/** Facts: never changed. */
export interface AgreementAcceptanceTable {
  id: AcceptanceId
  account_id: AccountId
  account_name: string
  instance_id: InstanceId
  environment: Environment
  type: string
  template_id: string
  version_rank: number | null
  link: string | null
  first_name: string
  last_name: string
  email: string
  phone: string | null
  agreed_at: Timestamp
  confirmed_at: Timestamp
  confirmed_by: string
  role: SignerRole
  user_name: string | null
  order_code: string | null
  ip_address: string | null
  user_agent: string | null
  correlation_id: string
  search: ColumnType<string, never, never>
}

export interface AgreementSendingTable {
  acceptance_id: AcceptanceId
  /** Whose tenant is told. */
  account_id: AccountId
  instance_id: InstanceId
  environment: Environment
  type: string
  status: AcceptanceStatus
  tenant_id: TenantId | null
  request_id: RequestId
  problem: string | null
  next_at: Timestamp
  settled_at: Nullable<Timestamp>
}

/** The tables as Kysely sees them: one interface per table, one property per column. */
export interface Tables {
  instance: InstanceTable
  instance_event: InstanceEventTable
  secret: SecretTable
  account: AccountTable
  account_contact: AccountContactTable
  account_tenant: AccountTenantTable
  product: ProductTable
  product_price: ProductPriceTable
  price_sheet: PriceSheetTable
  price_sheet_row: PriceSheetRowTable
  price_sheet_change: PriceSheetChangeTable
  product_availability: ProductAvailabilityTable
  product_type: ProductTypeTable
  catalogue_run: CatalogueRunTable
  catalogue_run_country: CatalogueRunCountryTable
  catalogue_part: CataloguePartTable
  catalogue_log: CatalogueLogTable
  catalogue_change: CatalogueChangeTable
  catalogue_schedule: CatalogueScheduleTable
  subscription: SubscriptionTable
  observed_customer: ObservedCustomerTable
  observed_subscription: ObservedSubscriptionTable
  baseline: BaselineTable
  reconciliation_run: ReconciliationRunTable
  reconciliation_customer: ReconciliationCustomerTable
  reconciliation_row: ReconciliationRowTable
  finding: FindingTable
  saved_view: SavedViewTable
  customer_import: CustomerImportTable
  customer_import_customer: CustomerImportCustomerTable
  customer_import_reseller: CustomerImportResellerTable
  history: HistoryTable
  idempotency_key: IdempotencyKeyTable
  api_key: ApiKeyTable
  operator: OperatorTable
  operator_session: OperatorSessionTable
  sign_in_attempt: SignInAttemptTable
  rate_budget: RateBudgetTable
  consent: ConsentTable
  consent_attempt: ConsentAttemptTable
  notification: NotificationTable
  parked_job: ParkedJobTable
  job_discard: JobDiscardTable
  mail: MailTable
  mail_bounce: MailBounceTable
  mail_template: MailTemplateTable
  agreement_template: AgreementTemplateTable
  agreement_acceptance: AgreementAcceptanceTable
  agreement_sending: AgreementSendingTable
  mpn_verdict: MpnVerdictTable
  sync_option: SyncOptionTable
  sync_option_definition: SyncOptionDefinitionTable
  country_rules: CountryRulesTable
  synchronization: SynchronizationTable
  synchronization_step: SynchronizationStepTable
}
