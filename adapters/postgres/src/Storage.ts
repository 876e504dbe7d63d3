import { Effect, Layer, type Option, type Redacted } from "effect"
import { accountsLayer } from "./Accounts.ts"
import { agreementsLayer } from "./Agreements.ts"
import { apiKeysLayer } from "./ApiKeys.ts"
import { assortmentsLayer } from "./Assortments.ts"
import { bookLayer } from "./Book.ts"
import { booksLayer } from "./Books.ts"
import { catalogueLayer } from "./Catalogue.ts"
import { catalogueProductsLayer } from "./CatalogueProducts.ts"
import { catalogueRunsLayer } from "./CatalogueRuns.ts"
import { changesLayer } from "./Changes.ts"
import { consentsLayer } from "./Consents.ts"
import { Database } from "./Database.ts"
import { idempotencyLayer } from "./Idempotency.ts"
import { identifiersLayer } from "./Identifiers.ts"
import { importsLayer } from "./Imports.ts"
import { instancesLayer } from "./Instances.ts"
import { jobsLayer } from "./Jobs.ts"
import { keptCountryRulesLayer } from "./KeptCountryRules.ts"
import { mailTemplatesLayer } from "./MailTemplates.ts"
import { mirrorLayer } from "./Mirror.ts"
import { mpnVerdictsLayer } from "./MpnVerdicts.ts"
import { notificationsLayer } from "./Notifications.ts"
import { operatorsLayer } from "./Operators.ts"
import { outboxLayer } from "./Outbox.ts"
import { overviewsLayer } from "./Overviews.ts"
import { priceGroupsLayer } from "./PriceGroups.ts"
import { priceListsLayer } from "./PriceLists.ts"
import { priceProtectionsLayer } from "./PriceProtections.ts"
import { priceSheetsLayer } from "./PriceSheets.ts"
import { Boss } from "./queue/Boss.ts"
import { rateBudgetLayer, rateBudgetsLayer } from "./RateBudget.ts"
import { reportsLayer } from "./Reports.ts"
import { runsLayer } from "./Runs.ts"
import { savedViewsLayer } from "./SavedViews.ts"
import { searchLayer } from "./Search.ts"
import { secretRotationLayer } from "./SecretRotation.ts"
import { keyringFromConfig, Secrets } from "./Secrets.ts"
import { sessionsLayer } from "./Sessions.ts"
import { signInAttemptsLayer } from "./SignInAttempts.ts"
import { subscriptionsLayer } from "./Subscriptions.ts"
import { synchronizationsLayer } from "./Synchronizations.ts"
import { syncOptionsLayer } from "./SyncOptions.ts"
import { systemHealthLayer } from "./SystemHealth.ts"
import { unitOfWorkLayer } from "./UnitOfWork.ts"

/** Every port that is kept in Postgres, without the database below it. */
export const portsLayer = Layer.mergeAll(
  accountsLayer,
  agreementsLayer,
  apiKeysLayer,
  assortmentsLayer,
  bookLayer,
  booksLayer,
  catalogueLayer,
  catalogueProductsLayer,
  catalogueRunsLayer,
  changesLayer,
  consentsLayer,
  idempotencyLayer,
  identifiersLayer,
  importsLayer,
  instancesLayer,
  jobsLayer,
  keptCountryRulesLayer,
  mailTemplatesLayer,
  mirrorLayer,
  mpnVerdictsLayer,
  operatorsLayer,
  outboxLayer,
  overviewsLayer,
  notificationsLayer,
  priceGroupsLayer,
  priceListsLayer,
  priceProtectionsLayer,
  priceSheetsLayer,
  rateBudgetLayer,
  rateBudgetsLayer,
  reportsLayer,
  runsLayer,
  searchLayer,
  savedViewsLayer,
  secretRotationLayer,
  sessionsLayer,
  signInAttemptsLayer,
  subscriptionsLayer,
  synchronizationsLayer,
  syncOptionsLayer,
  systemHealthLayer,
  unitOfWorkLayer
)

/**
 * The whole storage of one process: pool, queues, secrets, and every port. The database has been migrated. `folder`
 * holds the key file where the configuration names no key.
 */
export const storageLayer = (
  place: { readonly url: Redacted.Redacted<string>; readonly folder: Option.Option<string> },
  applicationName: string
) =>
  portsLayer.pipe(
    Layer.provideMerge(Boss.layer({ url: place.url })),
    Layer.provideMerge(Database.layer({ url: place.url, applicationName })),
    Layer.provide(
      Layer.unwrap(Effect.map(keyringFromConfig(place.folder), (keys) => Secrets.layer(keys)))
    )
  )
