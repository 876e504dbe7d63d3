import { guidOf } from "../Random.ts"
import type { Account, Customer } from "./Account.ts"
import { type AccountParameters, generateAccount } from "./generate.ts"

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
  /** Lower-case domain names that are taken. */
  readonly domains: ReadonlySet<string>
  /** Signs the simulator's tokens; from the seed, so that tokens outlive a restart with the same state. */
  readonly tokenKey: string
}

export const createWorld = (parameters: WorldParameters): World => {
  const accounts = new Map<string, Account>()
  const accountsByTenant = new Map<string, Account>()
  const domains = new Set<string>()
  for (const one of parameters.accounts) {
    const account = generateAccount(one, parameters.seed, parameters.epoch)
    accounts.set(one.name, account)
    accountsByTenant.set(account.tenantId, account)
    domains.add(account.domain)
    for (const customer of account.customers) domains.add(customer.domain)
  }
  return {
    parameters,
    accounts,
    accountsByTenant,
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

/** Whether any partner knows this customer; Partner Center refuses strangers differently from the unknown. */
export const isCustomerOfAnyone = (world: World, id: string): boolean => {
  for (const account of world.accounts.values()) if (account.customersById.has(id)) return true
  return false
}

/** Marks a customer as changed, so that bodies made from it are made again. */
export const touch = (customer: Customer): void => {
  customer.revision++
}
