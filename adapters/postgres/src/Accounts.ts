import {
  type Account,
  AccountId,
  type AccountTenant,
  type Contact
} from "@concordat/core/account/Account"
import {
  accountFields,
  accountRefusal,
  changed,
  recorded
} from "@concordat/core/account/AccountChange"
import { mergedContacts, mergedFields, mergeRefusals } from "@concordat/core/account/AccountMerge"
import {
  type AccountCause,
  AccountCodeTaken,
  AccountInUse,
  AccountNotFound,
  AccountRefused,
  Accounts,
  type PathStep
} from "@concordat/core/account/Accounts"
import { moveRefusal, placementRefusal } from "@concordat/core/account/AccountTree"
import { StaleVersion } from "@concordat/core/instance/Instances"
import { BigDecimal, Effect, Layer, Schema } from "effect"
import { type RawBuilder, type Selectable, sql } from "kysely"
import { mergeFacts, moveBranches, moveToTarget } from "./accountMerge.ts"
import { holdTree, lockCode, lockTree } from "./accountTree.ts"
import { ensureOrganisation } from "./Book.ts"
import { keyset } from "./Keyset.ts"
import { likePart, statements } from "./Statements.ts"
import type { AccountTable } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: Schema.String, id: AccountId }))

type Branch = AccountId | null
type Port = Accounts["Service"]

interface AccountRow extends Omit<Selectable<AccountTable>, "search"> {
  readonly sort_name: string
  readonly tenants: ReadonlyArray<AccountTenant>
}

const inBranch = (branch: Branch) =>
  branch === null ? sql<boolean>`true` : sql<boolean>`ancestors @> array[${branch}]::uuid[]`

/** Who is billed is told to those who see that account too. */
const billTo = (branch: Branch) =>
  branch === null
    ? sql.ref("bill_to_id")
    : sql`case when ${branch}::uuid = any (ancestors)
        and array_position(ancestors, bill_to_id) >= array_position(ancestors, ${branch}::uuid)
        then bill_to_id end`

const columns = (branch: Branch) => sql`
  id, parent_id, ancestors, kind, name, code, mpn_id, version, edition, email, phone, address, language, currency,
  ${billTo(branch)} as bill_to_id, manager_email, ordering_enabled, reselling_enabled, credit_unlimited,
  credit_amount, tax_id, custom_fields, active, lower(name) as sort_name,
  (select coalesce(json_agg(json_build_object('instanceId', t.instance_id,
    'tenantId', t.tenant_id, 'domain', t.domain) order by t.instance_id, t.tenant_id), '[]')
    from account_tenant t where t.account_id = account.id) as tenants`

const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  parentId: row.parent_id,
  kind: row.kind,
  name: row.name,
  code: row.code,
  edition: row.edition,
  mpnId: row.mpn_id,
  email: row.email,
  phone: row.phone,
  address: row.address,
  language: row.language,
  currency: row.currency,
  billToId: row.bill_to_id,
  managerEmail: row.manager_email,
  orderingEnabled: row.ordering_enabled,
  resellingEnabled: row.reselling_enabled,
  creditLimit: row.credit_unlimited
    ? { kind: "unlimited" }
    : { kind: "limited", amount: BigDecimal.fromStringUnsafe(row.credit_amount) },
  taxId: row.tax_id,
  customFields: row.custom_fields,
  active: row.active,
  tenants: row.tenants,
  version: row.version
})

const fieldColumns = (account: Omit<Account, "parentId" | "tenants" | "version">) => ({
  name: account.name,
  code: account.code,
  mpn_id: account.mpnId,
  email: account.email,
  phone: account.phone,
  address: account.address === null ? null : JSON.stringify(account.address),
  language: account.language,
  currency: account.currency,
  bill_to_id: account.billToId,
  manager_email: account.managerEmail,
  ordering_enabled: account.orderingEnabled,
  reselling_enabled: account.resellingEnabled,
  credit_unlimited: account.creditLimit.kind === "unlimited",
  credit_amount:
    account.creditLimit.kind === "unlimited" ? "0" : BigDecimal.format(account.creditLimit.amount),
  tax_id: account.taxId,
  custom_fields: JSON.stringify(account.customFields)
})

