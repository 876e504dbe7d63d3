import type { Kysely } from "kysely"
import { foundation } from "./0001_foundation.ts"
import { instances } from "./0002_instances.ts"
import { consent } from "./0003_consent.ts"
import { catalogue } from "./0004_catalogue.ts"
import { prices } from "./0005_prices.ts"
import { priceSheets } from "./0006_price_sheets.ts"
import { mail } from "./0008_mail.ts"
import { pricesOfSheets } from "./0009_prices_of_sheets.ts"
import { accounts } from "./0010_accounts.ts"
import { priceProtection } from "./0011_price_protection.ts"
import { tenants } from "./0012_tenants.ts"
import { imports } from "./0013_imports.ts"
import { agreements } from "./0014_agreements.ts"
import { mpnVerdicts } from "./0015_mpn_verdicts.ts"
import { operators } from "./0016_operators.ts"
import { changes } from "./0017_changes.ts"
import { reports } from "./0018_reports.ts"
import { subscriptionList } from "./0019_subscription_list.ts"
import { search } from "./0021_search.ts"
import { bounces } from "./0022_bounces.ts"
import { jobs } from "./0023_jobs.ts"
import { syncOptionDefinitions } from "./0023_sync_option_definitions.ts"
import { reportIndexes } from "./0024_report_indexes.ts"
import { accountLists } from "./0025_account_lists.ts"

/** One step of the schema, forward only. Its name sorts after all that were released before it. */
export interface MigrationModule {
  readonly name: string
  readonly up: (db: Kysely<never>) => Promise<void>
}

/** All steps, in order. A released step never changes: a new one corrects it. */
export const migrations: ReadonlyArray<MigrationModule> = [
  foundation,
  instances,
  consent,
  catalogue,
  prices,
  priceSheets,
  mail,
  pricesOfSheets,
  accounts,
  priceProtection,
  tenants,
  imports,
  agreements,
  mpnVerdicts,
  operators,
  changes,
  reports,
  subscriptionList,
  search,
  bounces,
  jobs,
  syncOptionDefinitions,
  reportIndexes,
  accountLists
]
