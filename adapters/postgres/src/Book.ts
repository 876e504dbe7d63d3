import { editionDefault } from "@concordat/core/account/Edition"
import { Book, type BookChanges, BookRefused } from "@concordat/core/book/Book"
import type { BookLine, BookProblem } from "@concordat/core/book/BookLine"
import type { Environment, InstanceId } from "@concordat/core/instance/Instance"
import { BigDecimal, Effect, Layer } from "effect"
import { type Kysely, sql } from "kysely"
import { lockTree } from "./accountTree.ts"
import { statements } from "./Statements.ts"
import type { Tables } from "./Tables.ts"

/** From so many changes on, the planner is told of them at once. */
const analyzeFrom = 1_000
const problemsMax = 1_000

interface Cause {
  readonly actor: string
  readonly correlationId: string
}

const lineText = (line: BookLine) => ({
  line: line.line,
  account_code: line.account.code,
  account_name: line.account.name,
  reseller_code: line.reseller?.code,
  reseller_name: line.reseller?.name,
  reseller_mpn_id: line.reseller?.mpnId,
  keeps_reseller: line.reseller !== undefined,
  tenant_id: line.tenantId,
  tenant_domain: line.tenantDomain,
  reference: line.reference,
  parent_reference: line.parentReference,
  keeps_parent: line.parentReference !== undefined,
  microsoft_id: line.microsoftId,
  name: line.name,
  terms: line.terms,
  unit_price: line.unitPrice === null ? null : BigDecimal.format(line.unitPrice.amount),
  currency: line.unitPrice?.currency,
  accepted_at: line.acceptedAt
})

/** Whose book: what the sandbox holds and what is billed for are never one book, even where references are alike. */
interface Owner {
  readonly instanceId: InstanceId
  readonly environment: Environment
}

/** The lines as a table that goes with the transaction; a line of a subscription that the book holds has its id. */
const loadLines = async (
  db: Kysely<Tables>,
  { instanceId, environment }: Owner,
  lines: ReadonlyArray<BookLine>
) => {
  await sql`drop table if exists book_line`.execute(db)
  await sql`
    create temporary table book_line on commit drop as
    select coalesce(held.id, gen_random_uuid()) as id, held.id is not null as known, given.*
    from json_to_recordset(${JSON.stringify(lines.map(lineText))}::json) given (line integer,
      account_code text, account_name text, reseller_code text, reseller_name text,
      reseller_mpn_id text, keeps_reseller boolean, tenant_id uuid, tenant_domain text, reference text,
      parent_reference text, keeps_parent boolean, microsoft_id uuid, name text, terms jsonb, unit_price numeric,
      currency text, accepted_at bigint)
    left join subscription held
      on held.instance_id = ${instanceId} and held.environment = ${environment}
      and held.reference = given.reference`.execute(db)
  await sql`analyze book_line`.execute(db)
}

/** Lines that the book contradicts, or that contradict each other where the book can hold one of them only. */
const contradictions = (db: Kysely<Tables>, { instanceId, environment }: Owner) =>
  sql<BookProblem>`
    select line, "column", text from (
      select line, 'reference' as "column",
        format('The reference "%s" is on line %s already.', reference, first) as text
      from (select line, reference, min(line) over (partition by reference) as first
        from book_line) twice
      where line <> first
      union all
      select line, 'tenant_id',
        format('The tenant belongs to the account "%s" on line %s.', first_code, first)
      from (select line, account_code,
          first_value(account_code) over earlier as first_code, first_value(line) over earlier as first
        from book_line window earlier as (partition by tenant_id order by line)) divided
      where account_code <> first_code
      union all
      select line, 'tenant_id', format('The tenant belongs to the account "%s".', account.code)
      from book_line
      join account_tenant link using (tenant_id) join account on account.id = link.account_id
      where link.instance_id = ${instanceId} and account.code <> account_code
      union all
      select line, 'tenant_id', format('The tenant belongs to the %s of the instance, and %s is live.',
        other.environment, ${environment}::text)
      from book_line join (
        select tenant_id, environment from account_tenant where instance_id = ${instanceId}
        union
        select tenant_id, environment from observed_customer where instance_id = ${instanceId}
      ) other using (tenant_id)
      where other.environment <> ${environment}
      union all
      select line, 'account_code', format('The account "%s" is a reseller.', account_code)
      from book_line
      where account_code in (select reseller_code from book_line)
      union all
      select line, 'account_code',
        format('The account "%s" is not a customer; its kind is %s.', account_code, account.kind)
      from book_line join account on account.code = account_code
      where account.kind not in ('customer', 'affiliate')
      union all
      select line, 'reseller_code',
        format('The account "%s" is not a reseller; its kind is %s.', reseller_code, account.kind)
      from book_line join account on account.code = reseller_code
      where account.kind <> 'reseller'
      union all
      select book_line.line, 'parent_reference',
        case when coalesce(listed.tenant_id, held.tenant_id) is null
          then format('Neither the list nor the book has a subscription "%s".', book_line.parent_reference)
          else format('The subscription "%s" belongs to another tenant.', book_line.parent_reference)
        end
      from book_line
      left join book_line listed on listed.reference = book_line.parent_reference
      left join subscription held on held.instance_id = ${instanceId}
        and held.environment = ${environment} and held.reference = book_line.parent_reference
      where book_line.parent_reference is not null
        and coalesce(listed.tenant_id, held.tenant_id) is distinct from book_line.tenant_id
    ) problem
    order by line, "column", text
    limit ${problemsMax}`.execute(db)

