import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { Bench, type Credentials } from "./harness.ts"

describe("signing in", () => {
  let bench: Bench
  let account: Credentials
  beforeAll(async () => {
    bench = await Bench.start()
  })
  beforeEach(async () => {
    await bench.do("POST", "/reset", {
      seed: 1,
      accounts: [{ name: "eu", cspStatus: "indirect", customers: 3 }]
    })
    account = await bench.account()
  })
  afterAll(() => bench.close())

  const app = { grant_type: "client_credentials" }
  const refused = async (form: Record<string, string>, of = account) => {
    const { status, json } = await bench.signIn(of, form)
    expect(json.error_description).toContain(`AADSTS${json.error_codes[0]}: `)
    return [status, json.error, json.error_codes[0]]
  }

  it("version 1 writes numbers as strings, version 2 as numbers", async () => {
    const first = await bench.signIn(account, app, 1)
    expect(first.json).toMatchObject({
      token_type: "Bearer",
      expires_in: "3599",
      resource: "https://api.partnercenter.microsoft.com"
    })
    expect(first.json.expires_on).toMatch(/^\d+$/)
    expect(first.bytes[0]).not.toBe(0xef)
    const second = await bench.signIn(account, app, 2)
    expect(second.json.expires_in).toBe(3599)
    expect(second.json.resource).toBeUndefined()
    for (const { json } of [first, second])
      expect((await bench.get("/v1/customers", json.access_token)).status).toBe(200)
  })

  it("a tenant may be named by its domain", async () => {
    const { status } = await bench.signIn(account, { ...app, tenant: account.domain })
    expect(status).toBe(200)
  })

  it("a wrong secret is AADSTS7000215, an unknown app 700016, an unknown tenant 90002", async () => {
    expect(await refused({ ...app, client_secret: "x" })).toEqual([401, "invalid_client", 7000215])
    expect(await refused({ ...app, client_id: "x" })).toEqual([400, "unauthorized_client", 700016])
    expect(await refused({ ...app, tenant: "nowhere" })).toEqual([400, "invalid_request", 90002])
  })

  it("an expired secret is AADSTS7000222, and a rotated one is refused until it is replaced", async () => {
    await bench.do("POST", "/accounts/eu/credentials", { action: "expire-secret" })
    expect(await refused(app)).toEqual([401, "invalid_client", 7000222])
    await bench.do("POST", "/accounts/eu/credentials", { action: "rotate-secret" })
    expect(await refused(app)).toEqual([401, "invalid_client", 7000215])
    expect((await bench.signIn(await bench.account(), app)).status).toBe(200)
  })

  it("what is missing from the form is named", async () => {
    expect(await refused({ ...app, resource: "" })).toEqual([400, "invalid_request", 900144])
    expect(await refused({ ...app, resource: "https://example.com" })).toEqual([
      400,
      "invalid_resource",
      500011
    ])
    expect(await refused({ grant_type: "magic" })).toEqual([400, "unsupported_grant_type", 70003])
  })

  it("a password alone signs nobody in", async () => {
    expect(await refused({ grant_type: "password" })).toEqual([400, "invalid_grant", 50076])
  })

  it("every redemption gives a new refresh token, good for ninety more days", async () => {
    const days = (count: number) => bench.do("POST", "/clock", { advanceSeconds: count * 86_400 })
    const redeem = async (token: string) =>
      bench.signIn(account, { grant_type: "refresh_token", refresh_token: token })
    await days(80)
    const first = await redeem(account.refreshToken)
    expect(first.json.refresh_token).not.toBe(account.refreshToken)
    await days(80)
    expect((await redeem(first.json.refresh_token)).status).toBe(200)
    const old = await redeem(account.refreshToken)
    expect([old.status, old.json.error, old.json.error_codes]).toEqual([
      400,
      "invalid_grant",
      [700082]
    ])
  })

  it("revoked and forged refresh tokens are refused", async () => {
    const grant = { grant_type: "refresh_token", refresh_token: account.refreshToken }
    await bench.do("POST", "/accounts/eu/credentials", { action: "revoke-refresh-tokens" })
    expect(await refused(grant)).toEqual([400, "invalid_grant", 50173])
    expect(await refused({ ...grant, refresh_token: `${account.refreshToken}x` })).toEqual([
      400,
      "invalid_grant",
      9002313
    ])
    const fresh = await bench.account()
    expect(
      (await bench.signIn(fresh, { ...grant, refresh_token: fresh.refreshToken })).status
    ).toBe(200)
  })

  it("Partner Center refuses a missing, forged, foreign or old token", async () => {
    const missing = await bench.get("/v1/customers")
    expect([missing.status, missing.json.code]).toEqual([401, 800001])

    const token = await bench.appToken()
    const forged = await bench.get("/v1/customers", `${token.slice(0, -2)}xx`)
    expect([forged.status, forged.json.code]).toEqual([401, 400])

    const graph = await bench.signIn(account, { ...app, resource: "https://graph.windows.net" })
    const foreign = await bench.get("/v1/customers", graph.json.access_token)
    expect([foreign.status, foreign.json.code]).toEqual([401, 900420])

    await bench.do("POST", "/clock", { advanceSeconds: 3600 })
    const old = await bench.get("/v1/customers", token)
    expect([old.status, old.bytes.length]).toEqual([401, 0])
    expect(old.headers["www-authenticate"]).toContain("invalid_token")
  })

  it("some operations need a user: app-only is 403 / 900329", async () => {
    const token = await bench.appToken()
    const [customer] = await bench.customers(token)
    for (const path of [
      `/v1/customers/${customer!.id}/agreements`,
      `/v1/customers/${customer!.id}/relationships`,
      "/v1/relationships?relationship_type=IsIndirectCloudSolutionProviderOf",
      "/v1/profiles/mpn",
      "/v1/agreements"
    ]) {
      const refusal = await bench.get(path, token)
      expect([refusal.status, refusal.json.code], path).toEqual([403, 900329])
      expect((await bench.get(path, await bench.userToken())).status, path).toBe(200)
    }
  })

  it("a user without second factor is refused in either style, an app never", async () => {
    const { refreshToken } = await bench.do("POST", "/accounts/eu/refresh-tokens", { mfa: false })
    const token = await bench.userToken("eu", refreshToken)
    const classic = await bench.get("/v1/customers", token)
    expect([classic.status, classic.reason, classic.bytes.length]).toEqual([
      401,
      "Unauthorized - MFA required",
      0
    ])
    expect(classic.headers["www-authenticate"]).toBe('Bearer error="invalid_token"')
    await bench.do("PATCH", "/accounts/eu", { mfaStyle: "code" })
    const coded = await bench.get("/v1/customers", token)
    expect([coded.status, coded.json.code]).toEqual([401, 900421])
    expect((await bench.get("/v1/customers", await bench.appToken())).status).toBe(200)
    await bench.do("PATCH", "/accounts/eu", { mfaRequired: false })
    expect((await bench.get("/v1/customers", token)).status).toBe(200)
  })
})
