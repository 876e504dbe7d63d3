import * as Schema from "effect/Schema"
import { startSimulator } from "./server.ts"

/** The simulator's settings, all optional. */
const Environment = Schema.Struct({
  SIMULATOR_PORT: Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))
  ),
  SIMULATOR_HOST: Schema.optionalKey(Schema.NonEmptyString),
  /** File that keeps the world between starts. */
  SIMULATOR_STATE_FILE: Schema.optionalKey(Schema.NonEmptyString),
  /** Bearer key of the control API. */
  SIMULATOR_CONTROL_KEY: Schema.optionalKey(Schema.NonEmptyString)
})

const fail = (message: string): never => {
  console.error(`simulator: ${message}`)
  process.exit(1)
}

const environment = () => {
  try {
    return Schema.decodeSync(Environment)(process.env)
  } catch (error) {
    return fail(`${messageOf(error).replaceAll(/\s*\n\s*/gu, " ")}: correct the setting`)
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const {
  SIMULATOR_PORT: port = 4500,
  SIMULATOR_HOST: host = "127.0.0.1",
  SIMULATOR_STATE_FILE: stateFile,
  SIMULATOR_CONTROL_KEY: controlKey
} = environment()

const explain = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is taken: stop what listens there, or set SIMULATOR_PORT to another port`
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `${host} is not an address of this machine: correct SIMULATOR_HOST`
  if (code === "EACCES") return `${messageOf(error)}: choose a port above 1023 or a file you own`
  return messageOf(error)
}

const simulator = await startSimulator({
  port,
  host,
  ...(stateFile === undefined ? {} : { stateFile }),
  ...(controlKey === undefined ? {} : { controlKey })
}).catch((error: unknown) => fail(explain(error)))

console.log(
  `Partner Center simulator: ${simulator.url} (control: ${simulator.url}/_simulator/openapi.json)`
)
process.send?.({ ready: true, url: simulator.url })

let stopping = false
const stop = async (): Promise<void> => {
  if (stopping) return
  stopping = true
  await simulator.close()
  process.exit(0)
}
process.on("SIGINT", stop)
process.on("SIGTERM", stop)
// The parent that started this process is gone.
process.on("disconnect", stop)
