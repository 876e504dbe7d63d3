import type { AccountId } from "@concordat/core/account/Account"
import { type Acceptance, AcceptanceId } from "@concordat/core/agreement/Acceptance"
import {
  type AcceptanceFilter,
  AcceptanceNotFailed,
  AcceptanceNotFound,
  AgreementConfirmed,
  Agreements
} from "@concordat/core/agreement/Agreements"
import type { InstanceId, InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { Clock, Effect, Layer, Option, Stream } from "effect"
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely"
import { newestFirst } from "./Keyset.ts"
import { liveKeys } from "./lostJobs.ts"
import type { Boss } from "./queue/Boss.ts"
import { sendAcceptanceQueue } from "./queues.ts"
import { likePart, statements } from "./Statements.ts"
import type { AgreementAcceptanceTable, AgreementSendingTable, Tables } from "./Tables.ts"

const byAge = newestFirst("acceptance", "confirmed_at", AcceptanceId)

type Branch = AccountId | null
type Port = Agreements["Service"]

interface AcceptanceRow
  extends Omit<Selectable<AgreementAcceptanceTable>, "search" | "instance_id" | "type">,
    Omit<Selectable<AgreementSendingTable>, "acceptance_id" | "next_at"> {
  readonly instance: InstanceName
}

/** Whoever confirmed as a user of the BSS is told to those who see everything. */
const acceptanceOf =
  (branch: Branch) =>
  (row: AcceptanceRow): Acceptance => {
    const isTold = branch === null || row.role !== "bss-user"
    return {
      id: row.id,
      accountId: row.account_id,
      accountName: row.account_name,
      instanceId: row.instance_id,
      instance: row.instance,
      environment: row.environment,
      type: row.type,
      templateId: row.template_id,
      versionRank: row.version_rank,
      link: row.link,
      contact: {
        firstName: row.first_name,
        lastName: row.last_name,
        email: row.email,
        phone: row.phone
      },
      agreedAt: row.agreed_at,
      confirmedAt: row.confirmed_at,
      confirmedBy: isTold ? row.confirmed_by : null,
      role: row.role,
      userName: isTold ? row.user_name : null,
      orderCode: row.order_code,
      ipAddress: isTold ? row.ip_address : null,
      userAgent: isTold ? row.user_agent : null,
      correlationId: row.correlation_id,
      status: row.status,
      tenantId: row.tenant_id,
      problem: row.problem,
      settledAt: row.settled_at
    }
  }

/** The account is the one that is told about, which after a merge is the one that stayed. */
const read = async (
  db: Kysely<Tables>,
  where: RawBuilder<unknown>,
  limit: number
): Promise<ReadonlyArray<AcceptanceRow>> => {
  const { rows } = await sql<AcceptanceRow>`
    select acceptance.*, sending.account_id, sending.status, sending.tenant_id, sending.request_id,
      sending.problem, sending.settled_at, instance.name as instance
    from agreement_acceptance acceptance
    join agreement_sending sending on sending.acceptance_id = acceptance.id
    join account on account.id = sending.account_id
    join instance on instance.id = acceptance.instance_id
    where ${where}
    order by acceptance.confirmed_at desc, acceptance.id desc limit ${limit}`.execute(db)
  return rows
}

const inBranch = (branch: Branch) =>
  branch === null ? sql`true` : sql`account.ancestors @> array[${branch}]::uuid[]`

const filtered = ({ account, from, instanceId, q, status, to }: AcceptanceFilter) =>
  sql.join(
    [
      sql`true`,
      ...(account === undefined ? [] : [sql`account.ancestors @> array[${account}]::uuid[]`]),
      ...(instanceId === undefined ? [] : [sql`acceptance.instance_id = ${instanceId}`]),
      ...(status === undefined ? [] : [sql`sending.status = ${status}`]),
      ...(from === undefined ? [] : [sql`acceptance.confirmed_at >= ${new Date(from)}`]),
      ...(to === undefined ? [] : [sql`acceptance.confirmed_at < ${new Date(to)}`]),
      ...(q === undefined || q === ""
        ? []
        : [sql`acceptance.search like lower(${likePart(q)}::text)`])
    ],
    sql` and `
  )

/** Rows that an export reads at once, and acceptances that one look sends on. */
const rowsAtOnce = 500

/** The acceptances in Postgres; each is written together with the job that tells Microsoft. */
export const agreementsLayer = Layer.effect(
  Agreements,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const boss = yield* Effect.context<Boss>()
    const send = (
      those: ReadonlyArray<{
        readonly instanceId: InstanceId
        readonly acceptanceId: AcceptanceId
      }>
    ) => sendAcceptanceQueue.send(those).pipe(Effect.orDie, Effect.provideContext(boss))

    const keepTemplates = Effect.fn("Agreements.keepTemplates")(function* (
      ...[{ id, environment }, templates]: Parameters<Port["keepTemplates"]>
    ) {
      if (templates.length === 0) return
      const readAt = yield* now
      yield* atomically(
        run("Agreements.keepTemplates", async (db) => {
          await sql`
            delete from agreement_template where instance_id = ${id} and environment = ${environment}
              and type = any (${templates.map(({ type }) => type)}::text[])
              and template_id <> all (${templates.map(({ templateId }) => templateId)}::text[])`.execute(
            db
          )
          await sql`
            insert into agreement_template (instance_id, environment, template_id, type, version_rank, link, read_at)
            select ${id}, ${environment}, "templateId", type, "versionRank", link, ${readAt}
            from json_to_recordset(${JSON.stringify(templates)}::json)
              template ("templateId" text, type text, "versionRank" int, link text)
            on conflict (instance_id, environment, template_id) do update
              set type = excluded.type, version_rank = excluded.version_rank, link = excluded.link,
                read_at = excluded.read_at`.execute(db)
        })
      )
    })

    const template = Effect.fn("Agreements.template")(function* (
      ...[{ id, environment }, templateId]: Parameters<Port["template"]>
    ) {
      const row = yield* run("Agreements.template", (db) =>
        db
          .selectFrom("agreement_template as shown")
          .selectAll()
          .where("instance_id", "=", id)
          .where("environment", "=", environment)
          .where("template_id", "=", templateId)
          .where(({ exists, not, selectFrom }) =>
            not(
              exists(
                selectFrom("agreement_template as newer")
                  .select("newer.template_id")
                  .whereRef("newer.instance_id", "=", "shown.instance_id")
                  .whereRef("newer.environment", "=", "shown.environment")
                  .whereRef("newer.type", "=", "shown.type")
                  .whereRef("newer.version_rank", ">", "shown.version_rank")
              )
            )
          )
          .executeTakeFirst()
      )
      return row === undefined
        ? null
        : {
            templateId: row.template_id,
            type: row.type,
            link: row.link,
            versionRank: row.version_rank
          }
    })

    const tenantOf = (accountId: AccountId, at: Parameters<Port["standing"]>[1]) =>
      run("Agreements.tenant", (db) =>
        db
          .selectFrom("account_tenant")
          .select("tenant_id")
          .where("account_id", "=", accountId)
          .where("instance_id", "=", at.id)
          .where("environment", "=", at.environment)
          .orderBy("tenant_id")
          .executeTakeFirst()
      ).pipe(Effect.map((row): TenantId | null => row?.tenant_id ?? null))

    const newest = (
      accountId: AccountId,
      at: Parameters<Port["standing"]>[1],
      type: string,
      also: RawBuilder<unknown> = sql`true`
    ) =>
      run("Agreements.newest", (db) =>
        read(
          db,
          sql`sending.account_id = ${accountId} and sending.instance_id = ${at.id}
            and sending.environment = ${at.environment} and sending.type = ${type} and ${also}`,
          1
        )
      ).pipe(Effect.map(([row]) => (row === undefined ? null : acceptanceOf(null)(row))))

    const standing = Effect.fn("Agreements.standing")(function* (
      ...[accountId, at, type]: Parameters<Port["standing"]>
    ) {
      return {
        tenantId: yield* tenantOf(accountId, at),
        acceptance: yield* newest(accountId, at, type)
      }
    })

    const one = Effect.fnUntraced(function* (id: AcceptanceId, branch: Branch) {
      const [row] = yield* run("Agreements.get", (db) =>
        read(db, sql`acceptance.id = ${id} and ${inBranch(branch)}`, 1)
      )
      return row ?? (yield* new AcceptanceNotFound({ id }))
    })

    const get = Effect.fn("Agreements.get")(function* (...[id, branch]: Parameters<Port["get"]>) {
      return acceptanceOf(branch)(yield* one(id, branch))
    })

    /** One confirmation, merge or retry of an account at a time. */
    const lockAccount = (id: AccountId) =>
      run("Agreements.lock", (db) =>
        sql`select from account where id = ${id} for update`.execute(db)
      )

    const confirm = Effect.fn("Agreements.confirm")(function* (
      ...[given]: Parameters<Port["confirm"]>
    ) {
      const at = { id: given.instanceId, environment: given.environment }
      return yield* atomically(
        Effect.gen(function* () {
          yield* lockAccount(given.accountId)
          const tenantId = yield* tenantOf(given.accountId, at)
          const before = yield* newest(
            given.accountId,
            at,
            given.type,
            sql`(sending.status in ('waiting', 'pending')
              or sending.status in ('sent', 'already') and sending.tenant_id = ${tenantId}::uuid)`
          )
          if (before !== null)
            return yield* new AgreementConfirmed({ id: before.id, status: before.status })
          const nextAt = yield* now
          yield* run("Agreements.confirm", async (db) => {
            await db
              .insertInto("agreement_acceptance")
              .values({
                id: given.id,
                account_id: given.accountId,
                account_name: given.accountName,
                instance_id: given.instanceId,
                environment: given.environment,
                type: given.type,
                template_id: given.templateId,
                version_rank: given.versionRank,
                link: given.link,
                first_name: given.contact.firstName,
                last_name: given.contact.lastName,
                email: given.contact.email,
                phone: given.contact.phone,
                agreed_at: new Date(given.agreedAt),
                confirmed_at: new Date(given.confirmedAt),
                confirmed_by: given.confirmedBy,
                role: given.role,
                user_name: given.userName,
                order_code: given.orderCode,
                ip_address: given.ipAddress,
                user_agent: given.userAgent,
                correlation_id: given.correlationId
              })
              .execute()
            await db
              .insertInto("agreement_sending")
              .values({
                acceptance_id: given.id,
                account_id: given.accountId,
                instance_id: given.instanceId,
                environment: given.environment,
                type: given.type,
                status: tenantId === null ? "waiting" : "pending",
                tenant_id: tenantId,
                request_id: given.requestId,
                problem: null,
                next_at: nextAt,
                settled_at: null
              })
              .execute()
          })
          if (tenantId !== null)
            yield* send([{ instanceId: given.instanceId, acceptanceId: given.id }])
          return yield* Effect.orDie(get(given.id, null))
        })
      )
    })

    const list = Effect.fn("Agreements.list")(function* (
      ...[filter, branch, page]: Parameters<Port["list"]>
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* run("Agreements.list", (db) =>
        read(
          db,
          sql`${inBranch(branch)} and ${filtered(filter)} and ${byAge.isAfter(after)}`,
          page.limit + 1
        )
      )
      return byAge.page(rows, page, acceptanceOf(branch))
    })

    const log: Port["log"] = (filter, branch) => {
      const first: string | undefined = undefined
      return Stream.paginate(first, (cursor: string | undefined) =>
        Effect.map(
          list(filter, branch, { cursor, limit: rowsAtOnce }),
          ({ items, next }) => [items, Option.fromNullishOr(next)] as const
        )
      )
    }

    const retry = Effect.fn("Agreements.retry")(function* (
      ...[id, branch]: Parameters<Port["retry"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          const seen = yield* one(id, branch)
          yield* lockAccount(seen.account_id)
          const row = yield* one(id, branch)
          if (row.status !== "failed")
            return yield* new AcceptanceNotFailed({ id, status: row.status })
          const at = { id: row.instance_id, environment: row.environment }
          const other = yield* newest(
            row.account_id,
            at,
            row.type,
            sql`sending.status in ('waiting', 'pending')`
          )
          if (other !== null)
            return yield* new AgreementConfirmed({ id: other.id, status: other.status })
          const tenantId = yield* tenantOf(row.account_id, at)
          const nextAt = yield* now
          yield* run("Agreements.retry", (db) =>
            db
              .updateTable("agreement_sending")
              .set({
                status: tenantId === null ? "waiting" : "pending",
                tenant_id: tenantId,
                problem: null,
                settled_at: null,
                next_at: nextAt
              })
              .where("acceptance_id", "=", id)
              .execute()
          )
          if (tenantId !== null) yield* send([{ instanceId: row.instance_id, acceptanceId: id }])
          return yield* get(id, branch)
        })
      )
    })

    const toSend = Effect.fn("Agreements.toSend")(function* (id: AcceptanceId) {
      const [row] = yield* run("Agreements.toSend", (db) =>
        read(db, sql`acceptance.id = ${id} and sending.status = 'pending'`, 1)
      )
      return row === undefined || row.tenant_id === null
        ? Option.none()
        : Option.some({
            acceptance: acceptanceOf(null)(row),
            tenantId: row.tenant_id,
            requestId: row.request_id
          })
    })

    const settle = Effect.fn("Agreements.settle")(function* (
      ...[id, telling]: Parameters<Port["settle"]>
    ) {
      const at = yield* now
      const problem = "problem" in telling ? telling.problem.slice(0, problemLengthMax) : null
      yield* run("Agreements.settle", (db) =>
        db
          .updateTable("agreement_sending")
          .set({
            status: telling.status,
            problem,
            ...(telling.status === "pending"
              ? { next_at: new Date(telling.nextAt) }
              : { settled_at: at }),
            ...(telling.status === "failed" ? { request_id: telling.requestId } : {})
          })
          .where("acceptance_id", "=", id)
          .where("status", "=", "pending")
          .execute()
      )
    })

    const recover = Effect.gen(function* () {
      const at = yield* now
      return yield* atomically(
        Effect.gen(function* () {
          const due = yield* run("Agreements.recover", (db) => takeDue(db, at))
          if (due.length > 0) yield* send(due)
          return due.length
        })
      )
    }).pipe(Effect.withSpan("Agreements.recover"))

    return Agreements.of({
      keepTemplates,
      template,
      standing,
      confirm,
      list,
      log,
      get,
      retry,
      toSend,
      settle,
      recover
    })
  })
)

