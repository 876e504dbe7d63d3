import { Schema } from "effect"
import { collectionOf, maybe, WireId, WireInstant, WireInt } from "./values.ts"

/** AgreementMetaData ("Agreement resources"): which agreements there are, and by which template. */
export const WireAgreementTemplates = collectionOf(
  Schema.Struct({
    /** As it came: Partner Center compares it letter by letter. */
    templateId: Schema.String,
    agreementType: maybe(Schema.String),
    agreementLink: maybe(Schema.String),
    versionRank: maybe(WireInt)
  })
)

/** Agreement ("Agreement resources"): who accepted it for the customer, and when. */
export const WireAgreements = collectionOf(
  Schema.Struct({
    templateId: maybe(Schema.String),
    type: maybe(Schema.String),
    dateAgreed: maybe(WireInstant),
    userId: maybe(WireId),
    agreementLink: maybe(Schema.String),
    primaryContact: maybe(
      Schema.Struct({
        firstName: maybe(Schema.String),
        lastName: maybe(Schema.String),
        email: maybe(Schema.String),
        phoneNumber: maybe(Schema.String)
      })
    )
  })
)

/** DirectSignedCustomerAgreementStatus. */
export const WireDirectSigned = Schema.Struct({ isSigned: Schema.Boolean })

/** AgreementTemplateDocument ("Download and display customer agreement template"). */
export const WireAgreementDocument = Schema.Struct({
  displayUri: Schema.String,
  downloadUri: Schema.String,
  language: maybe(Schema.String),
  country: maybe(Schema.String)
})
