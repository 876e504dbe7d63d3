import type { AccountId } from "@concordat/core/account/Account"
import type { CspStatus, InstanceId, TenantId } from "@concordat/core/instance/Instance"
import type { Currency } from "@concordat/core/money/Money"
import type { Baseline, BaselineTerms } from "@concordat/core/reconciliation/Baseline"
import { Books, type CustomerBook } from "@concordat/core/reconciliation/Books"
import { nothingListed } from "@concordat/core/reconciliation/Customer"
import type { Run } from "@concordat/core/reconciliation/Run"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  isLive,
  type MicrosoftId,
  Status,
  type Subscription,
  type SubscriptionId
} from "@concordat/core/subscription/Subscription"
import type { Instant } from "@concordat/core/time/Instant"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Effect, Layer, Stream } from "effect"
import { type Kysely, type RawBuilder, sql } from "kysely"
import { bookPrices } from "./bookPrices.ts"
import { CurrentTransaction } from "./Database.ts"
import { moneyOf, type ProductDocument, productOf } from "./documents.ts"
import { lines, statements } from "./Statements.ts"
import type { Tables, TermsDocument } from "./Tables.ts"

/** Customers that are read at once: enough to make statements cheap, few enough to be garbage before they are old. */
const customersAtOnce = 150

interface ListedCustomer {
  readonly tenant_id: TenantId
  readonly account_id: AccountId | null
  readonly name: string
}

interface AgreedRow {
  readonly tenant_id: TenantId
  readonly id: SubscriptionId
  readonly account_id: AccountId
  readonly reference: string
  readonly microsoft_id: MicrosoftId | null
  readonly name: string
  readonly is_addon: boolean
  readonly keeps_parent: boolean
  readonly terms: TermsDocument
  readonly has_parent: boolean
  readonly parent: MicrosoftId | null
  readonly unit_price: string | null
  readonly currency: Currency | null
  readonly accepted_at: Instant | null
}

interface BaselineRow {
  readonly subscription_id: SubscriptionId
  readonly microsoft_id: MicrosoftId
  /** As text: nearly always the terms that are observed, which have been parsed. */
  readonly terms: string
  readonly agreed_at: Instant
}

interface ObservedRow {
  readonly document: Observed
}

interface ObservedText {
  readonly document: string
}

interface ClaimedRow {
  readonly tenant_id: TenantId
  readonly microsoft_id: MicrosoftId
}

/** What a caller with a branch may know of: accounts in it, and what they hold. */
const inBranch = (branch: AccountId | null, account: RawBuilder<unknown>) =>
  branch === null
    ? sql`true`
    : sql`exists (select from account a where a.id = ${account} and a.ancestors @> array[${branch}]::uuid[])`

/** Accounts of the scope: within a branch, and below the account that a run is about. */
const inRun = (run: Run, account: RawBuilder<unknown>) =>
  sql`${inBranch(run.branch, account)} and ${inBranch(
    run.scope.kind === "account" ? run.scope.id : null,
    account
  )}`

const whole = (run: Run) => run.branch === null && run.scope.kind !== "account"

const listCustomers = (db: Kysely<Tables>, run: Run) =>
  sql<ListedCustomer>`
    select customer.tenant_id, link.account_id,
      coalesce(account.name, held.name, customer.tenant_id::text) as name
    from reconciliation_customer customer
    left join account_tenant link on link.instance_id = customer.instance_id
      and link.tenant_id = customer.tenant_id and link.environment = ${run.environment}
    left join account on account.id = link.account_id
    left join observed_customer held on held.instance_id = customer.instance_id
      and held.tenant_id = customer.tenant_id
    where customer.run_id = ${run.id} and customer.state = 'observed'
      and ${whole(run) ? sql`true` : inRun(run, sql`link.account_id`)}
    order by lower(coalesce(account.name, held.name, customer.tenant_id::text)), customer.tenant_id`.execute(
    db
  )

/** Parsing the text of an instant takes longer than anything else of its row. */
const milliseconds = (instant: RawBuilder<unknown>) =>
  sql`(extract(epoch from ${instant}) * 1000)::float8`

