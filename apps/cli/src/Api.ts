import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { bearer, type Client, makeClient } from "@concordat/contracts/Client"
import { type Duration, Effect, FileSystem, Option, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { CommandFailed, explain } from "./failures.ts"

/** The command that all others are below; it knows where the API is. */
export const root = Command.make("concordat").pipe(
  Command.withSharedFlags({
    url: Flag.String("url").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription("Where the API answers; else CONCORDAT_URL, else http://127.0.0.1:3000"),
      Flag.optional
    )
  })
)

/** The API as this command reaches it. */
export interface Api {
  readonly client: Client
  /** Turns an error of the API into words. */
  readonly explained: (error: Parameters<ReturnType<typeof explain>>[0]) => CommandFailed
}

/** Connects with the key of whoever runs the command. Nothing is sent yet. */
export const connect = Effect.fnUntraced(function* (
  options: { readonly timeout?: Duration.Input } = {}
) {
  const flags = yield* root
  const given = Option.getOrUndefined(flags.url) ?? process.env["CONCORDAT_URL"]
  const url = yield* originOf(given === undefined || given === "" ? urlDefault : given)
  const key = yield* apiKeyFor(url)
  const client = yield* makeClient({ baseUrl: url, timeout: options.timeout }).pipe(
    Effect.provide([bearer(key), FetchHttpClient.layer])
  )
  const api: Api = { client, explained: explain(url) }
  return api
})

const urlDefault = "http://127.0.0.1:3000"

const originOf = (text: string): Effect.Effect<string, CommandFailed> =>
  URL.canParse(text) && /^https?:/u.test(text)
    ? Effect.succeed(text.replace(/\/+$/u, ""))
    : Effect.fail(
        new CommandFailed({
          message: `"${text}" is not an address of the API; it looks like ${urlDefault}.`
        })
      )

const clone = fileURLToPath(new URL("../../../", import.meta.url))
const keyFile = () => resolve(clone, process.env["CONCORDAT_DATA_DIR"] || ".data", "operator.key")

/** The key of the environment, else the operator's key that `npm start` writes, which never leaves this machine. */
const apiKeyFor = Effect.fnUntraced(function* (url: string) {
  const given = process.env["CONCORDAT_API_KEY"]?.trim() ?? ""
  if (given !== "") return Redacted.make(given)
  if (!isThisMachine(url))
    return yield* new CommandFailed({
      message: `There is no API key for ${url}. Set CONCORDAT_API_KEY to one that it has made.`
    })
  const files = yield* FileSystem.FileSystem
  const stored = yield* files.readFileString(keyFile()).pipe(Effect.orElseSucceed(() => ""))
  if (stored.trim() !== "") return Redacted.make(stored.trim())
  return yield* new CommandFailed({
    message:
      'There is no API key. Set CONCORDAT_API_KEY, or run "npm start", which writes one to .data/operator.key.'
  })
})

const isThisMachine = (url: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/u.test(new URL(url).hostname)
