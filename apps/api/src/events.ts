import { sessionCookie } from "@concordat/contracts/Auth"
import { Forbidden, Unauthorized, Unavailable } from "@concordat/contracts/Problem"
import { Accounts } from "@concordat/core/account/Accounts"
import { type Actor, may } from "@concordat/core/actor/Actor"
import { ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Change, Changes, scopeOf } from "@concordat/core/change/Changes"
import { actorOf } from "@concordat/core/operator/Operator"
import { Sessions } from "@concordat/core/operator/Sessions"
import { Context, Deferred, Effect, Layer, Option, Redacted, Stream } from "effect"
import {
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "effect/http"
import { eventsPath } from "./PublicUrl.ts"

/** So many pages of all browsers together; more are asked to come again. */
export const connectionsMax = 500
/** A browser connects again by itself: nobody stays on one machine, or in one session, for ever. */
const connectionMinutesMax = 10
/** Proxies close what is silent for a minute; and whoever may no longer listen is found out this soon. */
const heartbeatSeconds = 15
/** What changes many times meanwhile is told once. */
const togetherMs = 400
const togetherMax = 1_000
/** How long a browser waits before it connects again. */
const retryMs = 3_000

/** Completes when the server is told to stop, so that open pages do not keep it. */
export class Stopping extends Context.Service<Stopping, Deferred.Deferred<void>>()(
  "api/Stopping"
) {}

/**
 * What changes, for pages that are open (server-sent events): kinds and ids only, of what the caller may read anyway.
 * The kind `all` says that something may have been missed: read everything that is shown again.
 */
export const eventsLayer = Layer.unwrap(
  Effect.sync(() => {
    let connections = 0
    return HttpRouter.add(
      "GET",
      eventsPath,
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const caller = yield* callerOf(request)
        if (Option.isNone(caller)) return yield* HttpServerRespondable.toResponse(notKnown)
        if (!kinds.some((scope) => may(caller.value, scope)))
          return yield* HttpServerRespondable.toResponse(nothingToTell)
        if (connections >= connectionsMax)
          return HttpServerResponse.setHeader(
            yield* HttpServerRespondable.toResponse(tooMany),
            "retry-after",
            "30"
          )
        const context = yield* Effect.context<Accounts | ApiKeys | Changes | Sessions | Stopping>()
        const counted = Stream.unwrap(
          Effect.acquireRelease(
            Effect.sync(() => {
              connections++
            }),
            () =>
              Effect.sync(() => {
                connections--
              })
          ).pipe(Effect.as(frames(request)))
        )
        return HttpServerResponse.stream(
          counted.pipe(Stream.encodeText, Stream.provideContext(context)),
          {
            contentType: "text/event-stream",
            // Closed with the stream: a connection that is only kept alive would keep the server from stopping.
            headers: {
              "cache-control": "no-store",
              "x-accel-buffering": "no",
              connection: "close"
            }
          }
        )
      })
    )
  })
)

const kinds = Object.values(scopeOf)

/** Listening is no use of a session: a page that is left open does not keep its operator signed in. */
const callerOf = Effect.fnUntraced(function* (
  request: HttpServerRequest.HttpServerRequest
): Effect.fn.Return<Option.Option<Actor>, never, ApiKeys | Sessions> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const key = /^bearer +(?<key>.+)$/iu.exec(authorization)?.groups?.["key"]
    return key === undefined
      ? Option.none()
      : yield* ApiKeys.use((keys) => keys.authenticate(Redacted.make(key)))
  }
  const token = request.cookies[sessionCookie] ?? ""
  const found = yield* Sessions.use((sessions) => sessions.find(Redacted.make(token)))
  return Option.map(found, ({ operator }) => actorOf(operator))
})

const frames = (request: HttpServerRequest.HttpServerRequest) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const changes = yield* Changes
      const stopping = yield* Stopping
      const over = yield* Deferred.make<void>()
      // What was before is not known to the page, and is told once the listening has begun.
      const told = changes.stream.pipe(
        Stream.merge(Stream.make(Change.cases.Missed.make({}))),
        Stream.groupedWithin(togetherMax, togetherMs),
        Stream.mapEffect((some) => visible(some, request, over))
      )
      // The role and the branch are read again as well: what was taken from somebody is told no more.
      const heartbeat = Stream.tick(`${heartbeatSeconds} seconds`).pipe(
        Stream.drop(1),
        Stream.mapEffect(() => visible([], request, over)),
        Stream.map(() => ":\n\n")
      )
      const end = Effect.raceAll([
        Deferred.await(over),
        Deferred.await(stopping),
        Effect.sleep(`${connectionMinutesMax} minutes`)
      ])
      return Stream.make(`retry: ${retryMs}\n\n`).pipe(
        Stream.concat(Stream.merge(told, heartbeat)),
        Stream.interruptWhen(end)
      )
    })
  )

/** What of it the caller may know, each once; who may not listen any more is sent away. */
const visible = Effect.fnUntraced(function* (
  some: ReadonlyArray<Change>,
  request: HttpServerRequest.HttpServerRequest,
  over: Deferred.Deferred<void>
) {
  const caller = yield* callerOf(request)
  if (Option.isNone(caller)) {
    yield* Deferred.succeed(over, undefined)
    return ""
  }
  const texts = new Set<string>()
  for (const change of some) {
    if (change._tag === "Missed") texts.add(frameOf({ kind: "all" }))
    else if (yield* concerns(change, caller.value))
      texts.add(frameOf({ kind: change.kind, id: change.id }))
  }
  return [...texts].join("")
})

const concerns = Effect.fnUntraced(function* (
  { kind, account }: Extract<Change, { readonly _tag: "Changed" }>,
  caller: Actor
) {
  if (!may(caller, scopeOf[kind])) return false
  if (caller.branch === null) return true
  if (account === null) return false
  return yield* Accounts.use((accounts) => accounts.get(account, caller.branch)).pipe(
    Effect.as(true),
    Effect.catchTag("AccountNotFound", () => Effect.succeed(false))
  )
})

const frameOf = (data: object): string => `data: ${JSON.stringify(data)}\n\n`

const notKnown = new Unauthorized({ detail: "Sign in, or send an API key as a bearer token." })
const nothingToTell = new Forbidden({
  scope: scopeOf.reconciliation,
  detail: "The key may read nothing that is told here."
})
const tooMany = new Unavailable({
  detail: `There are ${connectionsMax} listeners already; ask for changes again later.`
})