const readAgreed = (db: Kysely<Tables>, run: Run, tenants: ReadonlyArray<TenantId>) =>
  sql<AgreedRow>`
    select s.tenant_id, s.id, s.account_id, s.reference, s.microsoft_id, s.name, s.is_addon, s.keeps_parent,
      s.terms,
      s.parent_id is not null as has_parent,
      case when s.parent_id is not null
        then (select microsoft_id from subscription parent where parent.id = s.parent_id) end as parent,
      s.unit_price, s.currency, ${milliseconds(sql`s.accepted_at`)} as accepted_at
    from subscription s
    where s.instance_id = ${run.instanceId} and s.tenant_id = any(${tenants}::uuid[])
      and s.environment = ${run.environment}
      and ${whole(run) ? sql`true` : inRun(run, sql`s.account_id`)}
    order by s.reference, s.id`.execute(db)

const readBaselines = (db: Kysely<Tables>, subscriptions: ReadonlyArray<SubscriptionId>) =>
  sql<BaselineRow>`
    select subscription_id, microsoft_id, terms::text, ${milliseconds(sql`agreed_at`)} as agreed_at
    from baseline
    where subscription_id = any(${subscriptions}::uuid[])`.execute(db)

const readObserved = (db: Kysely<Tables>, run: Run, tenants: ReadonlyArray<TenantId>) =>
  sql<ObservedText>`
    select document::text from observed_subscription
    where instance_id = ${run.instanceId} and tenant_id = any(${tenants}::uuid[])
      and environment = ${run.environment}
    order by microsoft_id`.execute(db)

/** Where other customers hold these ids; of several, always the same one. A branch sees its own customers only. */
const readElsewhere = (db: Kysely<Tables>, run: Run, ids: ReadonlyArray<MicrosoftId>) =>
  sql<ObservedRow>`
    select document from observed_subscription held
    where microsoft_id = any(${ids}::uuid[]) and environment = ${run.environment}
      and ${
        run.branch === null
          ? sql`true`
          : sql`exists (select from account_tenant link where link.instance_id = held.instance_id
              and link.tenant_id = held.tenant_id
              and ${inBranch(run.branch, sql`link.account_id`)})`
      }
    order by instance_id <> ${run.instanceId}, instance_id, tenant_id`.execute(db)

const liveStatuses = Status.literals.filter(isLive)

const readClaims = (db: Kysely<Tables>, run: Run, ids: ReadonlyArray<MicrosoftId>) =>
  sql<ClaimedRow & { readonly instance_id: InstanceId }>`
    select instance_id, tenant_id, microsoft_id from subscription s
    where microsoft_id = any(${ids}::uuid[]) and s.terms ->> 'status' = any(${liveStatuses}::text[])
      and s.environment = ${run.environment} and ${inBranch(run.branch, sql`s.account_id`)}`.execute(
    db
  )

/** A parent that Partner Center has not created yet has no id to compare with. */
const parentOf = (row: AgreedRow): MicrosoftId | null | undefined =>
  row.has_parent ? (row.parent ?? undefined) : row.keeps_parent ? null : undefined

const agreedOf = (row: AgreedRow, instanceId: InstanceId): Subscription => ({
  id: row.id,
  reference: row.reference,
  instanceId,
  accountId: row.account_id,
  tenantId: row.tenant_id,
  microsoftId: row.microsoft_id,
  name: row.name,
  isAddon: row.is_addon,
  terms: Object.assign(row.terms, { parent: parentOf(row) }),
  unitPrice:
    row.unit_price === null || row.currency === null
      ? null
      : moneyOf({ amount: row.unit_price, currency: row.currency }),
  acceptedAt: row.accepted_at
})

type Prices = Effect.Success<ReturnType<typeof bookPrices>>

interface Gathered {
  readonly subscriptions: Array<Subscription>
  readonly observed: Array<Observed>
  readonly baselines: Map<SubscriptionId, Baseline>
  readonly elsewhere: Map<MicrosoftId, Observed>
  readonly claimedElsewhere: Set<MicrosoftId>
}

