import { AccountId, AccountKind } from "@concordat/core/account/Account"
import { InstanceName, TenantId } from "@concordat/core/instance/Instance"
import { RunId, RunStatus } from "@concordat/core/reconciliation/Run"
import { MicrosoftId, SubscriptionId } from "@concordat/core/subscription/Subscription"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, line, timestamp } from "./Field.ts"

const instance = described(InstanceName, "The instance.")
const owner = {
  account: Schema.Struct({
    id: guid(AccountId, "The account."),
    name: Schema.String.annotate({ description: "What it is called." })
  }).annotate({ identifier: "Owner", description: "The account that it belongs to." })
}

const FoundAccount = Schema.Struct({
  id: guid(AccountId, "The account."),
  kind: described(AccountKind, "What the account is."),
  name: Schema.String.annotate({ description: "What it is called." }),
  code: Schema.String.annotate({ description: "Its number." })
}).annotate({ identifier: "FoundAccount", description: "An account that fits." })

const FoundTenant = Schema.Struct({
  tenantId: guid(TenantId, "The tenant's id."),
  domain: described(Schema.NullOr(Schema.String), "Its domain; null where it is not known."),
  instance,
  ...owner
}).annotate({ identifier: "FoundTenant", description: "A customer's tenant that fits." })

const FoundSubscription = Schema.Struct({
  id: guid(SubscriptionId, "The subscription."),
  name: Schema.String.annotate({ description: "What it is called." }),
  reference: Schema.String.annotate({ description: "Its reference in the book." }),
  microsoftId: described(
    Schema.NullOr(guid(MicrosoftId, "Microsoft's id.")),
    "Microsoft's id; null while it has none."
  ),
  instance,
  ...owner
}).annotate({ identifier: "FoundSubscription", description: "A subscription that fits." })

const FoundInstance = Schema.Struct({
  name: instance,
  tenantId: guid(TenantId, "The Microsoft Entra tenant of its primary account.")
}).annotate({ identifier: "FoundInstance", description: "An instance that fits." })

const FoundRun = Schema.Struct({
  id: guid(RunId, "The reconciliation."),
  instance,
  status: described(RunStatus, "How far it is."),
  createdAt: timestamp("When it was asked for.")
}).annotate({ identifier: "FoundReconciliation", description: "A reconciliation that fits." })

const some = <S extends Schema.Top>(schema: S, description: string) =>
  Schema.Array(schema).annotate({ description })

/** Everything that a text may mean. */
export const FoundView = Schema.Struct({
  accounts: some(
    FoundAccount,
    "By a part of a name, number, e-mail address, domain or tenant id; by name."
  ),
  tenants: some(FoundTenant, "By the beginning of a domain or of the tenant's id."),
  subscriptions: some(
    FoundSubscription,
    "By the beginning of a reference, of Microsoft's id or ours, or of a name."
  ),
  instances: some(
    FoundInstance,
    "By a part of a name or domain, or the beginning of a tenant's id."
  ),
  reconciliations: some(
    FoundRun,
    "By the beginning of an id, or a part of the instance's name; the newest first."
  )
}).annotate({
  identifier: "Found",
  description:
    "What a text may mean, at most six of each kind. A kind that the key may not read is empty."
})

/** One question to everything. */
export class SearchGroup extends HttpApiGroup.make("search")
  .add(
    HttpApiEndpoint.get("find", "/", {
      query: {
        q: line(
          "What is known of it, whatever the case: a part of an account, or the beginning of an id or another name. At least four characters of an id.",
          { min: 1, max: 200 }
        )
      },
      success: FoundView
    })
      .annotate(
        OpenApi.Summary,
        "Find accounts, tenants, subscriptions, instances and reconciliations"
      )
      .annotate(
        OpenApi.Description,
        "For who types a few letters of something and wants to go there: a few of each kind, of the caller's branch, and only of the kinds that it may read. Lists with all that fits are those of each kind."
      )
      .annotateMerge(requires("accounts:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/search")
  .annotateMerge(
    OpenApi.annotations({ title: "Search", description: "One question to everything." })
  ) {}
