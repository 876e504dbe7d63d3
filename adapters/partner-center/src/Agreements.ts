import type { TenantId } from "@concordat/core/instance/Instance"
import { reading } from "./read.ts"
import { WireAgreements, WireAgreementTemplates, WireDirectSigned } from "./wire/Agreement.ts"

/** Without the parameter only the old Microsoft Cloud Agreement comes; `*` asks for all. */
const allTypes = "agreementType=*"

/** "Get agreement metadata for Microsoft Cloud Agreement". */
export const listAgreementTemplates = reading(
  "listAgreementTemplates",
  WireAgreementTemplates,
  () => `/v1/agreements?${allTypes}`,
  "app+user"
)

/** "Get confirmation of customer acceptance of Microsoft Customer Agreement". */
export const listAgreements = reading(
  "listAgreements",
  WireAgreements,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/agreements?${allTypes}`,
  "app+user"
)

/** "Get the status of a customer's direct signing of Microsoft Customer Agreement". */
export const getDirectSigned = reading(
  "getDirectSigned",
  WireDirectSigned,
  (tenantId: TenantId) => `/v1/customers/${tenantId}/directSignedMicrosoftCustomerAgreementStatus`,
  "app+user"
)
