import { createHmac, createPublicKey, type KeyObject } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from "jose"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { keySet } from "../src/signIn/discovery.ts"
import { signingKeyOf } from "../src/signIn/SigningKey.ts"
import { accessToken } from "../src/signIn/tokens.ts"
import { createWorld } from "../src/world/World.ts"
import {
  admin,
  adminWithoutMfa,
  authorizeUrl,
  codeIn,
  nobody,
  open,
  partnerCenter,
  redeem,
  redirectUri,
  signInAs,
  submit,
  tokensOf,
  verifier
} from "./browser.ts"
import { Bench, type Credentials, epoch, exchange, type Reply } from "./harness.ts"

let bench: Bench
let account: Credentials
const world = {
  seed: 1,
  accounts: [
    { name: "eu", cspStatus: "indirect", customers: 3 },
    { name: "other", cspStatus: "direct", customers: 1 }
  ]
}
beforeAll(async () => {
  bench = await Bench.start()
})
beforeEach(async () => {
  await bench.do("POST", "/clock", { setTo: epoch })
  await bench.do("POST", "/reset", world)
  account = await bench.account()
})
afterAll(() => bench.close())

const freshCode = async (user = admin(account), parameters = {}) =>
  codeIn(await signInAs(bench, account, user, parameters))

const refresh = (token: string, form: Record<string, string> = {}) =>
  bench.signIn(account, { grant_type: "refresh_token", refresh_token: token, ...form }, 2)

const refusalOf = ({ status, json }: Reply) => {
  expect(json.error_description).toContain(`AADSTS${json.error_codes?.[0]}: `)
  expect(json.access_token).toBeUndefined()
  return [status, json.error, json.error_codes[0]]
}

const days = (count: number) => bench.do("POST", "/clock", { advanceSeconds: count * 86_400 })

const keysOf = async () => {
  const url = `${bench.url}/${account.tenantId}/v2.0/.well-known/openid-configuration`
  const { json } = await exchange(url)
  return { configuration: json, keys: createRemoteJWKSet(new URL(json.jwks_uri)) }
}

