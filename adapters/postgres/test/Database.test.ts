import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cause, Deferred, Effect, Exit, Fiber, ManagedRuntime, Redacted, Schema } from "effect"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Database, type DatabaseError } from "../src/Database.ts"
import { makeDatabase, testDatabase } from "../src/testing.ts"
import { program } from "./programs/Program.ts"

const runtime = ManagedRuntime.make(testDatabase)
afterAll(() => runtime.dispose())

const execute = <Row = object>(text: string) =>
  Database.use(({ run }) => run("test", async (db) => (await sql.raw<Row>(text).execute(db)).rows))
const within = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Database.use(({ inTransaction }) => inTransaction(work))
const answers = Effect.map(execute<{ id: number }>("select id from answer order by id"), (rows) =>
  rows.map(({ id }) => id)
)
const put = (id: number) => execute(`insert into answer values (${id})`)
const reason = <A>(effect: Effect.Effect<A, DatabaseError, Database>) =>
  runtime.runPromise(Effect.map(Effect.flip(effect), (error) => error.reason))

beforeAll(() =>
  runtime.runPromise(
    execute(`
      create table answer (id int8 constraint answer_pk primary key);
      create table question (answer int8 constraint question_answer references answer)`)
  )
)
beforeEach(() => runtime.runPromise(execute("truncate answer, question")))

describe("values", () => {
  it("come as numbers, texts and epoch milliseconds", async () => {
    const [row] = await runtime.runPromise(
      execute(`select 9007199254740991::int8 as big, 12.50::numeric as money,
        '2026-11-20T12:00:00.123456+01'::timestamptz as at, '2026-11-20'::date as day,
        array[1,2]::int8[] as bigs, array['1970-01-01T00:00:01Z']::timestamptz[] as ats, null::int8 as nothing`)
    )
    expect(row).toEqual({
      big: 9007199254740991,
      money: "12.50",
      at: Date.UTC(2026, 10, 20, 11, 0, 0, 123),
      day: "2026-11-20",
      bigs: [1, 2],
      ats: [1000],
      nothing: null
    })
  })

  it("that would lose digits as a number are a defect", async () => {
    const exit = await runtime.runPromiseExit(execute("select 9007199254740993::int8 as big"))
    expect(Exit.isFailure(exit) && Cause.hasDies(exit.cause)).toBe(true)
  })
})

describe("errors", () => {
  it("name the constraint that was violated", async () => {
    expect(await reason(Effect.andThen(put(1), put(1)))).toEqual({
      _tag: "UniqueViolation",
      constraint: "answer_pk"
    })
    expect(await reason(execute("insert into question values (7)"))).toEqual({
      _tag: "ForeignKeyViolation",
      constraint: "question_answer"
    })
  })

  it.each([
    ["40001", "Serialization"],
    ["40P01", "Serialization"],
    ["55P03", "Serialization"],
    ["57P01", "Unavailable"],
    ["57014", "Unavailable"], // statement timeout
    ["53300", "Unavailable"], // too many connections
    ["53100", "Unavailable"], // disk full
    ["08006", "Unavailable"]
  ])("SQLSTATE %s is %s, which may be tried again", async (code, tag) => {
    const raise = execute(`do $$ begin raise exception using errcode = '${code}'; end $$`)
    const error = await runtime.runPromise(Effect.flip(raise))
    expect([error.reason._tag, error.retryable]).toEqual([tag, true])
  })

  it("of one's own making are defects that name the operation", async () => {
    const exit = await runtime.runPromiseExit(execute("select nonsense"))
    expect(Exit.isFailure(exit) && Cause.pretty(exit.cause)).toContain(
      'test: column "nonsense" does not exist'
    )
  })

  it("a connection that the server ends is Unavailable, and trying again gets another", async () => {
    expect(await reason(execute("select pg_terminate_backend(pg_backend_pid())"))).toMatchObject({
      _tag: "Unavailable"
    })
    const again = Effect.retry(answers, { times: 3, while: (error) => error.retryable })
    expect(await runtime.runPromise(again)).toEqual([])
  })
})