/** A line of the history: a field with its values, or with no field the account as a whole. */
interface Entry {
  readonly field: string | null
  readonly before: unknown
  readonly after: unknown
}

const differences = (before: Account, after: Account): ReadonlyArray<Entry> =>
  accountFields
    .map((field) => ({ field, before: recorded(before, field), after: recorded(after, field) }))
    .filter((entry) => JSON.stringify(entry.before) !== JSON.stringify(entry.after))

/** The index knows texts by three characters: fewer are looked for at the beginning of words. */
const partOf = (q: string): string => (q.length < 3 ? likePart(` ${q}`) : likePart(q))

/**
 * So many matches are sorted rather than met on a walk through all names. Of 200,000 accounts a walk that looks for a
 * page of 50 among more passes some 3,400 names at most on average: as many as are sorted.
 */
const rareMax = 3_000

/**
 * The first matches by name. Few matches are taken from the index of texts and sorted; many are met soon on a walk
 * through the names. The planner would guess which, and a wrong guess walks through every name.
 */
const rareOrFirst = (where: RawBuilder<unknown>, first: RawBuilder<unknown>, limit: number) => sql`
  with rare as materialized (
    select id, lower(name) as sort_name from account where ${where} limit ${rareMax + 1}
  )
  (select id from rare where (select count(*) from rare) <= ${rareMax}
    order by sort_name, id limit ${limit})
  union all
  select id from (${first}) common where (select count(*) from rare) > ${rareMax}`

/** Only what is in the branch is told. */
const pathWithin = (path: ReadonlyArray<PathStep>, branch: Branch): ReadonlyArray<PathStep> =>
  branch === null ? path : path.slice(path.findIndex(({ id }) => id === branch))

