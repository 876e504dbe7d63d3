import type { Random } from "../Random.ts"

/** Why the sign-in service says no ("Microsoft Entra authentication and authorization error codes"). */
export interface SignInRefusal {
  readonly status: 400 | 401
  /** OAuth's word for it. */
  readonly error: string
  /** The number after AADSTS. */
  readonly code: number
  readonly text: string
  /** What Microsoft's libraries look at to tell that a user must sign in again. */
  readonly suberror?: "bad_token" | "basic_action" | "consent_required"
}

export const refusal = (
  status: SignInRefusal["status"],
  error: string,
  code: number,
  text: string,
  suberror?: NonNullable<SignInRefusal["suberror"]>
): SignInRefusal => ({ status, error, code, text, ...(suberror === undefined ? {} : { suberror }) })

export const missing = (name: string): SignInRefusal =>
  refusal(
    400,
    "invalid_request",
    900144,
    `The request body must contain the following parameter: '${name}'.`
  )

export const unknownTenant = (tenant: string): SignInRefusal =>
  refusal(
    400,
    "invalid_request",
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`
  )

export const unknownApplication = (id: string, companyName: string): SignInRefusal =>
  refusal(
    400,
    "unauthorized_client",
    700016,
    `Application with identifier '${id}' was not found in the directory '${companyName}'.`
  )

export const unknownResource = (resource: string): SignInRefusal =>
  refusal(
    400,
    "invalid_resource",
    500011,
    `The resource principal named ${resource} was not found in the tenant.`
  )

/** A refusal as it is told: once, with the ids by which support would find it. */
export interface Told {
  readonly error: string
  readonly error_description: string
  readonly error_codes: ReadonlyArray<number>
  readonly timestamp: string
  readonly trace_id: string
  readonly correlation_id: string
  readonly error_uri: string
  readonly suberror?: string
}

export const told = (
  { error, code, text, suberror }: SignInRefusal,
  ids: Random,
  at: number
): Told => {
  const [trace_id, correlation_id] = [ids.guid(), ids.guid()]
  const timestamp = `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`
  return {
    error,
    error_description: `AADSTS${code}: ${text} Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id,
    correlation_id,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...(suberror === undefined ? {} : { suberror })
  }
}