/** What was agreed is most often what is observed still: the same text, which need not be parsed again. */
const baselineTermsOf = (
  { microsoft_id: id, terms }: BaselineRow,
  observed: ReadonlyArray<Observed>,
  texts: ReadonlyMap<Observed, string>
): BaselineTerms => {
  const held = observed.find(({ microsoftId }) => microsoftId === id)
  return held !== undefined && texts.get(held)?.includes(`"terms":${terms},`) === true
    ? held.terms
    : parseBaselineTerms(terms)
}

/** As pg does it with what we wrote ourselves. */
const parseBaselineTerms = (text: string): BaselineTerms => JSON.parse(text)
const parseObserved = (text: string): Observed => JSON.parse(text)

const gather = (
  tenants: ReadonlyArray<TenantId>,
  instanceId: InstanceId,
  agreed: ReadonlyArray<AgreedRow>,
  observed: ReadonlyArray<ObservedText>,
  baselines: ReadonlyArray<BaselineRow>
): ReadonlyMap<TenantId, Gathered> => {
  const byTenant = new Map<TenantId, Gathered>()
  for (const tenant of tenants)
    byTenant.set(tenant, {
      subscriptions: [],
      observed: [],
      baselines: new Map(),
      elsewhere: new Map(),
      claimedElsewhere: new Set()
    })
  const bySubscription = new Map(baselines.map((row) => [row.subscription_id, row]))
  const texts = new Map<Observed, string>()
  for (const { document } of observed) {
    const one = parseObserved(document)
    texts.set(one, document)
    byTenant.get(one.tenantId)?.observed.push(one)
  }
  for (const row of agreed) {
    const customer = byTenant.get(row.tenant_id)
    if (customer === undefined) continue
    customer.subscriptions.push(agreedOf(row, instanceId))
    const baseline = bySubscription.get(row.id)
    if (baseline !== undefined)
      customer.baselines.set(row.id, {
        subscriptionId: row.id,
        microsoftId: baseline.microsoft_id,
        terms: baselineTermsOf(baseline, customer.observed, texts),
        agreedAt: baseline.agreed_at
      })
  }
  return byTenant
}

/** Per id, the customers of whom one side holds it and the other does not. */
const unmatched = (
  byTenant: ReadonlyMap<TenantId, Gathered>,
  missing: (customer: Gathered) => ReadonlyArray<MicrosoftId>
): ReadonlyMap<MicrosoftId, ReadonlyArray<Gathered>> => {
  const customers = new Map<MicrosoftId, Array<Gathered>>()
  for (const customer of byTenant.values())
    for (const id of missing(customer)) {
      const others = customers.get(id)
      if (others === undefined) customers.set(id, [customer])
      else others.push(customer)
    }
  return customers
}

/** Ids of `of` that `among` does not have. */
const idsMissing = (
  of: ReadonlyArray<{ readonly microsoftId: MicrosoftId | null }>,
  among: ReadonlyArray<{ readonly microsoftId: MicrosoftId | null }>
): ReadonlyArray<MicrosoftId> => {
  // Nearly every customer has a few subscriptions: looking through them costs less than a set of them.
  const ids = among.length > 12 ? new Set(among.map(({ microsoftId }) => microsoftId)) : undefined
  const missing: Array<MicrosoftId> = []
  for (const { microsoftId: id } of of) {
    if (id === null) continue
    const there = ids?.has(id) ?? among.some(({ microsoftId }) => microsoftId === id)
    if (!there) missing.push(id)
  }
  return missing
}

const missingThere = ({ subscriptions, observed }: Gathered): ReadonlyArray<MicrosoftId> =>
  idsMissing(subscriptions, observed)

const missingHere = ({ subscriptions, observed }: Gathered): ReadonlyArray<MicrosoftId> =>
  idsMissing(observed, subscriptions)

const chunksOf = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size)
  )

