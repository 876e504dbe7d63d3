import { Schema } from "effect"

/**
 * The national clouds of Partner Center, each with its own addresses and sign-in; tokens are not portable
 * between them. `custom` names every address itself, which is how the simulator is reached. Germany is
 * retired: its instances are kept and their addresses given by hand.
 */
export const Cloud = Schema.Literals(["global", "us-government", "china", "germany", "custom"])
export type Cloud = typeof Cloud.Type

/**
 * Where something may be reached: https, because secrets and tokens travel there, and http on this machine only. An
 * origin with an optional path, without a trailing slash.
 */
export const Address = Schema.String.check(
  Schema.isMaxLength(300),
  Schema.isPattern(
    /^(https:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])|http:\/\/(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?(\/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-])?$/u,
    {
      message:
        "an https address without a trailing slash is needed; http only of this machine (localhost, 127.0.0.1, [::1])"
    }
  )
)

/** Where a cloud answers, each without a trailing slash. */
export class Endpoints extends Schema.Opaque<Endpoints>()(
  Schema.Struct({
    /** Partner Center's REST API. */
    api: Schema.String,
    /** Where Entra signs in. */
    login: Schema.String,
    /** The token's audience. */
    resource: Schema.String,
    /** Where price sheets are; they have a host of their own ("Get a price sheet"). */
    prices: Schema.String
  })
) {}

/** Addresses as published ("National cloud endpoints"); undefined where they must be given by hand. */
export const endpointsOf = (cloud: Cloud): Endpoints | undefined => published[cloud]

const published: Record<Cloud, Endpoints | undefined> = {
  global: {
    api: "https://api.partnercenter.microsoft.com",
    login: "https://login.microsoftonline.com",
    resource: "https://api.partnercenter.microsoft.com",
    prices: "https://api.partner.microsoft.com"
  },
  "us-government": {
    api: "https://api.partnercenter.microsoft.com",
    login: "https://login.microsoftonline.us",
    resource: "https://api.partnercenter.microsoft.com",
    prices: "https://api.partner.microsoft.com"
  },
  china: {
    api: "https://partner.partnercenterapi.microsoftonline.cn",
    login: "https://login.partner.microsoftonline.cn",
    resource: "https://partner.partnercenterapi.microsoftonline.cn",
    // No host of its own is published for price sheets of this cloud.
    prices: "https://partner.partnercenterapi.microsoftonline.cn"
  },
  germany: undefined,
  custom: undefined
}
