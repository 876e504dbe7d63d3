import { createServer } from "node:http"
import { type Application, SignIn } from "@concordat/core/consent/SignIn"
import { TenantId } from "@concordat/core/instance/Instance"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose"
import { transportLayer } from "../../partner-center/src/Transport.ts"
import { signInLayer } from "../src/SignIn.ts"

const tenantId = TenantId.make("22222222-0000-4000-8000-000000000001")
const appId = "33333333-0000-4000-8000-000000000001"
const secret = "the key / of the application"
const code = "0.the-code-that-nobody-may-see"
const verifier = "the-verifier-that-nobody-may-see"
const resource = "https://api.partnercenter.microsoft.com"
const ours = await generateKeyPair("RS256", { extractable: true })
const theirs = await generateKeyPair("RS256", { extractable: true })
const jwk = { ...(await exportJWK(ours.publicKey)), kid: "ours" }

interface Script {
  readonly status?: number
  /** Without it, tokens are granted. */
  readonly body?: string
  readonly idToken?: (login: string) => Promise<string>
  readonly accessToken?: string
  readonly keys?: string
}

const claims = (login: string): Record<string, unknown> => ({
  iss: `${login}/${tenantId}/v2.0`,
  aud: appId,
  tid: tenantId,
  oid: "99999999-0000-4000-8000-000000000001",
  preferred_username: "admin@contoso.example",
  name: "Ada Admin",
  nonce: "the-nonce",
  iat: 0,
  nbf: 0,
  exp: 3_600
})
const signed =
  (change: Record<string, unknown> = {}, key = ours.privateKey, header: object = {}) =>
  (login: string) =>
    new SignJWT({ ...claims(login), ...change })
      .setProtectedHeader({ alg: "RS256", kid: "ours", ...header })
      .sign(key)

/** An authority that answers by the script, and keeps the forms that it was sent. */
const authority = (
  script: Script
): Effect.Effect<
  { readonly login: string; readonly forms: ReadonlyArray<URLSearchParams> },
  never,
  Scope.Scope
