import { Clock, Effect } from "effect"
import type { Account, AccountId } from "../account/Account.ts"
import { type AccountNotFound, Accounts } from "../account/Accounts.ts"
import {
  type PurchaseMode,
  partyOf,
  purchaseModeOf,
  purchaseTerms
} from "../account/PurchaseMode.ts"
import type { Actor } from "../actor/Actor.ts"
import { type Country, countryDefault } from "../instance/Country.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import { InstanceDisabled, Instances } from "../instance/Instances.ts"
import { type Language, languageDefault } from "../instance/Language.ts"
import {
  type AcceptedAgreement,
  type AgreementContact,
  type AgreementDocument,
  type AgreementTemplate,
  customerAgreement,
  VendorAgreements
} from "../tenant/VendorAgreements.ts"
import { Instant, minuteMs } from "../time/Instant.ts"
import { type Acceptance, hasAgreements, roleOf, type SignerRole } from "./Acceptance.ts"
import { Agreements } from "./Agreements.ts"
import { prefilled } from "./prefilled.ts"

/** What somebody fills in who confirms the agreement. */
export interface AgreementForm {
  readonly template: AgreementTemplate
  /** Its text; null where Microsoft has none to show: then the template's page is. */
  readonly document: (AgreementDocument & { readonly validUntil: Instant }) | null
  /** Who confirms, by the purchase mode. */
  readonly signer: { readonly id: AccountId; readonly name: string }
  readonly mode: PurchaseMode
  /** The caller's own; an operator may name another one. */
  readonly role: SignerRole
  readonly contact: { readonly [Key in keyof AgreementContact]: string | null }
  readonly agreedAt: Instant
}

/**
 * How an account stands with an agreement:
 *
 * - `not-required`: the cloud has no agreements;
 * - `accepted`: Microsoft keeps an acceptance;
 * - `on-its-way`: it was confirmed here, and Microsoft is told as soon as that is possible;
 * - `needed`: nobody has confirmed it, or Microsoft did not take it.
 */
export interface AgreementStanding {
  readonly type: string
  readonly state: "not-required" | "accepted" | "on-its-way" | "needed"
  /** Who signed at Microsoft: the customer itself, or a partner for it; null where that is not known. */
  readonly acceptedBy: "customer" | "partner" | null
  /** What Microsoft keeps of a partner's confirmation. */
  readonly accepted: AcceptedAgreement | null
  /** The newest acceptance of our log. */
  readonly acceptance: Acceptance | null
  /** Only where it is needed, and the caller may confirm. */
  readonly form: AgreementForm | null
}

/** Microsoft's links to a document live for so long (api.md §5). */
const linkLivesMs = 5 * minuteMs

/** The account with who signs for it; fails for accounts outside the caller's branch. */
export const signingOf = Effect.fnUntraced(function* (actor: Actor, id: AccountId) {
  const accounts = yield* Accounts
  const user = yield* accounts.get(id, actor.branch)
  const above = user.parentId === null ? null : yield* parentOf(user.parentId)
  const mode = purchaseModeOf(user.kind, above?.kind ?? null)
  const buyer = mode === "PersonalUsage" || above === null ? user : above
  const signer = partyOf(purchaseTerms[mode].agreementSigner, { user, buyer })
  const maySign =
    roleOf(actor) !== undefined &&
    (yield* accounts.get(signer.id, actor.branch).pipe(
      Effect.as(true),
      Effect.catchTag("AccountNotFound", () => Effect.succeed(false))
    ))
  return { user, buyer, signer, mode, maySign }
})

const parentOf = (id: AccountId) =>
  Effect.flatMap(Accounts, ({ get }) => get(id, null)).pipe(Effect.orDie)

/** An instance that may be asked. */
export const askable = Effect.fnUntraced(function* (name: string) {
  const instance = yield* Effect.flatMap(Instances, ({ byName }) => byName(name))
  return instance.disabled ? yield* new InstanceDisabled({ name: instance.name }) : instance
})

/**
 * Whether an account has accepted an agreement in an instance. Microsoft is asked first: a customer that has signed, with
 * whomever, is asked for nothing. Otherwise the form is given, filled in as far as that is known (domain.md §8h).
 */
