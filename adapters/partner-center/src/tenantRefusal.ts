import type { NewTenant, TenantField } from "@concordat/core/tenant/VendorTenants"
import { TenantRefused } from "@concordat/core/tenant/VendorTenants"
import type { VendorError } from "@concordat/core/vendor/VendorError"

/** The partner named is none of ours, or may not sell ("Partner API REST error codes"). */
const resellerCodes = new Set([
  "2071",
  "2072",
  "800015",
  "800016",
  "800039",
  "900123",
  "900149",
  "900154"
])
/** As many customers as a sandbox, or a partner, may have. */
const limitCodes = new Set(["800018", "800066"])

const fieldOfCode = new Map<string, TenantField>([
  ["600049", "registrationNumber"],
  ["600050", "registrationNumber"],
  ["600002", "registrationNumber"],
  ["600051", "phone"]
])

/** Properties by the names under which refusals speak of them; the ones that are part of others come last. */
const fields: ReadonlyArray<readonly [property: string, field: TenantField]> = [
  ["organizationRegistrationNumber", "registrationNumber"],
  ["associatedPartnerId", "resellerTenantId"],
  ["addressLine1", "address.line1"],
  ["addressLine2", "address.line2"],
  ["postalCode", "address.postalCode"],
  ["zip", "address.postalCode"],
  ["phoneNumber", "phone"],
  ["companyName", "companyName"],
  ["firstName", "firstName"],
  ["lastName", "lastName"],
  ["culture", "culture"],
  ["language", "language"],
  ["email", "email"],
  ["city", "address.city"],
  ["state", "address.state"],
  ["region", "address.state"],
  ["country", "address.country"],
  ["domain", "domain"],
  ["address", "address"]
]

const fieldIn = (text: string): TenantField | null => {
  const words = text.toLowerCase()
  return fields.find(([property]) => words.includes(property.toLowerCase()))?.[1] ?? null
}

/**
 * Why a tenant is not made, where changing what was asked for helps; any other error stays what it is. That a domain is
 * taken has no documented code: 409, or a 400 that names the domain itself (api.md §4).
 */
export const tenantRefusal = (
  error: VendorError,
  tenant: NewTenant
): TenantRefused | VendorError => {
  const { code, text, correlationId, status, reason } = error
  const refused = (kind: TenantRefused["kind"], field: TenantField | null) =>
    new TenantRefused({ kind, field, code, text, correlationId })
  if (code !== null && resellerCodes.has(code)) return refused("reseller", "resellerTenantId")
  if (code !== null && limitCodes.has(code)) return refused("limit", null)
  if (reason._tag !== "Refused" || (status !== 400 && status !== 409)) return error
  const byCode = fieldOfCode.get(code ?? "")
  if (byCode !== undefined) return refused("field", byCode)
  if (status === 409 || text.toLowerCase().includes(tenant.domain))
    return refused("domain taken", "domain")
  return refused("field", fieldIn(text))
}
