import { type Clock, startOfDay } from "./Clock.ts"
import { Catalogues } from "./catalogue/Catalogues.ts"
import { type Month, monthOf } from "./catalogue/Month.ts"
import { Faults } from "./Faults.ts"
import type { Journal } from "./Journal.ts"
import { BodyCache } from "./partnerCenter/BodyCache.ts"
import { Random } from "./Random.ts"
import { Requests, Statistics } from "./Requests.ts"
import { SignIns } from "./signIn/SignIns.ts"
import { Throttle } from "./Throttle.ts"
import {
  type Account,
  type AnsweredCreation,
  type Customer,
  customerOf,
  type Decision,
  redirectUrisMax,
  userNamed,
  usersMax
} from "./world/Account.ts"
import { applyChange, type Changed } from "./world/applyChange.ts"
import type { Change } from "./world/Change.ts"
import { addCustomer, decide, deleteCustomer, putUser } from "./world/changeTenants.ts"
import type { DriftAnswer, DriftRequest } from "./world/Drift.ts"
import { injectDrifts } from "./world/injectDrifts.ts"
import {
  type CatalogueSettings,
  catalogueSettingsDefault,
  customersMax,
  demoReset,
  type Operation,
  type ResetRequest,
  type SettingsPatch,
  worldParameters
} from "./world/Operation.ts"
import { ControlRefusal } from "./world/refusals.ts"
import type { Acceptance, DirectoryUser, NewCustomer } from "./world/Tenant.ts"
import { type User, type UserInput, userOf } from "./world/User.ts"
import { createWorld, tenantIdOf, type World } from "./world/World.ts"

/** The running simulator: its world, and what surrounds it. Every change to the world goes through here and is journalled. */
export class Simulator {
  readonly clock: Clock
  readonly faults = new Faults()
  readonly requests = new Requests()
  readonly statistics = new Statistics()
  readonly throttle = new Throttle()
  readonly bodies = new BodyCache()
  readonly signIns = new SignIns()
  /** Ids of requests that came without any. */
  readonly ids = new Random("request-ids")
  readonly #journal: Journal
  #world: World
  #catalogues = new Catalogues("", 0)
  #catalogueSettings = catalogueSettingsDefault

  /** Takes up where the journal ends, or starts with `initial` when it is empty. */
  constructor(clock: Clock, journal: Journal, initial: ResetRequest = demoReset) {
    this.clock = clock
    this.#journal = journal
    this.#world = createWorld({ seed: "", epoch: 0, accounts: [] })
    const entries = journal.read()
    for (const { at, operation } of entries) this.#apply(operation, at)
    if (entries.length === 0) this.reset(initial)
  }

  get world(): World {
    return this.#world
  }

  get catalogueSettings(): CatalogueSettings {
    return this.#catalogueSettings
  }

  /** The number of the month whose catalogue is sold at an instant. */
  catalogueMonth(at: number = this.clock.now()): number {
    return monthOf(at) + this.#catalogueSettings.monthsAhead
  }

  /** What is sold in a month; at this instant when none is named. */
  catalogue(month: number = this.catalogueMonth()): Month {
    return this.#catalogues.of(month)
  }

  setCatalogue(settings: Partial<CatalogueSettings>): void {
    this.#do({ op: "catalogue", settings: { ...this.#catalogueSettings, ...settings } })
  }

