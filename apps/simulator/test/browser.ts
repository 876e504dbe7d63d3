import { createHash } from "node:crypto"
import { type Bench, type Credentials, exchange, type Reply } from "./harness.ts"

/** Where the application of these tests waits for its answer. Nothing listens there. */
export const redirectUri = "http://127.0.0.1:3999/v1/consent/callback?instance=eu"

export const verifier = "a-verifier-of-enough-letters-to-be-taken-for-one-0123456789"
export const challenge = createHash("sha256").update(verifier).digest("base64url")
export const partnerCenter = "https://api.partnercenter.microsoft.com"

/** What a browser makes of an answer. */
export interface Page extends Reply {
  readonly url: string
  readonly html: string
  /** Where it is sent on to; null when it stays. */
  readonly location: URL | null
}

/** A browser without script and without cookies, as far as the sign-in pages need one. */
export const open = async (url: string): Promise<Page> => pageOf(url, await exchange(url))

const pageOf = (url: string, reply: Reply): Page => {
  const location = reply.headers["location"]
  return {
    ...reply,
    url,
    html: reply.bytes.toString(),
    location: typeof location === "string" ? new URL(location) : null
  }
}

/** The page's form: where it goes, and what it carries unseen. */
export const formOf = ({ html, url }: Page) => {
  const [, action = ""] = /<form method="post" action="([^"]*)">/u.exec(html) ?? []
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/gu)]
  return {
    action: new URL(unescaped(action), url).href,
    fields: Object.fromEntries(hidden.map(([, name = "", value = ""]) => [name, unescaped(value)]))
  }
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")

export const post = async (url: string, fields: Record<string, string>): Promise<Page> =>
  pageOf(
    url,
    await exchange(url, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString()
    })
  )

/** Fills in the page's form and presses one of its buttons. */
export const submit = (page: Page, fields: Record<string, string>): Promise<Page> => {
  const form = formOf(page)
  return post(form.action, { ...form.fields, ...fields })
}

/** The link to the sign-in page, as Microsoft's libraries make it. Without a value, a parameter is left out. */
export const authorizeUrl = (
  bench: Bench,
  { tenantId, appId }: Credentials,
  parameters: Record<string, string | undefined> = {}
): string => {
  const { tenant = tenantId, ...rest } = parameters
  const query = Object.entries({
    client_id: appId,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: `${partnerCenter}/user_impersonation openid profile offline_access`,
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    client_info: "1",
    ...rest
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return `${bench.url}/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(query)}`
}

export const admin = ({ domain }: Credentials): string => `admin@${domain}`
export const adminWithoutMfa = ({ domain }: Credentials): string => `admin.without.mfa@${domain}`
export const nobody = ({ domain }: Credentials): string => `sales@${domain}`

/** Chooses a user, and accepts where permissions are asked for. The address at the end has the code. */
export const signInAs = async (
  bench: Bench,
  account: Credentials,
  user: string,
  parameters: Record<string, string | undefined> = {}
): Promise<URL> => {
  const chosen = await submit(await open(authorizeUrl(bench, account, parameters)), {
    user,
    action: "continue"
  })
  const end = chosen.location === null ? await submit(chosen, { action: "accept" }) : chosen
  if (end.location === null) throw new Error(`no way back to the application: ${end.html}`)
  return end.location
}

export const codeIn = (location: URL): string => location.searchParams.get("code") ?? ""

/** Redeems a code as the application that asked for it. */
export const redeem = (
  bench: Bench,
  account: Credentials,
  code: string,
  form: Record<string, string> = {},
  version: 1 | 2 = 2
): Promise<Reply> =>
  bench.signIn(
    account,
    {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      client_info: "1",
      ...(version === 2
        ? { scope: `${partnerCenter}/user_impersonation openid profile offline_access` }
        : {}),
      ...form
    },
    version
  )

/** Everything from the link to the tokens. */
export const tokensOf = async (bench: Bench, account: Credentials, user = admin(account)) => {
  const reply = await redeem(bench, account, codeIn(await signInAs(bench, account, user)))
  if (reply.status !== 200) throw new Error(String(reply.bytes))
  return reply.json
}
