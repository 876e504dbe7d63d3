import { Context, type Effect } from "effect"
import type { Country } from "../instance/Country.ts"
import type { Instance, TenantId } from "../instance/Instance.ts"
import type { Language } from "../instance/Language.ts"
import type { Instant } from "../time/Instant.ts"
import type { RequestId } from "../vendor/RequestId.ts"
import type { VendorError } from "../vendor/VendorError.ts"

/** The type of agreement that purchases need since 1 Feb 2020 (domain.md §8h). Types are Microsoft's data. */
export const customerAgreement = "MicrosoftCustomerAgreement"

/** An agreement that customers can accept ("Get agreement metadata"). */
export interface AgreementTemplate {
  /** To be read anew before each acceptance, and sent as it is: capitals count. */
  readonly templateId: string
  readonly type: string
  /** A page about it, for people. */
  readonly link: string | null
  /** The highest is the newest. */
  readonly versionRank: number | null
}

/** Its text in one country and language ("Download and display customer agreement template"). */
export interface AgreementDocument {
  /** A page that shows it, and its file. Microsoft's links live for five minutes: never kept. */
  readonly displayUrl: string
  readonly downloadUrl: string
  /** As Microsoft answered, which may differ from what was asked for. */
  readonly country: string
  readonly language: string
}

/** Who accepts for the customer. */
export interface AgreementContact {
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly phone: string | null
}

/** An acceptance that Microsoft keeps ("Get confirmation of customer acceptance"). */
export interface AcceptedAgreement {
  readonly templateId: string | null
  readonly type: string
  /** null where Microsoft names none. */
  readonly agreedAt: Instant | null
  readonly contact: { readonly [Key in keyof AgreementContact]: string | null } | null
}

/** An acceptance to be told to Microsoft ("Confirm customer acceptance of Microsoft Customer Agreement"). */
export interface Acceptance {
  readonly templateId: string
  readonly type: string
  readonly agreedAt: Instant
  readonly contact: AgreementContact
}

/**
 * Agreements between Microsoft and the partner's customers. There are none in national clouds. All of it acts for the
 * user who consented (api.md §2, §5).
 */
export class VendorAgreements extends Context.Service<
  VendorAgreements,
  {
    /** The templates of a type. */
    readonly templates: (
      instance: Instance,
      type: string
    ) => Effect.Effect<ReadonlyArray<AgreementTemplate>, VendorError>
    /** null: Microsoft has no text of this template for the country and language. */
    readonly document: (
      instance: Instance,
      templateId: string,
      country: Country,
      language: Language
    ) => Effect.Effect<AgreementDocument | null, VendorError>
    /** What partners told Microsoft that the customer accepted, of a type, oldest first. */
    readonly accepted: (
      instance: Instance,
      tenantId: TenantId,
      type: string
    ) => Effect.Effect<ReadonlyArray<AcceptedAgreement>, VendorError>
    /**
     * Tells Microsoft, once. `already`: it was told of the same contact before (600061), which is as good. A refusal
     * for another reason is a VendorError with Refused.
     */
    readonly accept: (
      instance: Instance,
      tenantId: TenantId,
      acceptance: Acceptance,
      requestId: RequestId
    ) => Effect.Effect<"accepted" | "already", VendorError>
    /** Whether the customer signed the customer agreement with Microsoft itself: then nobody has to accept for it. */
    readonly directSigned: (
      instance: Instance,
      tenantId: TenantId
    ) => Effect.Effect<boolean, VendorError>
  }
>()("core/tenant/VendorAgreements") {}
