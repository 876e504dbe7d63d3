import { createHash, randomBytes, randomUUID } from "node:crypto"
import type { Consent, ConsentPlace, ConsentProblem } from "@concordat/core/consent/Consent"
import {
  type Attempt,
  AttemptRefused,
  Consents,
  type Grant
} from "@concordat/core/consent/Consents"
import type { SignInLink } from "@concordat/core/consent/SignIn"
import { Instant } from "@concordat/core/time/Instant"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import type { Boss } from "./queue/Boss.ts"
import { openGates } from "./queue/gates.ts"
import { Secrets } from "./Secrets.ts"
import { statements } from "./Statements.ts"
import type { ConsentAttemptTable, ConsentTable } from "./Tables.ts"

const Secret = Schema.RedactedFromValue(Schema.String)
const GrantDocument = Schema.fromJsonString(
  Schema.Struct({
    renewal: Secret,
    tokens: Schema.Array(
      Schema.Struct({
        resource: Schema.String,
        value: Secret,
        expiresAt: Instant,
        mfa: Schema.NullOr(Schema.Boolean)
      })
    )
  })
)
const LinkDocument = Schema.fromJsonString(Schema.Struct({ nonce: Secret, verifier: Secret }))
const encodeGrant = Schema.encodeSync(GrantDocument)
const decodeGrant = Schema.decodeUnknownEffect(GrantDocument)
const encodeLink = Schema.encodeSync(LinkDocument)
const decodeLink = Schema.decodeUnknownEffect(LinkDocument)

/** What the sealed columns are bound to: a sealed text that is copied to another row does not open there. */
export const consentContext = (instanceId: string, environment: string): string =>
  `instance ${instanceId} ${environment} consent`
export const attemptContext = (id: string): string => `consent attempt ${id}`

/** 256 bits: what nobody guesses may be compared by a fast hash. */
const newSecret = () => Redacted.make(randomBytes(32).toString("base64url"))
const hashOf = (secret: Redacted.Redacted) =>
  createHash("sha256").update(Redacted.value(secret)).digest()

/** A holder that is silent for so long has died; renewing takes seconds. */
const leaseSeconds = 60
/** Answered and forgotten tries are kept for so long, so that a link that is used again is called used. */
const attemptsKeptDays = 1

const consentOf = (row: Selectable<ConsentTable>): Consent => ({
  instanceId: row.instance_id,
  environment: row.environment,
  tenantId: row.tenant_id,
  appId: row.app_id,
  user: { upn: row.user_upn, name: row.user_name, objectId: row.user_object_id },
  consentedAt: row.consented_at,
  usedAt: row.used_at,
  mfa: row.mfa,
  problem: row.problem,
  ended: row.ended
})

const rowOf = (consent: Consent) => ({
  tenant_id: consent.tenantId,
  app_id: consent.appId,
  user_upn: consent.user.upn,
  user_name: consent.user.name,
  user_object_id: consent.user.objectId,
  consented_at: new Date(consent.consentedAt),
  used_at: new Date(consent.usedAt),
  mfa: consent.mfa,
  problem: problemText(consent.problem),
  ended: consent.ended
})

/** As pg takes an instant. */
const dateOf = (instant: Instant): Date => new Date(instant)

const problemText = (problem: ConsentProblem | null) =>
  problem === null ? null : JSON.stringify(problem)

const attemptOf = (row: Selectable<ConsentAttemptTable>): Attempt => ({
  id: row.id,
  place: { instanceId: row.instance_id, environment: row.environment },
  requestedBy: row.requested_by,
  startedAt: row.started_at,
  expiresAt: row.expires_at,
  state: row.done ? "done" : row.problem === null ? "waiting" : "failed",
  problem: row.problem
})

/** Of the live accounts of the instances: those whose consent has ended and was given for today's credentials. */
const ended = sql`
  select consent.instance_id from consent
  join instance on instance.id = consent.instance_id
    and instance.environment = consent.environment
    and consent.tenant_id = case instance.environment
      when 'sandbox' then instance.sandbox_tenant_id else instance.tenant_id end
    and consent.app_id = case instance.environment
      when 'sandbox' then instance.sandbox_app_id else instance.app_id end
  where consent.ended`

