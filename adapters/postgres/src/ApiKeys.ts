import { createHash, randomBytes, randomUUID } from "node:crypto"
import type { Actor } from "@concordat/core/actor/Actor"
import { ApiKeyId, ApiKeyNotFound, ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect, Exit, Layer, Option, Redacted, Request, RequestResolver, Schema } from "effect"
import { sql } from "kysely"
import { CurrentTransaction } from "./Database.ts"
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

interface Authentication extends Request.Request<Option.Option<Actor>> {
  readonly _tag: "Authentication"
  readonly hash: string
}
const Authentication = Request.tagged<Authentication>("Authentication")

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

    const known = Effect.fn("ApiKeys.known")(function* (hashes: ReadonlyArray<string>) {
      const rows = yield* run("ApiKeys.authenticate", (db) =>
        db
          .selectFrom("api_key")
          .select(["id", "name", "role", "scopes", "branch"])
          .select(sql<string>`encode(hash, 'hex')`.as("hex"))
          .select(
            sql<boolean>`last_used_at is null
              or last_used_at < now() - ${lastUsedPrecision}::interval`.as("outdated")
          )
          .where(
            sql<boolean>`hash = any (${hashes.map((hash) => Buffer.from(hash, "hex"))}::bytea[])`
          )
          .where("revoked_at", "is", null)
          .execute()
      )
      const outdated = rows.filter((row) => row.outdated).map(({ id }) => id)
      if (outdated.length > 0)
        yield* run("ApiKeys.used", (db) =>
          db
            .updateTable("api_key")
            .set({ last_used_at: sql`clock_timestamp()` })
            .where(sql<boolean>`id = any (${outdated}::uuid[])`)
            .execute()
        )
      return new Map(
        rows.map(({ hex, name, role, scopes, branch }): readonly [string, Actor] => [
          hex,
          { name: `key:${name}`, role, scopes, branch }
        ])
      )
    })

    // Every request of the API asks this; those that come together ask with one statement. Nothing is remembered.
    const authentications = RequestResolver.make<Authentication>((entries) =>
      known([...new Set(entries.map(({ request }) => request.hash))]).pipe(
        Effect.map((actors) =>
          entries.forEach((entry) => {
            entry.completeUnsafe(Exit.succeed(Option.fromNullishOr(actors.get(entry.request.hash))))
          })
        ),
        Effect.provideService(CurrentTransaction, null)
      )
    )

    const authenticate = (key: Redacted.Redacted) =>
      Effect.request(Authentication({ hash: hashOf(key).toString("hex") }), authentications)

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
