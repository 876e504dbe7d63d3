import { type Answer, notFound } from "../partnerCenter/Answer.ts"
import { conclude, type Exchange } from "../partnerCenter/exchange.ts"
import type { Account, Reseller } from "../world/Account.ts"
import { ControlRefusal } from "../world/refusals.ts"
import type { World } from "../world/World.ts"
import { decidedPage, invitationPage, staleInvitationPage } from "./pages.ts"

/** Bytes of the form. */
const formMax = 8 * 1024

/** Where the page is, as in Microsoft 365 admin center. */
const path = "/Adminportal/Home"

export const isInvitation = (segments: ReadonlyArray<string>): boolean =>
  `/${segments.join("/")}`.toLowerCase() === path.toLowerCase()

/** The address that is sent to a customer. It names the partner and the reseller, and no customer. */
export const invitationUrl = (
  origin: string,
  account: Account,
  reseller: Reseller | null
): string => {
  const query = new URLSearchParams(
    reseller === null
      ? { invType: "ResellerRelationship", partnerId: account.tenantId, msppId: "0", DAP: "false" }
      : {
          invType: "IndirectResellerRelationship",
          partnerId: reseller.tenantId,
          msppId: reseller.mpnId,
          indirectCSPId: account.tenantId,
          DAP: "false"
        }
  )
  return `${origin}${path}?${query}#/BillingAccounts/partner-invitation`
}

/** As the client named the host, unless that is no name at all. */
export const originOf = (host: string | undefined): string =>
  `http://${host !== undefined && /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/iu.test(host) ? host : "localhost"}`

export interface Invitation {
  readonly account: Account
  readonly reseller: Reseller | null
}

const invitationOf = (world: World, query: URLSearchParams): Invitation | null => {
  const partnerId = (query.get("partnerId") ?? "").toLowerCase()
  const providerId = query.get("indirectCSPId")?.toLowerCase()
  const account = world.accountsByTenant.get(providerId ?? partnerId)
  if (account === undefined) return null
  if (providerId === undefined) return { account, reseller: null }
  const reseller = account.resellers.find(({ tenantId }) => tenantId === partnerId)
  return reseller === undefined ? null : { account, reseller }
}

/** The page on which the administrator of any tenant accepts the partner or declines. */
export const serveInvitation = (exchange: Exchange, query: string): void => {
  const { request, simulator } = exchange
  const parameters = new URLSearchParams(query)
  const invitation = invitationOf(simulator.world, parameters)
  const done = (answer: Answer): void =>
    conclude({ ...exchange, account: invitation?.account.name ?? null }, answer, false)
  if (request.method !== "GET" && request.method !== "POST")
    done({ ...notFound(), status: 405, headers: { Allow: "GET, POST" } })
  else if (invitation === null) done(staleInvitationPage())
  else if (request.method === "GET")
    done(invitationPage(simulator.world, invitation, parameters, null))
  else readForm(exchange, (form) => done(decided(exchange, invitation, parameters, form)))
}

const readForm = ({ request }: Exchange, arrived: (form: URLSearchParams) => void): void => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= formMax) chunks.push(chunk)
  })
  request.on("end", () =>
    arrived(new URLSearchParams(bytes > formMax ? "" : Buffer.concat(chunks).toString()))
  )
  request.on("error", () => {})
}

const decided = (
  { simulator }: Exchange,
  invitation: Invitation,
  parameters: URLSearchParams,
  form: URLSearchParams
): Answer => {
  const { account, reseller } = invitation
  const tenant = form.get("other")?.trim() || form.get("tenant") || ""
  const decision = form.get("action") === "accept" ? "accept" : "decline"
  const again = (complaint: string) =>
    invitationPage(simulator.world, invitation, parameters, complaint)
  if (tenant === "") return again("Choose a company, or name its tenant by id or domain.")
  try {
    simulator.decide(account.name, tenant, reseller?.tenantId ?? null, decision)
  } catch (error) {
    if (error instanceof ControlRefusal) return again("There is no such tenant.")
    throw error
  }
  return decidedPage(invitation, tenant, decision)
}
