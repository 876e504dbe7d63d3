import { Context, type Effect, type Option, Schema, type Stream } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { Instance, InstanceId, TenantId } from "../instance/Instance.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { AgreementTemplate } from "../tenant/VendorAgreements.ts"
import type { Instant } from "../time/Instant.ts"
import type { RequestId } from "../vendor/RequestId.ts"
import { type Acceptance, AcceptanceId, AcceptanceStatus } from "./Acceptance.ts"

export class AcceptanceNotFound extends Schema.TaggedError<AcceptanceNotFound>()(
  "AcceptanceNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no acceptance "${this.id}".`
  }
}

/** One acceptance of an account is on its way, or Microsoft keeps one: a second one would say the same again. */
export class AgreementConfirmed extends Schema.TaggedError<AgreementConfirmed>()(
  "AgreementConfirmed",
  { id: AcceptanceId, status: AcceptanceStatus }
) {
  override get message(): string {
    return `The agreement has been confirmed for this account already; the acceptance ${this.id} is ${this.status}.`
  }
}

/** Only what has failed is tried again. */
export class AcceptanceNotFailed extends Schema.TaggedError<AcceptanceNotFailed>()(
  "AcceptanceNotFailed",
  { id: AcceptanceId, status: AcceptanceStatus }
) {
  override get message(): string {
    return `The acceptance ${this.id} is ${this.status}; only one that has failed is tried again.`
  }
}

/** What narrows the log; what is absent does not. */
export interface AcceptanceFilter {
  /** Of this account and of those below it. */
  readonly account?: AccountId | undefined
  readonly instanceId?: InstanceId | undefined
  readonly status?: AcceptanceStatus | undefined
  /** Confirmed then or later, and before. */
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  /** Part of the account's name, the person's name or e-mail address, or the order. */
  readonly q?: string | undefined
}

/** An acceptance as it is confirmed. */
export type NewAcceptance = Omit<
  Acceptance,
  "status" | "tenantId" | "problem" | "settledAt" | "confirmedBy" | "instance"
> & {
  readonly confirmedBy: string
  /** Stands for the telling, however often it is tried. */
  readonly requestId: RequestId
}

/** An acceptance that is to be told. */
export interface AcceptanceToSend {
  readonly acceptance: Acceptance
  readonly tenantId: TenantId
  readonly requestId: RequestId
}

/** What became of a try to tell. */
export type Telling =
  | { readonly status: "sent" | "already" }
  /** `requestId` of the next try: another one once Partner Center has answered. */
  | { readonly status: "failed"; readonly problem: string; readonly requestId: RequestId }
  /** It is tried again by itself, not before `nextAt`. */
  | { readonly status: "pending"; readonly problem: string; readonly nextAt: Instant }

type Branch = AccountId | null

/**
 * The log of acceptances, which is only ever added to, and what became of each. `branch` is the root of what the
 * caller may see; what lies outside does not exist, and whoever confirmed as a user of the BSS is not told to a branch.
 */
export class Agreements extends Context.Service<
  Agreements,
  {
    /** Remembers what was shown, so that a confirmation names something that was there. */
    readonly keepTemplates: (
      instance: Pick<Instance, "id" | "environment">,
      templates: ReadonlyArray<AgreementTemplate>
    ) => Effect.Effect<void>
    /** A template that was shown; null where it never was, or a newer one of its type was since. */
    readonly template: (
      instance: Pick<Instance, "id" | "environment">,
      templateId: string
    ) => Effect.Effect<AgreementTemplate | null>
    /** The account's tenant, and its newest acceptance of the type there. */
    readonly standing: (
      accountId: AccountId,
      instance: Pick<Instance, "id" | "environment">,
      type: string
    ) => Effect.Effect<{
      readonly tenantId: TenantId | null
      readonly acceptance: Acceptance | null
    }>
    /** Adds it to the log together with the job that tells Microsoft, or lets it wait for the tenant. */
    readonly confirm: (acceptance: NewAcceptance) => Effect.Effect<Acceptance, AgreementConfirmed>
    /** Newest first. */
    readonly list: (
      filter: AcceptanceFilter,
      branch: Branch,
      page: PageRequest
    ) => Effect.Effect<Page<Acceptance>>
    /** All of it, read while it is taken. */
    readonly log: (filter: AcceptanceFilter, branch: Branch) => Stream.Stream<Acceptance>
    readonly get: (
      id: AcceptanceId,
      branch: Branch
    ) => Effect.Effect<Acceptance, AcceptanceNotFound>
    /** Tells Microsoft of a failed one once more. */
    readonly retry: (
      id: AcceptanceId,
      branch: Branch
    ) => Effect.Effect<Acceptance, AcceptanceNotFound | AcceptanceNotFailed | AgreementConfirmed>
    /** None: there is nothing to tell any more, or not yet. */
    readonly toSend: (id: AcceptanceId) => Effect.Effect<Option.Option<AcceptanceToSend>>
    /** Changes nothing where the acceptance is not pending any more. */
    readonly settle: (id: AcceptanceId, telling: Telling) => Effect.Effect<void>
    /** Sends on what waited for a tenant that is there now, and what lost its job; returns how many. */
    readonly recover: Effect.Effect<number>
  }
>()("core/agreement/Agreements") {}