> =>
  Effect.acquireRelease(
    Effect.callback<{
      readonly login: string
      readonly forms: Array<URLSearchParams>
      readonly close: () => void
    }>((resume) => {
      const forms: Array<URLSearchParams> = []
      let login = ""
      const server = createServer(async (request, response) => {
        let text = ""
        for await (const chunk of request) text += chunk
        if (request.url?.endsWith("/keys") === true) {
          response.end(script.keys ?? JSON.stringify({ keys: [jwk] }))
          return
        }
        forms.push(new URLSearchParams(text))
        const idToken = await (script.idToken ?? signed())(login)
        response.writeHead(script.status ?? 200)
        response.end(
          script.body ??
            JSON.stringify({
              access_token: script.accessToken ?? "opaque",
              expires_in: 3_599,
              refresh_token: "1.the-next-refresh-token",
              id_token: idToken,
              client_info: Buffer.from(
                JSON.stringify({ uid: "99999999-0000-4000-8000-000000000001", utid: tenantId })
              ).toString("base64url")
            })
        )
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        login = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ login, forms, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const application = (login: string): Application => ({
  login,
  tenantId,
  appId,
  secret: Redacted.make(secret)
})
const answer = {
  code: Redacted.make(code),
  verifier: Redacted.make(verifier),
  nonce: Redacted.make("the-nonce"),
  redirectUri: "http://localhost:3000/v1/consent/callback",
  resource
}
const layer = signInLayer.pipe(Layer.provide(transportLayer))
const redeem = (script: Script) =>
  Effect.gen(function* () {
    const { login, forms } = yield* authority(script)
    const granted = yield* SignIn.use((signIn) => signIn.redeem(application(login), answer))
    return { ...granted, form: forms[0] }
  }).pipe(Effect.provide(layer))

// status  body
const passing: ReadonlyArray<readonly [number, string]> = [
  [503, "busy"],
  [503, JSON.stringify({ code: 800003, description: "no error field" })],
  [429, ""],
  [500, JSON.stringify({ error: "server_error" })],
  [400, JSON.stringify({ error: "temporarily_unavailable" })],
  [200, "no JSON"],
  [200, "{}"],
  [200, "x".repeat(300_000)]
]

describe("a code", () => {
  it.effect("is redeemed with the key and the verifier, and brings who signed in", () =>
    Effect.gen(function* () {
      const { form, renewal, token, user } = yield* redeem({})
      assert.deepStrictEqual(user, {
        upn: "admin@contoso.example",
        name: "Ada Admin",
        objectId: "99999999-0000-4000-8000-000000000001"
      })
      assert.include(Redacted.value(renewal), "1.the-next-refresh-token")
      assert.deepStrictEqual([token.resource, token.mfa], [resource, null])
      assert.isAtLeast(token.expiresAt, 3_590_000)
      assert.isAtMost(token.expiresAt, 3_600_000)
      const sent = Object.fromEntries(form ?? [])
      assert.include(sent, {
        grant_type: "authorization_code",
        client_id: appId,
        client_secret: secret,
        code,
        code_verifier: verifier,
        redirect_uri: answer.redirectUri
      })
      assert.sameMembers(sent["scope"]?.split(" ") ?? [], [
        `${resource}/.default`,
        "openid",
        "profile",
        "offline_access"
      ])
    })
  )

  for (const [amr, mfa] of [
    [["pwd", "mfa"], true],
    [["pwd"], false]
  ] as const)
    it.effect(`of somebody who used ${amr.join(" and ")} tells so`, () =>
      Effect.gen(function* () {
        const accessToken = new UnsecuredJWT({ amr: [...amr] }).encode()
        assert.strictEqual((yield* redeem({ accessToken })).token.mfa, mfa)
      })
    )

  // what is wrong with the answer, and what is said about it
  const untrusted: ReadonlyArray<readonly [string, Script, string]> = [
    ["signed by somebody else", { idToken: signed({}, theirs.privateKey) }, "not signed"],
    [
      "not signed at all",
      { idToken: async (login) => new UnsecuredJWT(claims(login)).encode() },
      "not signed"
    ],
    [
      "signed with the public key as a secret",
      {
        idToken: (login) =>
          new SignJWT(claims(login))
            .setProtectedHeader({ alg: "HS256", kid: "ours" })
            .sign(new TextEncoder().encode(JSON.stringify(jwk)))
      },
      "not signed"
    ],
    ["for another application", { idToken: signed({ aud: tenantId }) }, "not signed"],
    ["too old", { idToken: signed({ exp: -301 }) }, "too old"],
    ["from tomorrow", { idToken: signed({ nbf: 86_400 }) }, "too old"],
    ["of another tenant", { idToken: signed({ tid: appId }) }, "another tenant"],
    ["of another issuer", { idToken: signed({ iss: "https://evil.example" }) }, "another tenant"],
    ["to another request", { idToken: signed({ nonce: "another" }) }, "another request"],
    ["to no request", { idToken: signed({ nonce: undefined }) }, "another request"],
    ["about nobody", { idToken: signed({ oid: undefined }) }, "another request"]
  ]
  for (const [name, script, text] of untrusted)
    it.effect(`whose answer is ${name} is not believed`, () =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(redeem(script))
        assert.strictEqual(refused.kind, "refused")
        assert.include(refused.text, text)
      })
    )

  for (const [status, body] of passing)
    it.effect(`that is answered ${status} ${body.slice(0, 20)} may be tried again`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(redeem({ status, body }))).kind, "passing")
      })
    )

  it.effect("whose refusal repeats our secrets is told without them", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({
        error: "invalid_client",
        error_description: `AADSTS7000215: Not ${secret} nor ${encodeURIComponent(secret)} with ${code} and ${verifier}. Trace ID: 1`,
        error_codes: [7000215]
      })
      const refused = yield* Effect.flip(redeem({ status: 401, body }))
      assert.deepStrictEqual(
        [refused.kind, refused.code, refused.status],
        ["refused", "AADSTS7000215", 401]
      )
      for (const hidden of [secret, encodeURIComponent(secret), code, verifier])
        assert.notInclude(JSON.stringify([refused, refused.message]), hidden)
      assert.include(refused.text, "<hidden>")
      assert.notInclude(refused.text, "Trace ID")
      assert.include(refused.wayOut, "not its id")
    })
  )
})