  /** The account with this name, or a refusal that names those there are. */
  account(name: string): Account {
    const account = this.#world.accounts.get(name)
    if (account !== undefined) return account
    const names = [...this.#world.accounts.keys()].join(", ")
    throw new ControlRefusal(404, "account-not-found", `No account ${name}; there are: ${names}.`)
  }

  reset(request: ResetRequest): void {
    const accounts = request.accounts ?? []
    if (new Set(accounts.map(({ name }) => name)).size < accounts.length)
      throw new ControlRefusal(400, "name-taken", "Two accounts have one name.", "accounts")
    if (accounts.reduce((sum, { customers }) => sum + customers, 0) > customersMax)
      throw new ControlRefusal(
        400,
        "too-many-customers",
        `At most ${customersMax} customers in all accounts together.`,
        "accounts"
      )
    const at = this.clock.now()
    const epoch = startOfDay(request.epoch === undefined ? at : Date.parse(request.epoch))
    if (Number.isNaN(epoch))
      throw new ControlRefusal(400, "bad-instant", "Expected an ISO 8601 instant.", "epoch")
    const operation: Operation = { op: "reset", request, epoch }
    this.#apply(operation, at)
    this.#journal.restart({ at: Math.round(at), operation })
    // A reset starts the journal anew, so a clock that was moved before has to be in it.
    this.#journal.append({
      at: Math.round(at),
      operation: { op: "clock", state: this.clock.state }
    })
  }

  change(account: string, change: Change): Changed {
    this.account(account)
    return this.#do({ op: "change", account, change }, (at) =>
      applyChange(this.account(account), change, at)
    )
  }

  drifts(account: string, request: DriftRequest): ReadonlyArray<DriftAnswer> {
    this.account(account)
    return this.#do({ op: "drifts", account, request }, (at) =>
      injectDrifts(this.account(account), request, at)
    )
  }

  settings(account: string, patch: SettingsPatch): void {
    this.account(account)
    this.#do({ op: "settings", account, patch })
  }

  credentials(
    account: string,
    action: Extract<Operation, { op: "credentials" }>["action"]
  ): Account {
    this.account(account)
    this.#do({ op: "credentials", account, action })
    return this.account(account)
  }

  /** Somebody new who can sign in. */
  addUser(account: string, user: UserInput): User {
    const { users } = this.account(account)
    const { userPrincipalName: upn } = user
    if (userNamed(this.account(account), upn) !== undefined)
      throw new ControlRefusal(409, "user-exists", `${upn} is there already.`, "userPrincipalName")
    if (users.length >= usersMax)
      throw new ControlRefusal(409, "too-many-users", `An account has at most ${usersMax} users.`)
    this.#do({ op: "user", account, user })
    return this.user(account, upn)
  }

  /** The user with this name, or a refusal that names those there are. */
  user(account: string, upn: string): User {
    const { users } = this.account(account)
    const user = userNamed(this.account(account), upn)
    if (user !== undefined) return user
    const names = users.map((one) => one.upn).join(", ")
    throw new ControlRefusal(404, "user-not-found", `No user ${upn}; there are: ${names}.`)
  }

  /** Revokes every refresh token of a user, as an administrator would. */
  signOut(account: string, upn: string): void {
    this.#do({ op: "sign-out", account, upn: this.user(account, upn).upn })
  }

  consent(account: string, consent: "granted" | "removed"): void {
    this.account(account)
    this.#do({ op: "consent", account, consent })
  }

  /** Registers an address that sign-in may send codes to. Once is enough. */
  addRedirectUri(account: string, redirectUri: string): void {
    const { redirectUris } = this.account(account)
    if (redirectUris.includes(redirectUri)) return
    if (redirectUris.length >= redirectUrisMax)
      throw new ControlRefusal(
        409,
        "too-many-redirect-uris",
        `An account has at most ${redirectUrisMax} redirect URIs.`
      )
    this.#do({ op: "redirect-uri", account, redirectUri })
  }

  /** Makes a customer tenant; whoever calls has checked that Microsoft would. */
  addCustomer(account: string, requestId: string, customer: NewCustomer): AnsweredCreation {
    return this.#do({ op: "new-customer", account, requestId, customer }, (at) =>
      addCustomer(this.#world, this.account(account), customer, requestId, at)
    )
  }

  deleteCustomer(account: string, { id }: Customer): void {
    this.#do({ op: "delete-customer", account, customer: id })
  }

  /** The administrator of a tenant, named by id or domain, answers a request for a relationship. */
  decide(
    account: string,
    tenant: string,
    resellerTenantId: string | null,
    decision: Decision["decision"]
  ): void {
    const { resellers } = this.account(account)
    const tenantId = tenantIdOf(this.#world, tenant)
    if (tenantId === undefined || this.#world.accountsByTenant.has(tenantId))
      throw new ControlRefusal(
        404,
        "tenant-not-found",
        "No such tenant; GET /_simulator/accounts/{name}/foreign-tenants lists those that are no customers.",
        "tenant"
      )
    const reseller = resellerTenantId?.toLowerCase() ?? null
    if (reseller !== null && !resellers.some((one) => one.tenantId === reseller))
      throw new ControlRefusal(
        404,
        "reseller-not-found",
        "The account has no such reseller; GET /_simulator/accounts lists them.",
        "resellerTenantId"
      )
    this.#do({ op: "decision", account, tenantId, resellerTenantId: reseller, decision })
  }

  acceptAgreement(account: string, { id }: Customer, acceptance: Acceptance): void {
    this.#do({ op: "agreement", account, customer: id, acceptance })
  }

  /** Adds somebody to a customer's directory, or changes who has the same id. */
  putUser(account: string, { id }: Customer, user: DirectoryUser): void {
    this.#do({ op: "directory", account, customer: id, user })
  }

  moveClock(state: Extract<Operation, { op: "clock" }>["state"]): void {
    this.#do({ op: "clock", state })
  }

  /** First done, then written: what is refused leaves no line. */
  #do(operation: Operation): void
  #do<A>(operation: Operation, run: (at: number) => A): A
  #do<A>(operation: Operation, run?: (at: number) => A): A | undefined {
    const at = Math.round(this.clock.now())
    const result = run === undefined ? this.#apply(operation, at) : run(at)
    this.#journal.append({ at, operation })
    return result ?? undefined
  }

  #apply(operation: Operation, at: number): undefined {
    switch (operation.op) {
      case "reset":
        this.#world = createWorld(worldParameters(operation.request, operation.epoch))
        this.#catalogues = new Catalogues(this.#world.parameters.seed, operation.epoch)
        this.#catalogueSettings = catalogueSettingsDefault
        this.faults.clear()
        this.requests.clear()
        this.statistics.clear()
        this.throttle.clear()
        this.bodies.clear()
        this.signIns.clear()
        return
      case "settings": {
        const account = this.account(operation.account)
        account.settings = { ...account.settings, ...operation.patch }
        return
      }
      case "change":
        applyChange(this.account(operation.account), operation.change, at)
        return
      case "drifts":
        injectDrifts(this.account(operation.account), operation.request, at)
        return
      case "credentials":
        this.#applyCredentials(this.account(operation.account), operation.action, at)
        return
      case "user": {
        const account = this.account(operation.account)
        account.users = [...account.users, userOf(operation.user)]
        return
      }
      case "sign-out": {
        const account = this.account(operation.account)
        account.users = account.users.map((user) =>
          user.upn === operation.upn ? { ...user, sessionsValidFrom: at } : user
        )
        return
      }
      case "consent":
        this.account(operation.account).consent = operation.consent
        return
      case "redirect-uri": {
        const account = this.account(operation.account)
        account.redirectUris = [...account.redirectUris, operation.redirectUri]
        return
      }
      case "new-customer": {
        const { requestId, customer } = operation
        addCustomer(this.#world, this.account(operation.account), customer, requestId, at)
        return
      }
      case "decision": {
        const { tenantId, resellerTenantId, decision } = operation
        decide(
          this.#world,
          this.account(operation.account),
          { tenantId, resellerTenantId, decision },
          at
        )
        return
      }
      case "delete-customer": {
        const account = this.account(operation.account)
        deleteCustomer(this.#world, account, this.#customer(account, operation.customer))
        return
      }
      case "agreement": {
        const customer = this.#customer(this.account(operation.account), operation.customer)
        customer.agreements = [...customer.agreements, operation.acceptance]
        return
      }
      case "directory":
        putUser(this.#customer(this.account(operation.account), operation.customer), operation.user)
        return
      case "catalogue":
        this.#catalogueSettings = operation.settings
        return
      case "clock":
        this.clock.state = operation.state
        return
    }
  }

  #customer(account: Account, id: string): Customer {
    const customer = customerOf(account, id)
    if (customer === undefined) throw new Error(`${account.name} has no customer ${id}`)
    return customer
  }

  #applyCredentials(
    account: Account,
    action: Extract<Operation, { op: "credentials" }>["action"],
    at: number
  ): void {
    switch (action) {
      case "rotate-secret":
        account.clientSecret = `${account.random.hex(8)}~${account.random.hex(32)}`
        account.clientSecretExpired = false
        return
      case "expire-secret":
        account.clientSecretExpired = true
        return
      case "revoke-refresh-tokens":
        account.refreshTokensValidFrom = at
        return
    }
  }
}
