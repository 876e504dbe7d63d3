import { createHash, randomBytes, randomUUID } from "node:crypto"
import { ApiKeyId, ApiKeyNotFound, ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect, Layer, Option, Redacted, Schema } from "effect"
import { sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { statements } from "./Statements.ts"

/** The instant as Postgres writes it: it has microseconds, and a page must start exactly where the last one ended. */
const byAge = keyset(Schema.Struct({ createdAt: Schema.String, id: ApiKeyId }))

/** 256 bits. Nobody guesses such a key, so a fast hash is as good as a slow one. */
const newKey = () => `ck_${randomBytes(32).toString("base64url")}`

/** A stranger's text is compared by its hash only: how long that takes tells nothing about a real key. */
const hashOf = (key: Redacted.Redacted) => createHash("sha256").update(Redacted.value(key)).digest()

// Every request would write a row otherwise.
const lastUsedPrecision = "5 minutes"

/** Bearer keys in Postgres. */
export const apiKeysLayer = Layer.effect(
  ApiKeys,
  Effect.gen(function* () {
    const { run } = yield* statements

    const make = Effect.fn("ApiKeys.make")(function* (
      given: Parameters<ApiKeys["Service"]["make"]>[0]
    ) {
      const id = ApiKeyId.make(randomUUID())
      const key = Redacted.make(newKey())
      yield* run("ApiKeys.make", (db) =>
        db
          .insertInto("api_key")
          .values({
            id,
            name: given.name,
            hash: hashOf(key),
            role: given.role,
            scopes: given.scopes,
            branch: given.branch,
            created_at: sql`date_trunc('milliseconds', clock_timestamp())`,
            last_used_at: null,
            revoked_at: null
          })
          .execute()
      )
      return { id, key }
    })

    const authenticate = Effect.fn("ApiKeys.authenticate")(function* (key: Redacted.Redacted) {
      const hash = hashOf(key)
      const row = yield* run("ApiKeys.authenticate", (db) =>
        db
          .selectFrom("api_key")
          .select(["id", "name", "role", "scopes", "branch"])
          .select(
            sql<boolean>`last_used_at is null
              or last_used_at < now() - ${lastUsedPrecision}::interval`.as("outdated")
          )
          .where("hash", "=", hash)
          .where("revoked_at", "is", null)
          .executeTakeFirst()
      )
      if (row === undefined) return Option.none()
      if (row.outdated)
        yield* run("ApiKeys.used", (db) =>
          db
            .updateTable("api_key")
            .set({ last_used_at: sql`clock_timestamp()` })
            .where("id", "=", row.id)
            .execute()
        )
      const { name, role, scopes, branch } = row
      return Option.some({ name: `key:${name}`, role, scopes, branch })
    })

    const list = Effect.fn("ApiKeys.list")(function* (
      page: Parameters<ApiKeys["Service"]["list"]>[0]
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* run("ApiKeys.list", (db) =>
        db
          .selectFrom("api_key")
          .select(["id", "name", "role", "scopes", "branch", "created_at", "revoked_at"])
          .select(sql<string>`created_at::text`.as("exactly"))
          .$if(after !== undefined, (query) =>
            query.where(
              sql<boolean>`(created_at, id) >
                (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}::uuid)`
            )
          )
          .orderBy("created_at")
          .orderBy("id")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(
        rows,
        page,
        ({ exactly, id }) => ({ createdAt: exactly, id }),
        ({ id, name, role, scopes, branch, created_at, revoked_at }) => ({
          id,
          name,
          role,
          scopes,
          branch,
          createdAt: created_at,
          revokedAt: revoked_at
        })
      )
    })

    const revoke = Effect.fn("ApiKeys.revoke")(function* (id: ApiKeyId) {
      const row = yield* run("ApiKeys.revoke", (db) =>
        db
          .updateTable("api_key")
          .set({ revoked_at: sql`coalesce(revoked_at, clock_timestamp())` })
          .where("id", "=", id)
          .returning("id")
          .executeTakeFirst()
      )
      if (row === undefined) return yield* new ApiKeyNotFound({ id })
    })

    return ApiKeys.of({ make, authenticate, list, revoke })
  })
)
