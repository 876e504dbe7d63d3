import { Database } from "@concordat/adapter-postgres/Database"
import { AccountId } from "@concordat/core/account/Account"
import type { Actor } from "@concordat/core/actor/Actor"
import { Scope } from "@concordat/core/actor/Actor"
import { findAll } from "@concordat/core/search/findAll"
import { Effect, Logger, Schema } from "effect"
import { sql } from "kysely"
import { fillAccounts, fillInstance, fillTenants } from "./accountsWorld.ts"
import { medianOf, print } from "./measure.ts"
import { benchDatabase, storage } from "./system.ts"

/**
 * One question to everything, as the console's palette asks it with each letter: over 200,000 accounts and tenants
 * and 1,000,000 subscriptions, rare and common texts, of an operator and of one reseller.
 */
const accounts = Number(process.env["BENCH_ACCOUNTS"] ?? 200_000)
const subscriptions = Number(process.env["BENCH_SUBSCRIPTIONS"] ?? 1_000_000)
const resellers = 200
const rounds = 40
const goalMs = 100

const offers =
  "Microsoft 365 Business Basic,Microsoft 365 Business Premium,Office 365 E3,Exchange Online (Plan 1),Visio Plan 2,Azure plan"

const named = sql`(array['Acker','Berg','Cobalt','Delta','Eiche'])[1 + n % 5] || ' ' || n || ' GmbH'`

/** Filled in so many parts, since no statement may take long. */
const parts = 40

const fillSubscriptions = (part: number) => sql`
  insert into subscription (id, instance_id, account_id, tenant_id, reference, microsoft_id, name, is_addon,
    keeps_parent, terms)
  select gen_random_uuid(), link.instance_id, link.account_id, link.tenant_id, 'S-' || lpad(n::text, 7, '0'),
    gen_random_uuid(), (string_to_array(${offers}::text, ','))[1 + n % 6], false, false, '{}'
  from generate_series(${part + 1}::int, ${subscriptions}::int, ${parts}::int) n
  join (select *, row_number() over () - 1 as at from account_tenant) link on link.at = n % ${accounts}::int`

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
  yield* Effect.gen(function* () {
    const { run } = yield* Database
    yield* run("accounts", (db) => fillAccounts(accounts, resellers, named).execute(db))
    yield* run("instance", (db) => fillInstance.execute(db))
    for (let part = 0; part < 10; part++)
      yield* run("tenants", (db) => fillTenants(part).execute(db))
    for (let part = 0; part < parts; part++)
      yield* run("subscriptions", (db) => fillSubscriptions(part).execute(db))
    for (const table of ["account", "account_tenant", "subscription"])
      yield* run("vacuum", (db) => sql`vacuum analyze ${sql.table(table)}`.execute(db))
    const ids = yield* run("ids", async (db) => {
      const { rows } = await sql<{ microsoft_id: string }>`
        select microsoft_id::text from subscription tablesample system (0.1) limit ${rounds}`.execute(
        db
      )
      return rows.map(({ microsoft_id }) => microsoft_id)
    })
    const reseller = yield* run("reseller", async (db) => {
      const { rows } = await sql<{ id: string }>`
        select id from account where kind = 'reseller' order by code limit 1`.execute(db)
      return Schema.decodeSync(AccountId)(rows[0]?.id ?? "")
    })
    const number = (n: number, max: number, digits: number) =>
      String(1 + ((n * 7_919) % max)).padStart(digits, "0")
    /** What is typed, each time another one. */
    const searches: ReadonlyArray<readonly [what: string, q: (round: number) => string]> = [
      ["a reference", (n) => `S-${number(n, subscriptions, 7)}`],
      ["the beginning of many references", (n) => `S-00${n}`],
      ["a Microsoft id", (n) => ids[n % ids.length] ?? ""],
      ["four characters of an id", (n) => (ids[n % ids.length] ?? "").slice(0, 4)],
      ["what a sixth of the subscriptions are called", () => "microsoft 365 business b"],
      ["the beginning of a third of them", () => "microsoft"],
      ["an account's number", (n) => `C-${number(n, accounts, 6)}`],
      ["a common word", (n) => ["acker", "berg", "cobalt", "delta", "eiche"][n % 5] ?? ""],
      ["a domain", (n) => `tenant${number(n, accounts, 6)}`],
      ["what nearly all have", () => "onmicrosoft"],
      ["two letters", (n) => ["ac", "be", "mi", "s-"][n % 4] ?? ""],
      ["what nobody has", (n) => `nobody ${n}`]
    ]
    const figures = []
    const times: Array<number> = []
    for (const [who, branch] of [
      ["operator", null],
      ["reseller", reseller]
    ] as const) {
      const caller: Actor = {
        name: "bench",
        role: branch === null ? "operator-admin" : "reseller",
        scopes: Scope.literals,
        branch
      }
      for (const [what, q] of searches) {
        const own: Array<number> = []
        let found = 0
        for (let round = 0; round < rounds; round++) {
          const start = performance.now()
          const all = yield* findAll(q(round), caller)
          own.push(performance.now() - start)
          found = Object.values(all).flat().length
        }
        times.push(...own)
        figures.push({
          what: `${what}, ${who}`,
          figure: `${percentile(own).toFixed(1)} ms`,
          note: `p95; median ${medianOf(own).toFixed(1)} ms; ${found} found the last time`
        })
      }
    }
    const all = percentile(times)
    print(
      `search over ${accounts.toLocaleString("en")} accounts and ${subscriptions.toLocaleString("en")} subscriptions, ${rounds} of each kind`,
      [
        ...figures,
        {
          what: "all together",
          figure: `${all.toFixed(1)} ms`,
          note: `p95; goal ${goalMs} ms: ${all <= goalMs ? "met" : "MISSED"}`
        }
      ]
    )
  }).pipe(Effect.provide(storage(url, folder)))
}).pipe(Effect.scoped)

const percentile = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN

await Effect.runPromise(Effect.provide(bench, Logger.layer([])))
process.exit()
