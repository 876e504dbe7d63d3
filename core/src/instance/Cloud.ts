import { Schema } from "effect"

/**
 * The national clouds of Partner Center, each with its own addresses and sign-in; tokens are not portable
 * between them. `custom` names every address itself, which is how the simulator is reached. Germany is
 * retired: its instances are kept and their addresses given by hand.
 */
export const Cloud = Schema.Literals(["global", "us-government", "china", "germany", "custom"])
export type Cloud = typeof Cloud.Type

/** Where a cloud answers. `api` and `login` are origins without a trailing slash; `resource` is the token's audience. */
export class Endpoints extends Schema.Opaque<Endpoints>()(
  Schema.Struct({ api: Schema.String, login: Schema.String, resource: Schema.String })
) {}

/** Addresses as published ("National cloud endpoints"); undefined where they must be given by hand. */
export const endpointsOf = (cloud: Cloud): Endpoints | undefined => published[cloud]

const published: Record<Cloud, Endpoints | undefined> = {
  global: {
    api: "https://api.partnercenter.microsoft.com",
    login: "https://login.microsoftonline.com",
    resource: "https://api.partnercenter.microsoft.com"
  },
  "us-government": {
    api: "https://api.partnercenter.microsoft.com",
    login: "https://login.microsoftonline.us",
    resource: "https://api.partnercenter.microsoft.com"
  },
  china: {
    api: "https://partner.partnercenterapi.microsoftonline.cn",
    login: "https://login.partner.microsoftonline.cn",
    resource: "https://partner.partnercenterapi.microsoftonline.cn"
  },
  germany: undefined,
  custom: undefined
}
