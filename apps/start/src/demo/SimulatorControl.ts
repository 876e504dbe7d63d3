import { Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"

const Price = Schema.Struct({ amount: Schema.String, currency: Schema.String })
const ScheduledChange = Schema.Struct({
  offer: Schema.optionalKey(Schema.String),
  quantity: Schema.Int,
  billingCycle: Schema.String,
  term: Schema.String
})

const Subscription = Schema.Struct({
  microsoftId: Schema.String,
  parentMicrosoftId: Schema.NullOr(Schema.String),
  offer: Schema.String,
  name: Schema.String,
  friendlyName: Schema.String,
  quantity: Schema.Int,
  status: Schema.String,
  billingCycle: Schema.String,
  term: Schema.NullOr(Schema.String),
  autoRenew: Schema.Boolean,
  commitmentEnd: Schema.NullOr(Schema.String),
  scheduledChange: Schema.NullOr(ScheduledChange),
  partnerOfRecord: Schema.NullOr(Schema.String),
  isTrial: Schema.Boolean,
  orderId: Schema.String,
  orderedAt: Schema.String,
  unitPrice: Price
})
export type SimulatedSubscription = typeof Subscription.Type

const Customer = Schema.Struct({
  tenantId: Schema.String,
  domain: Schema.String,
  companyName: Schema.String,
  resellerMpnId: Schema.NullOr(Schema.String),
  subscriptions: Schema.Array(Subscription)
})
export type SimulatedCustomer = typeof Customer.Type

const Account = Schema.Struct({
  name: Schema.String,
  cspStatus: Schema.Literals(["direct", "indirect"]),
  tenantId: Schema.String,
  domain: Schema.String,
  appId: Schema.String,
  clientSecret: Schema.RedactedFromValue(Schema.String),
  mpnId: Schema.String,
  currency: Schema.String,
  customers: Schema.Int,
  resellers: Schema.Array(
    Schema.Struct({ tenantId: Schema.String, mpnId: Schema.String, name: Schema.String })
  ),
  loginUrl: Schema.String,
  apiUrl: Schema.String
})
/** A partner account of the simulator, with the credentials that open it. */
export type SimulatedAccount = typeof Account.Type

const Drift = Schema.Struct({
  kind: Schema.String,
  customerTenantId: Schema.String,
  microsoftId: Schema.String,
  movedBy: Schema.String
})
/** One line of the answer key: what was moved in Partner Center. */
export type InjectedDrift = typeof Drift.Type

const CatalogueItem = Schema.Struct({
  offer: Schema.String,
  name: Schema.String,
  isTrial: Schema.Boolean,
  isAddon: Schema.Boolean,
  singleActive: Schema.Boolean,
  prices: Schema.Array(
    Schema.Struct({
      term: Schema.NullOr(Schema.String),
      billingCycle: Schema.String,
      unitPrice: Price
    })
  )
})
export type SimulatedProduct = typeof CatalogueItem.Type

const Request = Schema.Struct({
  number: Schema.Int,
  operation: Schema.String,
  account: Schema.NullOr(Schema.String),
  path: Schema.String,
  status: Schema.Int,
  correlationId: Schema.String,
  fault: Schema.NullOr(Schema.String)
})
/** A request that the simulated Partner Center received. */
export type SimulatedRequest = typeof Request.Type

/** The control API of the simulator at `url`, as far as the demo and the end-to-end tests need it. */
export const simulatorControl = Effect.fnUntraced(function* (url: string) {
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(HttpClientRequest.prependUrl(`${url}/_simulator`)),
    HttpClient.filterStatusOk
  )
  const read = <A, I>(path: string, schema: Schema.Codec<A, I>) =>
    client.get(path).pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(schema)))
  const send = <A, I>(
    method: "POST" | "PATCH",
    path: string,
    body: unknown,
    schema: Schema.Codec<A, I>
  ) =>
    HttpClientRequest.make(method)(path).pipe(
      HttpClientRequest.bodyJson(body),
      Effect.flatMap(client.execute),
      Effect.flatMap(HttpClientResponse.schemaBodyJson(schema))
    )
  const Requests = Schema.Struct({
    requests: Schema.Array(Request),
    nextCursor: Schema.NullOr(Schema.Int)
  })
  const Accounts = Schema.Struct({ accounts: Schema.Array(Account) })
  const Book = Schema.Struct({
    customers: Schema.Array(Customer),
    nextCursor: Schema.NullOr(Schema.Int)
  })
  const Drifts = Schema.Struct({ drifts: Schema.Array(Drift) })

  return {
    accounts: Effect.map(read("/accounts", Accounts), ({ accounts }) => accounts),
    reset: (request: unknown) =>
      Effect.map(send("POST", "/reset", request, Accounts), ({ accounts }) => accounts),
    settings: (name: string, patch: unknown) => send("PATCH", `/accounts/${name}`, patch, Account),
    change: (name: string, change: unknown) =>
      Effect.asVoid(send("POST", `/accounts/${name}/changes`, change, Schema.Unknown)),
    drifts: (name: string, request: unknown) =>
      Effect.map(send("POST", `/accounts/${name}/drifts`, request, Drifts), ({ drifts }) => drifts),
    credentials: (name: string, action: "rotate-secret" | "expire-secret") =>
      send("POST", `/accounts/${name}/credentials`, { action }, Account),
    fault: (rule: unknown) => Effect.asVoid(send("POST", "/faults", rule, Schema.Unknown)),
    clearFaults: Effect.asVoid(client.del("/faults")),
    /** What an account received of an operation since the last `clearRequests`, at most 1,000. */
    requests: (account: string, operation: string) =>
      Effect.map(
        read(`/requests?account=${account}&operation=${operation}&limit=1000`, Requests),
        ({ requests }) => requests
      ),
    clearRequests: Effect.asVoid(client.del("/requests")),
    catalogue: Effect.map(
      read("/catalogue", Schema.Struct({ items: Schema.Array(CatalogueItem) })),
      ({ items }) => items
    ),
    /** The whole book of an account; a page holds at most 1,000 customers. */
    book: Effect.fnUntraced(function* (name: string) {
      const customers: Array<SimulatedCustomer> = []
      let cursor: number | null = 0
      while (cursor !== null) {
        const page: typeof Book.Type = yield* read(
          `/accounts/${name}/book?limit=1000&cursor=${cursor}`,
          Book
        )
        customers.push(...page.customers)
        cursor = page.nextCursor
      }
      return customers
    })
  }
})
export type SimulatorControl = Effect.Success<ReturnType<typeof simulatorControl>>
