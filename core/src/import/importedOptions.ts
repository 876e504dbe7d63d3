import type { Instance } from "../instance/Instance.ts"
import { isDomainOption, prefixOf } from "../tenant/Domain.ts"
import { mpnIdIsAllowed, noSyncOptions, type SyncOptionValues } from "../tenant/SyncOption.ts"
import { line } from "./accountFrom.ts"
import type { CustomerPlace } from "./planCustomer.ts"

/**
 * The sync options of an imported account (domain.md §11, mapping): the tenant's domain, and the reseller's MPN id where
 * that is an option at all. Of an account that was there already, nobody but its own people say whose it is.
 */
export const importedOptions = (
  instance: Instance,
  domain: string,
  place: CustomerPlace
): SyncOptionValues => {
  const given = line(domain, 253)
  const reseller = place._tag === "New" ? place.reseller : null
  const hasMpnId =
    reseller !== null &&
    mpnIdIsAllowed({ ...instance, ofTenantReseller: reseller.edition === "professional" })
  return {
    ...noSyncOptions,
    domainPrefix: isDomainOption(given) ? (prefixOf(instance.cloud, given) ?? given) : null,
    mpnId: hasMpnId ? reseller.mpnId : null
  }
}
