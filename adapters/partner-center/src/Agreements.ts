import type { Country } from "@concordat/core/instance/Country"
import type { TenantId } from "@concordat/core/instance/Instance"
import type { Language } from "@concordat/core/instance/Language"
import { VendorAgreements } from "@concordat/core/tenant/VendorAgreements"
import { toIso } from "@concordat/core/time/Instant"
import { Effect, Layer } from "effect"
import { Client } from "./Client.ts"
import { isNotFound } from "./Rejection.ts"
import { reading } from "./read.ts"
import {
  WireAgreementDocument,
  WireAgreements,
  WireAgreementTemplates,
  WireDirectSigned
} from "./wire/Agreement.ts"

/** Without the parameter only the old Microsoft Cloud Agreement comes; `*` asks for all. */
const ofType = (type: string) => `agreementType=${encodeURIComponent(type)}`

/** "Get agreement metadata for Microsoft Cloud Agreement". */
export const listAgreementTemplates = reading(
  "listAgreementTemplates",
  WireAgreementTemplates,
  (type: string) => `/v1/agreements?${ofType(type)}`,
  "app+user"
)

/** "Get confirmation of customer acceptance of Microsoft Customer Agreement". */
export const listAgreements = reading(
  "listAgreements",
  WireAgreements,
  (tenantId: TenantId, type: string) => `/v1/customers/${tenantId}/agreements?${ofType(type)}`,
  "app+user"
)

/** "Get the status of a customer's direct signing of Microsoft Customer Agreement". */
export const getDirectSigned = reading(
  "getDirectSigned",
  WireDirectSigned,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/directSignedMicrosoftCustomerAgreementStatus`,
  "app+user"
)

/** "Download and display customer agreement template": fails with NotFound where there is no such text. */
export const getAgreementDocument = reading(
  "getAgreementDocument",
  WireAgreementDocument,
  (templateId: string, country: Country, language: Language) =>
    `/v1/agreementtemplates/${encodeURIComponent(templateId)}/document?language=${language}&country=${country}`,
  "app+user"
)

/** An acceptance of the same contact is there already ("Partner API REST error codes"). */
const alreadyAccepted = "600061"

export const agreementsLayer: Layer.Layer<VendorAgreements, never, Client> = Layer.effect(
  VendorAgreements,
  Effect.gen(function* () {
    const client = yield* Client
    return {
      templates: (instance, type) =>
        listAgreementTemplates(instance, type).pipe(
          Effect.map(({ items }) =>
            items.map((wire) => ({
              templateId: wire.templateId,
              type: wire.agreementType ?? type,
              link: wire.agreementLink || null,
              versionRank: wire.versionRank ?? null
            }))
          ),
          Effect.provideService(Client, client)
        ),
      document: (instance, templateId, country, language) =>
        getAgreementDocument(instance, templateId, country, language).pipe(
          Effect.map((wire) => ({
            displayUrl: wire.displayUri,
            downloadUrl: wire.downloadUri,
            country: wire.country || country,
            language: wire.language || language
          })),
          Effect.catchIf(isNotFound, () => Effect.succeed(null)),
          Effect.provideService(Client, client)
        ),
      accepted: (instance, tenantId, type) =>
        listAgreements(instance, tenantId, type).pipe(
          Effect.map(({ items }) =>
            items
              .map((wire) => ({
                templateId: wire.templateId ?? null,
                type: wire.type ?? type,
                agreedAt: wire.dateAgreed ?? null,
                contact:
                  wire.primaryContact === undefined || wire.primaryContact === null
                    ? null
                    : {
                        firstName: wire.primaryContact.firstName || null,
                        lastName: wire.primaryContact.lastName || null,
                        email: wire.primaryContact.email || null,
                        phone: wire.primaryContact.phoneNumber || null
                      }
              }))
              .toSorted((a, b) => (a.agreedAt ?? 0) - (b.agreedAt ?? 0))
          ),
          Effect.provideService(Client, client)
        ),
      accept: (instance, tenantId, acceptance, requestId) => {
        const { templateId, type, agreedAt, contact } = acceptance
        const { phone, ...names } = contact
        return client
          .send(instance, {
            operation: "acceptAgreement",
            method: "POST",
            uri: `/v1/customers/${tenantId}/agreements`,
            access: "app+user",
            requestId,
            body: {
              primaryContact: { ...names, ...(phone === null ? {} : { phoneNumber: phone }) },
              templateId,
              dateAgreed: toIso(agreedAt),
              type
            }
          })
          .pipe(
            Effect.as("accepted" as const),
            Effect.catchIf(
              ({ code }) => code === alreadyAccepted,
              () => Effect.succeed("already" as const)
            )
          )
      },
      directSigned: (instance, tenantId) =>
        getDirectSigned(instance, tenantId).pipe(
          Effect.map(({ isSigned }) => isSigned),
          Effect.provideService(Client, client)
        )
    }
  })
)
