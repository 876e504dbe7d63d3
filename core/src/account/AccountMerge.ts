import type { InstanceId } from "../instance/Instance.ts"
import {
  type Account,
  type AccountId,
  type Contact,
  contactsMax,
  customFieldsMax
} from "./Account.ts"
import {
  type AccountChange,
  type AccountField,
  accountFields,
  changed,
  recorded
} from "./AccountChange.ts"

/** One of the two accounts of a merge, with what the rule has to know of it. */
export interface MergeParty {
  readonly account: Account
  /** The accounts above it, from the root on, and itself last. */
  readonly ancestors: ReadonlyArray<AccountId>
  /** The organisation it lies in: the nearest one of its ancestors. */
  readonly organisationId: AccountId
  readonly contacts: ReadonlyArray<Contact>
}

/** Two accounts of one company: everything of `source` becomes `target`'s. */
export interface MergeParties {
  readonly source: MergeParty
  readonly target: MergeParty
  /** Names of instances, for people. */
  readonly instances: ReadonlyMap<InstanceId, string>
  /** Instances in which a Microsoft tenant is being made or linked for one of them at this moment. */
  readonly underWay: ReadonlyArray<InstanceId>
  /** An account below the source whose bill goes to somebody who does not lie above the target. */
  readonly billedElsewhere: string | null
}

export interface MergeRefusal {
  readonly field: string
  readonly reason: string
}

/** Everything that forbids the merge; empty when nothing does. */
export const mergeRefusals = (parties: MergeParties): ReadonlyArray<MergeRefusal> => {
  const { source, target, billedElsewhere } = parties
  const into = (reason: string): ReadonlyArray<MergeRefusal> => [{ field: "into", reason }]
  if (source.account.id === target.account.id)
    return into("it is the account itself: choose the other account of the company")
  const name = `"${target.account.name}"`
  return [
    ...(source.account.kind === "organisation" || target.account.kind === "organisation"
      ? into("an organisation is not merged: move what lies below it instead")
      : source.account.kind === target.account.kind
        ? []
        : into(
            `it is ${source.account.kind} and ${name} is ${target.account.kind}: only accounts of one kind are one company`
          )),
    ...(source.organisationId === target.organisationId
      ? []
      : into(
          `it lies in another organisation than ${name}: move it there first, with POST /v1/accounts/{id}/move`
        )),
    ...(target.ancestors.includes(source.account.id)
      ? into(`${name} lies below it: move that out first`)
      : []),
    ...(source.ancestors.includes(target.account.id)
      ? into(`it lies below ${name}: move it out first`)
      : []),
    ...(target.account.active ? [] : into(`${name} is not active: activate it first`)),
    ...tenantRefusals(parties),
    ...(mergedContacts(source.contacts, target.contacts).contacts.length > contactsMax
      ? [
          {
            field: "contacts",
            reason: `${name} would have more than ${contactsMax} contacts: take some away first`
          }
        ]
      : []),
    ...(Object.keys(mergedCustomFields(source.account, target.account)).length > customFieldsMax
      ? [
          {
            field: "customFields",
            reason: `${name} would have more than ${customFieldsMax} custom fields: take some away first`
          }
        ]
      : []),
    ...(billedElsewhere === null
      ? []
      : [
          {
            field: "billToId",
            reason: `who is billed for "${billedElsewhere}" would not lie above it any more: change that first`
          }
        ])
  ]
}

/** An account is one tenant in an instance at most (domain.md §4). */
const tenantRefusals = ({
  source,
  target,
  instances,
  underWay
}: MergeParties): ReadonlyArray<MergeRefusal> => {
  const nameOf = (id: InstanceId): string => instances.get(id) ?? id
  const taken = new Set(target.account.tenants.map(({ instanceId }) => instanceId))
  const both = new Set(
    source.account.tenants.map(({ instanceId }) => instanceId).filter((id) => taken.has(id))
  )
  return [
    ...[...both].map((id) => ({
      field: "tenants",
      reason: `both are a tenant in ${nameOf(id)}, and an account is one at most: two tenants stay two accounts`
    })),
    ...underWay.map((id) => ({
      field: "tenants",
      reason: `a tenant in ${nameOf(id)} is being made or linked for one of them: wait until that has ended`
    }))
  ]
}