describe("an authorization code", () => {
  it("gives tokens that say who signed in, signed with the published key", async () => {
    const { status, json } = await redeem(bench, account, await freshCode())
    expect(status).toBe(200)
    expect(json).toMatchObject({ token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599 })
    expect(json.scope.split(" ")).toEqual(
      expect.arrayContaining([`${partnerCenter}/user_impersonation`, "openid", "profile"])
    )
    const { configuration, keys } = await keysOf()
    const { users } = await bench.do("GET", "/accounts/eu/users")
    const { payload, protectedHeader } = await jwtVerify(json.id_token, keys, {
      algorithms: ["RS256"],
      issuer: configuration.issuer,
      audience: account.appId,
      currentDate: new Date(epoch)
    })
    expect(protectedHeader).toMatchObject({ alg: "RS256", typ: "JWT" })
    expect(payload).toMatchObject({
      ver: "2.0",
      tid: account.tenantId,
      oid: users[0].objectId,
      name: users[0].name,
      preferred_username: admin(account),
      nonce: "nonce-1",
      exp: Date.parse(epoch) / 1000 + 3599
    })
    expect(JSON.parse(Buffer.from(json.client_info, "base64url").toString())).toEqual({
      uid: users[0].objectId,
      utid: account.tenantId
    })
    const access = await jwtVerify(json.access_token, keys, {
      algorithms: ["RS256"],
      audience: partnerCenter,
      currentDate: new Date(epoch)
    })
    expect(access.payload).toMatchObject({
      upn: admin(account),
      oid: users[0].objectId,
      amr: ["pwd", "mfa"],
      scp: "user_impersonation",
      appid: account.appId
    })
    expect((await bench.get("/v1/customers", json.access_token)).status).toBe(200)
    expect((await bench.get("/v1/profiles/mpn", json.access_token)).status).toBe(200)
  })

  it("is taken by version 1 as well, in its own words", async () => {
    const { json } = await redeem(bench, account, await freshCode(), {}, 1)
    expect(json).toMatchObject({ expires_in: "3599", resource: partnerCenter })
    expect(json.refresh_token).toBeTypeOf("string")
    expect([json.id_token, json.client_info]).toEqual([undefined, undefined])
    expect((await bench.get("/v1/customers", json.access_token)).status).toBe(200)
  })

  it("gives no more than was asked for", async () => {
    const scope = `${partnerCenter}/user_impersonation`
    const code = await freshCode(admin(account), { scope, client_info: undefined })
    const { json } = await redeem(bench, account, code, { scope, client_info: "0" })
    expect(Object.keys(json).toSorted()).toEqual([
      "access_token",
      "expires_in",
      "ext_expires_in",
      "scope",
      "token_type"
    ])
    const byDefault = `${partnerCenter}/.default openid offline_access`
    const other = await redeem(bench, account, await freshCode(), { scope: byDefault })
    // Microsoft's libraries look for what they asked for when they search their cache.
    expect(other.json.scope.split(" ")).toContain(`${partnerCenter}/.default`)
  })

  it("is good once, also when it is redeemed twice at the same time", async () => {
    const code = await freshCode()
    const both = await Promise.all([redeem(bench, account, code), redeem(bench, account, code)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400])
    expect(refusalOf(await redeem(bench, account, code))).toEqual([400, "invalid_grant", 54005])
  })

  it("lives ten minutes", async () => {
    const [first, second] = [await freshCode(), await freshCode()]
    await bench.do("POST", "/clock", { advanceSeconds: 600 })
    expect((await redeem(bench, account, first)).status).toBe(200)
    await bench.do("POST", "/clock", { advanceSeconds: 1 })
    expect(refusalOf(await redeem(bench, account, second))).toEqual([400, "invalid_grant", 70008])
  })

  it.each([
    [{ code_verifier: "x".repeat(43) }, 501481],
    [{ redirect_uri: "http://127.0.0.1:3999/elsewhere" }, 500112],
    [{ code: "1.invented" }, 9002313],
    [{ client_secret: "guessed" }, 7000215],
    [{ scope: "https://unknown.example/.default" }, 500011]
  ])("is kept for its owner when somebody redeems it with %o (AADSTS%i)", async (form, code) => {
    const fresh = await freshCode()
    const { json, status } = await redeem(bench, account, fresh, form)
    expect([status >= 400, json.error_codes]).toEqual([true, [code]])
    expect((await redeem(bench, account, fresh)).status).toBe(200)
  })

  it("needs the verifier of its challenge, and none where there was no challenge", async () => {
    const form = { grant_type: "authorization_code", redirect_uri: redirectUri }
    const bound = await bench.signIn(account, { ...form, code: await freshCode() }, 2)
    expect(refusalOf(bound)).toEqual([400, "invalid_grant", 50148])
    const without = { code_challenge: undefined, code_challenge_method: undefined }
    const stripped = await freshCode(admin(account), without)
    const withVerifier = { ...form, code: stripped, code_verifier: verifier }
    expect(refusalOf(await bench.signIn(account, withVerifier, 2))).toEqual([
      400,
      "invalid_grant",
      501481
    ])
    expect((await bench.signIn(account, { ...form, code: stripped }, 2)).status).toBe(200)
  })

  it("belongs to the application that asked for it", async () => {
    const other = await bench.account("other")
    expect(refusalOf(await redeem(bench, other, await freshCode()))).toEqual([
      400,
      "invalid_grant",
      700005
    ])
  })

  it.each(["code", "redirect_uri"])("is not redeemed without %s, which is named", async (name) => {
    const form: Record<string, string> = { code: await freshCode(), redirect_uri: redirectUri }
    delete form[name]
    const reply = await bench.signIn(account, { grant_type: "authorization_code", ...form }, 2)
    expect(refusalOf(reply)).toEqual([400, "invalid_request", 900144])
    expect(reply.json.error_description).toContain(`'${name}'`)
  })

  it("dies with the sessions of its user, and with the consent", async () => {
    const revoked = await freshCode()
    await bench.do("POST", "/accounts/eu/revocations", { userPrincipalName: admin(account) })
    expect(refusalOf(await redeem(bench, account, revoked))[2]).toBe(50173)
    const unwanted = await freshCode()
    await bench.do("DELETE", "/accounts/eu/consent")
    expect(refusalOf(await redeem(bench, account, unwanted))[2]).toBe(65001)
  })
})