const problemLengthMax = 1_000

const now = Effect.map(Clock.currentTimeMillis, (ms) => new Date(ms))

interface Due {
  readonly instanceId: InstanceId
  readonly acceptanceId: AcceptanceId
}

/** What has a tenant now, and what is due and has no job. Nobody else looks meanwhile. */
const takeDue = async (db: Kysely<Tables>, at: Date): Promise<ReadonlyArray<Due>> => {
  const { rows: turn } = await sql<{ mine: boolean }>`
    select case when exists (select from agreement_sending
        where status in ('waiting', 'pending') and next_at <= ${at})
      then pg_try_advisory_xact_lock(hashtextextended('recover acceptances', 0)) else false end as mine`.execute(
    db
  )
  if (turn[0]?.mine !== true) return []
  const { rows } = await sql<Due>`
    with live as materialized (${liveKeys([sendAcceptanceQueue.name])}),
    arrived as (
      update agreement_sending sending set status = 'pending', tenant_id = found.tenant_id
      from (
        select distinct on (acceptance_id) acceptance_id, tenant.tenant_id
        from agreement_sending waiting join account_tenant tenant using (account_id, instance_id, environment)
        where waiting.status = 'waiting'
        order by acceptance_id, tenant.tenant_id limit ${rowsAtOnce}
      ) found
      where sending.acceptance_id = found.acceptance_id
      returning sending.instance_id, sending.acceptance_id
    ), lost as (
      select instance_id, acceptance_id from agreement_sending
      where status = 'pending' and next_at <= ${at}
        and not exists (select from live where group_id = acceptance_id::text)
      order by next_at limit ${rowsAtOnce}
    )
    select instance_id as "instanceId", acceptance_id as "acceptanceId" from arrived
    union all
    select instance_id, acceptance_id from lost`.execute(db)
  return rows
}
