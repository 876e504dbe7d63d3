import type { InstanceId } from "@concordat/core/instance/Instance"
import {
  type BudgetState,
  CurrentPriority,
  type Priority,
  RateBudget,
  RateBudgets,
  ResourceFamily
} from "@concordat/core/vendor/RateBudget"
import { Clock, Deferred, Duration, Effect, Layer, Queue, Schedule } from "effect"
import { type Kysely, type Selectable, sql } from "kysely"
import { CurrentTransaction, Database } from "./Database.ts"
import { statements } from "./Statements.ts"
import type { RateBudgetTable, Tables } from "./Tables.ts"

/** The share of the limit that is used: Partner Center counts when requests arrive, and they do not arrive evenly. */
const shareMax = 0.98
/** How far ahead sweeps reserve. What is reserved is lost to a person who comes, and when Partner Center refuses. */
const horizonMs = 500
/** Requests that are reserved in one round trip. */
const reservedMax = 1_000
/** What a refusal leaves of the rate, and the least that refusals leave of it. */
const decrease = 0.95
const factorMin = 0.1
/** How the rate comes back: a step for each so many seconds without a refusal. */
const recoveryStep = 0.01
const recoverySeconds = 10
/** An outage of the database that lasts longer fails the requests that wait. */
const outageMax = "10 minutes"

const outage = Schedule.min([
  Schedule.exponential("100 millis"),
  Schedule.spaced("2 seconds")
]).pipe(Schedule.jittered, Schedule.upTo({ duration: outageMax }))

interface Reservation {
  /** The requests that got a slot, the first in `start_ms` from now, the others `gap_ms` apart. */
  readonly granted: number
  readonly start_ms: number
  readonly gap_ms: number
  /** When it is worth asking again. */
  readonly again_ms: number
  /** By the database's clock: until when nobody sends. */
  readonly blocked_until: number
}

/** What the rate has recovered to. */
const factorNow = sql`least(1, factor + ${recoveryStep} *
  floor(greatest(0, extract(epoch from now - factor_at)) / ${recoverySeconds}))`

/**
 * Reserves the next slots, by the database's clock and after whoever reserved before. A slot follows another
 * by a gap (GCRA without a burst). Sweeps get slots within the horizon. Interactive requests have a line of their
 * own that starts now and push the sweeps back by as much: together no more is sent, only sooner.
 */
const reserve = (
  db: Kysely<Tables>,
  instance: InstanceId,
  family: ResourceFamily,
  priority: Priority,
  wanted: number
) => {
  const interactive = priority === "interactive"
  return sql<Reservation>`
    with held as materialized (
      select budget.*, instance.requests_per_minute
      from rate_budget budget join instance on instance.id = budget.instance_id
      where budget.instance_id = ${instance} and budget.family = ${family}
      for update of budget
    ), clocked as materialized (
      select held.*, clock_timestamp() as now from held
    ), paced as materialized (
      select now, greatest(next_at, blocked_until, now) as sweep_from,
        greatest(interactive_at, blocked_until, now) as interactive_from, blocked_until,
        60 / (requests_per_minute * ${shareMax}::double precision * ${factorNow})::double precision as gap
      from clocked
    ), slots as materialized (
      select *, ${
        interactive
          ? sql`${wanted}::integer`
          : sql`greatest(0, least(${wanted}::integer, 1 + floor(
              (extract(epoch from now - sweep_from) + ${horizonMs / 1000}) / gap)::integer))`
      } as granted from paced
    ), reserved as (
      update rate_budget budget
      set next_at = case when granted = 0 then next_at
          else sweep_from + granted * gap * interval '1 second' end,
        interactive_at = ${
          interactive
            ? sql`interactive_from + granted * gap * interval '1 second'`
            : sql`interactive_at`
        }
      from slots
      where budget.instance_id = ${instance} and budget.family = ${family}
    )
    select granted, gap * 1000 as gap_ms,
      (extract(epoch from ${sql.ref(interactive ? "interactive_from" : "sweep_from")} - now) * 1000)
        ::double precision as start_ms,
      greatest(0, (extract(epoch from sweep_from - now) + granted * gap) * 1000 - ${horizonMs / 2})
        ::double precision as again_ms,
      blocked_until
    from slots`
    .execute(db)
    .then(({ rows }) => rows[0])
}

