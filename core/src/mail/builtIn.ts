import { escaped } from "./render.ts"
import { languageDefault, type MailKind, type Template } from "./Template.ts"

/** The template that is used where nobody made one: plain words, and the fields that the reader needs. */
export const builtInTemplate = (kind: MailKind): Template => {
  const { to, cc = "", subject, lines } = texts[kind]
  return {
    kind,
    organisationId: null,
    language: languageDefault,
    active: true,
    to,
    cc,
    bcc: "",
    subject,
    text: `${lines.join("\n\n")}\n\n{#Organisation.Name#}\n`,
    html: htmlOf(lines),
    version: 0
  }
}

interface Texts {
  readonly to: string
  readonly cc?: string
  readonly subject: string
  /** Paragraphs; merge fields stand in them as they are. */
  readonly lines: ReadonlyArray<string>
}

const customer = "{#Accounts.Email#}"
const reseller = "{#Accounts.ParentAccountEmail#}"
const manager = "{#Accounts.ManagerEmail#}"
const organisation = "{#Organisation.Email#}"

const ofWhom =
  "{#Subscriptions.Name#} of {#Accounts.Name#} ({#Accounts.Code#}), {#Subscriptions.Quantity#} seats, Microsoft ID {#Subscriptions.MicrosoftId#}."
const requested = (what: string): Texts => ({
  to: manager,
  subject: `${what}: {#Subscriptions.Name#} of {#Accounts.Name#}`,
  lines: [
    `{#Requests.SubmittedBy#} asks: ${what.toLowerCase()}, {#Requests.Quantity#} seats.`,
    ofWhom,
    "What the customer wrote: {#Requests.Instructions#}",
    "Approve or reject the request in the BSS."
  ]
})
const completed = (what: string): Texts => ({
  to: customer,
  cc: reseller,
  subject: `${what} completed: {#Subscriptions.Name#}`,
  lines: [`Your request is done: ${what.toLowerCase()}, {#Requests.Quantity#} seats.`, ofWhom]
})
const withdrawn = (what: string): Texts => ({
  to: manager,
  subject: `${what} cancelled: {#Subscriptions.Name#} of {#Accounts.Name#}`,
  lines: [`The request of {#Requests.SubmittedBy#} was cancelled; nothing was changed.`, ofWhom]
})

const told: Texts = {
  to: organisation,
  subject: "{#Notifications.Subject#}",
  lines: ["{#Notifications.Text#}"]
}

const texts: Readonly<Record<MailKind, Texts>> = {
  "welcome-customer": {
    to: customer,
    subject: "Welcome to Microsoft 365",
    lines: [
      "Welcome, {#Accounts.Name#}.",
      "Your Microsoft tenant is {#Tenants.Domain#}. Sign in at https://portal.office.com as {#Tenants.UserName#}; the first password is {#Tenants.Password#} and has to be changed at once.",
      "This password is in no other place. Who loses it asks us to reset it."
    ]
  },
  "order-without-credit": {
    to: customer,
    cc: manager,
    subject: "Order {#Orders.Number#} waits for payment",
    lines: [
      "Order {#Orders.Number#} of {#Accounts.Name#} for {#Orders.Total#} exceeds the available credit by {#Orders.ExceedingAmount#}.",
      "It is kept and not executed: nothing was ordered or invoiced yet. It is executed once the payment is arranged."
    ]
  },
  "reseller-mpn-id-invalid": {
    to: organisation,
    subject: "Reseller has an invalid MPNID: {#Accounts.MpnId#}",
    lines: [
      "Microsoft did not take the MPN id {#Accounts.MpnId#} of {#Accounts.Name#} for {#Subscriptions.Name#}.",
      "The subscription {#Subscriptions.MicrosoftId#} was made under our own MPN id in {#Instances.Name#}. Relate it to the reseller in Partner Center."
    ]
  },
  "cancellation-requested": requested("Subscription cancellation request"),
  "cancellation-completed": completed("Subscription cancellation request"),
  "cancellation-withdrawn": withdrawn("Subscription cancellation request"),
  "addon-cancellation-requested": requested("Addon cancellation request"),
  "addon-cancellation-completed": completed("Addon cancellation request"),
  "addon-cancellation-withdrawn": withdrawn("Addon cancellation request"),
  "downgrade-requested": requested("Downgrade request"),
  "downgrade-completed": completed("Downgrade request"),
  "downgrade-withdrawn": withdrawn("Downgrade request"),
  "provisioning-failed": {
    to: organisation,
    subject: "Provisioning failed: {#Accounts.Name#}",
    lines: [
      "{#Accounts.Name#} ({#Accounts.Code#}) could not be provisioned in {#Instances.Name#}.",
      "{#Tenants.Problem#} {#Subscriptions.Problem#}",
      "Open the account, correct what is named, and choose Retry."
    ]
  },
  "authorization-requested": {
    to: customer,
    cc: reseller,
    subject: "Authorize us for {#Tenants.Domain#}",
    lines: [
      "{#Accounts.Name#} wants to buy Microsoft services from us for the tenant {#Tenants.Domain#}. Microsoft asks a global administrator of that tenant to accept us first.",
      "Open {#Tenants.AuthorizationLink#}, sign in as that administrator, and accept. We see it by ourselves within an hour and go on; the link is good for 30 days here."
    ]
  },
  "consent-expiring": told,
  "consent-ended": told,
  "consent-failing": told,
  "reconciliation-findings": {
    to: organisation,
    subject: "{#Reconciliations.Findings#} findings in {#Instances.Name#}",
    lines: [
      "The reconciliation of {#Instances.Name#} has {#Reconciliations.Findings#} findings; money at risk per month: {#Reconciliations.AtRisk#}.",
      "{#Reconciliations.Summary#}"
    ]
  }
}

const htmlOf = (lines: ReadonlyArray<string>): string =>
  [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5">',
    ...lines.map((line) => `<p>${escaped(line)}</p>`),
    "<p>{#Organisation.Name#}</p></body></html>"
  ].join("\n")
