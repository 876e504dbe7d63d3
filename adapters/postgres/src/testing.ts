/** For tests only: databases of their own for test files, on a server that the test run starts. */
import { randomBytes } from "node:crypto"
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cause, Effect, Layer, Redacted, References, Schedule, Schema, type Scope } from "effect"
import pg from "pg"
import { Database, type DatabaseError } from "./Database.ts"
import type { DatabaseStartError } from "./DatabaseAddress.ts"
import { embeddedServer } from "./EmbeddedServer.ts"
import { tryKernelLock } from "./embedded/KernelLock.ts"
import { stopPostmaster, until } from "./embedded/Postmaster.ts"
import { migrate, migrationsHash } from "./migrate.ts"
import { Boss, installQueues } from "./queue/Boss.ts"

/** How test processes find what the test run prepared: a file that appears when the server is ready. */
const serverVariable = "CONCORDAT_TEST_SERVER"
const folderPrefix = "concordat-test-"

const Prepared = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ url: Schema.String, template: Schema.String }),
    Schema.Struct({ error: Schema.String })
  ])
)

const withClient = <A>(
  url: string,
  use: (client: pg.Client) => Effect.Effect<A>
): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.promise(async () => {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
      client.on("error", () => {})
      await client.connect()
      return client
    }),
    use,
    (client) => Effect.promise(() => client.end())
  )

const databaseUrl = (server: string, database: string): string => {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Makes the template once for each schema; renamed when complete, so that nobody copies a half. */
const makeTemplate = (server: string) =>
  Effect.gen(function* () {
    const template = `concordat_template_${migrationsHash()}`
    const building = `${template}_${randomBytes(4).toString("hex")}`
    const found = yield* withClient(server, (client) =>
      Effect.promise(() => client.query("select from pg_database where datname = $1", [template]))
    )
    if (found.rowCount !== 0) return template
    const url = Redacted.make(databaseUrl(server, building))
    yield* withClient(server, (client) =>
      Effect.promise(() => client.query(`create database ${building}`))
    )
    yield* migrate(url)
    yield* installQueues(url)
    yield* withClient(server, (client) =>
      Effect.tryPromise(() =>
        client.query(`alter database ${building} rename to ${template}`)
      ).pipe(
        // Another run was faster; its template is as good.
        Effect.catch(() =>
          Effect.promise(() => client.query(`drop database ${building} with (force)`))
        )
      )
    )
    return template
  })

/** Removes what runs that were killed have left. */
const sweep = Effect.gen(function* () {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name)
    yield* Effect.scoped(
      Effect.gen(function* () {
        if (!(yield* tryKernelLock(`test run ${folder}`))) return
        yield* stopPostmaster(join(folder, "data"), "").pipe(Effect.ignoreCause)
        rmSync(folder, { recursive: true, force: true })
      })
    )
  }
})

const runFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), folderPrefix))
    chmodSync(folder, 0o755)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.tap((folder) => tryKernelLock(`test run ${folder}`)))

const serverUrl = (folder: string): Effect.Effect<string, unknown, Scope.Scope> => {
  const { TEST_DATABASE_URL: external } = process.env
  return external !== undefined && external !== ""
    ? Effect.succeed(external)
    : embeddedServer({ dataDir: join(folder, "data"), durable: false }).pipe(
        Effect.map(({ url }) => Redacted.value(url))
      )
}

/**
 * Starts, for one test run, a Postgres that forgets everything, or uses the server of
 * `TEST_DATABASE_URL`, whose user must be able to create databases. Returns at once, so that tests
 * that need no database do not wait; closing the scope stops and removes everything.
 */
export const provideServer: Effect.Effect<void, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* runFolder
  const file = join(folder, "prepared.json")
  process.env[serverVariable] = file
  const tell = (content: typeof Prepared.Type) => {
    // Renamed into place: readers see all of it or nothing.
    writeFileSync(`${file}.new`, Schema.encodeSync(Prepared)(content))
    renameSync(`${file}.new`, file)
  }
  yield* sweep.pipe(
    Effect.andThen(serverUrl(folder)),
    Effect.flatMap((url) => Effect.map(makeTemplate(url), (template) => tell({ url, template }))),
    Effect.catchCause((cause) => Effect.sync(() => tell({ error: Cause.pretty(cause) }))),
    Effect.provideService(References.MinimumLogLevel, "Warn"),
    Effect.forkScoped
  )
})

const preparedServer = Effect.gen(function* () {
  const { [serverVariable]: file } = process.env
  if (file === undefined) {
    return yield* Effect.die(new Error("databases for tests need test/globalSetup.ts of vitest"))
  }
  yield* until(() => existsSync(file), 60_000)
  const prepared = yield* Effect.orDie(Schema.decodeEffect(Prepared)(readFileSync(file, "utf8")))
  return "error" in prepared ? yield* Effect.die(new Error(prepared.error)) : prepared
})

const create = (client: pg.Client, database: string, template: string) =>
  Effect.tryPromise(() => client.query(`create database ${database} template ${template}`)).pipe(
    // 55006: the statistics of the template are being gathered just now.
    Effect.retry({
      schedule: Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 20 })),
      while: ({ cause }) => cause instanceof pg.DatabaseError && cause.code === "55006"
    }),
    Effect.orDie
  )

/**
 * A database of one's own with today's schema, until the scope closes. About 50 ms; make one for each test
 * file (`beforeAll`, or `layer(testDatabase)`) and empty tables between tests.
 */
export const makeDatabase: Effect.Effect<
  { readonly url: Redacted.Redacted<string> },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const { url, template } = yield* preparedServer
  const database = `concordat_test_${process.pid}_${randomBytes(6).toString("hex")}`
  yield* Effect.acquireRelease(
    withClient(url, (client) => create(client, database, template)),
    () =>
      withClient(url, (client) =>
        Effect.promise(() => client.query(`drop database if exists ${database} with (force)`))
      )
  )
  return { url: Redacted.make(databaseUrl(url, database)) }
})

/** `Database` on a database of its own. */
export const testDatabase: Layer.Layer<Database, DatabaseStartError> = Layer.unwrap(
  Effect.map(makeDatabase, ({ url }) =>
    Database.layer({ url, applicationName: "test", poolMax: 5 })
  )
)

/** `Database` and `Boss` on a database of their own. */
export const testDatabaseAndQueues: Layer.Layer<
  Database | Boss,
  DatabaseStartError | DatabaseError
> = Layer.unwrap(
  Effect.map(makeDatabase, ({ url }) =>
    Layer.provideMerge(
      Boss.layer({ url }),
      Database.layer({ url, applicationName: "test", poolMax: 5 })
    )
  )
)
