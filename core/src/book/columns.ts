/** A column that a list of subscriptions may have: for the template, the documentation and the messages. */
export interface Column {
  readonly name: string
  readonly required: boolean
  /** What it means, and what an empty cell or a missing column means. */
  readonly description: string
  readonly example: string
  /** What a cell may hold. */
  readonly accepted: string
}

const text = "text, at most 400 characters"
const code = "text, at most 100 characters"
const guid = "a GUID"
const offer =
  "PRODUCT:SKU or PRODUCT:SKU:AVAILABILITY (the availability is cut), or a legacy offer's GUID"
const wholeNumber = "a whole number without separators, 0 to 999999999"
const cycles = "none, one_time, monthly, annual, triennial"
const terms = "P1M, P1Y, P3Y; also 1 month, 1 year, 3 years"
const yesNo = "yes, no, true, false, 1, 0"
const mpnId = "digits, at most 20"
const date =
  "YYYY-MM-DD, or a date-time such as 2027-03-31T23:59:59Z (UTC where it names no offset)"

/**
 * The columns of a CSP's own list of subscriptions, in the order of the template. A list may leave out what
 * is not required: then the BSS does not keep that field, and it is not compared.
 */
export const columns = [
  {
    name: "account_code",
    required: true,
    description: "The CSP's own number of the customer. A line with the code EXAMPLE is skipped.",
    example: "EXAMPLE",
    accepted: code
  },
  {
    name: "account_name",
    required: true,
    description: "The customer's name, the same on every line of an account.",
    example: "Fabrikam GmbH",
    accepted: text
  },
  {
    name: "reseller_code",
    required: false,
    description:
      "The CSP's own number of the reseller above the account; empty for a direct customer.",
    example: "R-200",
    accepted: code
  },
  {
    name: "reseller_name",
    required: false,
    description: "The reseller's name; needed where there is a reseller_code.",
    example: "Northwind Resellers",
    accepted: text
  },
  {
    name: "reseller_mpn_id",
    required: false,
    description: "The reseller's Partner ID (MPN id); empty where it has none.",
    example: "4711001",
    accepted: mpnId
  },
  {
    name: "tenant_id",
    required: true,
    description: "The Microsoft tenant of the customer. It belongs to one account.",
    example: "0a1b2c3d-0000-4000-8000-00000000abcd",
    accepted: guid
  },
  {
    name: "tenant_domain",
    required: false,
    description: "A domain of the tenant, for search.",
    example: "fabrikam.onmicrosoft.com",
    accepted: "a domain name"
  },
  {
    name: "reference",
    required: true,
    description: "The CSP's own number of the subscription, unique in the list.",
    example: "SUB-1001",
    accepted: code
  },
  {
    name: "parent_reference",
    required: false,
    description:
      "For an add-on: the reference of its base subscription; empty for a base subscription.",
    example: "",
    accepted: code
  },
  {
    name: "microsoft_id",
    required: false,
    description:
      "Partner Center's subscription id; empty where Partner Center has not created it yet.",
    example: "5e6f7a8b-0000-4000-8000-000000001001",
    accepted: guid
  },
  {
    name: "name",
    required: true,
    description: "What the subscription is called in the BSS.",
    example: "Microsoft 365 Business Premium",
    accepted: text
  },
  {
    name: "offer",
    required: true,
    description: "What was bought.",
    example: "CFQ7TTC0LCHC:0002",
    accepted: offer
  },
  {
    name: "quantity",
    required: true,
    description: "Seats.",
    example: "25",
    accepted: wholeNumber
  },
  {
    name: "status",
    required: false,
    description: "Without this column every subscription of the list is active.",
    example: "active",
    accepted: "pending, active, suspended, expired, disabled, deleted"
  },
  {
    name: "billing_cycle",
    required: false,
    description: "How often it is billed; empty means none.",
    example: "monthly",
    accepted: cycles
  },
  {
    name: "term",
    required: false,
    description: "The commitment; empty means none.",
    example: "P1Y",
    accepted: terms
  },
  {
    name: "auto_renew",
    required: false,
    description: "Whether it renews by itself at the end of the term.",
    example: "yes",
    accepted: yesNo
  },
  {
    name: "commitment_end",
    required: false,
    description: "When the commitment ends; empty means none.",
    example: "2027-03-31",
    accepted: date
  },
  {
    name: "scheduled_quantity",
    required: false,
    description:
      "Seats after the next renewal. With all scheduled_ cells empty nothing is scheduled; with some filled, the others stay as they are today.",
    example: "30",
    accepted: wholeNumber
  },
  {
    name: "scheduled_offer",
    required: false,
    description: "The offer after the next renewal.",
    example: "",
    accepted: offer
  },
  {
    name: "scheduled_billing_cycle",
    required: false,
    description: "How often it is billed after the next renewal.",
    example: "",
    accepted: cycles
  },
  {
    name: "scheduled_term",
    required: false,
    description: "The commitment after the next renewal.",
    example: "",
    accepted: terms
  },
  {
    name: "partner_of_record",
    required: false,
    description: "The Partner ID (MPN id) that Partner Center shall show; empty means none.",
    example: "4711001",
    accepted: mpnId
  },
  {
    name: "is_trial",
    required: false,
    description: "Whether it is a trial; empty means no.",
    example: "no",
    accepted: yesNo
  },
  {
    name: "friendly_name",
    required: false,
    description: "The name the customer gave it in Partner Center; empty means none.",
    example: "Head office",
    accepted: text
  },
  {
    name: "unit_price",
    required: false,
    description: "The price of one seat for one billing period; empty where it is not known.",
    example: "20.60",
    accepted: "a decimal number with a point, without thousands separators, such as 1234.56"
  },
  {
    name: "currency",
    required: false,
    description: "The currency of unit_price.",
    example: "EUR",
    accepted: "three letters, such as EUR"
  },
  {
    name: "accepted_at",
    required: false,
    description:
      "When Partner Center accepted the order; empty where it was not ordered through the BSS.",
    example: "2026-04-01T09:30:00Z",
    accepted: date
  }
] as const satisfies ReadonlyArray<Column>

export type ColumnName = (typeof columns)[number]["name"]

/** The account code of the template's example line, which is never imported. */
export const exampleAccountCode = "EXAMPLE"

/** The column a heading means: capitals, spaces, underscores and dashes make no difference. */
export const columnOf = (heading: string): ColumnName | undefined => byKey.get(keyOf(heading))

/** The column that a misspelt heading most likely means; undefined when it resembles none. */
export const nearestColumn = (heading: string): ColumnName | undefined => {
  const key = keyOf(heading)
  // A heading that is much longer than any column resembles none, and comparing it would cost.
  if (key.length > 60) return undefined
  let nearest: ColumnName | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [candidate, name] of byKey) {
    const distance = editDistance(key, candidate)
    if (distance < least && distance <= Math.max(2, candidate.length / 3)) {
      nearest = name
      least = distance
    }
  }
  return nearest
}

const keyOf = (heading: string): string => heading.toLowerCase().replace(/[\s_\-\ufeff]+/gu, "")

const byKey: ReadonlyMap<string, ColumnName> = new Map(columns.map((c) => [keyOf(c.name), c.name]))

/** Levenshtein: insertions, deletions and substitutions, row by row. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
        )
      )
    row = next
  }
  return row[b.length] ?? 0
}
