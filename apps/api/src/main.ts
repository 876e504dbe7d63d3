import { signInLayer } from "@concordat/adapter-entra/SignIn"
import { clockFromConfig } from "@concordat/adapter-partner-center/SimulatedClock"
import { transportLayer } from "@concordat/adapter-partner-center/Transport"
import { databasePlace } from "@concordat/adapter-postgres/Address"
import { migrate } from "@concordat/adapter-postgres/migrate"
import { keyringFromConfig } from "@concordat/adapter-postgres/Secrets"
import { storageLayer } from "@concordat/adapter-postgres/Storage"
import { sheetBytesMaxDefault } from "@concordat/contracts/pricesheets"
import { Address } from "@concordat/core/instance/Cloud"
import { Cause, Config, Effect, Exit, Layer, Logger, Option, Redacted, Schema } from "effect"
import { interactivePartnerCenter } from "./partnerCenter.ts"
import { startApi } from "./server.ts"
import { watchConsents } from "./watchConsents.ts"

const settings = Config.all({
  host: Config.NonEmptyString("CONCORDAT_API_HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(
    // 0 takes any free port.
    Schema.NumberFromString.check(
      Schema.isInt(),
      Schema.isBetween({ minimum: 0, maximum: 65_535 })
    ),
    "CONCORDAT_API_PORT"
  ).pipe(Config.withDefault(3000)),
  // Where browsers reach the API from elsewhere: Microsoft sends whoever signs in back to it.
  publicUrl: Config.schema(Address, "CONCORDAT_PUBLIC_URL").pipe(Config.option),
  behindProxy: Config.Literals(["on", "off"], "CONCORDAT_BEHIND_PROXY").pipe(
    Config.withDefault("off")
  ),
  sheetBytesMax: Config.schema(
    Schema.NumberFromString.check(
      Schema.isInt(),
      Schema.isBetween({ minimum: 1_024, maximum: 10 * 1024 ** 3 })
    ),
    "CONCORDAT_PRICE_SHEET_BYTES_MAX"
  ).pipe(Config.withDefault(sheetBytesMaxDefault))
})

/** Until the process is told to stop: the database, the schema of this release, and then the API over it. */
const program = Effect.gen(function* () {
  const { behindProxy, host, port, publicUrl, sheetBytesMax } = yield* settings
  const place = yield* databasePlace
  const keys = yield* keyringFromConfig(place.folder)
  yield* migrate(place.url)
  const adapters = yield* Layer.build(
    interactivePartnerCenter.pipe(
      Layer.provideMerge(Layer.merge(storageLayer(place, "concordat-api"), signInLayer)),
      Layer.provide(transportLayer)
    )
  )
  const secret = Redacted.make(Buffer.from(keys[0].bytes).toString("base64"))
  const started = yield* startApi({
    host,
    port,
    secret,
    publicUrl: Option.getOrUndefined(publicUrl),
    sheetBytesMax,
    isBehindProxy: behindProxy === "on"
  }).pipe(Effect.provideContext(adapters))
  yield* Effect.forkScoped(watchConsents).pipe(Effect.provideContext(adapters))
  yield* Effect.logInfo("listening", { url: started.url })
  process.send?.({ ready: true, url: started.url })
  return yield* Effect.never
})

/** Ctrl-C, a supervisor's SIGTERM, or the end of the process that started this one. */
const stopped = Effect.callback<void>((resume) => {
  const stop = () => resume(Effect.void)
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop)
  process.once("disconnect", stop)
})

/** One line for whoever starts it; the whole cause only of a bug. */
const lineOf = (cause: Cause.Cause<{ readonly message: string }>): string =>
  Option.match(Cause.findErrorOption(cause), {
    onSome: (error) => error.message.replace(/\s+/g, " "),
    onNone: () => Cause.pretty(cause)
  })

const exit = await Effect.runPromiseExit(
  // Told to stop while it starts, it also undoes what it has begun.
  Effect.raceFirst(program, stopped).pipe(
    Effect.scoped,
    Effect.provide([clockFromConfig, Logger.layer([Logger.consoleJson])])
  )
)
if (Exit.isFailure(exit)) process.stderr.write(`concordat api: ${lineOf(exit.cause)}\n`)
process.exit(Exit.isSuccess(exit) ? 0 : 1)
