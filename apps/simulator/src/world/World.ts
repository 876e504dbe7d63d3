import { guidOf } from "../Random.ts"
import type { Account, Customer } from "./Account.ts"
import { type AccountParameters, generateAccount } from "./generate.ts"
import { domainsOf, type ForeignTenant, foreignTenants } from "./Tenant.ts"

/** All that is needed to make a world again. */
export interface WorldParameters {
  readonly seed: string
  /** "Now" for the generated books, milliseconds UTC. */
  readonly epoch: number
  readonly accounts: ReadonlyArray<AccountParameters>
}

/** Everything that the simulated Microsoft knows. */
export interface World {
  readonly parameters: WorldParameters
  readonly accounts: ReadonlyMap<string, Account>
  readonly accountsByTenant: ReadonlyMap<string, Account>
  /** Tenants that are customers of none of the accounts, at first. */
  readonly foreign: ReadonlyMap<string, ForeignTenant>
  /** Whose tenant a domain is; names in lower case. Only the world's own functions add to it. */
  readonly domains: Map<string, string>
  /** Signs the simulator's tokens; from the seed, so that tokens outlive a restart with the same state. */
  readonly tokenKey: string
}

export const createWorld = (parameters: WorldParameters): World => {
  const accounts = new Map<string, Account>()
  const accountsByTenant = new Map<string, Account>()
  const domains = new Map<string, string>()
  const foreign = foreignTenants(parameters.seed)
  for (const tenant of foreign)
    for (const domain of domainsOf(tenant)) domains.set(domain, tenant.id)
  for (const one of parameters.accounts) {
    const account = generateAccount(one, parameters.seed, parameters.epoch)
    accounts.set(one.name, account)
    accountsByTenant.set(account.tenantId, account)
    domains.set(account.domain, account.tenantId)
    for (const customer of account.customers)
      for (const domain of domainsOf(customer)) domains.set(domain, customer.id)
  }
  return {
    parameters,
    accounts,
    accountsByTenant,
    foreign: new Map(foreign.map((tenant) => [tenant.id, tenant])),
    domains,
    tokenKey: guidOf(`${parameters.seed}/token-key`)
  }
}

/** A partner's account by tenant id or by its domain, as sign-in paths name it. */
export const accountOfTenant = (world: World, tenant: string): Account | undefined => {
  const wanted = tenant.toLowerCase()
  const byId = world.accountsByTenant.get(wanted)
  if (byId !== undefined) return byId
  for (const account of world.accounts.values()) if (account.domain === wanted) return account
  return undefined
}

/** Whether there is such a tenant; Partner Center refuses strangers differently from the unknown. */
export const isTenant = (world: World, id: string): boolean => {
  if (world.foreign.has(id)) return true
  for (const account of world.accounts.values()) if (account.customersById.has(id)) return true
  return false
}

/** The id of a tenant, of a partner or of anybody else, by its id or one of its domains. */
export const tenantIdOf = (world: World, tenant: string): string | undefined => {
  const wanted = tenant.toLowerCase()
  if (world.accountsByTenant.has(wanted) || isTenant(world, wanted)) return wanted
  return world.domains.get(wanted)
}

/** Marks a customer as changed, so that bodies made from it are made again. */
export const touch = (customer: Customer): void => {
  customer.revision++
}
