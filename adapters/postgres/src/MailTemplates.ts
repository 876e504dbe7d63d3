import { StaleVersion } from "@concordat/core/instance/Instances"
import type { MailKind, Template } from "@concordat/core/mail/Template"
import { type TemplateKey, Templates } from "@concordat/core/mail/Templates"
import { Effect, Layer, Schema } from "effect"
import { type Selectable, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { statements } from "./Statements.ts"
import type { MailTemplateTable } from "./Tables.ts"

const newestFirst = keyset(Schema.Struct({ version: Schema.Int }))

const templateOf = (row: Selectable<MailTemplateTable>): Template => ({
  kind: row.kind,
  organisationId: row.organisation_id,
  language: row.language,
  active: row.active,
  to: row.recipients_to,
  cc: row.recipients_cc,
  bcc: row.recipients_bcc,
  subject: row.subject,
  html: row.html,
  text: row.text,
  version: row.version
})

/** The changed templates in Postgres, every version of them. */
export const mailTemplatesLayer = Layer.effect(
  Templates,
  Effect.gen(function* () {
    const { run, atomically } = yield* statements

    const ofKind = Effect.fn("Templates.ofKind")(function* (kind: MailKind) {
      const rows = yield* run("Templates.ofKind", (db) =>
        db
          .selectFrom("mail_template")
          .selectAll()
          .distinctOn(["organisation_id", "language"])
          .where("kind", "=", kind)
          .orderBy("organisation_id")
          .orderBy("language")
          .orderBy("version", "desc")
          .execute()
      )
      return rows.map(templateOf)
    })

    const ofKey = ({ kind, organisationId, language }: TemplateKey) =>
      sql<boolean>`kind = ${kind} and language = ${language}
        and organisation_id is not distinct from ${organisationId}::uuid`

    const versions = Effect.fn("Templates.versions")(function* (
      ...[key, page]: Parameters<Templates["Service"]["versions"]>
    ) {
      const after = yield* newestFirst.after(page)
      const rows = yield* run("Templates.versions", (db) =>
        db
          .selectFrom("mail_template")
          .selectAll()
          .where(ofKey(key))
          .$if(after !== undefined, (query) => query.where("version", "<", after?.version ?? 0))
          .orderBy("version", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return newestFirst.page(
        rows,
        page,
        ({ version }) => ({ version }),
        (row) => ({ template: templateOf(row), at: row.at, actor: row.actor })
      )
    })

    const put = Effect.fn("Templates.put")(function* (
      ...[template, expected, actor, at]: Parameters<Templates["Service"]["put"]>
    ) {
      return yield* atomically(
        Effect.gen(function* () {
          // Two editors of one template wait for each other here, and the second finds the first's version.
          yield* run("Templates.lock", (db) =>
            sql`select pg_advisory_xact_lock(hashtextextended(
              ${`mail template ${template.kind} ${template.organisationId} ${template.language}`}, 0))`.execute(
              db
            )
          )
          const newest = yield* run("Templates.newest", (db) =>
            db
              .selectFrom("mail_template")
              .select((query) => query.fn.max("version").as("version"))
              .where(ofKey(template))
              .executeTakeFirst()
          )
          const actual = newest?.version ?? 0
          if (actual !== expected) return yield* new StaleVersion({ expected, actual })
          const row = yield* run("Templates.put", (db) =>
            db
              .insertInto("mail_template")
              .values({
                kind: template.kind,
                organisation_id: template.organisationId,
                language: template.language,
                version: expected + 1,
                active: template.active,
                recipients_to: template.to,
                recipients_cc: template.cc,
                recipients_bcc: template.bcc,
                subject: template.subject,
                html: template.html,
                text: template.text,
                at: new Date(at),
                actor
              })
              .returningAll()
              .executeTakeFirstOrThrow()
          )
          return templateOf(row)
        })
      )
    })

    return Templates.of({ ofKind, versions, put })
  })
)