const open = (db: Kysely<Tables>, instance: InstanceId, family: ResourceFamily) =>
  sql`
    insert into rate_budget
      (instance_id, family, next_at, interactive_at, blocked_until, factor, factor_at)
    select id, ${family}, now(), now(), now(), 1, now() from instance where id = ${instance}
    on conflict do nothing`.execute(db)

/** Refusals that arrive while everybody holds back already are echoes of the first: they slow nobody down further. */
const holdBack = (
  db: Kysely<Tables>,
  instance: InstanceId,
  family: ResourceFamily,
  retryAfterMs: number
) =>
  sql<Pick<Selectable<RateBudgetTable>, "blocked_until">>`
    with held as materialized (
      select * from rate_budget where instance_id = ${instance} and family = ${family} for update
    ), clocked as materialized (
      select held.*, clock_timestamp() as now from held
    )
    update rate_budget budget
    set blocked_until = greatest(clocked.blocked_until,
        clocked.now + ${retryAfterMs} * interval '1 millisecond'),
      factor = case when clocked.blocked_until > clocked.now then clocked.factor
        else greatest(${factorMin}::double precision, ${decrease}::double precision * clocked.factor_now) end,
      factor_at = greatest(clocked.blocked_until,
        clocked.now + ${retryAfterMs} * interval '1 millisecond')
    from (select clocked.*, ${factorNow} as factor_now from clocked) clocked
    where budget.instance_id = ${instance} and budget.family = ${family}
    returning budget.blocked_until`
    .execute(db)
    .then(({ rows }) => rows[0]?.blocked_until)

/** What this process knows of one budget. */
interface Line {
  readonly instance: InstanceId
  readonly family: ResourceFamily
  /** Goes up with every refusal: slots that were reserved before it are void. */
  refusals: number
  blockedUntil: number
}

interface Slot {
  readonly at: number
  readonly refusals: number
}

/** The requests of this process that wait for slots of one priority, first come, first served. */
interface Gate {
  readonly line: Line
  readonly priority: Priority
  readonly waiting: Array<Deferred.Deferred<Slot>>
  readonly wake: Queue.Queue<void>
}

/**
 * The budget of requests in Postgres, one row per instance and resource family. Requests that wait in a process
 * reserve their slots together, in one round trip.
 */
