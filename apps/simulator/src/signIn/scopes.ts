import { refusal, type SignInRefusal, unknownResource } from "./SignInRefusal.ts"

const graph = "https://graph.microsoft.com"

/** Resources that tokens may be asked for; what Partner Center accepts is a smaller set. */
const resources: ReadonlySet<string> = new Set([
  "https://api.partnercenter.microsoft.com",
  "https://api.partner.microsoft.com",
  "https://partner.partnercenterapi.microsoftonline.cn",
  "https://graph.windows.net",
  graph,
  "https://management.azure.com"
])

/** Scopes that say something about the answer instead of naming a resource. */
const openIdScopes = ["openid", "profile", "email", "offline_access"] as const

/** What a token was asked for. */
export interface Wanted {
  readonly resource: string
  /** Whether the resource's default permissions were asked for. */
  readonly byDefault: boolean
  readonly openId: ReadonlySet<(typeof openIdScopes)[number]>
}

/** The `resource` of a version 1 request, which knows no scopes. */
export const wantedResource = (resource: string): Wanted | SignInRefusal => {
  const name = resource.replace(/\/$/u, "").toLowerCase()
  return resources.has(name)
    ? { resource: name, byDefault: true, openId: new Set(["offline_access"]) }
    : unknownResource(resource)
}

/**
 * The `scope` of a version 2 request: permissions of one resource, each with the resource's address in front, and
 * OpenID's own. Without an address, Microsoft Graph is meant.
 */
export const wantedScope = (scope: string): Wanted | SignInRefusal => {
  const names = scope.split(" ").filter((name) => name !== "")
  const permissions = names.filter((name) => name.includes("://"))
  const [resource = graph, ...others] = new Set(permissions.map(resourceOf))
  if (others.length > 0)
    return refusal(
      400,
      "invalid_request",
      28000,
      `Provided value for the input parameter scope is not valid because it contains more than one resource. Scope ${scope} is not valid.`
    )
  if (!resources.has(resource)) return unknownResource(resource)
  return {
    resource,
    byDefault: names.some((name) => name.endsWith("/.default")),
    openId: new Set(openIdScopes.filter((name) => names.includes(name)))
  }
}

const resourceOf = (permission: string): string =>
  permission.slice(0, permission.lastIndexOf("/")).replace(/\/$/u, "").toLowerCase()

/** The scopes that were granted to a user, as an answer of version 2 names them. */
export const grantedScope = ({ resource, byDefault, openId }: Wanted): string =>
  [
    `${resource}/user_impersonation`,
    ...(byDefault ? [`${resource}/.default`] : []),
    ...[...openId].filter((name) => name !== "offline_access")
  ].join(" ")