/** What an account takes over where it has nothing of its own: facts about the company, never about its money. */
const filledFields = [
  "mpnId",
  "email",
  "phone",
  "address",
  "language",
  "managerEmail",
  "taxId"
] as const satisfies ReadonlyArray<AccountField>

/** A value of the source that the target does not take over, because its own counts. */
export interface MergeConflict {
  /** A field of the account, or `customFields.` and a name. */
  readonly field: string
  readonly source: string
  /** null: the target has none, and none is taken over. */
  readonly target: string | null
}

/** The target as the merge makes it, of the same version. */
export interface MergedFields {
  readonly account: Account
  /** What it takes over: fields, and custom fields as `customFields.` and their name. */
  readonly filled: ReadonlyArray<string>
  readonly conflicts: ReadonlyArray<MergeConflict>
}

/** The target's own values count; where it has none, facts about the company are taken from the source. */
export const mergedFields = (source: Account, target: Account): MergedFields => {
  const lacking = filledFields.filter((field) => target[field] === null && source[field] !== null)
  const change: AccountChange = {
    mpnId: target.mpnId ?? source.mpnId,
    email: target.email ?? source.email,
    phone: target.phone ?? source.phone,
    address: target.address ?? source.address,
    language: target.language ?? source.language,
    managerEmail: target.managerEmail ?? source.managerEmail,
    taxId: target.taxId ?? source.taxId,
    customFields: mergedCustomFields(source, target)
  } satisfies { readonly [Field in (typeof filledFields)[number] | "customFields"]: unknown }
  const account = changed(target, change)
  const own = accountFields.filter(
    (field) => field !== "name" && field !== "code" && field !== "customFields"
  )
  return {
    account,
    filled: [
      ...lacking,
      ...Object.keys(source.customFields)
        .filter((name) => target.customFields[name] === undefined)
        .map((name) => `customFields.${name}`)
    ],
    conflicts: [
      ...own.flatMap((field) => {
        const [theirs, ours] = [textOf(source, field), textOf(account, field)]
        return theirs === null || theirs === ours ? [] : [{ field, source: theirs, target: ours }]
      }),
      ...Object.entries(source.customFields).flatMap(([name, theirs]) => {
        const ours = account.customFields[name] ?? null
        return theirs === ours
          ? []
          : [{ field: `customFields.${name}`, source: theirs, target: ours }]
      })
    ]
  }
}

const mergedCustomFields = (source: Account, target: Account): Account["customFields"] => ({
  ...source.customFields,
  ...target.customFields
})

const textOf = (account: Account, field: AccountField): string | null => {
  const value = recorded(account, field)
  if (value === null) return null
  return typeof value === "string" ? value : JSON.stringify(value)
}

export interface MergedContacts {
  readonly contacts: ReadonlyArray<Contact>
  /** How many of the source's were at the target already: by name, e-mail address and phone, whatever the case. */
  readonly joined: number
}

/** Roles of which an account has one contact only; the target's own keeps them. */
const singleRoles = ["primary", "bill-to"] as const

/**
 * Everybody of both, the target's first. Who is at both stays once, with the roles of both; with two phone numbers
 * they stay two contacts.
 */
export const mergedContacts = (
  source: ReadonlyArray<Contact>,
  target: ReadonlyArray<Contact>
): MergedContacts => {
  const taken = singleRoles.filter((role) => target.some(({ roles }) => roles.includes(role)))
  const allowed = ({ roles }: Contact) =>
    roles.filter((role) => !taken.some((single) => single === role))
  const met = new Set<Contact>()
  const joined = target.map((contact): Contact => {
    const other = source.find((theirs) => !met.has(theirs) && isSame(contact, theirs))
    if (other === undefined) return contact
    met.add(other)
    return {
      ...contact,
      phone: contact.phone ?? other.phone,
      roles: [...new Set([...contact.roles, ...allowed(other)])]
    }
  })
  const added = source
    .filter((contact) => !met.has(contact))
    .map((contact): Contact => ({ ...contact, roles: allowed(contact) }))
  return { contacts: [...joined, ...added], joined: met.size }
}

const isSame = (ours: Contact, theirs: Contact): boolean =>
  ours.email.toLowerCase() === theirs.email.toLowerCase() &&
  ours.name.toLowerCase() === theirs.name.toLowerCase() &&
  (ours.phone === null || theirs.phone === null || ours.phone === theirs.phone)
