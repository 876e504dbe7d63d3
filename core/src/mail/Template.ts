import { Schema } from "effect"
import { AccountId } from "../account/Account.ts"
import type { MergeField } from "./mergeFields.ts"

/** The occasions on which a mail is sent (domain.md §7, §9, §10, §12). */
export const MailKind = Schema.Literals([
  "welcome-customer",
  "order-without-credit",
  "reseller-mpn-id-invalid",
  "cancellation-requested",
  "cancellation-completed",
  "cancellation-withdrawn",
  "addon-cancellation-requested",
  "addon-cancellation-completed",
  "addon-cancellation-withdrawn",
  "downgrade-requested",
  "downgrade-completed",
  "downgrade-withdrawn",
  "provisioning-failed",
  "authorization-requested",
  "consent-expiring",
  "consent-ended",
  "consent-failing",
  "reconciliation-findings"
])
export type MailKind = typeof MailKind.Type

/** The parts of a template in which merge fields stand. Addresses are separated by commas. */
export const TemplatePart = Schema.Literals(["to", "cc", "bcc", "subject", "html", "text"])
export type TemplatePart = typeof TemplatePart.Type

/** A language as `de` or `de-CH`. */
export const Language = Schema.String.check(
  Schema.isPattern(/^[a-z]{2,3}(-[A-Z]{2})?$/u, {
    message: "a language is two or three small letters, such as de, or de-CH"
  })
).pipe(Schema.brand("Language"))
export type Language = typeof Language.Type

/** The language of the built-in templates, and of those who have none of their own. */
export const languageDefault = Language.make("en")

/**
 * How the mails of an occasion look. An organisation (a country tenant or reseller with its own storefront) may
 * have its own in each language; `organisationId` null is for all that have none.
 */
export class Template extends Schema.Opaque<Template>()(
  Schema.Struct({
    kind: MailKind,
    organisationId: Schema.NullOr(AccountId),
    language: Language,
    /** A template that is not active sends nothing: the occasion passes in silence. */
    active: Schema.Boolean,
    to: Schema.String,
    cc: Schema.String,
    bcc: Schema.String,
    subject: Schema.String,
    html: Schema.String,
    text: Schema.String,
    /** 0 is built in; each change counts one up, and the older versions are kept. */
    version: Schema.Int
  }).annotate({ identifier: "Template" })
) {}

/** The longest a part may be, in characters. */
export const partLengthMax: Readonly<Record<TemplatePart, number>> = {
  to: 1_000,
  cc: 1_000,
  bcc: 1_000,
  subject: 255,
  html: 100_000,
  text: 50_000
}

/** What an occasion is called, and what is known when it comes. */
export interface Occasion {
  readonly name: string
  readonly fields: ReadonlyArray<MergeField>
}
