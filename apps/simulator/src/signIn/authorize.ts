import type { Answer } from "../partnerCenter/Answer.ts"
import type { Simulator } from "../Simulator.ts"
import { type Account, userNamed } from "../world/Account.ts"
import type { User } from "../world/User.ts"
import { accountOfTenant } from "../world/World.ts"
import { blockedPage, chooserPage, consentPage, errorPage, formPostPage } from "./pages.ts"
import { redirectTarget } from "./redirectUri.ts"
import {
  missing,
  refusal,
  type SignInRefusal,
  told,
  unknownApplication,
  unknownTenant
} from "./SignInRefusal.ts"
import type { AuthorizationRequest, Interaction } from "./SignIns.ts"
import { wantedScope } from "./scopes.ts"
import { issuedAt, mfaNotSetUp } from "./tokenEndpoint.ts"
import { clientInfo, identityOf } from "./tokens.ts"

/** A visit of somebody's browser. */
export interface Visit {
  readonly simulator: Simulator
  /** Id or domain, as the path has it. */
  readonly tenant: string
  /** Of the query, or of the form that came. */
  readonly parameters: URLSearchParams
  readonly at: number
}

/** A longer parameter is an attack or a mistake. Microsoft limits the whole address, at about twice as much. */
const parameterLengthMax = 4096

/**
 * `GET /{tenant}/oauth2/v2.0/authorize`: checks what the application asks for, and asks who is there. What is wrong
 * with the application or its address is shown on a page; only then is the address trusted with the rest ("Microsoft
 * identity platform and OAuth 2.0 authorization code flow", RFC 6749 §4.1.2.1).
 */
export const authorize = (visit: Visit): Answer => {
  const { simulator, tenant, parameters, at } = visit
  const malformed = malformedProblem(parameters)
  if (malformed !== null) return refusedOnPage(visit, malformed)
  const account = accountOfTenant(simulator.world, tenant)
  if (account === undefined) return refusedOnPage(visit, unknownTenant(tenant))
  const clientId = parameters.get("client_id")
  if (clientId === null) return refusedOnPage(visit, missing("client_id"))
  if (clientId.toLowerCase() !== account.appId)
    return refusedOnPage(visit, unknownApplication(clientId, account.companyName))
  const redirectUri = parameters.get("redirect_uri")
  if (redirectUri === null) return refusedOnPage(visit, missing("redirect_uri"))
  const target = redirectTarget(account, redirectUri)
  if (target === undefined) return refusedOnPage(visit, redirectMismatch(redirectUri, account))
  const responseMode = parameters.get("response_mode") ?? "query"
  if (responseMode !== "query" && responseMode !== "form_post")
    return refusedOnPage(visit, unsupportedResponseMode(responseMode))

  const prompt = parameters.get("prompt")
  const request: AuthorizationRequest = {
    account: account.name,
    redirectUri,
    responseMode,
    scope: parameters.get("scope") ?? "",
    state: parameters.get("state"),
    nonce: parameters.get("nonce"),
    challenge: parameters.get("code_challenge"),
    prompt:
      prompt === "consent" || prompt === "login" || prompt === "select_account" ? prompt : null,
    loginHint: parameters.get("login_hint"),
    clientInfo: parameters.get("client_info") === "1"
  }
  const problem = requestProblem(parameters)
  if (problem !== null) return refusedToApplication(visit, request, target, problem)
  return chooser(visit, account, { request, upn: null, openedAt: at }, target, null)
}

const known = [
  "client_id",
  "client_info",
  "code_challenge",
  "code_challenge_method",
  "login_hint",
  "nonce",
  "prompt",
  "redirect_uri",
  "response_mode",
  "response_type",
  "scope",
  "state"
]

const malformedProblem = (parameters: URLSearchParams): SignInRefusal | null => {
  for (const name of known) {
    const [value, ...others] = parameters.getAll(name)
    if (others.length > 0)
      return refusal(
        400,
        "invalid_request",
        9000411,
        `The request is not properly formatted. The parameter '${name}' is duplicated.`
      )
    if (value !== undefined && value.length > parameterLengthMax) return invalidParameter(name)
  }
  return null
}

const invalidParameter = (name: string): SignInRefusal =>
  refusal(400, "invalid_request", 90100, `The parameter '${name}' is empty or not valid.`)

