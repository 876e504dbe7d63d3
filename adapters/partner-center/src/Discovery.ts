import { type Instance, TenantId } from "@concordat/core/instance/Instance"
import { CurrentCorrelation } from "@concordat/core/vendor/Correlation"
import { Busy, Refused, VendorError } from "@concordat/core/vendor/VendorError"
import { Effect, Option, Random, Schema } from "effect"
import { type HttpClient, HttpClientRequest } from "effect/http"
import { malformed } from "./Client.ts"
import { backoffMs, exchange } from "./exchange.ts"
import { jsonIn } from "./json.ts"
import { isPassing, rejectionFrom } from "./Rejection.ts"
import type { ClientSettings } from "./Settings.ts"

const operation = "findTenant"

const decode = Schema.decodeUnknownOption(Schema.Struct({ issuer: Schema.String }))
const decodeTenant = Schema.decodeUnknownOption(TenantId)

const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/iu
const domainName = /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/iu

/**
 * The tenant of a domain, as the sign-in service of the instance's cloud publishes it for everybody ("OpenID Connect on
 * the Microsoft identity platform": the issuer names the tenant); null where nobody has the domain. It needs no token,
 * and costs nothing of Partner Center's budget.
 */
export const tenantOfDomain = Effect.fn(`PartnerCenter.${operation}`)(function* (
  client: HttpClient.HttpClient,
  settings: ClientSettings,
  instance: Instance,
  domain: string
): Effect.fn.Return<TenantId | null, VendorError> {
  if (!domainName.test(domain)) return null
  const correlationId = (yield* CurrentCorrelation) || crypto.randomUUID()
  const request = HttpClientRequest.get(
    `${instance.endpoints.login}/${domain}/v2.0/.well-known/openid-configuration`
  ).pipe(HttpClientRequest.setHeaders({ accept: "application/json" }))
  for (let attempts = 1; ; attempts++) {
    const exchanged = yield* exchange(client, settings, request)
    if (exchanged._tag === "Answered") {
      const { status, body } = exchanged
      if (status >= 200 && status < 300) {
        const issuer = Option.flatMap(jsonIn(body), decode)
        const tenant = Option.flatMap(issuer, (one) => decodeTenant(guid.exec(one.issuer)?.[0]))
        return Option.isSome(tenant)
          ? tenant.value
          : yield* malformed(
              { operation, correlationId },
              'the answer names no tenant\n  at ["issuer"]'
            )
      }
      // A domain that nobody has is refused as a request that makes no sense (AADSTS90002, AADSTS900023).
      if (status === 400 || status === 404) return null
    }
    const passing = exchanged._tag === "Unanswered" || isPassing(statusOf(exchanged))
    if (!passing || attempts >= settings.attemptsMax)
      return yield* new VendorError({
        operation,
        correlationId,
        reason: passing ? new Busy({ retryAfterMs: null }) : new Refused({}),
        ...toldIn(exchanged)
      })
    yield* Effect.sleep(backoffMs(settings, attempts, yield* Random.next))
  }
})

type Exchanged = Effect.Success<ReturnType<typeof exchange>>

const statusOf = (exchanged: Exchanged): number =>
  exchanged._tag === "Answered" ? exchanged.status : 0

const toldIn = (exchanged: Exchanged) => {
  if (exchanged._tag !== "Answered")
    return {
      status: null,
      code: null,
      text: exchanged._tag === "TooLarge" ? "the answer is too large" : exchanged.text
    }
  const { status, code, text } = rejectionFrom(exchanged, "", 0)
  return { status, code, text }
}
