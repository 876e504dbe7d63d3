import {
  AccountNotFound,
  CatalogueRunNotFound,
  Forbidden,
  ImportNotFound,
  InstanceNotFound,
  InvalidRequest,
  KeyNotFound,
  PriceSheetNotFound,
  ReconciliationNotFound
} from "@concordat/contracts/Problem"
import { Data, Schema } from "effect"
import { HttpClientError } from "effect/http"

/** What went wrong and what to do about it, in one or two lines for the person at the terminal. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{
  readonly message: string
  /** How the command ends; 1 unless a program that calls it expects another code. */
  readonly exitCode?: number
}> {}

/** The command ran, and the two sides do not agree. Exit code 2; the report has been printed. */
export class Disagreement extends Data.TaggedError("Disagreement")<Record<never, never>> {}

/** What a call of the API may fail with: a problem that it declares, or no usable answer. */
interface ApiError {
  readonly _tag: string
  readonly message: string
  readonly status?: number
  readonly title?: string
  readonly detail?: string | undefined
}

/** An error of the API in words. */
export const explain =
  (url: string) =>
  (error: ApiError): CommandFailed =>
    new CommandFailed({ message: explanation(url, error) })

const explanation = (url: string, error: ApiError): string => {
  if (error instanceof HttpClientError.HttpClientError) return noAnswer(url, error)
  if (Schema.isSchemaError(error))
    return `${url} answered in a way that is not understood here.\nIs it Concordat's API, of the same version as this command?`
  if (error instanceof Forbidden)
    return `The API key may not do this: it lacks the scope ${error.scope}.\nUse a key that has it; an operator-admin makes one with "concordat key create".`
  if (error instanceof InvalidRequest)
    return error.errors.length === 0
      ? sentence(error)
      : error.errors.map(({ path, message }) => `${path.slice(1).join(".")}: ${message}`).join("\n")
  const missing = notFound(error)
  if (missing !== undefined) return missing
  switch (error.status) {
    case undefined:
      return `${error._tag}: ${error.message}`
    case 401:
      return 'The API key was refused. Set CONCORDAT_API_KEY to a valid key;\n"npm start" writes one to .data/operator.key.'
    case 500:
      return `${sentence(error)} Its log says more.`
    case 503:
      return `${sentence(error)} Try again in a moment.`
    default:
      return sentence(error)
  }
}

/** Where the API names an address to look at, this names a command. */
const notFound = (error: ApiError): string | undefined => {
  if (error instanceof InstanceNotFound)
    return `There is no instance "${error.name}"; "concordat instance list" names them.`
  if (error instanceof AccountNotFound)
    return `There is no account ${error.id}; "concordat account search" finds them.`
  if (error instanceof ReconciliationNotFound)
    return `There is no reconciliation ${error.id}; "concordat runs list" names them.`
  if (error instanceof CatalogueRunNotFound)
    return `There is no catalogue run ${error.id}; "concordat catalogue runs" names them.`
  if (error instanceof PriceSheetNotFound)
    return `There is no price sheet ${error.id}; "concordat catalogue pricesheet list" names them.`
  if (error instanceof ImportNotFound)
    return `There is no import ${error.id}; "concordat import list" names them.`
  if (error instanceof KeyNotFound)
    return `There is no API key ${error.id}; "concordat key list" names them.`
  return undefined
}

const sentence = ({ title, detail, message }: ApiError): string => detail ?? `${title ?? message}.`

const noAnswer = (url: string, { reason }: HttpClientError.HttpClientError): string => {
  if (reason._tag !== "TransportError")
    return `${url} answered in an unexpected way (${reason._tag}).\nIs it Concordat's API?`
  const isSlow = reason.description?.startsWith("no answer within") === true
  return isSlow
    ? `The API at ${url} gives ${reason.description}. Look at its log, or try again.`
    : `The API at ${url} cannot be reached.\nStart it with "npm start", or name another with --url or CONCORDAT_URL.`
}