/** The account tree in Postgres. */
export const accountsLayer = Layer.effect(
  Accounts,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const search = Effect.fn("Accounts.search")(function* (
      ...[q, branch, page, filter = {}]: Parameters<Port["search"]>
    ) {
      const after = yield* byName.after(page)
      const { parentId, kind, active } = filter
      const conditions = [
        inBranch(branch),
        ...(parentId === undefined ? [] : [sql`parent_id = ${parentId}`]),
        ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
        ...(active === undefined ? [] : [sql`active = ${active}`]),
        ...(after === undefined
          ? []
          : [sql`(lower(name), id) > (${after.name}, ${after.id}::uuid)`]),
        ...(q === undefined || q === "" ? [] : [sql`search like lower(${partOf(q)}::text)`])
      ]
      const where = sql.join(conditions, sql` and `)
      const limit = page.limit + 1
      const first = sql`
        select id from account where ${where} order by lower(name), id limit ${limit}`
      const wanted = q === undefined || q === "" ? first : rareOrFirst(where, first, limit)
      const { rows } = yield* run("Accounts.search", (db) =>
        sql<AccountRow>`
          select ${columns(branch)} from account where id in (${wanted}) order by lower(name), id`.execute(
          db
        )
      )
      return byName.page(rows, page, ({ sort_name, id }) => ({ name: sort_name, id }), accountOf)
    })

    const rowOf = Effect.fnUntraced(function* (
      id: AccountId,
      branch: Branch,
      lock: "update" | "share" | undefined = undefined
    ) {
      const { rows } = yield* run("Accounts.get", (db) =>
        sql<AccountRow>`
          select ${columns(lock === undefined ? branch : null)} from account
          where id = ${id} and ${inBranch(branch)}
          ${lock === undefined ? sql`` : lock === "update" ? sql`for update` : sql`for share`}`.execute(
          db
        )
      )
      const [row] = rows
      return row ?? (yield* new AccountNotFound({ id }))
    })

    const get = Effect.fn("Accounts.get")(function* (...[id, branch]: Parameters<Port["get"]>) {
      return accountOf(yield* rowOf(id, branch))
    })

    const log = (
      id: AccountId,
      what: string,
      entries: ReadonlyArray<Entry>,
      { actor, correlationId }: AccountCause
    ) =>
      run("Accounts.log", (db) =>
        sql`
          insert into history (at, actor, cause, correlation_id, side, account_id, field, before, after)
          select clock_timestamp(), ${actor}, ${what}, ${correlationId}, 'desired', ${id}::uuid, field, before, after
          from json_to_recordset(${JSON.stringify(entries)}::json) entry (field text, before json, after json)`.execute(
          db
        )
      )

    const refuseTaken = Effect.fnUntraced(function* (code: string, except: AccountId) {
      yield* run("Accounts.lockCode", (db) => lockCode(db, code))
      const { rows } = yield* run("Accounts.taken", (db) =>
        sql`select from account where code = ${code} and id <> ${except}`.execute(db)
      )
      if (rows.length > 0) return yield* new AccountCodeTaken({ code })
    })

    /** `visible` are the accounts above it that the caller sees: nobody bills those whom it cannot know. */
    const refuseUnfit = Effect.fnUntraced(function* (
      account: Account,
      before: Account | undefined,
      ancestors: ReadonlyArray<AccountId>,
      branch: Branch
    ) {
      const isNewBill = account.billToId !== (before?.billToId ?? null)
      const seen =
        branch === null || !isNewBill ? ancestors : ancestors.slice(ancestors.indexOf(branch))
      const refusal = accountRefusal(account, before, seen)
      if (refusal !== undefined) return yield* new AccountRefused(refusal)
    })

    /** What the book's importer makes too: the root, where there is none yet. */
    const rootOf = Effect.fnUntraced(function* () {
      yield* run("Accounts.lockRoot", lockTree)
      yield* run("Accounts.ensureRoot", ensureOrganisation)
      const { rows } = yield* run("Accounts.root", (db) =>
        sql<{ id: AccountId }>`select id from account where parent_id is null`.execute(db)
      )
      const [root] = rows
      return root === undefined ? yield* Effect.die(new Error("there is no root")) : root.id
    })

    const add = Effect.fn("Accounts.add")(function* (
      ...[given, branch, cause]: Parameters<Port["add"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const parentId = given.parentId ?? (yield* rootOf())
          yield* run("Accounts.hold", holdTree)
          const parent = yield* rowOf(parentId, branch, "share")
          const misplaced = placementRefusal(given.kind, parent)
          if (misplaced !== undefined)
            return yield* new AccountRefused({ field: "parentId", reason: misplaced })
          const account: Account = { ...given, parentId, active: true, tenants: [], version: 1 }
          yield* refuseUnfit(account, undefined, parent.ancestors, branch)
          yield* refuseTaken(account.code, account.id)
          yield* run("Accounts.add", (db) =>
            db
              .insertInto("account")
              .values({
                id: account.id,
                parent_id: parentId,
                ancestors: [...parent.ancestors, account.id],
                kind: account.kind,
                edition: account.edition,
                ...fieldColumns(account)
              })
              .execute()
          )
          const after = {
            kind: account.kind,
            parent: parentId,
            edition: account.edition,
            ...Object.fromEntries(accountFields.map((field) => [field, recorded(account, field)]))
          }
          yield* log(account.id, "account creation", [{ field: null, before: null, after }], cause)
          return yield* get(account.id, branch)
        })
      )
    })

    const update = Effect.fn("Accounts.update")(function* (
      ...[id, branch, expected, change, cause]: Parameters<Port["update"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("Accounts.hold", holdTree)
          const row = yield* rowOf(id, branch, "update")
          if (row.version !== expected)
            return yield* new StaleVersion({ expected, actual: row.version })
          const before = accountOf(row)
          const after = changed(before, change)
          const entries = differences(before, after)
          if (entries.length === 0) return yield* get(id, branch)
          yield* refuseUnfit(after, before, row.ancestors.slice(0, -1), branch)
          if (after.code !== before.code) yield* refuseTaken(after.code, id)
          yield* run("Accounts.update", (db) =>
            db
              .updateTable("account")
              .set({ ...fieldColumns(after), version: expected + 1 })
              .where("id", "=", id)
              .execute()
          )
          yield* log(id, "account change", entries, cause)
          return yield* get(id, branch)
        })
      )
    })

    /** The accounts of a path by their names, from the root on, and the reseller among them. */
    const pathOf = Effect.fnUntraced(function* (path: ReadonlyArray<AccountId>, branch: Branch) {
      const { rows } = yield* run("Accounts.path", (db) =>
        sql<PathStep & { readonly kind: Account["kind"] }>`
          select id, name, kind from account where id = any (${path}::uuid[])
          order by array_position(${path}::uuid[], id)`.execute(db)
      )
      const step = ({ id, name }: PathStep): PathStep => ({ id, name })
      const reseller = rows.find(({ kind }) => kind === "reseller")
      return {
        path: pathWithin(rows.map(step), branch),
        reseller: reseller === undefined ? null : step(reseller)
      }
    })

    const move = Effect.fn("Accounts.move")(function* (
      ...[id, parentId, branch, dryRun, cause]: Parameters<Port["move"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("Accounts.lock", lockTree)
          const row = yield* rowOf(id, branch, "update")
          const parent = yield* rowOf(parentId, branch)
          const refusal = moveRefusal(accountOf(row), parent)
          if (refusal !== undefined)
            return yield* new AccountRefused({ field: "parentId", reason: refusal })
          const { rows } = yield* run("Accounts.moved", (db) =>
            sql<{ accounts: number; subscriptions: number; billed: string | null }>`
              with branch as (select * from account where ancestors @> array[${id}]::uuid[])
              select (select count(*) from branch) as accounts,
                (select count(*) from subscription where account_id in (select id from branch)) as subscriptions,
                (select name from branch where bill_to_id is not null
                  and bill_to_id <> all (${parent.ancestors}::uuid[])
                  and coalesce(array_position(ancestors, bill_to_id), 0) < array_position(ancestors, ${id}::uuid)
                  order by lower(name), id limit 1) as billed`.execute(db)
          )
          const { accounts = 0, subscriptions = 0, billed = null } = rows[0] ?? {}
          if (billed !== null)
            return yield* new AccountRefused({
              field: "billToId",
              reason: `who is billed for "${billed}" would not lie above it any more: change that first`
            })
          const [from, to] = [
            yield* pathOf(row.ancestors.slice(0, -1), branch),
            yield* pathOf(parent.ancestors, branch)
          ]
          if (!dryRun && row.parent_id !== parentId) {
            yield* run("Accounts.move", (db) =>
              sql`
                update account set
                  ancestors = ${parent.ancestors}::uuid[] || ancestors[array_position(ancestors, ${id}::uuid):],
                  parent_id = case when id = ${id} then ${parentId}::uuid else parent_id end,
                  version = version + (id = ${id})::int
                where ancestors @> array[${id}]::uuid[]`.execute(db)
            )
            const entry = { field: "parent", before: row.parent_id, after: parentId }
            yield* log(id, "account move", [entry], cause)
          }
          return {
            account: yield* get(id, branch),
            from: from.path,
            to: to.path,
            accounts,
            subscriptions,
            resellerBefore: from.reseller,
            resellerAfter: to.reseller
          }
        })
      )
    })

    const merge = Effect.fn("Accounts.merge")(function* (
      ...[id, into, branch, dryRun, cause]: Parameters<Port["merge"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("Accounts.lock", lockTree)
          const [row, kept] = [
            yield* rowOf(id, branch, "update"),
            yield* rowOf(into, branch, "update")
          ]
          const [source, target] = [accountOf(row), accountOf(kept)]
          const facts = yield* run("Accounts.mergeFacts", (db) => mergeFacts(db, id, into))
          const [theirs, ours] = [yield* contactsOf(id), yield* contactsOf(into)]
          const refusals = mergeRefusals({
            source: {
              account: source,
              ancestors: row.ancestors,
              organisationId: facts.sourceOrganisation,
              contacts: theirs
            },
            target: {
              account: target,
              ancestors: kept.ancestors,
              organisationId: facts.targetOrganisation,
              contacts: ours
            },
            instances: new Map(facts.instances.map(({ id, name }) => [id, name])),
            underWay: facts.underWay,
            billedElsewhere: facts.billedElsewhere
          })
          const [first] = refusals
          if (!dryRun && first !== undefined)
            return yield* new AccountRefused({
              field: first.field,
              reason: refusals.map(({ reason }) => reason).join("; ")
            })
          const fields = mergedFields(source, target)
          const contacts = mergedContacts(theirs, ours)
          const [from, to] = [
            yield* pathOf(row.ancestors, branch),
            yield* pathOf(kept.ancestors, branch)
          ]
          if (!dryRun) {
            yield* run("Accounts.merge", (db) => moveToTarget(db, id, into, cause))
            const moved = yield* run("Accounts.merge", (db) => moveBranches(db, id, into))
            yield* writeContacts(id, [])
            yield* writeContacts(into, contacts.contacts)
            yield* run("Accounts.merge", async (db) => {
              await db
                .updateTable("account")
                .set({ active: false, version: row.version + 1 })
                .where("id", "=", id)
                .execute()
              await db
                .updateTable("account")
                .set({ ...fieldColumns(fields.account), version: kept.version + 1 })
                .where("id", "=", into)
                .execute()
            })
            const what = "account merge"
            yield* log(
              id,
              what,
              [
                { field: "mergedInto", before: null, after: into },
                ...(row.active ? [{ field: "active", before: true, after: false }] : []),
                ...(theirs.length > 0 ? [{ field: "contacts", before: theirs, after: [] }] : [])
              ],
              cause
            )
            yield* log(
              into,
              what,
              [
                { field: "mergedFrom", before: null, after: id },
                ...differences(target, fields.account),
                ...(theirs.length > 0
                  ? [{ field: "contacts", before: ours, after: contacts.contacts }]
                  : []),
                // Who sees the account since then, and did not before.
                ...Object.entries(moved)
                  .filter(([, names]) => names.length > 0)
                  .map(([field, after]) => ({ field, before: [], after }))
              ],
              cause
            )
          }
          return {
            source: yield* get(id, branch),
            target: yield* get(into, branch),
            refusals,
            tenants: source.tenants.length,
            subscriptions: facts.subscriptions,
            contacts: theirs.length,
            contactsJoined: contacts.joined,
            accounts: facts.accounts,
            agreements: facts.agreements,
            filled: fields.filled,
            conflicts: fields.conflicts,
            operators: facts.operators,
            keys: facts.keys,
            priceListsLeft: facts.priceLists,
            resellerBefore: from.reseller,
            resellerAfter: to.reseller
          }
        })
      )
    })

    const setActive = Effect.fn("Accounts.setActive")(function* (
      ...[id, branch, active, cause]: Parameters<Port["setActive"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          yield* run("Accounts.lock", lockTree)
          const row = yield* rowOf(id, branch, "update")
          if (row.active === active) return yield* get(id, branch)
          if (row.parent_id === null)
            return yield* new AccountRefused({ field: "active", reason: "the root stays active" })
          if (active) {
            const parent = yield* Effect.orDie(rowOf(row.parent_id, null))
            const refusal = placementRefusal(row.kind, parent)
            if (refusal !== undefined)
              return yield* new AccountRefused({ field: "active", reason: refusal })
          } else yield* refuseInUse(id)
          yield* run("Accounts.setActive", (db) =>
            db
              .updateTable("account")
              .set({ active, version: row.version + 1 })
              .where("id", "=", id)
              .execute()
          )
          const what = active ? "account activation" : "account deactivation"
          yield* log(id, what, [{ field: "active", before: !active, after: active }], cause)
          return yield* get(id, branch)
        })
      )
    })

    /** A subscription whose status the book does not keep counts as active. */
    const refuseInUse = Effect.fnUntraced(function* (id: AccountId) {
      const { rows } = yield* run("Accounts.remains", (db) =>
        sql<{ subscriptions: number; accounts: number }>`
          select (select count(*) from subscription held join account owner on owner.id = held.account_id
              where owner.ancestors @> array[${id}]::uuid[]
                and coalesce(held.terms ->> 'status', 'active') not in ('expired', 'deleted')) as subscriptions,
            (select count(*) from account
              where ancestors @> array[${id}]::uuid[] and id <> ${id} and active) as accounts`.execute(
          db
        )
      )
      const { subscriptions = 0, accounts = 0 } = rows[0] ?? {}
      if (subscriptions + accounts > 0)
        return yield* new AccountInUse({ id, subscriptions, accounts })
    })

    const setEdition = Effect.fn("Accounts.setEdition")(function* (
      ...[id, branch, edition, dryRun, cause]: Parameters<Port["setEdition"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* rowOf(id, branch, "update")
          const before = row.edition
          if (before === null)
            return yield* new AccountRefused({
              field: "edition",
              reason: `only a reseller has an edition, and this is ${row.kind}`
            })
          if (!dryRun && before !== edition) {
            yield* run("Accounts.setEdition", (db) =>
              db
                .updateTable("account")
                .set({ edition, version: row.version + 1 })
                .where("id", "=", id)
                .execute()
            )
            yield* log(id, "edition change", [{ field: "edition", before, after: edition }], cause)
          }
          return { account: yield* get(id, branch), before }
        })
      )
    })

    const contactsOf = (id: AccountId): Effect.Effect<ReadonlyArray<Contact>> =>
      run("Accounts.contacts", (db) =>
        db
          .selectFrom("account_contact")
          .select(["name", "email", "phone", "roles"])
          .where("account_id", "=", id)
          .orderBy("position")
          .execute()
      )

    const writeContacts = (id: AccountId, given: ReadonlyArray<Contact>) =>
      run("Accounts.writeContacts", async (db) => {
        await db.deleteFrom("account_contact").where("account_id", "=", id).execute()
        if (given.length > 0)
          await db
            .insertInto("account_contact")
            .values(given.map((contact, position) => ({ account_id: id, position, ...contact })))
            .execute()
      })

    const contacts = Effect.fn("Accounts.contacts")(function* (
      ...[id, branch]: Parameters<Port["contacts"]>
    ) {
      // One transaction: the version that is told is that of these contacts, or an older one, which is refused.
      const account = yield* get(id, branch)
      return { account, contacts: yield* contactsOf(id) }
    })

    const putContacts = Effect.fn("Accounts.putContacts")(function* (
      ...[id, branch, expected, given, cause]: Parameters<Port["putContacts"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* rowOf(id, branch, "update")
          if (row.version !== expected)
            return yield* new StaleVersion({ expected, actual: row.version })
          const before = yield* contactsOf(id)
          if (JSON.stringify(before) === JSON.stringify(given)) return yield* get(id, branch)
          yield* writeContacts(id, given)
          yield* run("Accounts.putContacts", (db) =>
            db
              .updateTable("account")
              .set({ version: expected + 1 })
              .where("id", "=", id)
              .execute()
          )
          yield* log(id, "account contacts", [{ field: "contacts", before, after: given }], cause)
          return yield* get(id, branch)
        })
      )
    })

    return Accounts.of({
      search,
      get,
      add,
      update,
      move,
      merge,
      setActive,
      setEdition,
      contacts,
      putContacts
    })
  })
)
