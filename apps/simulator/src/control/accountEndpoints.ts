import * as Schema from "effect/Schema"
import { catalogue, currencies, priceOf } from "../Catalogue.ts"
import type { Simulator } from "../Simulator.ts"
import { issueRefreshToken } from "../signIn/tokenEndpoint.ts"
import { identityOf } from "../signIn/tokens.ts"
import type { Account } from "../world/Account.ts"
import {
  BookCustomer,
  BookSubscription,
  bookCustomer,
  bookSubscription,
  Price
} from "../world/Book.ts"
import { BillingCycle, Change, MpnId, Offer, Term } from "../world/Change.ts"
import { DriftAnswer, DriftRequest } from "../world/Drift.ts"
import { AccountName, ResetRequest, SettingsPatch } from "../world/Operation.ts"
import { endpoint, none } from "./Endpoint.ts"

/** What a client needs to be this partner. */
export const AccountInfo = Schema.Struct({
  name: AccountName,
  cspStatus: Schema.Literals(["direct", "indirect"]),
  tenantId: Schema.String,
  domain: Schema.String,
  companyName: Schema.String,
  appId: Schema.String,
  clientSecret: Schema.String,
  refreshToken: Schema.String.annotate({
    description: "of an admin who signed in with a second factor, issued now"
  }),
  mpnId: MpnId,
  country: Schema.String,
  currency: Schema.Literals(currencies),
  customers: Schema.Int,
  resellers: Schema.Array(
    Schema.Struct({
      tenantId: Schema.String,
      mpnId: MpnId,
      name: Schema.String,
      eligible: Schema.Boolean.annotate({ description: "whether it can be partner of record" })
    })
  ),
  loginUrl: Schema.String.annotate({
    description: "stands for https://login.microsoftonline.com: append /{tenantId}/oauth2/token"
  }),
  apiUrl: Schema.String.annotate({
    description: "stands for https://api.partnercenter.microsoft.com: append /v1/…"
  }),
  settings: Schema.Struct({
    limitPerMinute: Schema.NullOr(Schema.Int),
    burst: Schema.NullOr(Schema.Int),
    lagSeconds: Schema.Int,
    newSubscriptionLagSeconds: Schema.Int,
    pageSize: Schema.Int,
    mfaRequired: Schema.Boolean,
    mfaStyle: Schema.Literals(["classic", "code"]),
    signInMfa: Schema.Literals(["optional", "required"]),
    appOnlyRefused: Schema.Boolean,
    sandbox: Schema.Boolean,
    newCustomerLagSeconds: Schema.Int,
    repeatedRequests: Schema.Literals(["replay", "forget"]),
    domainTakenStatus: Schema.Literals([400, 409]),
    resellerValidation: Schema.Boolean
  }),
  redirectUris: Schema.Array(Schema.String).annotate({
    description: "where sign-in may send codes, besides the machine itself"
  }),
  consent: Schema.Literals(["none", "granted", "removed"]).annotate({
    description: "whether the application may act for users; removed = their tokens are refused"
  })
}).annotate({ identifier: "AccountInfo" })
export type AccountInfo = typeof AccountInfo.Type

export const Accounts = Schema.Struct({
  accounts: Schema.Array(AccountInfo)
}).annotate({ identifier: "Accounts" })

export const infoOf = (simulator: Simulator, account: Account, origin: string): AccountInfo => ({
  name: account.name,
  cspStatus: account.cspStatus,
  tenantId: account.tenantId,
  domain: account.domain,
  companyName: account.companyName,
  appId: account.appId,
  clientSecret: account.clientSecret,
  refreshToken: refreshTokenFor(simulator, account, `admin@${account.domain}`, true),
  mpnId: account.mpnId,
  country: account.country,
  currency: account.currency,
  customers: account.customers.filter((customer) => customer.related).length,
  resellers: account.resellers.map(({ country: _, ...reseller }) => reseller),
  loginUrl: origin,
  apiUrl: origin,
  settings: account.settings,
  redirectUris: account.redirectUris,
  consent: account.consent
})