describe("a refresh token of somebody who signed in", () => {
  it("gives the next one, and stays good itself, ninety idle days each", async () => {
    const { refresh_token: first } = await tokensOf(bench, account)
    await days(60)
    const { json } = await refresh(first)
    expect(json.refresh_token).not.toBe(first)
    expect((await refresh(first)).status).toBe(200)
    await days(60)
    const late = await refresh(first)
    expect(refusalOf(late)).toEqual([400, "invalid_grant", 700082])
    expect(late.json.suberror).toBe("bad_token")
    expect((await refresh(json.refresh_token)).status).toBe(200)
    await days(91)
    expect(refusalOf(await refresh(json.refresh_token))[2]).toBe(700082)
    const again = await tokensOf(bench, account)
    expect((await refresh(again.refresh_token)).status).toBe(200)
  })

  it("is good to the last moment of its ninety days, and not a second longer", async () => {
    const { refresh_token } = await tokensOf(bench, account)
    await days(90)
    expect((await refresh(refresh_token)).status).toBe(200)
    await bench.do("POST", "/clock", { advanceSeconds: 1 })
    expect(refusalOf(await refresh(refresh_token))[2]).toBe(700082)
  })

  it("keeps saying who it is, and whether a second factor was given", async () => {
    const openId = { scope: `${partnerCenter}/.default openid profile`, client_info: "1" }
    const { refresh_token } = await tokensOf(bench, account)
    const { json } = await refresh(refresh_token, openId)
    expect(decodeJwt(json.access_token)["amr"]).toEqual(["pwd", "mfa"])
    expect(decodeJwt(json.id_token)).toMatchObject({ preferred_username: admin(account) })
    expect(decodeJwt(json.id_token)["nonce"]).toBeUndefined()
    expect(json.client_info).toBeTypeOf("string")
    const weak = await tokensOf(bench, account, adminWithoutMfa(account))
    const again = await refresh(weak.refresh_token)
    expect(decodeJwt(again.json.access_token)["amr"]).toEqual(["pwd"])
    const refused = await bench.get("/v1/customers", again.json.access_token)
    expect([refused.status, refused.reason]).toEqual([401, "Unauthorized - MFA required"])
  })

  it("dies when its user's sessions are revoked, and nobody else's", async () => {
    const mine = await tokensOf(bench, account)
    const theirs = await tokensOf(bench, account, adminWithoutMfa(account))
    await bench.do("POST", "/accounts/eu/revocations", { userPrincipalName: admin(account) })
    const refused = await refresh(mine.refresh_token)
    expect(refusalOf(refused)).toEqual([400, "invalid_grant", 50173])
    expect(refused.json.suberror).toBe("bad_token")
    expect((await refresh(theirs.refresh_token)).status).toBe(200)
    // In the very instant of the revocation, since the clock stands still.
    const again = await tokensOf(bench, account)
    const next = await refresh(again.refresh_token)
    expect((await refresh(next.json.refresh_token)).status).toBe(200)
  })

  it("is refused without consent, until an administrator gives it again", async () => {
    const { refresh_token } = await tokensOf(bench, account)
    await bench.do("DELETE", "/accounts/eu/consent")
    const refused = await refresh(refresh_token)
    expect(refusalOf(refused)).toEqual([400, "invalid_grant", 65001])
    expect(refused.json.suberror).toBe("consent_required")
    const permissions = await submit(await open(authorizeUrl(bench, account)), {
      user: admin(account),
      action: "continue"
    })
    expect(permissions.html).toContain("<h1>Permissions requested</h1>")
    await submit(permissions, { action: "accept" })
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  it("without a second factor is refused where the tenant demands one, with the reason", async () => {
    const weak = await tokensOf(bench, account, adminWithoutMfa(account))
    const strong = await tokensOf(bench, account)
    const able = await bench.do("POST", "/accounts/eu/refresh-tokens", { mfa: false })
    await bench.do("PATCH", "/accounts/eu", { signInMfa: "required" })
    const refused = await refresh(weak.refresh_token)
    expect(refusalOf(refused)).toEqual([400, "invalid_grant", 50079])
    expect(refused.json.suberror).toBe("basic_action")
    // This user has a second factor, and only has to use it.
    expect(refusalOf(await refresh(able.refreshToken))[2]).toBe(50076)
    expect((await refresh(strong.refresh_token)).status).toBe(200)
  })

  it("of another tenant, altered or cut is refused", async () => {
    const { refresh_token } = await tokensOf(bench, account)
    const [version, text = "", seal] = refresh_token.split(".")
    const claims = JSON.parse(Buffer.from(text, "base64url").toString())
    const longer = Buffer.from(JSON.stringify({ ...claims, mfa: true, issuedAt: 9e12 }))
    for (const wrong of [
      `${version}.${longer.toString("base64url")}.${seal}`,
      refresh_token.slice(0, -1),
      `${version}.${text}`,
      "x".repeat(10_000),
      ""
    ])
      expect(refusalOf(await refresh(wrong))).toEqual([400, "invalid_grant", 9002313])
    const other = await bench.account("other")
    const foreign = await bench.signIn(other, { grant_type: "refresh_token", refresh_token }, 2)
    expect(refusalOf(foreign)).toEqual([400, "invalid_grant", 9002313])
  })
})

describe("the token endpoint", () => {
  const application = { grant_type: "client_credentials" }

  it("names what is missing", async () => {
    const bare = async (form: Record<string, string>) =>
      exchange(`${bench.url}/${account.tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(form).toString()
      })
    const client = { client_id: account.appId, client_secret: account.clientSecret }
    for (const [form, name] of [
      [{}, "client_id"],
      [client, "grant_type"],
      [{ ...client, ...application }, "scope"],
      [{ ...client, grant_type: "refresh_token" }, "refresh_token"]
    ] as const) {
      const reply = await bare(form)
      expect(refusalOf(reply)).toEqual([400, "invalid_request", 900144])
      expect(reply.json.error_description).toContain(`'${name}'`)
    }
    const anonymous = await bare({ client_id: account.appId, ...application })
    expect(refusalOf(anonymous)).toEqual([401, "invalid_client", 7000218])
  })

  it("gives an application its default permissions, and no user's", async () => {
    const user = { ...application, scope: `${partnerCenter}/user_impersonation` }
    expect(refusalOf(await bench.signIn(account, user, 2))).toEqual([400, "invalid_scope", 1002012])
    const { json } = await bench.signIn(account, application, 2)
    expect(decodeJwt(json.access_token)["idtyp"]).toBe("app")
    expect([json.refresh_token, json.id_token]).toEqual([undefined, undefined])
  })

  it("gives tokens for one resource at a time, each good at that resource only", async () => {
    const { refresh_token } = await tokensOf(bench, account)
    const sheets = await refresh(refresh_token, {
      scope: "https://api.partner.microsoft.com/.default"
    })
    expect(decodeJwt(sheets.json.access_token).aud).toBe("https://api.partner.microsoft.com")
    const refused = await bench.get("/v1/customers", sheets.json.access_token)
    expect([refused.status, refused.json.code]).toEqual([401, 900420])
    const both = `${partnerCenter}/.default https://graph.microsoft.com/.default`
    expect(refusalOf(await refresh(refresh_token, { scope: both }))[2]).toBe(28000)
    const graph = await refresh(refresh_token, { scope: "openid profile" })
    expect(decodeJwt(graph.json.access_token).aud).toBe("https://graph.microsoft.com")
  })

  it("has trouble with one kind of grant alone where a fault says so", async () => {
    const { refresh_token } = await tokensOf(bench, account)
    await bench.do("POST", "/faults", {
      operation: "signIn.token.refresh_token",
      fault: { kind: "status", status: 503 }
    })
    expect((await refresh(refresh_token)).status).toBe(503)
    expect((await bench.signIn(account, application)).status).toBe(200)
    await bench.do("DELETE", "/faults")
    await bench.do("POST", "/faults", {
      operation: "signIn.token",
      fault: { kind: "throttle", retryAfterSeconds: 7 }
    })
    for (const reply of [await refresh(refresh_token), await bench.signIn(account, application)])
      expect([reply.status, reply.headers["retry-after"]]).toEqual([429, "7"])
    expect((await open(authorizeUrl(bench, account))).status).toBe(200)
    await bench.do("DELETE", "/faults")
    await bench.do("POST", "/faults", {
      operation: "signIn.authorize",
      fault: { kind: "status", status: 500 }
    })
    expect((await open(authorizeUrl(bench, account))).status).toBe(500)
    expect((await refresh(refresh_token)).status).toBe(200)
    await bench.do("DELETE", "/faults")
    const { requests } = await bench.do("GET", "/requests?operation=signIn.token&account=eu")
    const names = new Set(requests.map((one: { operation: string }) => one.operation))
    expect([...names].toSorted()).toEqual([
      "signIn.token.authorization_code",
      "signIn.token.client_credentials",
      "signIn.token.refresh_token"
    ])
  })

  it.each(["malformed-body", "wrong-types", "truncate", "reset-after"])(
    "and the sign-in page survive the fault %s",
    async (kind) => {
      await bench.do("POST", "/faults", { operation: "signIn", fault: { kind } })
      await open(authorizeUrl(bench, account)).catch(() => null)
      await bench.signIn(account, application).catch(() => null)
      await bench.do("DELETE", "/faults")
      expect((await open(authorizeUrl(bench, account))).status).toBe(200)
      expect((await bench.signIn(account, application)).status).toBe(200)
    }
  )
})

/** The numbers that a private key is made of. */
const numbersOf = (key: KeyObject) => {
  const jwk = key.export({ format: "jwk" })
  const numberOf = (text = "") => BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`)
  return {
    n: numberOf(jwk.n),
    e: numberOf(jwk.e),
    d: numberOf(jwk.d),
    p: numberOf(jwk.p),
    q: numberOf(jwk.q),
    dp: numberOf(jwk.dp),
    dq: numberOf(jwk.dq),
    qi: numberOf(jwk.qi)
  }
}

describe("signatures", () => {
  const forged = (header: object, claims: object, signature: (text: string) => string) => {
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
    const text = `${encoded(header)}.${encoded(claims)}`
    return `${text}.${signature(text)}`
  }

  it("cannot be left out, nor made with the public key", async () => {
    const claims = decodeJwt(await bench.appToken())
    const url = `${bench.url}/${account.tenantId}/discovery/v2.0/keys`
    const [key] = (await exchange(url)).json.keys
    const pem = createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" })
    const tokens = [
      forged({ alg: "none", typ: "JWT" }, claims, () => ""),
      forged({ alg: "none", typ: "JWT" }, claims, () => "x"),
      forged({ alg: "HS256", typ: "JWT", kid: key.kid }, claims, (text) =>
        createHmac("sha256", pem).update(text).digest("base64url")
      )
    ]
    for (const token of tokens) {
      const { status, json } = await bench.get("/v1/customers", token)
      expect([status, json.code]).toEqual([401, 400])
    }
  })

  it("are made with a key that belongs to the seed, and outlive a restart and a reset", async () => {
    const token = await bench.appToken()
    await bench.do("POST", "/reset", world)
    expect((await bench.get("/v1/customers", token)).status).toBe(200)
    await bench.do("POST", "/reset", { ...world, seed: 2 })
    expect((await bench.get("/v1/customers", token)).status).toBe(401)
  })

  it("verify for every seed with the published half, whose modulus has 2048 bits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 20 }), async (seed) => {
        const key = signingKeyOf(createWorld({ seed, epoch: 0, accounts: [] }))
        expect(Buffer.from(key.modulus, "base64url")).toHaveLength(256)
        expect(Buffer.from(key.modulus, "base64url").readUInt8(0)).toBeGreaterThanOrEqual(0x80)
        const token = accessToken(key, { aud: "a", tid: "t", appid: "i" }, null, Date.now())
        const { payload } = await jwtVerify(token, createLocalJWKSet(keySet(key)))
        expect(payload.aud).toBe("a")
        // Signing goes right, only slower, when the numbers that speed it up are wrong (RFC 8017 §3.2).
        const { n, e, d, p, q, dp, dq, qi } = numbersOf(key.privateKey)
        expect([p * q, (d * e) % ((p - 1n) * (q - 1n))]).toEqual([n, 1n])
        expect([(dp * e) % (p - 1n), (dq * e) % (q - 1n), (qi * q) % p]).toEqual([1n, 1n, 1n])
      }),
      { numRuns: 8 }
    )
  })

  it("are found by way of the tenant's configuration, under the address that was asked", async () => {
    const { configuration } = await keysOf()
    const authority = `${bench.url}/${account.tenantId}`
    expect(configuration).toMatchObject({
      issuer: `${authority}/v2.0`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`
    })
    const hostile = await exchange(
      `${bench.url}/${account.domain}/v2.0/.well-known/openid-configuration`,
      { headers: { Host: `evil.example/"><script>` } }
    )
    expect(hostile.json.issuer).toBe(`http://localhost/${account.tenantId}/v2.0`)
    const unknown = await exchange(`${bench.url}/nowhere.example/discovery/v2.0/keys`)
    expect(refusalOf(unknown)).toEqual([400, "invalid_request", 90002])
  })
})

