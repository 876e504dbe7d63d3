import { join, resolve } from "node:path"
import { Config, Effect, Option, type Redacted, type Scope } from "effect"
import { embeddedServer } from "./EmbeddedServer.ts"
import type { EmbeddedServerError } from "./embedded/EmbeddedServerError.ts"

/** Where the database is, and the folder of the key file beside an embedded one. */
export interface Place {
  readonly url: Redacted.Redacted<string>
  /** None with an external database: its key is CONCORDAT_SECRET_KEY. */
  readonly folder: Option.Option<string>
  readonly embedded: boolean
}

/** The folder of an embedded database, the key file and the logs: CONCORDAT_DATA_DIR, or `.data`. */
export const dataFolder = Config.String("CONCORDAT_DATA_DIR").pipe(
  Config.withDefault(".data"),
  Config.map((folder) => resolve(folder))
)

/**
 * DATABASE_URL, or the embedded server, which is started, or joined where another process has
 * started it. Whoever started it stops it when the scope closes.
 */
export const databasePlace: Effect.Effect<
  Place,
  EmbeddedServerError | Config.ConfigError,
  Scope.Scope
> = Effect.gen(function* () {
  const external = yield* Config.Redacted("DATABASE_URL").pipe(Config.option)
  const folder = yield* dataFolder
  if (Option.isSome(external))
    return { url: external.value, folder: Option.none(), embedded: false }
  const { url } = yield* embeddedServer({ dataDir: join(folder, "postgres"), durable: true })
  return { url, folder: Option.some(folder), embedded: true }
})