const refreshTokenFor = (
  simulator: Simulator,
  account: Account,
  upn: string,
  mfa: boolean
): string =>
  issueRefreshToken(simulator, account, identityOf(account, upn, mfa), simulator.clock.now())

const accountsOf = (simulator: Simulator, origin: string): typeof Accounts.Type => ({
  accounts: [...simulator.world.accounts.values()].map((one) => infoOf(simulator, one, origin))
})

const reset = endpoint({
  id: "reset",
  method: "POST",
  path: "/reset",
  summary: "Make a new world",
  description:
    "Replaces everything: accounts, customers, subscriptions, faults, counters. Settings other than those given are the defaults. The clock stays.",
  payload: ResetRequest,
  query: none,
  success: Accounts,
  run: ({ simulator, payload, origin }) => {
    simulator.reset(payload)
    return accountsOf(simulator, origin)
  }
})

const listAccounts = endpoint({
  id: "listAccounts",
  method: "GET",
  path: "/accounts",
  summary: "List the partner accounts with their credentials",
  description: "The credentials are invented and open nothing but this simulator.",
  query: none,
  payload: none,
  success: Accounts,
  run: ({ simulator, origin }) => accountsOf(simulator, origin)
})

const patchAccount = endpoint({
  id: "patchAccount",
  method: "PATCH",
  path: "/accounts/{name}",
  summary: "Set limits, lag, paging and second factor of an account",
  description: "What is left out stays as it is.",
  payload: SettingsPatch,
  query: none,
  success: AccountInfo,
  run: ({ simulator, name, payload, origin }) => {
    simulator.settings(name, payload)
    return infoOf(simulator, simulator.account(name), origin)
  }
})

const credentials = endpoint({
  id: "changeCredentials",
  method: "POST",
  path: "/accounts/{name}/credentials",
  summary: "Rotate or expire the client secret, or revoke all refresh tokens",
  description: "What Entra answers afterwards: AADSTS7000215, AADSTS7000222, AADSTS50173.",
  payload: Schema.Struct({
    action: Schema.Literals(["rotate-secret", "expire-secret", "revoke-refresh-tokens"])
  }).annotate({ identifier: "CredentialAction" }),
  query: none,
  success: AccountInfo,
  run: ({ simulator, name, payload, origin }) =>
    infoOf(simulator, simulator.credentials(name, payload.action), origin)
})

const refreshTokens = endpoint({
  id: "issueRefreshToken",
  method: "POST",
  path: "/accounts/{name}/refresh-tokens",
  summary: "Issue a refresh token, as an interactive sign-in would",
  description: "Stands for the consent step of the Secure Application Model.",
  status: 201,
  payload: Schema.Struct({
    mfa: Schema.optionalKey(Schema.Boolean).annotate({
      description: "whether the user gave a second factor. Default true"
    }),
    userPrincipalName: Schema.optionalKey(
      Schema.String.check(Schema.isBetweenLength(3, 200))
    ).annotate({ description: "default: admin at the partner's domain" })
  }).annotate({ identifier: "RefreshTokenRequest" }),
  query: none,
  success: Schema.Struct({ refreshToken: Schema.String }).annotate({ identifier: "RefreshToken" }),
  run: ({ simulator, name, payload }) => {
    const account = simulator.account(name)
    const { mfa = true, userPrincipalName = `admin@${account.domain}` } = payload
    return { refreshToken: refreshTokenFor(simulator, account, userPrincipalName, mfa) }
  }
})

export const BookPage = Schema.Struct({
  account: AccountName,
  customers: Schema.Array(BookCustomer),
  nextCursor: Schema.NullOr(Schema.Int).annotate({ description: "null on the last page" })
}).annotate({ identifier: "BookPage" })

const book = endpoint({
  id: "readBook",
  method: "GET",
  path: "/accounts/{name}/book",
  summary: "Read the truth, as the partner's own books would have it",
  description:
    "What Partner Center holds now, without lag. Read before drifts are injected, it is a book that agrees.",
  query: Schema.Struct({
    cursor: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
    ).annotate({ description: "nextCursor of the page before" }),
    limit: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
    ).annotate({ description: "customers per page. Default 200" })
  }),
  payload: none,
  success: BookPage,
  run: ({ simulator, name, query }) => {
    const account = simulator.account(name)
    const { cursor = 0, limit = 200 } = query
    const page = account.customers.slice(cursor, cursor + limit)
    const next = cursor + limit
    return {
      account: account.name,
      customers: page.filter((one) => one.related).map((one) => bookCustomer(account, one)),
      nextCursor: next < account.customers.length ? next : null
    }
  }
})

