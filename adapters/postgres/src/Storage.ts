import { Effect, Layer, type Option, type Redacted } from "effect"
import { accountsLayer } from "./Accounts.ts"
import { apiKeysLayer } from "./ApiKeys.ts"
import { bookLayer } from "./Book.ts"
import { booksLayer } from "./Books.ts"
import { catalogueLayer } from "./Catalogue.ts"
import { consentsLayer } from "./Consents.ts"
import { Database } from "./Database.ts"
import { idempotencyLayer } from "./Idempotency.ts"
import { identifiersLayer } from "./Identifiers.ts"
import { instancesLayer } from "./Instances.ts"
import { mirrorLayer } from "./Mirror.ts"
import { notificationsLayer } from "./Notifications.ts"
import { Boss } from "./queue/Boss.ts"
import { rateBudgetLayer } from "./RateBudget.ts"
import { runsLayer } from "./Runs.ts"
import { keyringFromConfig, Secrets } from "./Secrets.ts"
import { unitOfWorkLayer } from "./UnitOfWork.ts"

/** Every port that is kept in Postgres, without the database below it. */
export const portsLayer = Layer.mergeAll(
  accountsLayer,
  apiKeysLayer,
  bookLayer,
  booksLayer,
  catalogueLayer,
  consentsLayer,
  idempotencyLayer,
  identifiersLayer,
  instancesLayer,
  mirrorLayer,
  notificationsLayer,
  rateBudgetLayer,
  runsLayer,
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
