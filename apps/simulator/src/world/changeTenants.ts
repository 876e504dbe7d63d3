import { secondMs } from "../Clock.ts"
import {
  type Account,
  type AnsweredCreation,
  answeredMax,
  type Customer,
  type Decision,
  decisionsMax,
  type Reseller
} from "./Account.ts"
import { recordCustomer } from "./auditLog.ts"
import { unchanged } from "./generate.ts"
import {
  companyAdministrator,
  type DirectoryUser,
  directoryOf,
  domainsOf,
  type NewCustomer
} from "./Tenant.ts"
import { objectIdOf } from "./User.ts"
import { isTenant, touch, type World } from "./World.ts"

/** Makes a tenant with its first administrator. Whoever calls has checked that it may be. */
export const addCustomer = (
  world: World,
  account: Account,
  { domain, profile, resellerTenantId, delegated }: NewCustomer,
  requestId: string,
  at: number
): AnsweredCreation => {
  const { random } = account
  const id = random.guid()
  const { address } = profile
  const password = passwordFrom(random.hex(16))
  const customer: Customer = {
    id,
    name: profile.companyName,
    domain,
    place: {
      country: address.country,
      city: address.city ?? "",
      postalCode: address.postalCode ?? "",
      culture: profile.culture,
      language: profile.language,
      callingCode: "",
      street: address.addressLine1,
      legalForm: ""
    },
    index: account.customers.length,
    createdAt: at,
    ...unchanged(domain, account.customers.length),
    aliases: [],
    profile,
    delegated,
    reseller: resellerOf(account, resellerTenantId),
    listedFrom: listedFrom(account, at),
    directory: [administrator(id, domain, profile, password)]
  }
  add(account, customer)
  for (const one of domainsOf(customer)) world.domains.set(one, id)
  recordCustomer(account, customer, "add_customer", at)
  const answered = { customerId: id, password }
  account.answered.set(requestId, answered)
  const [oldest] = account.answered.keys()
  if (account.answered.size > answeredMax && oldest !== undefined) account.answered.delete(oldest)
  return answered
}

const listedFrom = ({ settings }: Account, at: number): number =>
  at + settings.newCustomerLagSeconds * secondMs

const resellerOf = (account: Account, tenantId: string | null): Reseller | null =>
  account.resellers.find((reseller) => reseller.tenantId === tenantId) ?? null

const add = (account: Account, customer: Customer): void => {
  account.customers.push(customer)
  account.customersById.set(customer.id, customer)
}

/** As Microsoft's look: eight characters of all kinds. */
const passwordFrom = (hex: string): string => {
  const signs = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
  const letters = Array.from(
    { length: 7 },
    (_, at) => signs[Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16) % signs.length]
  )
  return `${letters.slice(0, 4).join("")}*${letters.slice(4).join("")}`
}

const administrator = (
  tenantId: string,
  domain: string,
  { firstName, lastName, companyName, address }: NewCustomer["profile"],
  password: string
): DirectoryUser => ({
  id: objectIdOf(tenantId, `admin@${domain}`),
  upn: `admin@${domain}`,
  firstName: firstName ?? address.firstName,
  lastName: lastName ?? address.lastName,
  displayName: companyName,
  usageLocation: address.country,
  password,
  forceChangePassword: true,
  active: true,
  roles: [companyAdministrator]
})

/**
 * The administrator of any tenant answers the partner's request for a relationship. A tenant that accepts is a
 * customer from then on, with what it bought from this partner before; it can name another reseller by accepting again.
 */
export const decide = (
  world: World,
  account: Account,
  answer: Omit<Decision, "at">,
  at: number
): void => {
  account.decisions = [...account.decisions.slice(-decisionsMax + 1), { ...answer, at }]
  if (answer.decision === "decline") return
  const reseller = resellerOf(account, answer.resellerTenantId)
  const known = account.customersById.get(answer.tenantId)
  const customer = known ?? adopted(world, account, answer.tenantId)
  if (customer === undefined) return
  if (known === undefined) add(account, customer)
  if (!customer.related || known === undefined) customer.listedFrom = listedFrom(account, at)
  customer.related = true
  if (reseller !== null) customer.reseller = reseller
  touch(customer)
  recordCustomer(account, customer, "add_customer", at)
}

/** A tenant that had nothing to do with this partner, as its customer. */
const adopted = (world: World, account: Account, tenantId: string): Customer | undefined => {
  const foreign = world.foreign.get(tenantId) ?? elsewhere(world, tenantId)
  if (foreign === undefined) return undefined
  return {
    ...unchanged(foreign.domain, foreign.index),
    id: foreign.id,
    name: foreign.name,
    domain: foreign.domain,
    aliases: foreign.aliases,
    place: foreign.place,
    index: foreign.index,
    createdAt: account.customers[0]?.createdAt ?? 0,
    reseller: null,
    directSigned: foreign.directSigned
  }
}

/** The customer of another account of the world. */
const elsewhere = (world: World, tenantId: string): Customer | undefined => {
  for (const account of world.accounts.values()) {
    const customer = account.customersById.get(tenantId)
    if (customer !== undefined) return customer
  }
  return undefined
}

/** Deletes a sandbox's customer; its domains are free again, unless it is somebody else's tenant too. */
export const deleteCustomer = (world: World, account: Account, customer: Customer): void => {
  account.customersById.delete(customer.id)
  account.customers.splice(account.customers.indexOf(customer), 1)
  if (isTenant(world, customer.id)) return
  for (const domain of domainsOf(customer)) world.domains.delete(domain)
}

/** Adds somebody to a customer's directory, or changes who is there with the same id. */
export const putUser = (customer: Customer, user: DirectoryUser): void => {
  const others = directoryOf(customer)
  customer.directory = others.some(({ id }) => id === user.id)
    ? others.map((one) => (one.id === user.id ? user : one))
    : [...others, user]
}
