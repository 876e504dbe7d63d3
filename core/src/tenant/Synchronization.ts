import { Schema } from "effect"
import { AccountId, Address } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import { Environment, InstanceId, InstanceName, TenantId } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"
import { RequestId } from "../vendor/RequestId.ts"
import { FieldProblem } from "./SyncOption.ts"

export const SynchronizationId = Guid.pipe(Schema.brand("SynchronizationId"))
export type SynchronizationId = typeof SynchronizationId.Type

/**
 * "Provisioning Sync Status" (domain.md §7). `not-synchronised` is also what a taken prefix leads back to: nothing
 * failed, another prefix is chosen. `failed` has a reason, and can be tried again.
 */
export const SyncStatus = Schema.Literals([
  "not-synchronised",
  "in-progress",
  "synchronised",
  "failed"
])
export type SyncStatus = typeof SyncStatus.Type

/** Makes a new tenant, or links one that exists. */
export const SyncMode = Schema.Literals(["create", "link"])
export type SyncMode = typeof SyncMode.Type

/**
 * How far it is. Create: `checking` what Microsoft will ask, `creating` the tenant, seeing to its `administrator`.
 * Link: `finding` the tenant, and `authorizing`, until its administrator has accepted us. Then `done`.
 */
export const SyncStage = Schema.Literals([
  "checking",
  "creating",
  "administrator",
  "finding",
  "authorizing",
  "done"
])
export type SyncStage = typeof SyncStage.Type

/** For what it waits: an answer to its question, or the customer's administrator. */
export const SyncWait = Schema.Literals(["confirmation", "authorization"])
export type SyncWait = typeof SyncWait.Type

/**
 * What has to be confirmed. `address`: Microsoft would write it differently. `linked`: the tenant is another account's.
 * `existing`: the tenant is a customer in Partner Center already.
 */
export class SyncQuestion extends Schema.Opaque<SyncQuestion>()(
  Schema.Struct({
    kind: Schema.Literals(["address", "linked", "existing"]),
    text: Schema.String,
    tenantId: Schema.NullOr(TenantId),
    /** Addresses that Microsoft suggests; of `address` only. */
    suggestions: Schema.Array(Address)
  }).annotate({ identifier: "SyncQuestion" })
) {}

/** The messages of domain.md §7, word for word. */
export const linkedText =
  "An Account with the same Customer Code already exists in BSS. Please confirm that you want to synchronize this account with the same Customer."
export const existingText = (instance: InstanceName): string =>
  `A Customer with the same Customer Code already exists in Microsoft Partner Cloud Services ${instance}. Please confirm that you want to synchronize this account with the existing Customer`

/**
 * Who asked. An operator may link any customer; a reseller those that are its own at Microsoft; a customer itself only
 * what its administrator then accepts.
 */
export const SyncAsker = Schema.Literals(["operator", "reseller", "customer"])
export type SyncAsker = typeof SyncAsker.Type

/** The way of one account to its tenant in one instance and environment: the newest try. */
export class Synchronization extends Schema.Opaque<Synchronization>()(
  Schema.Struct({
    id: SynchronizationId,
    accountId: AccountId,
    instanceId: InstanceId,
    instance: InstanceName,
    environment: Environment,
    mode: SyncMode,
    status: SyncStatus,
    stage: SyncStage,
    waitsFor: Schema.NullOr(SyncWait),
    asker: SyncAsker,
    userName: Schema.String,
    /** Whole, in lower case. */
    domain: Schema.String,
    /** Of the one creation of this try, kept before it is sent. */
    requestId: RequestId,
    /** When the creation was sent, as long as nobody knows what became of it. */
    sentAt: Schema.NullOr(Instant),
    /** The tenant, once it is known. */
    tenantId: Schema.NullOr(TenantId),
    question: Schema.NullOr(SyncQuestion),
    /** Whether the question was answered with yes. */
    confirmed: Schema.Boolean,
    /** Where the customer's administrator accepts us. */
    authorizationLink: Schema.NullOr(Schema.String),
    /** When waiting ends. */
    expiresAt: Schema.NullOr(Instant),
    /** When it is looked again. */
    nextLookAt: Schema.NullOr(Instant),
    looks: Schema.Int,
    /** Why it is not synchronised, or what is still missing, with the way out. */
    problem: Schema.NullOr(Schema.String),
    problems: Schema.Array(FieldProblem),
    /** Prefixes that were free when it was looked. */
    suggestions: Schema.Array(Schema.String),
    requestedBy: Schema.String,
    correlationId: Schema.String,
    createdAt: Instant,
    finishedAt: Schema.NullOr(Instant),
    version: Schema.Int
  }).annotate({ identifier: "Synchronization" })
) {}

/** Whether somebody works on it, so that nobody begins it anew; one that waits for people can be begun anew. */
export const isBusy = (sync: Pick<Synchronization, "status" | "waitsFor">): boolean =>
  sync.status === "in-progress" && sync.waitsFor === null

/**
 * Whether Microsoft was asked for a tenant and nobody knows what became of it: until that is known no other tenant is
 * asked for, or the account might get two.
 */
export const isUnresolved = (sync: Pick<Synchronization, "sentAt" | "tenantId">): boolean =>
  sync.sentAt !== null && sync.tenantId === null

/** Whether the tenant is there, and its administrator's password did not reach anybody. */
export const lacksPassword = (
  sync: Pick<Synchronization, "stage" | "problem" | "status">
): boolean => sync.stage === "administrator" && sync.status === "failed"
