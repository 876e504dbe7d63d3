import { Database } from "@concordat/adapter-postgres/Database"
import { AccountId } from "@concordat/core/account/Account"
import { type AccountFilter, Accounts } from "@concordat/core/account/Accounts"
import { Effect, Logger, Schema } from "effect"
import { sql } from "kysely"
import { fillAccounts, fillInstance, fillTenants } from "./accountsWorld.ts"
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

const word = sql`(string_to_array(${words.join(",")}, ','))`
const named = sql`${word}[1 + n % 25] || ' ' || ${word}[1 + (n / 25) % 25] || ' ' || n
  || (array[' GmbH', ' AG', ' Ltd', ' SARL'])[1 + n % 4]`

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
    yield* run("fill", (db) => fillAccounts(accounts, resellers, named).execute(db))
    yield* run("instance", (db) => fillInstance.execute(db))
    for (let part = 0; part < 10; part++) yield* run("link", (db) => fillTenants(part).execute(db))
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
