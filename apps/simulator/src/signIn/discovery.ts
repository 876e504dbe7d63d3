import type { SigningKey } from "./SigningKey.ts"

/** `GET /{tenant}/discovery/v2.0/keys`: the keys that tokens may be checked with (RFC 7517). */
export const keySet = ({ kid, modulus, exponent }: SigningKey) => ({
  keys: [{ kty: "RSA", use: "sig", alg: "RS256", kid, n: modulus, e: exponent }]
})

/** `GET /{tenant}/v2.0/.well-known/openid-configuration` ("OpenID Connect on the Microsoft identity platform"). */
export const openIdConfiguration = (tenantId: string, origin: string) => {
  const authority = `${origin}/${tenantId}`
  return {
    issuer: `${authority}/v2.0`,
    authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    grant_types_supported: ["authorization_code", "client_credentials", "refresh_token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post"],
    code_challenge_methods_supported: ["S256"],
    claims_supported: [
      "aud",
      "exp",
      "iat",
      "iss",
      "name",
      "nbf",
      "nonce",
      "oid",
      "preferred_username",
      "sub",
      "tid",
      "ver"
    ]
  }
}