/**
 * Writes the baselines, and what changed about them into the history. The first one of a subscription appears there
 * without its terms: the history of what either side holds has them already, and each later change has the
 * value before. One of another mapping has no field that was agreed before, so it appears as a whole.
 */
const writeBaselines = (
  db: Kysely<Tables>,
  baselines: ReadonlyArray<Baseline>,
  correlationId: string
) =>
  sql`
    with given as materialized (
      select subscription_id::uuid, microsoft_id::uuid, terms::json, agreed_at::bigint
      from unnest(${lines(baselines.map(({ subscriptionId }) => subscriptionId))},
        ${lines(baselines.map(({ microsoftId }) => microsoftId))},
        ${lines(baselines.map(({ terms }) => JSON.stringify(terms)))},
        ${lines(baselines.map(({ agreedAt }) => `${agreedAt}`))}
      ) given (subscription_id, microsoft_id, terms, agreed_at)
    ), added as (
      insert into baseline (subscription_id, microsoft_id, terms, agreed_at)
      select subscription_id, microsoft_id, terms, to_timestamp(agreed_at / 1000.0)
      from given order by subscription_id
      on conflict (subscription_id) do nothing
      returning subscription_id
    ), different as materialized (
      select given.*, held.terms as before, held.microsoft_id as before_id
      from given join baseline held using (subscription_id)
      where not exists (select from added where added.subscription_id = given.subscription_id)
        and (held.terms::text <> given.terms::text or held.microsoft_id <> given.microsoft_id)
    ), written as (
      update baseline set microsoft_id = different.microsoft_id, terms = different.terms,
        agreed_at = to_timestamp(different.agreed_at / 1000.0)
      from different where baseline.subscription_id = different.subscription_id
    ), entry as (
      select subscription_id, microsoft_id, null as field, null::json as before, '{}'::json as after
      from given join added using (subscription_id)
      union all
      select subscription_id, microsoft_id, null, before, terms
      from different where before_id <> microsoft_id
      union all
      select subscription_id, microsoft_id, field.key, field.before::json, field.after::json
      from different, lateral (
        select key, old.value as before, new.value as after
        from jsonb_each(before::jsonb) old full join jsonb_each(terms::jsonb) new using (key)
        where old.value is distinct from new.value
      ) field
      where before_id = microsoft_id
    )
    insert into history (at, actor, cause, correlation_id, side, subscription_id, microsoft_id,
      field, before, after)
    select clock_timestamp(), 'daemon:reconciler', 'comparison', ${correlationId}, 'baseline',
      subscription_id, microsoft_id, field, before, after
    from entry`.execute(db)