describe("users", () => {
  it("of every account are at first one for each way that a consent can go", async () => {
    const { users } = await bench.do("GET", "/accounts/eu/users")
    expect(
      users.map(({ userPrincipalName, roles, mfa }: Record<string, unknown>) => [
        userPrincipalName,
        roles,
        mfa
      ])
    ).toEqual([
      [admin(account), ["globalAdmin", "adminAgent"], true],
      [adminWithoutMfa(account), ["globalAdmin", "adminAgent"], false],
      [nobody(account), [], true]
    ])
  })

  it("without any role may not use Partner Center", async () => {
    await tokensOf(bench, account)
    const { access_token } = await tokensOf(bench, account, nobody(account))
    const refused = await bench.get("/v1/customers", access_token)
    expect([refused.status, refused.json.code]).toEqual([403, 900308])
  })

  it("can be added, once each, and sign in", async () => {
    const agent = {
      userPrincipalName: "Agent@Partner.example",
      name: "Zoë <b>Agent</b>",
      roles: ["adminAgent"],
      mfa: true
    }
    const added = await bench.do("POST", "/accounts/eu/users", agent)
    expect(added).toMatchObject({ ...agent, userPrincipalName: "agent@partner.example" })
    const chooser = await open(authorizeUrl(bench, account))
    expect(chooser.html).toContain("Zoë &lt;b&gt;Agent&lt;/b&gt;")
    // May use Partner Center, but not speak for the tenant.
    const blocked = await submit(chooser, { user: added.userPrincipalName, action: "continue" })
    expect(blocked.html).toContain("AADSTS90094: ")
    await tokensOf(bench, account)
    const tokens = await tokensOf(bench, account, added.userPrincipalName)
    expect((await bench.get("/v1/customers", tokens.access_token)).status).toBe(200)
    const twice = await bench.control("POST", "/accounts/eu/users", agent)
    expect([twice.status, twice.json.errors[0].field]).toEqual([409, "userPrincipalName"])
  })

  it.each([
    ["/users", { name: "x", userPrincipalName: "no name" }, "userPrincipalName"],
    ["/users", { name: "", userPrincipalName: "a@b.example" }, "name"],
    ["/users", { name: "x", userPrincipalName: "a@b.example", roles: ["king"] }, "roles.0"],
    ["/users", { name: "x", userPrincipalName: "a@b.example", password: "x" }, "password"],
    ["/revocations", { userPrincipalName: 1 }, "userPrincipalName"],
    ["/redirect-uris", {}, "redirectUri"]
  ])("%s refuses %o and names the field", async (path, body, field) => {
    const { status, json } = await bench.control("POST", `/accounts/eu${path}`, body)
    expect([status, json.errors[0].field]).toEqual([400, field])
  })

  it("who are not there cannot be signed out; those there are get named", async () => {
    const { status, json } = await bench.control("POST", "/accounts/eu/revocations", {
      userPrincipalName: "ghost@nowhere.example"
    })
    expect(status).toBe(404)
    expect(json.detail).toContain(admin(account))
  })

  it("are at most fifty, like addresses", async () => {
    for (let count = 3; count < 50; count++)
      await bench.do("POST", "/accounts/eu/users", {
        userPrincipalName: `user${count}@b.example`,
        name: "x"
      })
    const user = { userPrincipalName: "one.more@b.example", name: "x" }
    expect((await bench.control("POST", "/accounts/eu/users", user)).status).toBe(409)
    const register = (number: number) =>
      bench.control("POST", "/accounts/eu/redirect-uris", {
        redirectUri: `https://b.example/${number}`
      })
    for (let count = 0; count < 50; count++) expect((await register(count)).status).toBe(200)
    expect((await register(50)).status).toBe(409)
    expect((await register(49)).status).toBe(200)
  })
})

