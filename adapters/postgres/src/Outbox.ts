import {
  MailId,
  MailNotFound,
  MailWaits,
  type NewMail,
  Outbox,
  type OutboxMail
} from "@concordat/core/mail/Outbox"
import { RenderedMail } from "@concordat/core/mail/render"
import { Clock, Effect, Layer, Redacted, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import { newestFirst } from "./Keyset.ts"
import type { Boss } from "./queue/Boss.ts"
import { sendMailQueue } from "./queues.ts"
import { Secrets } from "./Secrets.ts"
import { likePart, statements } from "./Statements.ts"
import type { MailTable } from "./Tables.ts"

const byAge = newestFirst("mail", "created_at", MailId)

const content = Schema.fromJsonString(RenderedMail)
const encodeContent = Schema.encodeSync(content)
const decodeContent = Schema.decodeUnknownEffect(content)

/** A sealed mail that is copied to another row does not open there. */
export const mailContext = (id: string): string => `mail ${id}`

type ShownMail = Pick<Selectable<MailTable>, (typeof columns)[number]> & {
  readonly problem: string | null
}

const mailOf = (row: ShownMail): OutboxMail => ({
  id: row.id,
  kind: row.kind,
  accountId: row.account_id,
  status: row.status,
  to: row.recipients,
  subject: row.subject,
  templateVersion: row.template_version,
  attempts: row.attempts,
  problem: row.problem,
  createdAt: row.created_at,
  sentAt: row.sent_at
})

const columns = [
  "id",
  "kind",
  "account_id",
  "status",
  "recipients",
  "subject",
  "template_version",
  "attempts",
  "created_at",
  "sent_at"
] as const

/** A mail as it is listed: with what its mail server said, and then whom it came back from as it was sent last. */
const shown = [
  ...columns,
  sql<string | null>`case when came_back then concat_ws(' ', problem, (
    select string_agg(
      'It came back from ' || recipient || ': ' || concat_ws(' ', bounce.status, nullif(reason, '')) || '.',
      ' ' order by at, recipient)
    from mail_bounce as bounce
    where bounce.mail_id = mail.id and bounce.sending = mail.sending and action = 'failed'
  )) else problem end`.as("problem")
] as const

/** The outbox in Postgres; each mail is written together with the job that sends it. */
export const outboxLayer = Layer.effect(
  Outbox,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements
    const secrets = yield* Secrets
    const boss = yield* Effect.context<Boss>()
    const send = (id: MailId) =>
      sendMailQueue.send([{ mailId: id }]).pipe(Effect.orDie, Effect.provideContext(boss))

    const write = Effect.fn("Outbox.write")(function* (mail: NewMail) {
      const sealed = yield* secrets.seal(
        Redacted.make(encodeContent(mail.mail)),
        mailContext(mail.id)
      )
      const createdAt = yield* now
      const status = mail.problem === null ? "queued" : "failed"
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* run("Outbox.write", (db) =>
            db
              .insertInto("mail")
              .values({
                id: mail.id,
                key: mail.key,
                kind: mail.kind,
                account_id: mail.accountId,
                status,
                recipients: mail.mail.to,
                subject: mail.mail.subject,
                content: sealed,
                template_version: mail.templateVersion,
                problem: mail.problem,
                created_at: createdAt,
                sent_at: null
              })
              .onConflict((conflict) => conflict.column("key").doNothing())
              .returning("id")
              .executeTakeFirst()
          )
          if (row !== undefined && status === "queued") yield* send(mail.id)
          return row !== undefined
        })
      )
    })

    const list = Effect.fn("Outbox.list")(function* (
      ...[filter, page]: Parameters<Outbox["Service"]["list"]>
    ) {
      const after = yield* byAge.after(page)
      const { status, kind, account, q } = filter
      const rows = yield* run("Outbox.list", (db) =>
        db
          .selectFrom("mail")
          .select(shown)
          .$if(status !== undefined, (query) =>
            query.where(sql<boolean>`status = ${status ?? null}`)
          )
          .$if(kind !== undefined, (query) => query.where(sql<boolean>`kind = ${kind ?? null}`))
          .$if(account !== undefined, (query) =>
            query.where(sql<boolean>`account_id = ${account ?? null}::uuid`)
          )
          .$if(q !== undefined && q !== "", (query) => {
            const part = likePart(q ?? "")
            return query.where(
              sql<boolean>`(subject ilike ${part} or array_to_string(recipients, ' ') ilike ${part})`
            )
          })
          .where(byAge.isAfter(after))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(rows, page, mailOf)
    })

    const whole = Effect.fnUntraced(function* (row: ShownMail & { readonly content: string }) {
      const text = yield* Effect.orDie(secrets.open(row.content, mailContext(row.id)))
      const mail = yield* Effect.orDie(decodeContent(Redacted.value(text)))
      return { ...mailOf(row), mail }
    })

    const get = Effect.fn("Outbox.get")(function* (id: MailId) {
      const row = yield* run("Outbox.get", (db) =>
        db
          .selectFrom("mail")
          .select([...shown, "content"])
          .where("id", "=", id)
          .executeTakeFirst()
      )
      if (row === undefined) return yield* new MailNotFound({ id })
      const bounces = yield* run("Outbox.bounces", (db) =>
        db
          .selectFrom("mail_bounce")
          .select(["recipient", "action", "status", "reason", "at"])
          .where("mail_id", "=", id)
          .orderBy("at", "desc")
          .orderBy("recipient")
          .limit(bouncesMax)
          .execute()
      )
      return { ...(yield* whole(row)), bounces }
    })

    const resend = Effect.fn("Outbox.resend")(function* (id: MailId) {
      return yield* atomically(
        Effect.gen(function* () {
          const row = yield* run("Outbox.resend", (db) =>
            db
              .updateTable("mail")
              .set({
                status: "queued",
                problem: null,
                sent_at: null,
                sending: sql`sending + 1`,
                came_back: false
              })
              .where("id", "=", id)
              .where("status", "<>", "queued")
              .where(sql<boolean>`cardinality(recipients) > 0`)
              .returning(shown)
              .executeTakeFirst()
          )
          if (row !== undefined) {
            yield* send(id)
            return mailOf(row)
          }
          const there = yield* get(id)
          return there.status === "queued" ? yield* new MailWaits({ id }) : there
        })
      )
    })

    const queued = Effect.fn("Outbox.queued")(function* (id: MailId) {
      const row = yield* run("Outbox.queued", (db) =>
        db
          .selectFrom("mail")
          .select([...shown, "content"])
          .where("id", "=", id)
          .where("status", "=", "queued")
          .executeTakeFirst()
      )
      return row === undefined ? null : yield* whole(row)
    })

    const settle = Effect.fn("Outbox.settle")(function* (
      ...[id, outcome]: Parameters<Outbox["Service"]["settle"]>
    ) {
      const at = yield* now
      yield* run("Outbox.settle", (db) =>
        db
          .updateTable("mail")
          .set({
            // It may have come back before this note.
            status:
              outcome.status === "sent"
                ? sql`case when came_back then 'failed' else 'sent' end`
                : outcome.status,
            problem:
              "problem" in outcome && outcome.problem !== null
                ? outcome.problem.slice(0, problemLengthMax)
                : null,
            attempts: sql`attempts + ${outcome.status === "kept" ? 0 : 1}`,
            ...(outcome.status === "sent" ? { sent_at: at } : {})
          })
          .where("id", "=", id)
          .where("status", "=", "queued")
          .execute()
      )
    })

    const bounced = Effect.fn("Outbox.bounced")(function* (
      ...[id, report, bounces]: Parameters<Outbox["Service"]["bounced"]>
    ) {
      const at = yield* now
      return yield* atomically(
        Effect.gen(function* () {
          // First, so that its sending is not noted meanwhile.
          const known = yield* run("Outbox.bounced", (db) =>
            db
              .selectFrom("mail")
              .select("sending")
              .where("id", "=", id)
              .forUpdate()
              .executeTakeFirst()
          )
          if (known === undefined) return yield* new MailNotFound({ id })
          const added = yield* run("Outbox.bounces", (db) =>
            bounces.length === 0
              ? Promise.resolve([])
              : db
                  .insertInto("mail_bounce")
                  .values(
                    bounces.map((bounce) => ({
                      ...bounce,
                      mail_id: id,
                      report,
                      sending: known.sending,
                      at
                    }))
                  )
                  .onConflict((conflict) => conflict.doNothing())
                  .returning("action")
                  .execute()
          )
          const cameBack = added.some(({ action }) => action === "failed")
          const row = yield* run("Outbox.cameBack", (db) =>
            added.length === 0
              ? db.selectFrom("mail").select(shown).where("id", "=", id).executeTakeFirstOrThrow()
              : db
                  .updateTable("mail")
                  .set({
                    came_back: sql`came_back or ${cameBack}`,
                    status: sql`case when ${cameBack} and status = 'sent' then 'failed' else status end`
                  })
                  .where("id", "=", id)
                  .returning(shown)
                  .executeTakeFirstOrThrow()
          )
          return { mail: mailOf(row), recorded: added.length }
        })
      )
    })

    const giveUp = Effect.fn("Outbox.giveUp")(function* (id: MailId, problem: string) {
      yield* run("Outbox.giveUp", (db) =>
        db
          .updateTable("mail")
          .set({ status: "failed", problem: problem.slice(0, problemLengthMax) })
          .where("id", "=", id)
          .where("status", "=", "queued")
          .execute()
      )
    })

    return Outbox.of({ write, list, get, resend, queued, giveUp, settle, bounced })
  })
)

const problemLengthMax = 1_000

/** What is shown of a mail's bounces; reports of one mail are few. */
const bouncesMax = 200

const now = Effect.map(Clock.currentTimeMillis, (ms) => new Date(ms))