export const rateBudgetLayer = Layer.effect(
  RateBudget,
  Effect.gen(function* () {
    const database = yield* Database
    const scope = yield* Effect.scope
    const lines = new Map<string, Line>()
    const gates = new Map<string, Gate>()

    /** Never part of a transaction: others would wait for its end. */
    const run = <A>(name: string, work: (db: Kysely<Tables>) => Promise<A>) =>
      database
        .run(name, work)
        .pipe(
          Effect.provideService(CurrentTransaction, null),
          Effect.retry({ schedule: outage, while: (error) => error.retryable }),
          Effect.orDie
        )

    const lineOf = (instance: InstanceId, family: ResourceFamily): Line => {
      const key = `${instance} ${family}`
      const line = lines.get(key) ?? { instance, family, refusals: 0, blockedUntil: 0 }
      lines.set(key, line)
      return line
    }

    const reserveFor = Effect.fnUntraced(function* ({ line, priority, waiting }: Gate) {
      const { instance, family } = line
      const ask = run("RateBudget.reserve", (db) =>
        reserve(db, instance, family, priority, Math.min(waiting.length, reservedMax))
      )
      const reservation = yield* ask
      if (reservation !== undefined) return reservation
      yield* run("RateBudget.open", (db) => open(db, instance, family))
      return (
        (yield* ask) ?? (yield* Effect.die(new Error(`There is no instance ${instance} to pace.`)))
      )
    })

    const serve = Effect.fnUntraced(function* (gate: Gate) {
      const { line, waiting } = gate
      while (waiting.length > 0) {
        let { refusals } = line
        const slots = yield* reserveFor(gate)
        const now = yield* Clock.currentTimeMillis
        if (slots.blocked_until > line.blockedUntil) {
          // Another process was refused. These slots come after the pause; those from before do not.
          line.blockedUntil = slots.blocked_until
          line.refusals += 1
          refusals = line.refusals
        }
        let at = now + slots.start_ms
        for (const request of waiting.splice(0, slots.granted)) {
          yield* Deferred.succeed(request, { at, refusals })
          at += slots.gap_ms
        }
        if (waiting.length > 0) yield* Effect.sleep(Duration.millis(slots.again_ms))
      }
    })

    const openGate = Effect.fnUntraced(function* (line: Line, priority: Priority, key: string) {
      const wake = yield* Queue.sliding<void>(1)
      const there = gates.get(key)
      if (there !== undefined) return there
      const gate: Gate = { line, priority, waiting: [], wake }
      gates.set(key, gate)
      yield* Queue.take(wake).pipe(
        Effect.andThen(serve(gate)),
        Effect.catchCause((cause) =>
          Effect.forEach(gate.waiting.splice(0), (request) => Deferred.failCause(request, cause))
        ),
        Effect.forever,
        Effect.forkIn(scope)
      )
      return gate
    })

    const gateOf = (line: Line, priority: Priority): Effect.Effect<Gate> => {
      const key = `${line.instance} ${line.family} ${priority}`
      const there = gates.get(key)
      return there === undefined ? openGate(line, priority, key) : Effect.succeed(there)
    }

    const slotOf = (gate: Gate): Effect.Effect<Slot> =>
      Effect.suspend(() => {
        const request = Deferred.makeUnsafe<Slot>()
        // While others wait, the gate is awake. In the same step, or who comes in between would wait for nobody.
        if (gate.waiting.push(request) === 1) Queue.offerUnsafe(gate.wake, undefined)
        return Deferred.await(request).pipe(
          Effect.onInterrupt(() =>
            Effect.sync(() => {
              const at = gate.waiting.indexOf(request)
              if (at >= 0) gate.waiting.splice(at, 1)
            })
          )
        )
      })

    /** Opens no span: there is one for each request, and one for each operation already. */
    const take = Effect.fnUntraced(function* (instance: InstanceId, family: ResourceFamily) {
      const line = lineOf(instance, family)
      const gate = yield* gateOf(line, yield* CurrentPriority)
      for (;;) {
        const { at, refusals } = yield* slotOf(gate)
        const wait = at - (yield* Clock.currentTimeMillis)
        if (wait > 0) yield* Effect.sleep(Duration.millis(wait))
        // Refused meanwhile: to send now would be one more refusal.
        if (refusals === line.refusals) return
      }
    })

    const throttled = Effect.fn("RateBudget.throttled")(function* (
      instance: InstanceId,
      family: ResourceFamily,
      retryAfter: Duration.Duration
    ) {
      const line = lineOf(instance, family)
      // Before and after: also slots that are reserved while the others are being told are void.
      line.refusals += 1
      yield* run("RateBudget.open", (db) => open(db, instance, family))
      const blockedUntil = yield* run("RateBudget.throttled", (db) =>
        holdBack(db, instance, family, Duration.toMillis(retryAfter))
      )
      line.blockedUntil = Math.max(line.blockedUntil, blockedUntil ?? 0)
      line.refusals += 1
    })

    return RateBudget.of({ take, throttled })
  })
)

/** What a look at the budgets finds, by the database's clock: a family that was never used has no row of its own. */
const statesOf = (db: Kysely<Tables>, instance: InstanceId) =>
  sql<BudgetState>`
    with clocked as materialized (select clock_timestamp() as now)
    select families.family,
      floor(requests_per_minute * ${shareMax}::double precision
        * ${factorNow})::integer as "perMinute",
      greatest(next_at, interactive_at) as "reservedUntil",
      case when blocked_until > now then blocked_until end as "heldBackUntil"
    from clocked
      cross join instance
      cross join unnest(${sql.val(ResourceFamily.literals)}::text[]) with ordinality as families (family, position)
      left join rate_budget budget
        on budget.instance_id = instance.id and budget.family = families.family
    where instance.id = ${instance}
    order by position`.execute(db)

/** The budgets of an instance, read without touching them. */
export const rateBudgetsLayer = Layer.effect(
  RateBudgets,
  Effect.gen(function* () {
    const { run } = yield* statements
    return {
      states: (instance) =>
        run("RateBudgets.states", (db) => statesOf(db, instance)).pipe(
          Effect.map(({ rows }): ReadonlyArray<BudgetState> => rows)
        )
    }
  })
)
