/** What to do about Microsoft Entra's refusals ("Microsoft identity platform error codes"). */
export const wayOutOfSignIn = (code: string | null): string =>
  wayOuts.get(code ?? "") ??
  "Look the code up in Microsoft's list of AADSTS errors and check the instance's tenant, application id and key."

/**
 * Refusals that only a person can end who signs in again. Entra says `invalid_grant` for these and for others, such as
 * policies that an administrator can lift, after which the same consent works again.
 */
export const endsConsent = (error: string, code: string | null): boolean =>
  !policies.has(code ?? "") && (ending.has(code ?? "") || grantErrors.has(error))

/** "Request an access token", error codes for token endpoint errors. */
const grantErrors: ReadonlySet<string> = new Set([
  "invalid_grant",
  "interaction_required",
  "consent_required",
  "login_required"
])

/** Conditional access and the like: Entra writes `invalid_grant` too, and the refresh token stays good. */
const policies: ReadonlySet<string> = new Set([
  "AADSTS53000",
  "AADSTS53001",
  "AADSTS53002",
  "AADSTS53003",
  "AADSTS50053",
  "AADSTS50105",
  "AADSTS7000112"
])

const ending: ReadonlySet<string> = new Set([
  "AADSTS700082",
  "AADSTS70008",
  "AADSTS700084",
  "AADSTS70043",
  "AADSTS50173",
  "AADSTS50076",
  "AADSTS50078",
  "AADSTS50079",
  "AADSTS65001",
  "AADSTS50034",
  "AADSTS50057"
])

// code             what it means, and the way out
const wayOuts: ReadonlyMap<string, string> = new Map([
  ["AADSTS7000215", "The key is wrong: give the key's value, not its id, to the instance."],
  [
    "AADSTS7000222",
    "The key has expired: create another one for the application in Microsoft Entra and give it to the instance."
  ],
  [
    "AADSTS700016",
    "The tenant does not know the application: check the application id and the tenant id of the instance."
  ],
  ["AADSTS7000112", "The application is disabled: enable it in Microsoft Entra."],
  [
    "AADSTS90002",
    "There is no such tenant in this cloud: check the tenant id and the cloud of the instance."
  ],
  [
    "AADSTS500011",
    "The tenant does not know the Partner Center API: check the cloud and the resource of the instance."
  ],
  [
    "AADSTS50011",
    "The application does not know the address that the user is sent back to: add it as a redirect URI (web) of the application in Microsoft Entra."
  ],
  [
    "AADSTS65001",
    "Nobody has consented, or the consent was removed: an administrator of the partner tenant has to sign in and consent."
  ],
  [
    "AADSTS65004",
    "Whoever signed in declined the permissions: sign in again and accept them, or nothing can be done for the partner."
  ],
  [
    "AADSTS90094",
    "Whoever signed in may not consent: sign in as a global administrator of the partner tenant who is an Admin agent."
  ],
  [
    "AADSTS50105",
    "The user is not assigned to the application: assign the user in Microsoft Entra, enterprise applications."
  ],
  [
    "AADSTS50020",
    "The user is of another tenant: sign in as an administrator of the partner's own tenant."
  ],
  ["AADSTS50034", "The user no longer exists: sign in again as another administrator."],
  ["AADSTS50053", "The account is locked after too many wrong passwords: wait, or unlock it."],
  ["AADSTS50057", "The user is disabled: enable the user, or sign in as another administrator."],
  ["AADSTS50126", "User name or password were wrong: sign in again."],
  [
    "AADSTS53000",
    "A conditional-access policy asks for a compliant device: except the application."
  ],
  [
    "AADSTS53003",
    "A conditional-access policy blocks the sign-in: except the application from it."
  ],
  ["AADSTS50076", "A second factor is required: sign in again with multi-factor authentication."],
  ["AADSTS50078", "The second factor has expired: sign in again with multi-factor authentication."],
  [
    "AADSTS50079",
    "A second factor has to be set up: set it up, then sign in again with multi-factor authentication."
  ],
  ["AADSTS50173", "The consent was revoked, or the password changed: sign in again."],
  ["AADSTS54005", "The code was redeemed already: ask for a new link and sign in again."],
  ["AADSTS501481", "The code belongs to another sign-in: ask for a new link and sign in again."],
  ["AADSTS70008", "The sign-in has expired: sign in again."],
  ["AADSTS70043", "The sign-in has expired by the tenant's sign-in frequency: sign in again."],
  ["AADSTS700082", "The sign-in was not used for 90 days and has expired: sign in again."],
  ["AADSTS700084", "The sign-in has expired: sign in again."]
])
