import type { Account } from "../world/Account.ts"

/** Entra's own limit for a registered address. */
export const redirectUriLengthMax = 256

const loopback: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"])

/** No user, fragment, backslash or doubled slash: different readers see different hosts in such an address. */
const plain = /^https?:\/\/[\w.:[\]-]+([/?][\x21-\x7e]*)?$/u

/** The address, where it is one that a browser may be sent to; else undefined. */
const addressOf = (text: string): URL | undefined =>
  text.length <= redirectUriLengthMax && plain.test(text) && !/[\\#]/u.test(text)
    ? (URL.parse(text) ?? undefined)
    : undefined

/** Whether an address may be registered: https, or http on the machine itself ("Redirect URI restrictions"). */
export const isRegistrable = (text: string): boolean => {
  const url = addressOf(text)
  return url !== undefined && !text.includes("*") && (url.protocol === "https:" || isLoopback(url))
}

const isLoopback = (url: URL): boolean => loopback.has(url.hostname)

/**
 * Where codes for this account's application may go: to the addresses that are registered, letter by letter, and to
 * the machine itself at any port and path, so that a trial needs no registration.
 */
export const redirectTarget = (account: Account, text: string): URL | undefined => {
  const url = addressOf(text)
  if (url === undefined) return undefined
  return isLoopback(url) || account.redirectUris.includes(text) ? url : undefined
}