export const agreementOf = Effect.fn("agreementOf")(function* (
  actor: Actor,
  accountId: AccountId,
  instanceName: string,
  type: string = customerAgreement
) {
  const agreements = yield* Agreements
  const signing = yield* signingOf(actor, accountId)
  const instance = yield* askable(instanceName)
  const nothing: AgreementStanding = {
    type,
    state: "not-required",
    acceptedBy: null,
    accepted: null,
    acceptance: null,
    form: null
  }
  if (!hasAgreements(instance.cloud)) return nothing
  const { acceptance, tenantId } = yield* agreements.standing(accountId, instance, type)
  const standing: AgreementStanding = { ...nothing, acceptance: shownTo(actor, acceptance) }
  if (acceptance?.status === "waiting" || acceptance?.status === "pending")
    return { ...standing, state: "on-its-way" as const }
  if (tenantId !== null) {
    const kept = yield* keptByMicrosoft(instance, tenantId, type)
    if (kept !== undefined) return { ...standing, ...kept, state: "accepted" as const }
    // Microsoft's list may lag behind what it has just taken.
    if (acceptance?.tenantId === tenantId && acceptance.status === "sent")
      return { ...standing, state: "accepted" as const, acceptedBy: "partner" as const }
  }
  const form = signing.maySign ? yield* formOf(actor, instance, type, signing) : null
  return { ...standing, state: "needed" as const, form }
})

/** Whoever confirmed as a user of the BSS is told to operators only. */
const shownTo = (actor: Actor, acceptance: Acceptance | null): Acceptance | null =>
  acceptance === null || actor.branch === null || acceptance.role !== "bss-user"
    ? acceptance
    : { ...acceptance, confirmedBy: null, userName: null, ipAddress: null, userAgent: null }

/** What Microsoft has of a customer; undefined when nothing. */
export const keptByMicrosoft = Effect.fnUntraced(function* (
  instance: Instance,
  tenantId: TenantId,
  type: string
) {
  const vendor = yield* VendorAgreements
  const accepted = (yield* vendor.accepted(instance, tenantId, type)).at(-1)
  if (accepted !== undefined) return { acceptedBy: "partner" as const, accepted }
  // Only the customer agreement can be signed with Microsoft itself.
  if (type !== customerAgreement) return undefined
  return (yield* vendor.directSigned(instance, tenantId))
    ? { acceptedBy: "customer" as const, accepted: null }
    : undefined
})

/** The newest template of a type; undefined where Microsoft has none. */
export const newestOf = (
  templates: ReadonlyArray<AgreementTemplate>
): AgreementTemplate | undefined =>
  templates.reduce<AgreementTemplate | undefined>(
    (newest, template) =>
      newest === undefined || (template.versionRank ?? 0) > (newest.versionRank ?? 0)
        ? template
        : newest,
    undefined
  )

const formOf = Effect.fnUntraced(
  function* (
    actor: Actor,
    instance: Instance,
    type: string,
    {
      user,
      buyer,
      signer,
      mode
    }: {
      readonly user: Account
      readonly buyer: Account
      readonly signer: Account
      readonly mode: PurchaseMode
    }
  ) {
    const [vendor, agreements, accounts] = [
      yield* VendorAgreements,
      yield* Agreements,
      yield* Accounts
    ]
    const templates = yield* vendor.templates(instance, type)
    yield* agreements.keepTemplates(instance, templates)
    const template = newestOf(templates)
    const role = roleOf(actor)
    if (template === undefined || role === undefined) return null
    const { first, otherwise } = purchaseTerms[mode].address
    const parties = { user, buyer }
    const country =
      partyOf(first, parties).address?.country ??
      partyOf(otherwise, parties).address?.country ??
      instance.countries[0] ??
      countryDefault(instance.cloud)
    const { contacts } = yield* accounts.contacts(signer.id, null)
    const now = Instant.make(yield* Clock.currentTimeMillis)
    const document = yield* documentOf(instance, template, country, [
      ...(user.language === null ? [] : [user.language]),
      ...(buyer.language === null ? [] : [buyer.language]),
      instance.catalogueLanguage,
      languageDefault
    ])
    const form: AgreementForm = {
      template,
      document:
        document === null ? null : { ...document, validUntil: Instant.make(now + linkLivesMs) },
      signer: { id: signer.id, name: signer.name },
      mode,
      role,
      contact: prefilled(signer, contacts),
      agreedAt: now
    }
    return form
  },
  Effect.catchTag("AccountNotFound", (error: AccountNotFound) => Effect.die(error))
)

/** In the first of these languages that Microsoft has for the country. */
const documentOf = Effect.fnUntraced(function* (
  instance: Instance,
  { templateId }: AgreementTemplate,
  country: Country,
  languages: ReadonlyArray<Language>
) {
  const vendor = yield* VendorAgreements
  for (const language of new Set(languages)) {
    const document = yield* vendor.document(instance, templateId, country, language)
    if (document !== null) return document
  }
  return null
})