/** What a sign-in left to be kept. */
const kept = Effect.map(redeem({}), ({ renewal }) => renewal)
const renewed = (script: Script) =>
  Effect.gen(function* () {
    const renewal = yield* kept
    const { login, forms } = yield* authority(script)
    const granted = yield* SignIn.use(({ renew }) => renew(application(login), renewal, resource))
    return { ...granted, form: forms[0], forms }
  }).pipe(Effect.provide(layer))

describe("a renewal", () => {
  it.effect("asks with the refresh token, and brings the next one", () =>
    Effect.gen(function* () {
      const { form, forms, renewal, token } = yield* renewed({ accessToken: "another" })
      assert.strictEqual(forms.length, 1)
      assert.include(Object.fromEntries(form ?? []), {
        grant_type: "refresh_token",
        refresh_token: "1.the-next-refresh-token",
        client_secret: secret
      })
      assert.strictEqual(Redacted.value(token.value), "another")
      assert.include(Redacted.value(renewal), "1.the-next-refresh-token")
    })
  )

  for (const [description, error, kind] of [
    ["AADSTS700082: idle", "invalid_grant", "ended"],
    ["AADSTS50173: revoked", "invalid_grant", "ended"],
    ["AADSTS53003: policy", "invalid_grant", "refused"],
    ["AADSTS7000222: expired key", "invalid_client", "refused"]
  ] as const)
    it.effect(`that is refused with ${description} is ${kind}`, () =>
      Effect.gen(function* () {
        const body = JSON.stringify({
          error,
          error_description: `${description} 1.the-next-refresh-token`
        })
        const refused = yield* Effect.flip(renewed({ status: 400, body }))
        assert.deepStrictEqual([refused.kind, refused.code], [kind, description.split(":")[0]])
        assert.notInclude(JSON.stringify([refused, refused.message]), "1.the-next")
      })
    )

  for (const [status, body] of passing)
    it.effect(`that is answered ${status} ${body.slice(0, 20)} may be tried again`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(renewed({ status, body }))).kind, "passing")
      })
    )

  it.effect("of an authority that is not there may be tried again, and tells no secret", () =>
    Effect.gen(function* () {
      const renewal = yield* kept
      const refused = yield* Effect.flip(
        SignIn.use(({ renew }) => renew(application("http://127.0.0.1:9"), renewal, resource))
      )
      assert.strictEqual(refused.kind, "passing")
      assert.notInclude(JSON.stringify([refused, refused.message]), "1.the-next")
    }).pipe(Effect.provide(layer))
  )

  it.effect("of what cannot be read any more asks for another sign-in, and sends nothing", () =>
    Effect.gen(function* () {
      for (const unreadable of ["", "1.a-bare-refresh-token", "{}", '{"Account":{}}']) {
        const { forms, login } = yield* authority({})
        const refused = yield* Effect.flip(
          SignIn.use(({ renew }) => renew(application(login), Redacted.make(unreadable), resource))
        )
        assert.strictEqual(refused.kind, "ended")
        assert.strictEqual(forms.length, 0)
      }
    }).pipe(Effect.provide(layer))
  )
})

describe("a link", () => {
  it.effect("leads to the tenant's authority, with what a code flow needs and no secret", () =>
    Effect.gen(function* () {
      for (const login of ["https://login.microsoftonline.us", "http://127.0.0.1:9"]) {
        const link = yield* SignIn.use((signIn) =>
          signIn.link(application(login), { resource, redirectUri: answer.redirectUri })
        )
        const url = new URL(Redacted.value(link.url))
        assert.strictEqual(url.origin + url.pathname, `${login}/${tenantId}/oauth2/v2.0/authorize`)
        assert.include(Object.fromEntries(url.searchParams), {
          client_id: appId,
          response_type: "code",
          response_mode: "query",
          redirect_uri: answer.redirectUri,
          state: Redacted.value(link.state),
          nonce: Redacted.value(link.nonce),
          code_challenge_method: "S256",
          prompt: "select_account"
        })
        assert.notInclude(url.href, Redacted.value(link.verifier))
        assert.notInclude(url.href, encodeURIComponent(secret))
      }
    }).pipe(Effect.provide(layer))
  )
})