const ChangeResult = Schema.Struct({
  before: Schema.NullOr(BookSubscription),
  after: Schema.NullOr(BookSubscription),
  auditRecordId: Schema.String
}).annotate({ identifier: "ChangeResult" })

const changes = endpoint({
  id: "makeChange",
  method: "POST",
  path: "/accounts/{name}/changes",
  summary: "Do something as the customer, as the partner, or as Microsoft",
  description:
    "Changes one thing, writes an audit record with the right actor, and lets the list lag as the account's settings say.",
  payload: Change,
  query: none,
  success: ChangeResult,
  run: ({ simulator, name, payload }) => {
    const { before, after, auditRecordId } = simulator.change(name, payload)
    const account = simulator.account(name)
    return {
      before: before === null ? null : bookSubscription(account, before),
      after: after === null ? null : bookSubscription(account, after),
      auditRecordId
    }
  }
})

const drifts = endpoint({
  id: "injectDrifts",
  method: "POST",
  path: "/accounts/{name}/drifts",
  summary: "Move Partner Center away from the books, and get the answer key",
  description:
    "Each drift changes one field of one subscription, without side effects and without audit record, and is visible at once. Drifts stay away from each other, also from those of earlier calls. All or nothing.",
  payload: DriftRequest,
  query: none,
  success: Schema.Struct({ drifts: Schema.Array(DriftAnswer) }).annotate({
    identifier: "DriftAnswers"
  }),
  run: ({ simulator, name, payload }) => ({ drifts: simulator.drifts(name, payload) })
})

export const CatalogueEntry = Schema.Struct({
  offer: Offer,
  name: Schema.String,
  kind: Schema.Literals(["license", "addon", "trial", "legacy", "azure-plan"]),
  isTrial: Schema.Boolean,
  isAddon: Schema.Boolean,
  singleActive: Schema.Boolean.annotate({
    description: "a customer normally holds one active subscription of it"
  }),
  addonFor: Schema.Array(Offer),
  paidOffer: Schema.NullOr(Offer).annotate({ description: "what a trial turns into" }),
  listPricePerMonth: Price.annotate({ description: "one licence, one-year commitment, in euro" }),
  prices: Schema.Array(
    Schema.Struct({
      term: Schema.NullOr(Term),
      billingCycle: BillingCycle,
      unitPrice: Price.annotate({ description: "one licence for one billing period" })
    })
  )
}).annotate({ identifier: "CatalogueEntry" })

const readCatalogue = endpoint({
  id: "readCatalogue",
  method: "GET",
  path: "/catalogue",
  summary: "List everything that can be subscribed to, with prices",
  description: "The same in every world. Names and ids look like Microsoft's; prices are invented.",
  query: none,
  payload: none,
  success: Schema.Struct({ items: Schema.Array(CatalogueEntry) }).annotate({
    identifier: "Catalogue"
  }),
  run: () => ({
    items: catalogue.map((item) => ({
      offer: item.offer,
      name: item.name,
      kind: item.kind,
      isTrial: item.isTrial,
      isAddon: item.isAddon,
      singleActive: item.singleActive,
      addonFor: item.addonFor,
      paidOffer: item.paidOffer,
      listPricePerMonth: {
        amount: (item.listPriceCents / 100).toFixed(2),
        currency: "EUR" as const
      },
      prices: currencies.flatMap((currency) =>
        item.plans.map((plan) => ({
          ...plan,
          unitPrice: { amount: priceOf(item, plan, currency), currency }
        }))
      )
    }))
  })
})

export const accountEndpoints = [
  reset,
  listAccounts,
  patchAccount,
  credentials,
  refreshTokens,
  book,
  changes,
  drifts,
  readCatalogue
]
