import { Database } from "@concordat/adapter-postgres/Database"
import { AccountId } from "@concordat/core/account/Account"
import { type AccountFilter, Accounts } from "@concordat/core/account/Accounts"
import { Effect, Logger, Schema } from "effect"
import { sql } from "kysely"
import { medianOf, percentileOf, print } from "./measure.ts"
import { benchDatabase, storage } from "./system.ts"

/**
 * A search over 200,000 accounts, as a support desk makes it: pages of 50, by parts of names, codes, e-mail addresses,
 * domains and tenant ids, rare and common, of operators and of one reseller.
 */
const accounts = Number(process.env["BENCH_ACCOUNTS"] ?? 200_000)
const resellers = 200
const rounds = 40
const goalMs = 50

const words =
  "Acker Berg Cobalt Delta Eiche Falke Granit Hafen Insel Jura Karst Linde Marmor Nord Ostsee Pappel Quarz Rhein Stein Tal Ulme Vogel Wald Xenon Zinn".split(
    " "
  )

const fill = sql`
  with root as (
    insert into account (id, parent_id, ancestors, kind, name, code)
    select id, null, array[id], 'organisation', 'Organisation', 'organisation'
    from (select gen_random_uuid() as id) new returning id
  ), reseller as (
    insert into account (id, parent_id, ancestors, kind, name, code, edition)
    select new.id, root.id, array[root.id, new.id], 'reseller', 'Reseller ' || n, 'R-' || n, 'basic'
    from root, (select n, gen_random_uuid() as id from generate_series(1, ${resellers}::int) n) new
    returning id, ancestors, code
  ), numbered as (
    select id, ancestors, row_number() over (order by code) - 1 as at from reseller
  )
  insert into account (id, parent_id, ancestors, kind, name, code, email)
  select new.id, numbered.id, numbered.ancestors || new.id, 'customer',
    word[1 + n % 25] || ' ' || word[1 + (n / 25) % 25] || ' ' || n || (array[' GmbH', ' AG', ' Ltd', ' SARL'])[1 + n % 4],
    'C-' || lpad(n::text, 6, '0'), 'office' || n || '@mail' || n % 997 || '.example'
  from (select n, gen_random_uuid() as id, string_to_array(${words.join(",")}, ',') as word
    from generate_series(1, ${accounts}::int) n) new
  join numbered on numbered.at = n % ${resellers}::int`

const instance = sql`
  insert into instance (id, name, cloud, endpoint_api, endpoint_login, endpoint_resource, endpoint_prices, tenant_id,
    app_id, csp_status, requests_per_minute, disabled, version, countries)
  select gen_random_uuid(), 'bench', 'custom', '', '', '', '', gen_random_uuid(), gen_random_uuid(), 'indirect', 500,
    false, 1, array['US']`

/** A tenth of the customers become tenants. */
const link = (part: number) => sql`
  insert into account_tenant (instance_id, tenant_id, account_id, domain)
  select instance.id, gen_random_uuid(), account.id, 'tenant' || substr(code, 3) || '.onmicrosoft.com'
  from instance, account where kind = 'customer' and substr(code, 3)::int % 10 = ${part}`

/** What is typed, each time another one. */
const searches: ReadonlyArray<
  readonly [what: string, q: (round: number) => string, reseller: boolean, filter?: AccountFilter]
