import type { AccountId } from "@concordat/core/account/Account"
import type { Synchronization, SyncQuestion } from "@concordat/core/tenant/Synchronization"
import {
  DomainReserved,
  type SyncChange,
  Synchronizations,
  SynchronizationUnderWay,
  type SyncState,
  type SyncStep,
  TenantHeld,
  type TenantHolder
} from "@concordat/core/tenant/Synchronizations"
import type { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Layer, Redacted, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { liveKeys } from "./lostJobs.ts"
import type { Boss } from "./queue/Boss.ts"
import { synchronizeQueue } from "./queues.ts"
import { Secrets } from "./Secrets.ts"
import { statements } from "./Statements.ts"
import type { SynchronizationTable } from "./Tables.ts"

type Port = Synchronizations["Service"]

const newestFirst = keyset(Schema.Struct({ id: Schema.Int }))

/** A sealed password that is copied to another row does not open there. */
export const synchronizationContext = (id: string): string => `synchronization ${id}`

/** So many are woken at once; the next look takes the next. */
const wokenMax = 200
/** Nobody works on one that was not touched for so long and has no job. */
const abandonedAfter = "30 seconds"

/** Somebody waits for what was just asked for; for a look at what customers have accepted, nobody does. */
const urgent = 10

const Credentials = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ userName: Schema.String, password: Schema.String }))
)
const encodeCredentials = Schema.encodeSync(Credentials)
const decodeCredentials = Schema.decodeUnknownEffect(Credentials)

type Row = Omit<Selectable<SynchronizationTable>, "draft" | "sealed" | "touched_at"> & {
  readonly instance: Synchronization["instance"]
}

const syncOf = (row: Row): Synchronization => ({
  id: row.id,
  accountId: row.account_id,
  instanceId: row.instance_id,
  instance: row.instance,
  environment: row.environment,
  mode: row.mode,
  status: row.status,
  stage: row.stage,
  waitsFor: row.waits_for,
  asker: row.asker,
  userName: row.user_name,
  domain: row.domain,
  requestId: row.request_id,
  sentAt: row.sent_at,
  tenantId: row.tenant_id,
  question: row.question,
  confirmed: row.confirmed,
  authorizationLink: row.authorization_link,
  expiresAt: row.expires_at,
  nextLookAt: row.next_look_at,
  looks: row.looks,
  problem: row.problem,
  problems: row.problems,
  suggestions: row.suggestions,
  requestedBy: row.requested_by,
  correlationId: row.correlation_id,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
  version: row.version
})

const date = (at: Instant | null): Date | null => (at === null ? null : new Date(at))

/** What changes on the way. */
const progressOf = (sync: Synchronization) => ({
  status: sync.status,
  stage: sync.stage,
  waits_for: sync.waitsFor,
  sent_at: date(sync.sentAt),
  tenant_id: sync.tenantId,
  question: sync.question === null ? null : JSON.stringify(sync.question satisfies SyncQuestion),
  confirmed: sync.confirmed,
  authorization_link: sync.authorizationLink,
  expires_at: date(sync.expiresAt),
  next_look_at: date(sync.nextLookAt),
  looks: sync.looks,
  problem: sync.problem,
  problems: JSON.stringify(sync.problems),
  suggestions: sync.suggestions,
  finished_at: date(sync.finishedAt)
})

const columns = [
  "synchronization.id",
  "account_id",
  "instance_id",
  "synchronization.environment",
  "mode",
  "status",
  "stage",
  "waits_for",
  "asker",
  "user_name",
  "domain",
  "request_id",
  "sent_at",
  "synchronization.tenant_id",
  "question",
  "confirmed",
  "authorization_link",
  "expires_at",
  "next_look_at",
  "looks",
  "problem",
  "problems",
  "suggestions",
  "requested_by",
  "correlation_id",
  "created_at",
  "finished_at",
  "synchronization.version"
] as const

