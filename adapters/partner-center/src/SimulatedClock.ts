import { Clock, Config, Effect, Layer, Option, Schedule, Schema } from "effect"

/** The simulator's clock could not be read, or is not one that may move ours. */
export class SimulatedClockError extends Schema.TaggedError<SimulatedClockError>()(
  "SimulatedClockError",
  { address: Schema.String, problem: Schema.String }
) {
  override get message(): string {
    return `CONCORDAT_CLOCK_FROM ${this.address}: ${this.problem} It is for demonstrations with a simulator on this machine; leave it out for work with Partner Center.`
  }
}

/** How often it is looked whether the simulator's clock was moved. */
const lookEvery = "1 second"
const timeoutMs = 2_000
/** The simulator may be starting. */
const triesFirst = 10

const Reading = Schema.Struct({ now: Schema.String })
const decodeReading = Schema.decodeUnknownEffect(Reading)

/** How far the simulator's clock is from this machine's, in milliseconds. */
const offsetOf = (origin: string, real: Clock.Clock) =>
  Effect.gen(function* () {
    const asked = real.currentTimeMillisUnsafe()
    const { now } = yield* decodeReading(
      yield* Effect.tryPromise((signal) => readingOf(origin, signal))
    )
    return Date.parse(now) - (asked + real.currentTimeMillisUnsafe()) / 2
  }).pipe(Effect.timeout(timeoutMs))

const readingOf = async (origin: string, signal: AbortSignal): Promise<unknown> => {
  const answer = await fetch(`${origin}/_simulator/clock`, { signal, headers: bearer() })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return answer.json()
}

/** As the simulator was started. */
const bearer = (): Record<string, string> => {
  const { SIMULATOR_CONTROL_KEY: key } = process.env
  return key === undefined || key === "" ? {} : { authorization: `Bearer ${key}` }
}

const isHere = (address: string): boolean =>
  URL.canParse(address) &&
  /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/u.test(address.replace(/\/+$/u, ""))

/**
 * Time as a simulator on this machine has it, so that what it plays through in a minute (90 idle days, a month) is
 * seen on both sides. Only instants move: waiting takes as long as ever. A simulator that goes away leaves the
 * clock where it was.
 */
export const simulatedClock = (address: string): Layer.Layer<never, SimulatedClockError> =>
  Layer.effect(
    Clock.Clock,
    Effect.gen(function* () {
      if (!isHere(address))
        return yield* new SimulatedClockError({
          address,
          problem: "it must be http on this machine, such as http://127.0.0.1:4500."
        })
      const origin = address.replace(/\/+$/u, "")
      const real = yield* Clock.Clock
      let offsetMs = yield* offsetOf(origin, real).pipe(
        Effect.retry(Schedule.spaced("500 millis").pipe(Schedule.upTo({ times: triesFirst }))),
        Effect.mapError(
          () =>
            new SimulatedClockError({ address, problem: "the simulator's clock cannot be read." })
        )
      )
      yield* offsetOf(origin, real).pipe(
        Effect.tap((fresh) =>
          Effect.sync(() => {
            // Less is the time that asking takes.
            if (Math.abs(fresh - offsetMs) > 100) offsetMs = fresh
          })
        ),
        Effect.ignoreCause,
        Effect.withTracerEnabled(false),
        Effect.repeat(Schedule.spaced(lookEvery)),
        Effect.forkScoped
      )
      const millis = () => Math.round(real.currentTimeMillisUnsafe() + offsetMs)
      const nanos = () => real.currentTimeNanosUnsafe() + BigInt(Math.round(offsetMs)) * 1_000_000n
      const moved: Clock.Clock = {
        currentTimeMillisUnsafe: millis,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanosUnsafe: nanos,
        currentTimeNanos: Effect.sync(nanos),
        monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: real.monotonicTimeNanos,
        sleep: (duration) => real.sleep(duration)
      }
      return moved
    })
  )

/** The machine's clock, unless `CONCORDAT_CLOCK_FROM` names a simulator. */
export const clockFromConfig = Layer.unwrap(
  Effect.map(
    Config.option(Config.NonEmptyString("CONCORDAT_CLOCK_FROM")),
    Option.match({ onNone: () => Layer.empty, onSome: simulatedClock })
  )
)