/** The organisation is the root of the tree: there once anything is. */
export const ensureOrganisation = (db: Kysely<Tables>) =>
  sql`
    insert into account (id, parent_id, ancestors, kind, name, code)
    select id, null, array[id], 'organisation', 'Organisation', 'organisation'
    from (select gen_random_uuid() as id) new
    where not exists (select from account where parent_id is null)`.execute(db)

interface AccountFigures {
  readonly added: number
  readonly changed: number
  readonly moved: number
}

/**
 * Makes the accounts of one kind be as the lines say; where lines disagree about one account, the first counts.
 * An affiliate stays below its customer, and everybody where they are when the list does not name resellers.
 */
const writeAccounts = (db: Kysely<Tables>, kind: "reseller" | "customer", cause: Cause) =>
  sql<AccountFigures>`
    with wanted as materialized (
      ${
        kind === "reseller"
          ? sql`select distinct on (reseller_code) reseller_code as code, reseller_name as name,
              reseller_mpn_id as mpn_id, null as parent_code, true as keeps_reseller
            from book_line where reseller_code is not null order by reseller_code, line`
          : sql`select distinct on (account_code) account_code as code, account_name as name,
              null as mpn_id, reseller_code as parent_code, keeps_reseller
            from book_line order by account_code, line`
      }
    ), resolved as materialized (
      select wanted.code, wanted.name, held.id as held_id, held.name as old_name,
        held.mpn_id as old_mpn_id, held.parent_id as old_parent_id,
        ${kind === "reseller" ? sql`wanted.mpn_id` : sql`held.mpn_id`} as mpn_id,
        case when held.kind = 'affiliate' or not keeps_reseller and held.id is not null
          then held.parent_id
          else coalesce(reseller.id, root.id) end as parent_id,
        coalesce(reseller.ancestors, root.ancestors) as above
      from wanted
      join account root on root.parent_id is null
      left join account reseller on reseller.code = wanted.parent_code
      left join account held on held.code = wanted.code
    ), added as (
      insert into account (id, parent_id, ancestors, kind, name, code, mpn_id, edition)
      select id, parent_id, above || id, ${kind}, name, code, mpn_id,
        ${kind === "reseller" ? editionDefault : null}
      from (select gen_random_uuid() as id, resolved.* from resolved where held_id is null) new
      returning id, parent_id, name, code, mpn_id, kind
    ), changed as materialized (
      select * from resolved where held_id is not null
        and (name, mpn_id, parent_id) is distinct from (old_name, old_mpn_id, old_parent_id)
    ), written as (
      update account set version = version + 1, name = changed.name, mpn_id = changed.mpn_id,
        parent_id = changed.parent_id
      from changed where account.id = changed.held_id
    ), logged as (
      insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
      select clock_timestamp(), ${cause.actor}, 'book import', ${cause.correlationId}, 'desired',
        id, field, before, after
      from (
        select id, null as field, null::json as before, json_build_object('kind', kind, 'code', code,
          'name', name, 'mpnId', mpn_id, 'parent', parent_id) as after from added
        union all
        select held_id, 'name', to_json(old_name), to_json(name) from changed
        where name <> old_name
        union all
        select held_id, 'mpnId', to_json(old_mpn_id), to_json(mpn_id) from changed
        where mpn_id is distinct from old_mpn_id
        union all
        select held_id, 'parent', to_json(old_parent_id), to_json(parent_id) from changed
        where parent_id <> old_parent_id
      ) entry
    )
    select (select count(*) from added) as added, (select count(*) from changed) as changed,
      (select count(*) from changed where parent_id <> old_parent_id) as moved`.execute(db)

