/** What a merge field's value is, and what is shown for it where no real record is at hand. */
interface MergeFieldFacts {
  readonly description: string
  readonly example: string
}

/**
 * Every merge field that a template may use, as `{#Accounts.Email#}` (domain.md §7). The first part names the
 * record, the second its field.
 */
export const mergeFields = {
  "Accounts.Name": { description: "The account's name.", example: "Fabrikam GmbH" },
  "Accounts.Code": { description: "The CSP's own number for the account.", example: "C-1042" },
  "Accounts.Email": {
    description: "The account's corporate e-mail address.",
    example: "office@fabrikam.example"
  },
  "Accounts.Phone": { description: "The account's phone number.", example: "+49 30 1234567" },
  "Accounts.ParentAccountName": {
    description: "The name of the account above it: a customer's reseller.",
    example: "Northwind Reselling"
  },
  "Accounts.ParentAccountEmail": {
    description: "The corporate e-mail address of the account above it.",
    example: "orders@northwind.example"
  },
  "Accounts.ManagerEmail": {
    description: "The e-mail address of the account manager at the CSP.",
    example: "anna.manager@contoso.example"
  },
  "Accounts.MpnId": {
    description: "The Partner ID (MPN id) of the reseller.",
    example: "4711001"
  },
  "Organisation.Name": { description: "The CSP's own name.", example: "Contoso Distribution" },
  "Organisation.Email": {
    description: "The CSP's own e-mail address.",
    example: "service@contoso.example"
  },
  "Instances.Name": { description: "The Partner Center instance.", example: "contoso-eu" },
  "Notifications.Subject": {
    description: "What happened, in a line.",
    example: "The consent of contoso-eu ends in 14 days"
  },
  "Notifications.Text": {
    description: "What happened and what to do.",
    example:
      "It was last used on 2026-09-06 and ends on 2026-12-05, unless it is used before. The daily use does not run: start a reconciler."
  },
  "Tenants.Domain": {
    description: "The Microsoft tenant's domain.",
    example: "fabrikam.onmicrosoft.com"
  },
  "Tenants.UserName": {
    description: "The administrator that was made with the tenant.",
    example: "admin@fabrikam.onmicrosoft.com"
  },
  "Tenants.Password": {
    description: "Its first password. It is never kept: it is in this one mail, or nowhere.",
    example: "(the first password)"
  },
  "Tenants.AuthorizationLink": {
    description: "Where an administrator of an existing tenant accepts us.",
    example: "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
  },
  "Tenants.Problem": {
    description: "Why the tenant was not made or linked.",
    example: "The post code does not fit the country's rule."
  },
  "Subscriptions.Name": {
    description: "The subscription's name.",
    example: "Microsoft 365 Business Premium"
  },
  "Subscriptions.Quantity": { description: "Its seats.", example: "25" },
  "Subscriptions.MicrosoftId": {
    description: "Partner Center's id of the subscription.",
    example: "0a1b2c3d-0000-4000-8000-00000000abcd"
  },
  "Subscriptions.FirstActivationDateTime": {
    description: "When the subscription was first active.",
    example: "2026-03-01 09:30 UTC"
  },
  "Subscriptions.Problem": {
    description: "Why it could not be provisioned.",
    example: "The quantity is above Microsoft's maximum."
  },
  "Orders.Number": { description: "The order's number.", example: "SO-20931" },
  "Orders.Total": { description: "The order's total, with its currency.", example: "EUR 1,204.00" },
  "Orders.ExceedingAmount": {
    description: "By how much the order exceeds the available credit.",
    example: "EUR 204.00"
  },
  "Requests.Type": {
    description: "What was asked for: cancellation or downgrade.",
    example: "Downgrade"
  },
  "Requests.Quantity": { description: "The seats that are to be cancelled.", example: "5" },
  "Requests.SubmittedBy": { description: "Who asked.", example: "Ben Buyer" },
  "Requests.Instructions": {
    description: "What the customer wrote.",
    example: "Please cancel at the end of the period."
  },
  "Reconciliations.Findings": { description: "How many findings there are.", example: "61" },
  "Reconciliations.Summary": {
    description: "The findings by kind, a line each.",
    example: "quantity: 12\nstatus: 5"
  },
  "Reconciliations.AtRisk": {
    description: "Money at risk per month, by currency.",
    example: "EUR 1,830.40"
  }
} as const satisfies Readonly<Record<string, MergeFieldFacts>>

export type MergeField = keyof typeof mergeFields

/** The values of one mail. A field that has none is shown as nothing. */
export type MergeValues = { readonly [F in MergeField]?: string }

const isMergeField = (name: string): name is MergeField => Object.hasOwn(mergeFields, name)

/** A piece of a text: as it stands, or the value of a field. */
export type Piece = { readonly text: string } | { readonly field: MergeField }

const marker = /\{#([^#{}]*)#\}/gu

/** A text in pieces, and the names in it that are no fields of `allowed`. Blanks around a name do not matter. */
export const piecesOf = (
  text: string,
  allowed: ReadonlyArray<MergeField>
): { readonly pieces: ReadonlyArray<Piece>; readonly unknown: ReadonlyArray<string> } => {
  const pieces: Array<Piece> = []
  const unknown: Array<string> = []
  let at = 0
  for (const match of text.matchAll(marker)) {
    const name = (match[1] ?? "").trim()
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) })
    if (isMergeField(name) && allowed.includes(name)) pieces.push({ field: name })
    else unknown.push(name)
    at = match.index + match[0].length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return { pieces, unknown }
}

/** The values with which a template is shown where no real record was chosen. */
export const exampleValues: MergeValues = Object.fromEntries(
  Object.entries(mergeFields).map(([name, { example }]) => [name, example])
)