const redirectMismatch = (redirectUri: string, account: Account): SignInRefusal =>
  refusal(
    400,
    "invalid_request",
    50011,
    `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${account.appId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.`
  )

const unsupportedResponseMode = (responseMode: string): SignInRefusal =>
  refusal(
    400,
    "invalid_request",
    70007,
    `'${responseMode}' is not a supported value of 'response_mode' when requesting a token.`
  )

/** What the application learns at its own address. */
const requestProblem = (parameters: URLSearchParams): SignInRefusal | null => {
  const responseType = parameters.get("response_type")
  if (responseType === null) return missing("response_type")
  if (responseType !== "code")
    return refusal(
      400,
      "unsupported_response_type",
      700054,
      `response_type '${responseType}' is not enabled for the application.`
    )
  const scope = parameters.get("scope") ?? ""
  if (scope === "") return missing("scope")
  const wanted = wantedScope(scope)
  if ("error" in wanted) return wanted
  return challengeProblem(parameters) ?? promptProblem(parameters.get("prompt"))
}

/** The plain method protects nobody, and Microsoft's libraries do not use it. */
const challengeProblem = (parameters: URLSearchParams): SignInRefusal | null => {
  const challenge = parameters.get("code_challenge")
  const method = parameters.get("code_challenge_method")
  if (challenge === null) return method === null ? null : missing("code_challenge")
  if (method !== "S256") return invalidParameter("code_challenge_method")
  return /^[\w-]{43}$/u.test(challenge)
    ? null
    : refusal(400, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
}

const promptProblem = (prompt: string | null): SignInRefusal | null => {
  if (prompt === null || ["login", "consent", "select_account"].includes(prompt)) return null
  // Nobody stays signed in here, so a sign-in without a page is never possible.
  return prompt === "none"
    ? refusal(
        400,
        "login_required",
        50058,
        "A silent sign-in request was sent but no user is signed in."
      )
    : refusal(400, "invalid_request", 90023, `Unsupported 'prompt' value '${prompt}'.`)
}

/** `POST /{tenant}/login`: somebody was chosen. Goes on to the permissions, or straight back when they were given. */
export const login = (visit: Visit): Answer => {
  const { parameters, at } = visit
  const open = interactionOf(visit)
  if (open === null || open.upn !== null) return refusedOnPage(visit, unknownInteraction)
  const { account, request, target } = open
  if (parameters.get("action") === "cancel")
    return refusedToApplication(visit, request, target, declined)
  const upn = parameters.get("user")
  const user = upn === null ? undefined : userNamed(account, upn)
  if (user === undefined) {
    const complaint =
      upn === null ? "Choose a user to sign in." : "There is no such user in this directory."
    return chooser(visit, account, { request, upn: null, openedAt: at }, target, complaint)
  }
  const blocked = blockOf(account, user, request)
  const next: Interaction = { request, upn: user.upn, openedAt: at }
  if (blocked !== null) return block(visit, account, user, next, target, blocked)
  if (account.consent === "granted" && request.prompt !== "consent")
    return granted(visit, account, user, request, target)
  return consentPage(account, user, visit.simulator.signIns.open(next), target)
}

/** `POST /{tenant}/consent/set`: the permissions were given or not, or somebody else shall sign in. */
export const consent = (visit: Visit): Answer => {
  const { simulator, parameters, at } = visit
  const open = interactionOf(visit)
  const user = open?.upn == null ? undefined : userNamed(open.account, open.upn)
  if (open === null || user === undefined) return refusedOnPage(visit, unknownInteraction)
  const { account, request, target } = open
  const blocked = blockOf(account, user, request)
  switch (parameters.get("action")) {
    case "accept":
      // The page for those who may not go on has no such button, but anybody can send a form.
      if (blocked !== null)
        return block(
          visit,
          account,
          user,
          { request, upn: user.upn, openedAt: at },
          target,
          blocked
        )
      if (account.consent !== "granted") simulator.consent(account.name, "granted")
      return granted(visit, account, user, request, target)
    case "switch":
      return chooser(visit, account, { request, upn: null, openedAt: at }, target, null)
    case "cancel":
      return refusedToApplication(visit, request, target, blocked?.refusal ?? declined)
    default:
      return refusedOnPage(visit, unknownInteraction)
  }
}

/** An open page with what belongs to it, as the world is now; its name is used up. */
const interactionOf = ({ simulator, tenant, parameters, at }: Visit) => {
  const interaction = simulator.signIns.close(parameters.get("interaction") ?? "", at)
  const account = accountOfTenant(simulator.world, tenant)
  if (interaction === undefined || account?.name !== interaction.request.account) return null
  const target = redirectTarget(account, interaction.request.redirectUri)
  return target === undefined ? null : { ...interaction, account, target }
}

const unknownInteraction = refusal(
  400,
  "invalid_request",
  165000,
  "Invalid Request: The request tokens do not match the user context. Do not copy the user context values (cookies; form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied values across a complete single user flow."
)

const declined = refusal(400, "access_denied", 65004, "User declined to consent to access the app.")

interface Block {
  readonly heading: string
  readonly refusal: SignInRefusal
}

/** What keeps this user from going on: no second factor where one is demanded, or no right to give permissions. */
const blockOf = (account: Account, user: User, request: AuthorizationRequest): Block | null => {
  if (account.settings.signInMfa === "required" && !user.mfa)
    return {
      heading: "More information required",
      refusal: { ...mfaNotSetUp, error: "access_denied" }
    }
  const settled = account.consent === "granted" && request.prompt !== "consent"
  if (settled || user.roles.includes("globalAdmin")) return null
  return {
    heading: "Need admin approval",
    refusal: refusal(
      400,
      "access_denied",
      90094,
      `An administrator of ${account.companyName} has set a policy that prevents you from granting ${account.appId} the permissions it is requesting. Contact an administrator of ${account.companyName} who can grant permissions to this application on your behalf.`
    )
  }
}

const chooser = (
  { simulator }: Visit,
  account: Account,
  interaction: Interaction,
  target: URL,
  complaint: string | null
): Answer =>
  chooserPage(
    account,
    simulator.signIns.open(interaction),
    interaction.request.loginHint,
    target,
    complaint
  )

const block = (
  { simulator, at }: Visit,
  account: Account,
  user: User,
  interaction: Interaction,
  target: URL,
  { heading, refusal }: Block
): Answer =>
  blockedPage(
    account,
    user,
    simulator.signIns.open(interaction),
    heading,
    told(refusal, simulator.ids, at),
    target
  )

const granted = (
  { simulator, at }: Visit,
  account: Account,
  user: User,
  request: AuthorizationRequest,
  target: URL
): Answer => {
  const identity = identityOf(account, user.upn, user.mfa)
  const code = simulator.signIns.grant({
    request,
    identity,
    issuedAt: issuedAt(account, user.upn, at)
  })
  return back(request, target, [
    ["code", code],
    ...(request.clientInfo
      ? [["client_info", clientInfo(account, identity)] satisfies [string, string]]
      : []),
    ["session_state", simulator.ids.guid()]
  ])
}

const refusedOnPage = ({ simulator, at }: Visit, problem: SignInRefusal): Answer =>
  errorPage(told(problem, simulator.ids, at))

const refusedToApplication = (
  { simulator, at }: Visit,
  request: AuthorizationRequest,
  target: URL,
  problem: SignInRefusal
): Answer => {
  const { error, error_description, error_uri } = told(problem, simulator.ids, at)
  return back(request, target, [
    ["error", error],
    ...(problem === declined ? [["error_subcode", "cancel"] satisfies [string, string]] : []),
    ["error_description", error_description],
    ["error_uri", error_uri]
  ])
}

/** The answer to the application, at its own address and with its own state. */
const back = (
  { responseMode, state }: AuthorizationRequest,
  target: URL,
  answer: ReadonlyArray<[string, string]>
): Answer => {
  const parameters: ReadonlyArray<[string, string]> =
    state === null ? answer : [...answer, ["state", state]]
  if (responseMode === "form_post") return formPostPage(target, parameters)
  const url = new URL(target)
  for (const [name, value] of parameters) url.searchParams.append(name, value)
  return {
    status: 302,
    body: null,
    headers: {
      Location: url.href,
      "Cache-Control": "no-store",
      "Referrer-Policy": "no-referrer"
    }
  }
}