/** How accounts become tenants, in Postgres. */
export const synchronizationsLayer = Layer.effect(
  Synchronizations,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const secrets = yield* Secrets
    const boss = yield* Effect.context<Boss>()
    const now = Effect.map(Clock.currentTimeMillis, (ms) => new Date(ms))
    const send = (
      of: ReadonlyArray<Pick<Synchronization, "id" | "instanceId">>,
      priority: number
    ) =>
      synchronizeQueue
        .send(
          of.map(({ id, instanceId }) => ({ synchronizationId: id, instanceId })),
          { priority }
        )
        .pipe(Effect.orDie, Effect.provideContext(boss))

    const select = (where: {
      readonly id?: Synchronization["id"]
      readonly accountId?: AccountId
    }) =>
      run("Synchronizations.select", (db) =>
        db
          .selectFrom("synchronization")
          .innerJoin("instance", "instance.id", "synchronization.instance_id")
          .select([...columns, "instance.name as instance"])
          .$if(where.id !== undefined, (query) =>
            query.where(sql<boolean>`synchronization.id = ${where.id ?? null}`)
          )
          .$if(where.accountId !== undefined, (query) =>
            query.where(sql<boolean>`account_id = ${where.accountId ?? null}`)
          )
          .orderBy("instance.name")
          .execute()
      ).pipe(Effect.map((rows) => rows.map(syncOf)))

    const get = Effect.fn("Synchronizations.get")(function* (...[id]: Parameters<Port["get"]>) {
      return (yield* select({ id }))[0] ?? null
    })

    const newest = Effect.fn("Synchronizations.newest")(function* (
      ...[accountId, instance]: Parameters<Port["newest"]>
    ) {
      const all = yield* select({ accountId })
      return (
        all.find(
          ({ instanceId, environment }) =>
            instanceId === instance.id && environment === instance.environment
        ) ?? null
      )
    })

    const of = Effect.fn("Synchronizations.of")(function* (accountId: AccountId) {
      // Before the tenants: what has succeeded meanwhile has its tenant then, never the other way round.
      const tries = yield* select({ accountId })
      const { rows } = yield* run("Synchronizations.of", (db) =>
        sql<Omit<SyncState, "newest">>`
          select instance.id as "instanceId", instance.name as instance, instance.environment,
            coalesce((select json_agg(json_build_object('tenantId', link.tenant_id, 'domain', link.domain)
              order by link.tenant_id) from account_tenant link
              where link.account_id = ${accountId} and link.instance_id = instance.id
                and link.environment = instance.environment), '[]') as tenants
          from instance
          where not instance.disabled
            or exists (select from account_tenant link
              where link.account_id = ${accountId} and link.instance_id = instance.id)
            or exists (select from synchronization
              where account_id = ${accountId} and instance_id = instance.id)
          order by instance.name`.execute(db)
      )
      return rows.map((row) => ({
        ...row,
        newest:
          tries.find(
            ({ instanceId, environment }) =>
              instanceId === row.instanceId && environment === row.environment
          ) ?? null
      }))
    })

    const steps = Effect.fn("Synchronizations.steps")(function* (
      ...[accountId, instanceId, page]: Parameters<Port["steps"]>
    ) {
      const after = yield* newestFirst.after(page)
      const rows = yield* run("Synchronizations.steps", (db) =>
        db
          .selectFrom("synchronization_step")
          .select(["id", "at", "actor", "text"])
          .where("account_id", "=", accountId)
          .where("instance_id", "=", instanceId)
          .$if(after !== undefined, (query) => query.where("id", "<", after?.id ?? 0))
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return newestFirst.page(
        rows,
        page,
        ({ id }) => ({ id }),
        ({ at, actor, text }): SyncStep => ({ at, actor, text })
      )
    })

    const note = Effect.fnUntraced(function* ({ sync, step }: SyncChange) {
      if (step === null) return
      const at = yield* now
      yield* run("Synchronizations.note", (db) =>
        db
          .insertInto("synchronization_step")
          .values({
            account_id: sync.accountId,
            instance_id: sync.instanceId,
            environment: sync.environment,
            at,
            actor: step.actor,
            text: step.text
          })
          .execute()
      )
    })

    const begin = Effect.fn("Synchronizations.begin")(function* (
      ...[change, replaces]: Parameters<Port["begin"]>
    ) {
      const { sync, goesOn } = change
      const { accountId, instanceId, environment } = sync
      return yield* atomically(
        Effect.gen(function* () {
          // The first of two that both saw nothing must be seen by the other: there is no row to lock yet.
          yield* run("Synchronizations.lock", (db) =>
            sql`select from account where id = ${accountId} for no key update`.execute(db)
          )
          const former = yield* run("Synchronizations.former", (db) =>
            db
              .deleteFrom("synchronization")
              .where("account_id", "=", accountId)
              .where("instance_id", "=", instanceId)
              .where("environment", "=", environment)
              .returning(["id", "version"])
              .executeTakeFirst()
          )
          if (former?.id !== replaces?.id || former?.version !== replaces?.version)
            return yield* new SynchronizationUnderWay({ accountId })
          if (sync.mode === "create") {
            yield* run("Synchronizations.reserve", (db) =>
              sql`select pg_advisory_xact_lock(hashtextextended(${`domain ${instanceId} ${sync.domain}`}, 0))`.execute(
                db
              )
            )
            const { rows } = yield* run("Synchronizations.reserved", (db) =>
              sql`
                select from synchronization where instance_id = ${instanceId} and environment = ${environment}
                  and domain = ${sync.domain} and mode = 'create'
                  and (status = 'in-progress' or sent_at is not null)`.execute(db)
            )
            if (rows.length > 0) return yield* new DomainReserved({ domain: sync.domain })
          }
          const first = { ...sync, version: 1 }
          yield* run("Synchronizations.begin", (db) =>
            db
              .insertInto("synchronization")
              .values({
                id: first.id,
                account_id: accountId,
                instance_id: instanceId,
                environment,
                mode: first.mode,
                asker: first.asker,
                user_name: first.userName,
                domain: first.domain,
                request_id: first.requestId,
                requested_by: first.requestedBy,
                correlation_id: first.correlationId,
                created_at: new Date(first.createdAt),
                version: first.version,
                ...progressOf(first)
              })
              .execute()
          )
          yield* note(change)
          if (goesOn) yield* send([first], urgent)
          return first
        })
      )
    })

    const save = Effect.fn("Synchronizations.save")(function* (
      ...[change]: Parameters<Port["save"]>
    ) {
      const { sync, goesOn } = change
      const next = { ...sync, version: sync.version + 1 }
      return yield* atomically(
        Effect.gen(function* () {
          const saved = yield* run("Synchronizations.save", (db) =>
            db
              .updateTable("synchronization")
              .set({
                ...progressOf(next),
                touched_at: sql`clock_timestamp()`,
                version: next.version
              })
              .where("id", "=", sync.id)
              .where("version", "=", sync.version)
              .returning("id")
              .executeTakeFirst()
          )
          if (saved === undefined)
            return yield* new SynchronizationUnderWay({ accountId: sync.accountId })
          yield* note(change)
          if (goesOn) yield* send([next], urgent)
          return next
        })
      )
    })

    const keepDraft = Effect.fn("Synchronizations.keepDraft")(function* (
      ...[id, draft]: Parameters<Port["keepDraft"]>
    ) {
      yield* run("Synchronizations.keepDraft", (db) =>
        db
          .updateTable("synchronization")
          .set({ draft: JSON.stringify(draft) })
          .where("id", "=", id)
          .execute()
      )
    })

    const column = Effect.fnUntraced(function* (id: Synchronization["id"]) {
      return yield* run("Synchronizations.kept", (db) =>
        db
          .selectFrom("synchronization")
          .select(["draft", "sealed"])
          .where("id", "=", id)
          .executeTakeFirst()
      )
    })
    const draft = Effect.fn("Synchronizations.draft")(function* (id: Synchronization["id"]) {
      return (yield* column(id))?.draft ?? null
    })

    const keepCredentials = Effect.fn("Synchronizations.keepCredentials")(function* (
      ...[id, credentials]: Parameters<Port["keepCredentials"]>
    ) {
      const sealed =
        credentials.length === 0
          ? null
          : yield* secrets.seal(
              Redacted.make(
                encodeCredentials(
                  credentials.map(({ userName, password }) => ({
                    userName,
                    password: Redacted.value(password)
                  }))
                )
              ),
              synchronizationContext(id)
            )
      yield* run("Synchronizations.keepCredentials", (db) =>
        db.updateTable("synchronization").set({ sealed }).where("id", "=", id).execute()
      )
    })

    const credentials = Effect.fn("Synchronizations.credentials")(function* (
      ...[id]: Parameters<Port["credentials"]>
    ) {
      const sealed = (yield* column(id))?.sealed ?? null
      if (sealed === null) return []
      const text = yield* Effect.orDie(secrets.open(sealed, synchronizationContext(id)))
      const kept = yield* Effect.orDie(decodeCredentials(Redacted.value(text)))
      return kept.map(({ userName, password }) => ({
        userName,
        password: Redacted.make(password)
      }))
    })

    const holderOf = Effect.fn("Synchronizations.holderOf")(function* (
      ...[instanceId, tenantId]: Parameters<Port["holderOf"]>
    ) {
      const { rows } = yield* run("Synchronizations.holderOf", (db) =>
        sql<TenantHolder>`
          select account.id as "accountId", account.ancestors from account_tenant link
          join account on account.id = link.account_id
          where link.instance_id = ${instanceId} and link.tenant_id = ${tenantId}`.execute(db)
      )
      return rows[0] ?? null
    })

    const link = Effect.fn("Synchronizations.link")(function* (
      ...[sync, { tenantId, domain }, actor]: Parameters<Port["link"]>
    ) {
      const { accountId, instanceId, environment, correlationId } = sync
      const cause = sync.mode === "create" ? "tenant creation" : "tenant linking"
      const log = (id: AccountId, before: string | null, after: string | null) =>
        run("Synchronizations.log", (db) =>
          sql`
            insert into history (at, actor, cause, correlation_id, side, instance_id, account_id, tenant_id, field,
              before, after)
            values (clock_timestamp(), ${actor}, ${cause}, ${correlationId}, 'desired', ${instanceId}::uuid,
              ${id}::uuid, ${tenantId}::uuid, 'tenant', to_json(${before}::text), to_json(${after}::text))`.execute(
            db
          )
        )
      yield* atomically(
        Effect.gen(function* () {
          const { rows } = yield* run("Synchronizations.held", (db) =>
            sql<{ id: AccountId; subscriptions: number }>`
              select link.account_id as id, (select count(*) from subscription
                where instance_id = link.instance_id and tenant_id = link.tenant_id
                  and account_id = link.account_id) as subscriptions
              from account_tenant link
              where link.instance_id = ${instanceId} and link.tenant_id = ${tenantId}
              for update of link`.execute(db)
          )
          const [held] = rows
          if (held?.id === accountId) return
          if (held !== undefined && (held.subscriptions > 0 || sync.mode === "create"))
            return yield* new TenantHeld({ subscriptions: held.subscriptions })
          yield* run("Synchronizations.link", (db) =>
            db
              .insertInto("account_tenant")
              .values({
                instance_id: instanceId,
                tenant_id: tenantId,
                account_id: accountId,
                domain,
                environment
              })
              .onConflict((conflict) =>
                conflict
                  .columns(["instance_id", "tenant_id"])
                  .doUpdateSet({ account_id: accountId, domain })
              )
              .execute()
          )
          if (held !== undefined) yield* log(held.id, tenantId, null)
          yield* log(accountId, null, tenantId)
        })
      )
    })

    const wake = Effect.fn("Synchronizations.wake")(function* (at: Instant) {
      const when = date(at)
      const { rows } = yield* run("Synchronizations.due", (db) =>
        sql<{ id: Synchronization["id"]; instanceId: Synchronization["instanceId"] }>`
          with open as materialized (
            select id, instance_id from synchronization
            where status = 'in-progress' and (next_look_at <= ${when} or expires_at <= ${when}
              or waits_for is null and next_look_at is null
                and touched_at < clock_timestamp() - ${abandonedAfter}::interval)
          ), live as materialized (${liveKeys([synchronizeQueue.name])})
          select id, instance_id as "instanceId" from open
          where not exists (select from live where group_id = open.id::text)
          order by id limit ${wokenMax}`.execute(db)
      )
      return rows.length === 0 ? 0 : (yield* send(rows, 0)).length
    })

    return Synchronizations.of({
      of,
      newest,
      get,
      steps,
      begin,
      save,
      keepDraft,
      draft,
      keepCredentials,
      credentials,
      holderOf,
      link,
      wake
    })
  })
)