/** The three sides in Postgres. */
export const booksLayer = Layer.effect(
  Books,
  Effect.gen(function* () {
    const { run: query } = yield* statements

    const products = Effect.fn("Books.products")(function* (run: Run) {
      const { rows } = yield* query("Books.products", (db) =>
        sql<ProductDocument>`
          select offer, name, is_trial as "isTrial", is_addon as "isAddon",
            single_active as "singleActive", (
              select coalesce(json_agg(json_build_object('term', term, 'billingCycle', billing_cycle,
                'price', json_build_object('amount', amount::text, 'currency', currency))
                order by ordinal), '[]')
              from product_price price
              where price.instance_id = product.instance_id and price.offer = product.offer) as prices
          from product where instance_id = ${run.instanceId}`.execute(db)
      )
      return new Map(rows.map((product) => [product.offer, productOf(product)]))
    })

    /** A connection of its own: what is read stays as it was at the first statement, whatever is written meanwhile. */
    const snapshot = Effect.acquireRelease(
      query("Books.snapshot", (db) =>
        db
          .startTransaction()
          .setIsolationLevel("repeatable read")
          .setAccessMode("read only")
          .execute()
      ).pipe(Effect.provideService(CurrentTransaction, null)),
      (transaction) =>
        Effect.promise(() => transaction.rollback().execute()).pipe(Effect.ignoreCause)
    )

    const read = Effect.fn("Books.read")(function* (
      run: Run,
      cspStatus: CspStatus,
      prices: Prices,
      listed: ReadonlyArray<ListedCustomer>
    ) {
      const { instanceId } = run
      const tenants = listed.map(({ tenant_id }) => tenant_id)
      const agreed = yield* query("Books.agreed", (db) => readAgreed(db, run, tenants))
      const observed = yield* query("Books.observed", (db) => readObserved(db, run, tenants))
      const baselines = yield* query("Books.baselines", (db) =>
        readBaselines(
          db,
          agreed.rows.map(({ id }) => id)
        )
      )
      const byTenant = gather(tenants, instanceId, agreed.rows, observed.rows, baselines.rows)
      const sought = unmatched(byTenant, missingThere)
      if (sought.size > 0) {
        const found = yield* query("Books.elsewhere", (db) =>
          readElsewhere(db, run, [...sought.keys()])
        )
        for (const { document } of found.rows)
          for (const customer of sought.get(document.microsoftId) ?? [])
            if (!customer.elsewhere.has(document.microsoftId))
              customer.elsewhere.set(document.microsoftId, document)
      }
      const unclaimed = unmatched(byTenant, missingHere)
      if (unclaimed.size > 0) {
        const found = yield* query("Books.claims", (db) =>
          readClaims(db, run, [...unclaimed.keys()])
        )
        for (const { instance_id, tenant_id, microsoft_id } of found.rows)
          for (const customer of unclaimed.get(microsoft_id) ?? [])
            if (instance_id !== instanceId || byTenant.get(tenant_id) !== customer)
              customer.claimedElsewhere.add(microsoft_id)
      }
      const priced = yield* prices(
        listed.map(({ tenant_id, account_id }) => ({
          accountId: account_id,
          subscriptions: byTenant.get(tenant_id)?.subscriptions ?? [],
          observed: byTenant.get(tenant_id)?.observed ?? []
        }))
      )
      return listed.flatMap(({ tenant_id, account_id, name }, at): ReadonlyArray<CustomerBook> => {
        const customer = byTenant.get(tenant_id)
        if (customer === undefined) return []
        const { subscriptions, observed, baselines, elsewhere, claimedElsewhere } = customer
        return [
          {
            customer: {
              instanceId,
              cspStatus,
              tenantId: tenant_id,
              subscriptions,
              observed,
              baselines
            },
            listed: priced[at] ?? nothingListed,
            elsewhere,
            claimedElsewhere,
            name,
            accountId: account_id
          }
        ]
      })
    })

    const customers = (run: Run, at: Instant): Stream.Stream<ReadonlyArray<CustomerBook>> =>
      Stream.unwrap(
        Effect.gen(function* () {
          const transaction = yield* snapshot
          const within = Effect.provideService(CurrentTransaction, transaction)
          // With the costs of a spinning disk, whole tables would be read for each few hundred customers.
          yield* within(
            query("Books.costs", (db) => sql`set local random_page_cost = 1.1`.execute(db))
          )
          const { csp_status } = yield* within(
            query("Books.instance", (db) =>
              db
                .selectFrom("instance")
                .select("csp_status")
                .where("id", "=", run.instanceId)
                .executeTakeFirstOrThrow()
            )
          )
          const prices = yield* within(bookPrices(query, run, at))
          const { rows } = yield* within(query("Books.list", (db) => listCustomers(db, run)))
          return Stream.fromIterable(chunksOf(rows, customersAtOnce)).pipe(
            Stream.mapEffect((listed) => within(read(run, csp_status, prices, listed)))
          )
        })
      ).pipe(
        // The next customers are read while these are compared and written.
        Stream.buffer({ capacity: 1 })
      )

    const agree = Effect.fn("Books.agree")(function* (baselines: ReadonlyArray<Baseline>) {
      if (baselines.length === 0) return
      const correlationId = yield* CurrentCorrelation
      yield* query("Books.agree", (db) => writeBaselines(db, baselines, correlationId))
    })

    return Books.of({ products, customers, agree })
  })
)