/** Accounts that moved take what is below them along. */
const straightenBranches = (db: Kysely<Tables>) =>
  sql`
    with recursive tree as (
      select id, array[id] as path from account where parent_id is null
      union all
      select account.id, tree.path || account.id from account join tree on account.parent_id = tree.id
    )
    update account set ancestors = tree.path from tree
    where account.id = tree.id and account.ancestors <> tree.path`.execute(db)

/** A list without a tenant's domain leaves the one that is known. */
const linkTenants = (db: Kysely<Tables>, { instanceId, environment }: Owner, cause: Cause) =>
  sql<{ linked: number }>`
    with wanted as materialized (
      select distinct on (tenant_id) tenant_id, tenant_domain as domain, account.id as account_id
      from book_line join account on account.code = account_code
      order by tenant_id, tenant_domain is null, line
    ), linked as (
      insert into account_tenant (instance_id, tenant_id, account_id, domain, environment)
      select ${instanceId}::uuid, tenant_id, account_id, domain, ${environment} from wanted
      on conflict (instance_id, tenant_id) do nothing
      returning tenant_id, account_id
    ), named as (
      update account_tenant link set domain = wanted.domain from wanted
      where link.instance_id = ${instanceId} and link.tenant_id = wanted.tenant_id
        and wanted.domain <> coalesce(link.domain, '')
      returning 1
    ), logged as (
      insert into history (at, actor, cause, correlation_id, side, instance_id, account_id,
        tenant_id, field, before, after)
      select clock_timestamp(), ${cause.actor}, 'book import', ${cause.correlationId}, 'desired',
        ${instanceId}::uuid, account_id, tenant_id, 'tenant', null, to_json(tenant_id)
      from linked
    )
    select count(*) as linked from linked`.execute(db)

/** Everything about a subscription that the history names, by the names of the core. */
const facts = (of: "wanted" | "held") =>
  sql`jsonb_build_object('account', ${sql.ref(`${of}.account_id`)}, 'tenant', ${sql.ref(`${of}.tenant_id`)},
    'parent', ${sql.ref(`${of}.parent_id`)}, 'microsoftId', ${sql.ref(`${of}.microsoft_id`)},
    'name', ${sql.ref(`${of}.name`)}, 'isAddon', ${sql.ref(`${of}.is_addon`)},
    'keepsParent', ${sql.ref(`${of}.keeps_parent`)},
    'unitPrice', case when ${sql.ref(`${of}.unit_price`)} is not null then jsonb_build_object(
      'amount', ${sql.ref(`${of}.unit_price`)}, 'currency', ${sql.ref(`${of}.currency`)}) end,
    'acceptedAt', (extract(epoch from ${sql.ref(`${of}.accepted_at`)}) * 1000)::bigint
  ) || ${sql.ref(`${of}.terms`)}::jsonb`

interface SubscriptionFigures {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly not_listed: number
}

const writeSubscriptions = (db: Kysely<Tables>, { instanceId, environment }: Owner, cause: Cause) =>
  sql<SubscriptionFigures>`
    with wanted as materialized (
      select book_line.id, book_line.known, account.id as account_id, book_line.tenant_id,
        book_line.reference, book_line.microsoft_id, book_line.name, book_line.terms,
        case when book_line.keeps_parent then coalesce(listed.id, parent.id) else was.parent_id
          end as parent_id,
        case when book_line.keeps_parent then book_line.parent_reference is not null
          else coalesce(was.is_addon, false) end as is_addon,
        book_line.keeps_parent or coalesce(was.keeps_parent, false) as keeps_parent,
        book_line.unit_price, book_line.currency,
        to_timestamp(book_line.accepted_at / 1000.0) as accepted_at
      from book_line
      join account on account.code = book_line.account_code
      left join book_line listed on listed.reference = book_line.parent_reference
      left join subscription parent on parent.instance_id = ${instanceId}
        and parent.environment = ${environment} and parent.reference = book_line.parent_reference
      left join subscription was on was.id = book_line.id
    ), different as materialized (
      select * from (
        select wanted.*, ${facts("wanted")} as after,
          case when wanted.known then ${facts("held")} end as before
        from wanted left join subscription held on held.id = wanted.id
      ) compared
      where not known or before <> after
    ), added as (
      insert into subscription (id, instance_id, account_id, tenant_id, reference, parent_id,
        microsoft_id, name, is_addon, keeps_parent, terms, unit_price, currency, accepted_at,
        environment)
      select id, ${instanceId}::uuid, account_id, tenant_id, reference, parent_id, microsoft_id,
        name, is_addon, keeps_parent, terms, unit_price, currency, accepted_at, ${environment}
      from different where not known
    ), changed as (
      update subscription set version = version + 1, account_id = different.account_id,
        tenant_id = different.tenant_id, parent_id = different.parent_id,
        microsoft_id = different.microsoft_id, name = different.name,
        is_addon = different.is_addon, keeps_parent = different.keeps_parent, terms = different.terms, unit_price = different.unit_price,
        currency = different.currency, accepted_at = different.accepted_at
      from different where different.known and subscription.id = different.id
    ), logged as (
      insert into history (at, actor, cause, correlation_id, side, instance_id, account_id,
        tenant_id, subscription_id, microsoft_id, field, before, after)
      select clock_timestamp(), ${cause.actor}, 'book import', ${cause.correlationId}, 'desired',
        ${instanceId}::uuid, account_id, tenant_id, id, microsoft_id, field, before, after
      from (
        select id, account_id, tenant_id, microsoft_id, null as field, null::json as before,
          after::json as after
        from different where not known
        union all
        select id, account_id, tenant_id, microsoft_id, field.key, field.before::json,
          field.after::json
        from different, lateral (
          select key, old.value as before, new.value as after
          from jsonb_each(different.before) old full join jsonb_each(different.after) new using (key)
          where old.value is distinct from new.value
        ) field
        where different.known
      ) entry
    ), figures as (
      select (select count(*) from different where not known) as added,
        (select count(*) from different where known) as changed,
        (select count(*) from book_line) as listed,
        (select count(*) from book_line where known) as known,
        (select count(*) from subscription
          where instance_id = ${instanceId} and environment = ${environment}) as held
    )
    select added, changed, listed - added - changed as unchanged, held - known as not_listed
    from figures`.execute(db)