describe("operations that need a user", () => {
  it("take an application's own token where the account says so", async () => {
    const token = await bench.appToken()
    expect((await bench.get("/v1/profiles/mpn", token)).json.code).toBe(900329)
    await bench.do("PATCH", "/accounts/eu", { appOnlyRefused: false })
    expect((await bench.get("/v1/profiles/mpn", token)).status).toBe(200)
  })
})

describe("a simulator that keeps its state", () => {
  it("comes back with users, consent, addresses and revocations, and takes its old tokens", async () => {
    const folder = mkdtempSync(join(tmpdir(), "simulator-sign-in-"))
    const stateFile = join(folder, "state.jsonl")
    const first = await Bench.start({ stateFile })
    const eu = await first.account()
    const kept = await tokensOf(first, eu)
    await first.do("POST", "/accounts/eu/users", { userPrincipalName: "b@c.example", name: "B" })
    await first.do("POST", "/accounts/eu/redirect-uris", { redirectUri: "https://b.example/" })
    await first.do("POST", "/accounts/eu/revocations", {
      userPrincipalName: adminWithoutMfa(eu)
    })
    await first.do("PATCH", "/accounts/eu", { signInMfa: "required" })
    const before = await first.do("GET", "/accounts/eu/users")
    await first.close()

    const second = await Bench.start({ stateFile })
    expect(await second.do("GET", "/accounts/eu/users")).toEqual(before)
    const [info] = (await second.do("GET", "/accounts")).accounts
    expect(info).toMatchObject({
      consent: "granted",
      redirectUris: ["https://b.example/"],
      settings: { signInMfa: "required" }
    })
    expect((await second.get("/v1/customers", kept.access_token)).status).toBe(200)
    const form = { grant_type: "refresh_token", refresh_token: kept.refresh_token }
    expect((await second.signIn(eu, form, 2)).status).toBe(200)
    await second.do("DELETE", "/accounts/eu/consent")
    await second.close()

    const third = await Bench.start({ stateFile })
    expect((await third.signIn(eu, form, 2)).json.error_codes).toEqual([65001])
    await third.close()
    rmSync(folder, { recursive: true })
  })
})
