import { type Account, AccountId, type AccountTenant } from "@concordat/core/account/Account"
import { AccountNotFound, Accounts } from "@concordat/core/account/Accounts"
import { Effect, Layer, Schema } from "effect"
import { type Kysely, sql } from "kysely"
import { keyset } from "./Keyset.ts"
import { likePart, statements } from "./Statements.ts"
import type { AccountTable, Tables } from "./Tables.ts"

const byName = keyset(Schema.Struct({ name: Schema.String, id: AccountId }))

type AccountRow = Pick<AccountTable, "id" | "parent_id" | "kind" | "name" | "code" | "mpn_id"> & {
  readonly sort_name: string
  readonly tenants: ReadonlyArray<AccountTenant>
}

const accounts = (db: Kysely<Tables>, branch: AccountId | null) =>
  db
    .selectFrom("account")
    .select(["id", "parent_id", "kind", "name", "code", "mpn_id"])
    .select([
      sql<string>`lower(name)`.as("sort_name"),
      sql<ReadonlyArray<AccountTenant>>`(
        select coalesce(json_agg(json_build_object('instanceId', t.instance_id,
          'tenantId', t.tenant_id, 'domain', t.domain) order by t.instance_id, t.tenant_id), '[]')
        from account_tenant t where t.account_id = account.id)`.as("tenants")
    ])
    .$if(branch !== null, (query) =>
      query.where(sql<boolean>`ancestors @> array[${branch}]::uuid[]`)
    )

const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  parentId: row.parent_id,
  kind: row.kind,
  name: row.name,
  code: row.code,
  mpnId: row.mpn_id,
  tenants: row.tenants
})

/** The account tree in Postgres. */
export const accountsLayer = Layer.effect(
  Accounts,
  Effect.gen(function* () {
    const { run } = yield* statements

    const search = Effect.fn("Accounts.search")(function* (
      ...[q, branch, page]: Parameters<Accounts["Service"]["search"]>
    ) {
      const after = yield* byName.after(page)
      const rows = yield* run("Accounts.search", (db) =>
        accounts(db, branch)
          .$if(q !== undefined && q !== "", (query) => {
            const part = likePart(q ?? "")
            return query.where(
              sql<boolean>`(name ilike ${part} or code ilike ${part} or exists (
                select from account_tenant t where t.account_id = account.id
                and (t.domain ilike ${part} or t.tenant_id::text ilike ${part})))`
            )
          })
          .$if(after !== undefined, (query) =>
            query.where(
              sql<boolean>`(lower(name), id) > (${after?.name ?? ""}, ${after?.id ?? null}::uuid)`
            )
          )
          .orderBy(sql`lower(name)`)
          .orderBy("id")
          .limit(page.limit + 1)
          .execute()
      )
      return byName.page(rows, page, ({ sort_name, id }) => ({ name: sort_name, id }), accountOf)
    })

    const get = Effect.fn("Accounts.get")(function* (
      ...[id, branch]: Parameters<Accounts["Service"]["get"]>
    ) {
      const row = yield* run("Accounts.get", (db) =>
        accounts(db, branch).where("id", "=", id).executeTakeFirst()
      )
      return row === undefined ? yield* new AccountNotFound({ id }) : accountOf(row)
    })

    return Accounts.of({ search, get })
  })
)
