import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { csrfHeader } from "@concordat/contracts/Auth"
import { Idempotent } from "@concordat/contracts/Headers"
import { IdempotencyKeyInUse, IdempotencyKeyReused } from "@concordat/contracts/Problem"
import { Idempotency, type StoredAnswer } from "@concordat/core/work/Idempotency"
import { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Layer, Option } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"

/**
 * A repeated command gets its first answer again. The command and its answer are kept in one transaction, so
 * that a crash between the two cannot make a repetition do the work twice. A command that was refused has done
 * nothing and may be sent again under the same key.
 */
export const idempotentLayer = Layer.effect(
  Idempotent,
  Effect.gen(function* () {
    const answers = yield* Idempotency
    const work = yield* UnitOfWork
    return Idempotent.of(
      Effect.fnUntraced(function* (answer) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const key = request.headers["idempotency-key"]
        // A key that is no key is left to the contract, which refuses it.
        if (key === undefined || !/^[!-~]{1,255}$/.test(key)) return yield* answer
        const bytes = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
        const credential = credentialOf(request.headers)
        const caller = digest("idempotency caller", credential)
        const stored = yield* answers.claim(caller, key, hashOf(request, bytes)).pipe(
          Effect.catchTags({
            KeyReused: (error) => new IdempotencyKeyReused({ detail: error.message }),
            KeyInUse: (error) => new IdempotencyKeyInUse({ detail: error.message })
          })
        )
        if (Option.isSome(stored)) return replay(stored.value, credential)
        return yield* work
          .within(
            Effect.tap(answer, (response) => {
              const kept = keep(response, credential)
              return kept === undefined
                ? answers.release(caller, key)
                : answers.answer(caller, key, kept)
            })
          )
          .pipe(Effect.onError(() => answers.release(caller, key)))
      })
    )
  })
)

/**
 * What only the caller knows, and stays the same between the two requests: the key, or the token that belongs to the
 * session, since the session's cookie changes. Whether it is right was found out before.
 */
const credentialOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  headers["authorization"] ?? `Session ${headers[csrfHeader] ?? ""}`

/** One text for several, which says nothing about them. */
export const digest = (purpose: string, ...parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = createHash("sha256").update(purpose)
  for (const part of parts) hash.update("\n").update(part)
  return hash.digest("hex")
}

const hashOf = (request: HttpServerRequest.HttpServerRequest, bytes: Uint8Array): string =>
  digest(request.method, request.url, request.headers["content-type"] ?? "", bytes)

/** Headers that belong to the answer; the others belong to the connection or to the repetition. */
const keptHeaders = ["content-type", "location", "etag"]

const keep = (
  response: HttpServerResponse.HttpServerResponse,
  credential: string
): StoredAnswer | undefined => {
  if (response.status >= 400 || response.body._tag !== "Uint8Array") return undefined
  const { contentType } = response.body
  const headers = Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = response.headers[name] ?? (name === "content-type" ? contentType : undefined)
      return value === undefined ? [] : [[name, value]]
    })
  )
  return { status: response.status, headers, body: seal(response.body.body, credential) }
}

const replay = (stored: StoredAnswer, credential: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.uint8Array(unseal(stored.body, credential), {
    status: stored.status,
    headers: { ...stored.headers, "idempotency-replayed": "true" },
    contentType: stored.headers["content-type"]
  })

// An answer can hold what is shown only once, such as an API key. It is therefore kept encrypted with a key
// made from the caller's credential: nobody but the caller can have it opened, not even with the database.
const sealKey = (credential: string): Uint8Array =>
  new Uint8Array(hkdfSync("sha256", credential, "", "concordat idempotency answer", 32))

const seal = (plain: Uint8Array, credential: string): string => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", sealKey(credential), nonce)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64")
}

const unseal = (text: string, credential: string): Uint8Array => {
  const bytes = Buffer.from(text, "base64")
  const decipher = createDecipheriv("aes-256-gcm", sealKey(credential), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
}
