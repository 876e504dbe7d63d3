/** What to do about Microsoft Entra's refusals ("Microsoft identity platform error codes"). */
export const wayOutOfSignIn = (code: string | null): string =>
  wayOuts[code ?? ""] ??
  "Look the code up in Microsoft's list of AADSTS errors and check the instance's tenant, application id and key."

// code             what it means, and the way out
const wayOuts: Record<string, string> = {
  AADSTS7000215: "The key is wrong: give the key's value, not its id, to the instance.",
  AADSTS7000222:
    "The key has expired: create another one for the application in Microsoft Entra and give it to the instance.",
  AADSTS700016:
    "The tenant does not know the application: check the application id and the tenant id of the instance.",
  AADSTS7000112: "The application is disabled: enable it in Microsoft Entra.",
  AADSTS90002:
    "There is no such tenant in this cloud: check the tenant id and the cloud of the instance.",
  AADSTS500011:
    "The tenant does not know the Partner Center API: check the cloud and the resource of the instance.",
  AADSTS65001:
    "Nobody has consented: an administrator of the partner tenant has to consent to the application.",
  AADSTS53003: "A conditional-access policy blocks the sign-in: except the application from it.",
  AADSTS50076: "A second factor is required: sign in again with multi-factor authentication.",
  AADSTS50079: "A second factor has to be set up: sign in again with multi-factor authentication.",
  AADSTS50173: "The consent was revoked, or the password changed: sign in again.",
  AADSTS700082: "The sign-in was not used for 90 days and has expired: sign in again."
}
