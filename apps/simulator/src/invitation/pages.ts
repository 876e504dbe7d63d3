import type { Answer } from "../partnerCenter/Answer.ts"
import { button, escaped, page } from "../signIn/pages.ts"
import type { Decision } from "../world/Account.ts"
import type { World } from "../world/World.ts"
import type { Invitation } from "./serveInvitation.ts"

const offeredMax = 12

const whoOf = ({ account, reseller }: Invitation): string =>
  reseller === null
    ? `<strong>${escaped(account.companyName)}</strong>`
    : `<strong>${escaped(reseller.name)}</strong> (MPN id ${escaped(reseller.mpnId)}), with <strong>${escaped(account.companyName)}</strong> as its provider`

/** Which company's administrator it is, and what that one answers. Nobody has a password here. */
export const invitationPage = (
  world: World,
  invitation: Invitation,
  parameters: URLSearchParams,
  complaint: string | null
): Answer => {
  const { account } = invitation
  const offered = [...world.foreign.values()]
    .filter(({ id }) => account.customersById.get(id)?.related !== true)
    .slice(0, offeredMax)
    .map(
      ({ id, name, domain }) => `<label>
<input type="radio" name="tenant" value="${escaped(id)}">
<span>${escaped(name)}<small>${escaped(domain)}</small></span>
</label>`
    )
  return page(
    complaint === null ? 200 : 400,
    "Accept partner invitation",
    `<p>${whoOf(invitation)} would like to be your reseller of Microsoft’s products.</p>
<p>If you accept, the partner can order and manage subscriptions for your company. It gets no rights in your directory.</p>
${complaint === null ? "" : `<p class="bad" role="alert">${escaped(complaint)}</p>\n`}<form method="post" action="/Adminportal/Home?${escaped(parameters.toString())}">
<fieldset>
<legend>Whose administrator are you?</legend>
${offered.join("\n")}
<label><span>Another company’s tenant id or domain<small><input type="text" name="other" maxlength="200" autocomplete="off"></small></span></label>
</fieldset>
<div class="actions">${button("accept", "Accept")}${button("decline", "Decline", "second")}</div>
</form>`,
    null
  )
}

export const decidedPage = (
  invitation: Invitation,
  tenant: string,
  decision: Decision["decision"]
): Answer =>
  decision === "accept"
    ? page(
        200,
        "The invitation is accepted",
        `<p>${whoOf(invitation)} is now a reseller of ${escaped(tenant)}.</p>`,
        null
      )
    : page(
        200,
        "The invitation is declined",
        `<p>Nothing has changed for ${escaped(tenant)}. The partner is not told.</p>`,
        null
      )

export const staleInvitationPage = (): Answer =>
  page(404, "This invitation is not valid", "<p>Ask the partner for a new link.</p>", null)
