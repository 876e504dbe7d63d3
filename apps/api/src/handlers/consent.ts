import { Api } from "@concordat/contracts/Api"
import { Caller } from "@concordat/contracts/Auth"
import type { ConsentView } from "@concordat/contracts/consent"
import { ConsentNotFound } from "@concordat/contracts/Problem"
import { beginAuthentication } from "@concordat/core/consent/authenticate"
import { idleDaysLeft, isFor, statusOf, statusText } from "@concordat/core/consent/Consent"
import { Consents } from "@concordat/core/consent/Consents"
import { Instances } from "@concordat/core/instance/Instances"
import { Instant } from "@concordat/core/time/Instant"
import { Clock, Effect, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { PublicUrl, startPath } from "../PublicUrl.ts"
import { instanceNotFound } from "./instances.ts"

/** The consent by which an instance acts for a user of the partner. */
export const consentLayer = HttpApiBuilder.group(
  Api,
  "consent",
  Effect.fnUntraced(function* (handlers) {
    const instances = yield* Instances
    const consents = yield* Consents
    const { origin } = yield* PublicUrl
    return handlers.handleAll({
      get: ({ params }) =>
        viewOf(params.name).pipe(Effect.catchTag("InstanceNotFound", instanceNotFound)),
      begin: Effect.fnUntraced(
        function* ({ params }) {
          const { ticket, expiresAt } = yield* beginAuthentication(yield* Caller, params.name)
          const url = `${yield* origin}${startPath}/${Redacted.value(ticket)}`
          return { url: Redacted.make(url), expiresAt }
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      ),
      forget: Effect.fnUntraced(
        function* ({ params }) {
          const { id, environment, name } = yield* instances.byName(params.name)
          const forgotten = yield* consents.forget({ instanceId: id, environment })
          if (!forgotten)
            return yield* new ConsentNotFound({
              name,
              detail: `Nobody has consented for the instance "${name}"; there is nothing to forget.`
            })
        },
        Effect.catchTag("InstanceNotFound", instanceNotFound)
      )
    })
  })
)

const viewOf = Effect.fnUntraced(function* (name: string) {
  const instances = yield* Instances
  const consents = yield* Consents
  const instance = yield* instances.byName(name)
  const { environment } = instance
  const place = { instanceId: instance.id, environment }
  const held = Option.getOrNull(yield* consents.get(place))
  const attempt = Option.getOrNull(yield* consents.latest(place))
  const now = Instant.make(yield* Clock.currentTimeMillis)
  // One that was given for other credentials is no consent of today's.
  const consent = held !== null && isFor(held, instance) ? held : null
  const status = statusOf(consent, instance)
  const view: ConsentView = {
    instance: instance.name,
    environment,
    status,
    text: statusText(status, consent),
    user: consent?.user ?? null,
    consentedAt: consent?.consentedAt ?? null,
    lastUsedAt: consent?.usedAt ?? null,
    idleDaysLeft: consent === null || consent.ended ? null : idleDaysLeft(consent, now),
    mfa: consent?.mfa ?? null,
    problem: consent?.problem ?? null,
    lastAttempt:
      attempt === null
        ? null
        : {
            startedAt: attempt.startedAt,
            expiresAt: attempt.expiresAt,
            state: attempt.state,
            problem: attempt.problem
          }
  }
  return view
})