/** The book in Postgres. */
export const bookLayer = Layer.effect(
  Book,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    /** The environment that is live; it stays so until the transaction ends. */
    const liveEnvironment = Effect.fnUntraced(function* (instanceId: InstanceId) {
      const row = yield* run("Book.environment", (db) =>
        db
          .selectFrom("instance")
          .select("environment")
          .where("id", "=", instanceId)
          .forKeyShare()
          .executeTakeFirstOrThrow()
      )
      return row.environment
    })

    const write = Effect.fnUntraced(function* (
      owner: Owner,
      lines: ReadonlyArray<BookLine>,
      cause: Cause
    ): Effect.fn.Return<BookChanges, BookRefused> {
      yield* run("Book.load", (db) => loadLines(db, owner, lines))
      const problems = yield* run("Book.contradictions", (db) => contradictions(db, owner))
      if (problems.rows.length > 0) return yield* new BookRefused({ problems: problems.rows })
      yield* run("Book.organisation", ensureOrganisation)
      const resellers = yield* run("Book.resellers", (db) => writeAccounts(db, "reseller", cause))
      const customers = yield* run("Book.customers", (db) => writeAccounts(db, "customer", cause))
      if (customers.rows.some(({ moved }) => moved > 0))
        yield* run("Book.branches", straightenBranches)
      const links = yield* run("Book.tenants", (db) => linkTenants(db, owner, cause))
      const { rows } = yield* run("Book.subscriptions", (db) =>
        writeSubscriptions(db, owner, cause)
      )
      const figures = rows[0]
      const accounts = [...resellers.rows, ...customers.rows]
      return {
        environment: owner.environment,
        accountsAdded: accounts.reduce((sum, { added }) => sum + added, 0),
        accountsChanged: accounts.reduce((sum, { changed }) => sum + changed, 0),
        tenantsLinked: links.rows[0]?.linked ?? 0,
        subscriptionsAdded: figures?.added ?? 0,
        subscriptionsChanged: figures?.changed ?? 0,
        subscriptionsUnchanged: figures?.unchanged ?? 0,
        subscriptionsNotListed: figures?.not_listed ?? 0
      }
    })

    const apply = Effect.fn("Book.apply")(function* (
      ...[instanceId, lines, { dryRun, actor, correlationId }]: Parameters<Book["Service"]["apply"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          // One import at a time: accounts belong to all instances.
          yield* run("Book.lock", lockTree)
          const environment = yield* liveEnvironment(instanceId)
          yield* run("Book.savepoint", (db) => sql`savepoint book`.execute(db))
          const undo = run("Book.undo", (db) => sql`rollback to savepoint book`.execute(db))
          const changes = yield* write({ instanceId, environment }, lines, {
            actor,
            correlationId
          }).pipe(Effect.tapError(() => undo))
          if (dryRun) yield* undo
          else if (changes.subscriptionsAdded + changes.subscriptionsChanged >= analyzeFrom)
            yield* run("Book.analyze", (db) =>
              sql`analyze account, account_tenant, subscription`.execute(db)
            )
          return changes
        })
      )
    })

    return Book.of({ apply })
  })
)