describe("a transaction", () => {
  it("keeps everything when its work succeeds, and nothing when it fails", async () => {
    await runtime.runPromise(within(Effect.andThen(put(1), put(2))))
    const failing = within(Effect.andThen(put(3), Effect.fail("no")))
    expect(await runtime.runPromise(Effect.flip(failing))).toBe("no")
    await runtime.runPromiseExit(within(Effect.andThen(put(4), Effect.die("bug"))))
    expect(await runtime.runPromise(answers)).toEqual([1, 2])
  })

  it("keeps nothing when it is interrupted", async () => {
    const interrupted = Effect.gen(function* () {
      const written = yield* Deferred.make<void>()
      const fiber = yield* put(1).pipe(
        Effect.andThen(Deferred.succeed(written, undefined)),
        Effect.andThen(Effect.never),
        within,
        Effect.forkChild
      )
      yield* Deferred.await(written)
      yield* Fiber.interrupt(fiber)
      return yield* answers
    })
    expect(await runtime.runPromise(interrupted)).toEqual([])
  })

  it("within another joins it", async () => {
    const outer = within(
      Effect.gen(function* () {
        yield* within(put(1))
        expect(yield* answers).toEqual([1])
        return yield* Effect.fail("outer")
      })
    )
    await runtime.runPromise(Effect.flip(outer))
    expect(await runtime.runPromise(answers)).toEqual([])
  })

  it("that a caught error has doomed does not pretend to be kept", async () => {
    const doomed = within(Effect.andThen(put(1), Effect.ignore(put(1))))
    const exit = await runtime.runPromiseExit(doomed)
    expect(Exit.isFailure(exit)).toBe(true)
    expect(await runtime.runPromise(answers)).toEqual([])
  })

  it("is not seen by others before it is kept", async () => {
    const isolated = Effect.gen(function* () {
      const written = yield* Deferred.make<void>()
      const looked = yield* Deferred.make<void>()
      const fiber = yield* put(1).pipe(
        Effect.andThen(Deferred.succeed(written, undefined)),
        Effect.andThen(Deferred.await(looked)),
        within,
        Effect.forkChild
      )
      yield* Deferred.await(written)
      const before = yield* answers
      yield* Deferred.succeed(looked, undefined)
      yield* Fiber.join(fiber)
      return [before, yield* answers]
    })
    expect(await runtime.runPromise(isolated)).toEqual([[], [1]])
  })
})

describe("starting", () => {
  const problem = (url: string) =>
    Database.pipe(
      Effect.provide(Database.layer({ url: Redacted.make(url), applicationName: "test" })),
      Effect.flip,
      Effect.map(({ message }) => message),
      Effect.runPromise
    )

  it("says in one line what is wrong with the address, and never the password", async () => {
    const { url } = await runtime.runPromise(Effect.scoped(makeDatabase))
    const wrong = (change: (url: URL) => void) => {
      const address = new URL(Redacted.value(url))
      change(address)
      return problem(address.href)
    }
    const messages = await Promise.all([
      problem("mysql://root:geheim@localhost/x"),
      problem("not a url geheim"),
      problem("postgres://me:geheim@127.0.0.1:1/x"),
      problem("postgres://me:geheim@no.such.host.invalid/x"),
      wrong((address) => {
        address.username = "stranger"
        address.password = "geheim"
      }),
      wrong((address) => {
        address.pathname = "/nowhere"
      })
    ])
    const { host } = new URL(Redacted.value(url))
    expect(messages.join()).not.toContain("geheim")
    expect(messages).toEqual([
      "DATABASE_URL is not the address of a Postgres. Set DATABASE_URL to postgres://user:password@host:5432/database, or unset it to use the embedded one.",
      "DATABASE_URL is not the address of a Postgres. Set DATABASE_URL to postgres://user:password@host:5432/database, or unset it to use the embedded one.",
      "Postgres at 127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1. Start it, correct DATABASE_URL, or unset DATABASE_URL to use the embedded one.",
      "Postgres at no.such.host.invalid:5432 is unknown: no such host. Correct the host in DATABASE_URL.",
      expect.stringMatching(/ refuses the user "stranger": .+\. Correct user and password/u),
      `Postgres at ${host} has no database "nowhere". Create it (createdb nowhere) or correct DATABASE_URL.`
    ])
  })
})

describe("an outage", () => {
  it("fails what runs meanwhile as Unavailable, and is over when the server is back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "concordat-outage-"))
    chmodSync(folder, 0o755)
    const Served = Schema.Struct({ url: Schema.String })
    const serve = async () => {
      const server = program("serve", [join(folder, "pg")])
      return { server, ...Schema.decodeUnknownSync(Served)(await server.next()) }
    }
    const first = await serve()
    const layer = Database.layer({ url: Redacted.make(first.url), applicationName: "test" })
    const outage = Effect.gen(function* () {
      const { inTransaction } = yield* Database
      yield* execute("create table kept (id int)")
      const during = yield* execute("insert into kept values (1)").pipe(
        Effect.andThen(Effect.promise(() => first.server.finish())),
        Effect.andThen(execute("insert into kept values (2)")),
        inTransaction,
        Effect.flip
      )
      const down = yield* Effect.flip(execute("select 1"))
      const { server } = yield* Effect.promise(serve)
      const after = yield* execute("select id from kept")
      yield* Effect.promise(() => server.finish())
      return [during.reason._tag, down.reason._tag, after]
    })
    expect(await Effect.runPromise(Effect.provide(outage, layer))).toEqual([
      "Unavailable",
      "Unavailable",
      []
    ])
    rmSync(folder, { recursive: true, force: true })
  })
})