/** Whether the instance of that SQL is paused, for queries that show what waits. */
export const isPaused = (instanceId: ReturnType<typeof sql.ref>) =>
  sql<boolean>`${instanceId} in (${ended})`

/** The consents in Postgres, with their secrets sealed. */
export const consentsLayer = Layer.effect(
  Consents,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const secrets = yield* Secrets
    const boss = yield* Effect.context<Boss>()

    const rowAt = ({ instanceId, environment }: ConsentPlace) =>
      run("Consents.get", (db) =>
        db
          .selectFrom("consent")
          .selectAll()
          .where("instance_id", "=", instanceId)
          .where("environment", "=", environment)
          .executeTakeFirst()
      )

    const get = Effect.fn("Consents.get")(function* (place: ConsentPlace) {
      const row = yield* rowAt(place)
      return row === undefined ? Option.none() : Option.some(consentOf(row))
    })

    const sealGrant = ({ instanceId, environment }: ConsentPlace, grant: Grant) =>
      secrets.seal(Redacted.make(encodeGrant(grant)), consentContext(instanceId, environment))

    const held = Effect.fn("Consents.held")(function* (place: ConsentPlace) {
      const row = yield* rowAt(place)
      if (row === undefined) return Option.none()
      const opened = yield* secrets
        .open(row.sealed, consentContext(row.instance_id, row.environment))
        .pipe(Effect.orDie)
      const grant = yield* Effect.orDie(decodeGrant(Redacted.value(opened)))
      return Option.some({
        consent: consentOf(row),
        grant,
        failures: row.failures,
        version: row.version
      })
    })

    const keep = Effect.fn("Consents.keep")(function* (
      ...[consent, grant, nextUseAt]: Parameters<Consents["Service"]["keep"]>
    ) {
      const values = {
        ...rowOf(consent),
        sealed: yield* sealGrant(consent, grant),
        next_use_at: dateOf(nextUseAt),
        failures: 0
      }
      yield* run("Consents.keep", (db) =>
        db
          .insertInto("consent")
          .values({
            ...values,
            instance_id: consent.instanceId,
            environment: consent.environment,
            version: 1,
            lease_holder: null,
            leased_until: null
          })
          .onConflict((conflict) =>
            conflict
              .columns(["instance_id", "environment"])
              .doUpdateSet({ ...values, version: sql`consent.version + 1` })
          )
          .execute()
      )
    })

    const written = (
      name: string,
      consent: Consent,
      version: number,
      change: { readonly nextUseAt: Instant; readonly failed: boolean; readonly sealed?: string }
    ) =>
      run(name, (db) =>
        db
          .updateTable("consent")
          .set({
            ...rowOf(consent),
            version: version + 1,
            next_use_at: new Date(change.nextUseAt),
            failures: change.failed ? sql`failures + 1` : 0
          })
          .$if(change.sealed !== undefined, (query) => query.set({ sealed: change.sealed ?? "" }))
          .where("instance_id", "=", consent.instanceId)
          .where("environment", "=", consent.environment)
          .where("version", "=", version)
          .returning("version")
          .executeTakeFirst()
      ).pipe(Effect.map((row) => row !== undefined))

    const used = Effect.fn("Consents.used")(function* (
      ...[consent, version, grant, nextUseAt]: Parameters<Consents["Service"]["used"]>
    ) {
      const sealed = yield* sealGrant(consent, grant)
      return yield* written("Consents.used", consent, version, { nextUseAt, failed: false, sealed })
    })

    const failed: Consents["Service"]["failed"] = (consent, version, nextUseAt) =>
      written("Consents.failed", consent, version, { nextUseAt, failed: true })

    const forget = Effect.fn("Consents.forget")(function* ({
      instanceId,
      environment
    }: ConsentPlace) {
      return yield* atomically(
        Effect.gen(function* () {
          const gone = yield* run("Consents.forget", (db) =>
            db
              .deleteFrom("consent")
              .where("instance_id", "=", instanceId)
              .where("environment", "=", environment)
              .returning("instance_id")
              .executeTakeFirst()
          )
          yield* resume
          return gone !== undefined
        })
      )
    })

    const lease = Effect.fn("Consents.lease")(function* (
      { instanceId, environment }: ConsentPlace,
      holder: string
    ) {
      const row = yield* run("Consents.lease", (db) =>
        db
          .updateTable("consent")
          .set({
            lease_holder: holder,
            leased_until: sql`clock_timestamp() + ${leaseSeconds} * interval '1 second'`
          })
          .where("instance_id", "=", instanceId)
          .where("environment", "=", environment)
          .where(
            sql<boolean>`(leased_until is null or leased_until < clock_timestamp()
              or lease_holder = ${holder})`
          )
          .returning("instance_id")
          .executeTakeFirst()
      )
      return row !== undefined
    })

    const release = (
      { instanceId, environment }: ConsentPlace,
      holder: string
    ): Effect.Effect<void> =>
      run("Consents.release", (db) =>
        db
          .updateTable("consent")
          .set({ lease_holder: null, leased_until: null })
          .where("instance_id", "=", instanceId)
          .where("environment", "=", environment)
          .where("lease_holder", "=", holder)
          .execute()
      ).pipe(Effect.asVoid)

    const due = (now: Instant, limit: number) =>
      run("Consents.due", (db) =>
        db
          .selectFrom("consent")
          .select(["instance_id", "environment"])
          .where(sql<boolean>`not ended`)
          .where(sql<boolean>`next_use_at <= ${new Date(now)}`)
          .orderBy("next_use_at")
          .limit(limit)
          .execute()
      ).pipe(
        Effect.map((rows) =>
          rows.map(({ instance_id, environment }) => ({ instanceId: instance_id, environment }))
        )
      )

    const unusedSince = (usedBefore: Instant, limit: number) =>
      run("Consents.unusedSince", (db) =>
        db
          .selectFrom("consent")
          .selectAll()
          .where(sql<boolean>`not ended`)
          .where(sql<boolean>`used_at <= ${new Date(usedBefore)}`)
          .orderBy("used_at")
          .limit(limit)
          .execute()
      ).pipe(Effect.map((rows) => rows.map(consentOf)))

    const paused: Consents["Service"]["paused"] = (instances) =>
      run("Consents.paused", (db) =>
        sql<{ instance_id: ConsentPlace["instanceId"] }>`
          select instance_id from (${ended}) ended
          where instance_id = any(${instances}::uuid[])`.execute(db)
      ).pipe(Effect.map(({ rows }) => new Set(rows.map(({ instance_id }) => instance_id))))

    const resume = Effect.provideContext(
      Effect.orDie(openGates(sql`select instance_id::text from (${ended}) ended`)),
      boss
    ).pipe(Effect.withSpan("Consents.resume"))

    const begin = Effect.fn("Consents.begin")(function* (
      given: Parameters<Consents["Service"]["begin"]>[0]
    ) {
      const id = randomUUID()
      const ticket = newSecret()
      yield* run("Consents.prune", (db) =>
        db
          .deleteFrom("consent_attempt")
          .where(
            sql<boolean>`expires_at < ${new Date(given.startedAt)}::timestamptz
              - ${attemptsKeptDays} * interval '1 day'`
          )
          .execute()
      )
      yield* run("Consents.begin", (db) =>
        db
          .insertInto("consent_attempt")
          .values({
            id,
            instance_id: given.place.instanceId,
            environment: given.place.environment,
            requested_by: given.requestedBy,
            started_at: new Date(given.startedAt),
            expires_at: new Date(given.expiresAt),
            ticket_hash: hashOf(ticket),
            state_hash: null,
            session_hash: null,
            sealed: null,
            problem: null
          })
          .execute()
      )
      return { id, ticket }
    })

    const refusalOf = (
      row: Pick<Selectable<ConsentAttemptTable>, "answered" | "expires_at"> | undefined,
      now: Instant
    ): AttemptRefused | undefined =>
      row === undefined
        ? new AttemptRefused({ reason: "unknown" })
        : row.answered
          ? new AttemptRefused({ reason: "used" })
          : row.expires_at <= now
            ? new AttemptRefused({ reason: "expired" })
            : undefined

    const attempt = Effect.fn("Consents.attempt")(function* (
      ...[ticket, now]: Parameters<Consents["Service"]["attempt"]>
    ) {
      const row = yield* run("Consents.attempt", (db) =>
        db
          .selectFrom("consent_attempt")
          .selectAll()
          .where("ticket_hash", "=", hashOf(ticket))
          .executeTakeFirst()
      )
      const refusal = refusalOf(row, now)
      if (row === undefined || refusal !== undefined)
        return yield* refusal ?? new AttemptRefused({ reason: "unknown" })
      return attemptOf(row)
    })

    const opened = Effect.fn("Consents.opened")(function* (id: string, link: SignInLink) {
      const session = newSecret()
      const { nonce, verifier } = link
      const sealed = yield* secrets.seal(
        Redacted.make(encodeLink({ nonce, verifier })),
        attemptContext(id)
      )
      yield* run("Consents.opened", (db) =>
        db
          .updateTable("consent_attempt")
          .set({ state_hash: hashOf(link.state), session_hash: hashOf(session), sealed })
          .where("id", "=", id)
          .where(sql<boolean>`not answered`)
          .execute()
      )
      return session
    })

    const take = Effect.fn("Consents.take")(function* (
      ...[state, session, now]: Parameters<Consents["Service"]["take"]>
    ) {
      const row = yield* run("Consents.pending", (db) =>
        db
          .selectFrom("consent_attempt")
          .selectAll()
          .where("state_hash", "=", hashOf(state))
          .executeTakeFirst()
      )
      const refusal = refusalOf(row, now)
      if (row === undefined || refusal !== undefined)
        return yield* refusal ?? new AttemptRefused({ reason: "unknown" })
      if (row.session_hash === null || !row.session_hash.equals(hashOf(session)))
        return yield* new AttemptRefused({ reason: "elsewhere" })
      // The statement decides between two that come at once: one row, once.
      const taken = yield* run("Consents.take", (db) =>
        db
          .updateTable("consent_attempt")
          .set({ answered: true })
          .where("id", "=", row.id)
          .where("state_hash", "=", hashOf(state))
          .where(sql<boolean>`not answered`)
          .returning("id")
          .executeTakeFirst()
      )
      if (taken === undefined) return yield* new AttemptRefused({ reason: "used" })
      const sealed = yield* secrets
        .open(row.sealed ?? "", attemptContext(row.id))
        .pipe(Effect.orDie)
      const { nonce, verifier } = yield* Effect.orDie(decodeLink(Redacted.value(sealed)))
      return { attempt: attemptOf(row), nonce, verifier }
    })

    const finish = (id: string, problem: ConsentProblem | null): Effect.Effect<void> =>
      run("Consents.finish", (db) =>
        db
          .updateTable("consent_attempt")
          .set({ done: problem === null, problem: problemText(problem) })
          .where("id", "=", id)
          .execute()
      ).pipe(Effect.asVoid)

    const latest = Effect.fn("Consents.latest")(function* ({
      instanceId,
      environment
    }: ConsentPlace) {
      const row = yield* run("Consents.latest", (db) =>
        db
          .selectFrom("consent_attempt")
          .selectAll()
          .where("instance_id", "=", instanceId)
          .where("environment", "=", environment)
          .orderBy("started_at", "desc")
          .limit(1)
          .executeTakeFirst()
      )
      return row === undefined ? Option.none() : Option.some(attemptOf(row))
    })

    return Consents.of({
      get,
      held,
      keep,
      used,
      failed,
      forget,
      lease,
      release,
      due,
      unusedSince,
      paused,
      resume,
      begin,
      attempt,
      opened,
      take,
      finish,
      latest
    })
  })
)