> = [
  ["a whole code", (n) => `C-${String(1 + ((n * 7_919) % accounts)).padStart(6, "0")}`, false],
  ["part of a domain", (n) => `tenant${String((n * 613) % 10_000).padStart(5, "0")}`, false],
  ["an e-mail address", (n) => `office${1 + ((n * 331) % accounts)}@`, false],
  ["two words", (n) => `${words[n % 25]} ${words[(n * 3) % 25]}`, false],
  ["one common word", (n) => words[n % 25] ?? "", false],
  ["what nearly all have", () => "onmicrosoft", false],
  ["what nobody has", (n) => `nobody ${n}`, false],
  ["two letters", (n) => (words[n % 25] ?? "").slice(0, 2), false],
  ["two letters that nobody has", () => "qz", false],
  ["nothing: the first page", () => "", false],
  ["one common word, of one reseller", (n) => words[n % 25] ?? "", true],
  ["resellers only", () => "", false, { kind: "reseller" }],
  ["resellers only, one of them", (n) => `Reseller ${n + 1}`, false, { kind: "reseller" }],
  ["resellers only, what all customers have", () => "mail", false, { kind: "reseller" }],
  ["customers only, a common word", (n) => words[n % 25] ?? "", false, { kind: "customer" }],
  ["inactive ones only, of which there are none", () => "", false, { active: false }],
  ["inactive ones only, a common word", (n) => words[n % 25] ?? "", false, { active: false }]
]

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  process.env["CONCORDAT_SECRET_KEY"] = Buffer.alloc(32, 7).toString("base64")
  yield* Effect.gen(function* () {
    const { run } = yield* Database
    const port = yield* Accounts
    yield* run("fill", (db) => fill.execute(db))
    yield* run("instance", (db) => instance.execute(db))
    for (let part = 0; part < 10; part++) yield* run("link", (db) => link(part).execute(db))
    yield* run("vacuum", (db) => sql`vacuum analyze account`.execute(db))
    const [reseller] = yield* run("reseller", async (db) => {
      const { rows } = await sql<{ id: string }>`
        select id from account where kind = 'reseller' order by code limit 1`.execute(db)
      return rows.map(({ id }) => Schema.decodeSync(AccountId)(id))
    })
    const times: Array<number> = []
    const figures = []
    for (const [what, q, isReseller, filter] of searches) {
      const own: Array<number> = []
      let found = 0
      for (let round = 0; round < rounds; round++) {
        const start = performance.now()
        const { items } = yield* port.search(
          q(round),
          isReseller ? (reseller ?? null) : null,
          { cursor: undefined, limit: 50 },
          filter
        )
        own.push(performance.now() - start)
        found = items.length
      }
      times.push(...own)
      figures.push({
        what,
        figure: `${percentileOf(own, 0.95).toFixed(1)} ms`,
        note: `p95; median ${medianOf(own).toFixed(1)} ms; ${found} on the last page; ${q(0) === "" ? "walk by name" : yield* planOf(q(0), isReseller ? (reseller ?? null) : null)}`
      })
    }
    const all = percentileOf(times, 0.95)
    print(`search over ${accounts.toLocaleString("en")} accounts, ${rounds} of each kind`, [
      ...figures,
      {
        what: "all together",
        figure: `${all.toFixed(1)} ms`,
        note: `p95; goal ${goalMs} ms: ${all <= goalMs ? "met" : "MISSED"}`
      }
    ])
  }).pipe(Effect.provide(storage(url, folder)))
}).pipe(Effect.scoped)

/** How Postgres finds the matches, before they are sorted. */
const planOf = (q: string, branch: AccountId | null) =>
  Database.use(({ run }) =>
    run("plan", async (db) => {
      const { rows } = await sql<{ "QUERY PLAN": string }>`
        explain (costs off) select id, lower(name) from account
        where ${branch === null ? sql`true` : sql`ancestors @> array[${branch}]::uuid[]`}
          and search like lower(${q.length < 3 ? `% ${q}%` : `%${q}%`}::text) limit 3001`.execute(
        db
      )
      return rows
        .map(
          (row) =>
            /(Seq Scan|Index Scan using \w+|Bitmap Index Scan on \w+)/u.exec(row["QUERY PLAN"])?.[1]
        )
        .filter((step) => step !== undefined)
        .join(" + ")
        .toLowerCase()
    })
  )

await Effect.runPromise(Effect.provide(bench, Logger.layer([])))
process.exit()
