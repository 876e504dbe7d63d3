import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { Database } from "@concordat/adapter-postgres/Database"
import type { Tables } from "@concordat/adapter-postgres/Tables"
import { Scope as AllScopes } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { InstanceName } from "@concordat/core/instance/Instance"
import { OperatorName } from "@concordat/core/operator/Operator"
import { Operators } from "@concordat/core/operator/Operators"
import { Effect, Redacted, Schema, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { type Kysely, sql } from "kysely"
import { buildConsole, isConsoleFresh } from "../apps/start/src/buildConsole.ts"
import { startChild } from "../apps/start/src/Child.ts"
import { reconcile } from "../apps/start/src/demo/reconcile.ts"
import { simulatorControl } from "../apps/start/src/demo/SimulatorControl.ts"
import { actor, seedDemo } from "../apps/start/src/demo/seedDemo.ts"
import { benchDatabase, storage } from "./system.ts"

const root = resolve(import.meta.dirname, "..")
const secretKey = Buffer.alloc(32, 7).toString("base64")

/** How large the world of the console's benchmark is. */
export interface WorldSize {
  readonly rows: number
  readonly accounts: number
}

const resellers = 200
/** Finished reconciliations of the weeks before. */
const history = 150

type Db = Kysely<Tables>

const words =
  "Acker Berg Cobalt Delta Eiche Falke Granit Hafen Insel Jura Karst Linde Marmor Nord Ostsee Pappel Quarz Rhein Stein Tal Ulme Vogel Wald Xenon Zinn"

/** New accounts, a fifth of a percent of them resellers; each has a place by its name, and a tenant. */
const accounts = ({ accounts }: WorldSize) =>
  sql.raw(`
  create table bench_account as
  select n, md5('account ' || n)::uuid as id, md5('tenant ' || n)::uuid as tenant_id,
    word[1 + n % 25] || ' ' || word[1 + (n / 25) % 25] || ' ' || n
      || (array[' GmbH', ' AG', ' Ltd', ' SARL'])[1 + n % 4] as name,
    'C-' || lpad(n::text, 6, '0') as code, 'office' || n || '@mail' || n % 997 || '.example' as email,
    'tenant' || n || '.onmicrosoft.com' as domain, md5('reseller ' || n % ${resellers})::uuid as reseller_id,
    null::bigint as at
  from (select n, string_to_array('${words}', ' ') as word from generate_series(0, ${accounts} - 1) n) new;
  update bench_account set at = ranked.at
  from (select id, row_number() over (order by lower(name), id) - 1 as at from bench_account) ranked
  where ranked.id = bench_account.id;
  create unique index on bench_account (at);
  analyze bench_account;
  insert into account (id, parent_id, ancestors, kind, name, code, edition, search)
  select new.id, root.id, array[root.id, new.id], 'reseller', 'Reseller ' || n, 'BR-' || n, 'basic',
    lower(' ' || concat_ws(E'\\n ', 'Reseller ' || n, 'BR-' || n))
  from (select id from account where parent_id is null) root,
    (select n, md5('reseller ' || n)::uuid as id from generate_series(0, ${resellers} - 1) n) new;
  insert into account (id, parent_id, ancestors, kind, name, code, email, search)
  select new.id, parent.id, parent.ancestors || new.id, 'customer', new.name, new.code, new.email,
    lower(' ' || concat_ws(E'\\n ', new.name, new.code, new.email, concat_ws(E'\\n ', domain, tenant_id)))
  from bench_account new join account parent on parent.id = new.reseller_id;
  insert into account_tenant (instance_id, environment, tenant_id, account_id, domain)
  select instance.id, instance.environment, new.tenant_id, new.id, new.domain
  from bench_account new, instance where instance.name = 'contoso-eu'`)

/** Columns of a table as they are, or as given: a copy has whatever columns later migrations add. */
const columnsOf = async (
  db: Db,
  table: string,
  given: Readonly<Record<string, string>>,
  from: string
) => {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_name = ${table} and table_schema = 'public' and is_generated = 'NEVER'
    order by ordinal_position`.execute(db)
  const names = rows.map(({ name }) => name)
  return {
    into: sql.raw(names.map((name) => `"${name}"`).join(", ")),
    values: sql.raw(names.map((name) => given[name] ?? `${from}."${name}"`).join(", "))
  }
}

/** The rows of a real report again and again, each for the next customer by name, with its subscriptions. */
const rows = async (db: Db, report: string, run: string, size: WorldSize) => {
  await sql`
    create table bench_row as
    select series.at, account.id as account_id, account.tenant_id, account.name, template.position as template
    from generate_series(0, ${size.rows}::int - 1) series (at)
    join bench_account account on account.at = series.at / ${Math.ceil(size.rows / size.accounts)}::int
    join (select position, row_number() over (order by position) - 1 as n,
        count(*) over () as count from reconciliation_row where run_id = ${report}) template
      on template.n = (series.at::bigint * 7919) % template.count`.execute(db)
  await sql`create unique index on bench_row (at)`.execute(db)
  await sql`analyze bench_row`.execute(db)
  const subscriptionId = "md5('subscription ' || new.at)::uuid"
  const microsoftId = "md5('microsoft ' || new.at)::uuid"
  const row = await columnsOf(
    db,
    "reconciliation_row",
    {
      run_id: `'${run}'::uuid`,
      position: "new.at",
      tenant_id: "new.tenant_id",
      account_id: "new.account_id",
      subscription_id: `case when template.subscription_id is not null then ${subscriptionId} end`,
      microsoft_id: `case when template.microsoft_id is not null then ${microsoftId} end`,
      customer: "new.name",
      search:
        "lower(new.name) || substr(template.search, length(split_part(template.search, E'\\t', 1)) + 1)"
    },
    "template"
  )
  await sql`
    insert into reconciliation_row (${row.into}) select ${row.values}
    from bench_row new join reconciliation_row template
      on template.run_id = ${report} and template.position = new.template
    order by new.at`.execute(db)
  const finding = await columnsOf(
    db,
    "finding",
    { run_id: `'${run}'::uuid`, position: "new.at" },
    "template"
  )
  await sql`
    insert into finding (${finding.into}) select ${finding.values}
    from bench_row new join finding template
      on template.run_id = ${report} and template.position = new.template
    order by new.at, template.ordinal`.execute(db)
  const subscription = await columnsOf(
    db,
    "subscription",
    {
      id: subscriptionId,
      account_id: "new.account_id",
      tenant_id: "new.tenant_id",
      reference: "'BENCH-' || new.at",
      parent_id: "null",
      microsoft_id: microsoftId
    },
    "template"
  )
  await sql`
    insert into subscription (${subscription.into}) select ${subscription.values}
    from bench_row new
    join reconciliation_row held on held.run_id = ${report} and held.position = new.template
    join subscription template on template.id = held.subscription_id`.execute(db)
}

/** The run of all these rows, and others before it. */
const runs = async (db: Db, report: string, run: string, { rows }: WorldSize) => {
  const one = await columnsOf(
    db,
    "reconciliation_run",
    {
      id: `'${run}'::uuid`,
      rows: String(rows),
      findings: `(select count(*) from finding where run_id = '${run}')`,
      counts: `(select json_agg(json_build_object('kind', kind, 'count', count)) from
        (select kind, count(*) from finding where run_id = '${run}' group by kind) counted)`,
      created_at: "clock_timestamp()",
      finished_at: "clock_timestamp()"
    },
    "template"
  )
  await sql`
    insert into reconciliation_run (${one.into}) select ${one.values}
    from reconciliation_run template where id = ${report}`.execute(db)
  const others = await columnsOf(
    db,
    "reconciliation_run",
    {
      id: "md5('run ' || n)::uuid",
      created_at: "template.created_at - n * interval '4 hours'",
      started_at: "template.created_at - n * interval '4 hours'",
      finished_at: "template.created_at - n * interval '4 hours' + interval '9 minutes'"
    },
    "template"
  )
  await sql`
    insert into reconciliation_run (${others.into}) select ${others.values}
    from reconciliation_run template, generate_series(1, ${history}::int) n
    where id = ${report}`.execute(db)
}

/** What the console is measured against. */
export const ConsoleWorld = Schema.Struct({
  api: Schema.String,
  /** With every scope. */
  key: Schema.String,
  /** The value of an administrator's session's cookie. */
  cookie: Schema.String,
  /** The run with all the rows. */
  run: Schema.String,
  database: Schema.String
})
export type ConsoleWorld = typeof ConsoleWorld.Type

/**
 * The demo as `npm start` has it, on a database of its own, and in it a report of so many rows: copies of the demo's
 * report, made by Postgres itself.
 */
export const consoleWorld = Effect.fnUntraced(function* (
  size: WorldSize,
  say: (line: string) => void
): Effect.fn.Return<ConsoleWorld, Error, Scope.Scope> {
  const { folder, url } = yield* benchDatabase
  const logFolder = join(folder, "logs")
  mkdirSync(logFolder)
  process.env["CONCORDAT_SECRET_KEY"] = secretKey
  const environment = {
    DATABASE_URL: Redacted.value(url),
    CONCORDAT_DATA_DIR: folder,
    CONCORDAT_SECRET_KEY: secretKey,
    CONCORDAT_API_PORT: "0",
    SIMULATOR_PORT: "0"
  }
  const child = (name: string) =>
    startChild({ name, main: join(root, "apps", name, "src", "main.ts"), environment, logFolder })
  const [simulator, api] = yield* Effect.all([child("simulator"), child("api")], { concurrency: 2 })
  yield* child("reconciler")
  if (!isConsoleFresh(root)) yield* buildConsole(root, join(logFolder, "build.log"))
  const ports = storage(url, folder)
  const report = yield* Effect.gen(function* () {
    yield* seedDemo(yield* simulatorControl(simulator.url ?? ""), () => {})
    return yield* reconcile(actor, InstanceName.make("contoso-eu"), () => {})
  }).pipe(Effect.provide([ports, FetchHttpClient.layer]))
  const run = crypto.randomUUID()
  const database = Database.layer({
    url,
    applicationName: "bench",
    poolMax: 1,
    statementTimeoutMs: 600_000
  })
  const step = (what: string, make: (db: Db) => Promise<unknown>) =>
    Effect.gen(function* () {
      const start = performance.now()
      yield* Database.use(({ run }) =>
        run(what, (db) =>
          // Neither triggers nor foreign keys: everything that they would make is made here, at once.
          db.transaction().execute(async (transaction) => {
            await sql`set local session_replication_role = replica`.execute(transaction)
            await make(transaction)
          })
        )
      )
      say(`${what}: ${((performance.now() - start) / 1_000).toFixed(1)} s`)
    })
  yield* Effect.gen(function* () {
    yield* step(`${size.accounts.toLocaleString("en")} accounts`, (db) =>
      accounts(size).execute(db)
    )
    yield* step(`${size.rows.toLocaleString("en")} rows and their subscriptions`, (db) =>
      rows(db, report.id, run, size)
    )
    yield* step(`${history} reconciliations before`, (db) => runs(db, report.id, run, size))
    const start = performance.now()
    yield* Database.use(({ run }) => run("vacuum", (db) => sql`vacuum analyze`.execute(db)))
    say(`vacuum: ${((performance.now() - start) / 1_000).toFixed(1)} s`)
  }).pipe(Effect.provide(database))
  const cookie = yield* signIn(api.url ?? "").pipe(Effect.provide(ports))
  const { key } = yield* ApiKeys.use((keys) =>
    keys.make({ name: "bench", role: "operator-admin", scopes: AllScopes.literals, branch: null })
  ).pipe(Effect.provide(ports))
  return {
    api: api.url ?? "",
    key: Redacted.value(key),
    cookie,
    run,
    database: Redacted.value(url)
  }
})

/** A session of a new administrator, as its browser keeps it. */
const signIn = (api: string) =>
  Effect.gen(function* () {
    const name = OperatorName.make("bench")
    const password = crypto.randomUUID()
    yield* Operators.use((operators) =>
      operators.add({
        name,
        role: "operator-admin",
        branch: null,
        password: Redacted.make(password)
      })
    )
    return yield* Effect.promise(() => cookieOf(api, name, password))
  })

const cookieOf = async (api: string, name: string, password: string): Promise<string> => {
  const answer = await fetch(`${api}/v1/session`, {
    method: "POST",
    headers: { origin: api, "sec-fetch-site": "same-origin", "content-type": "application/json" },
    body: JSON.stringify({ name, password })
  })
  const [cookie = ""] = answer.headers.getSetCookie()
  return /^concordat_session=(?<value>[^;]+)/u.exec(cookie)?.groups?.["value"] ?? ""
}
