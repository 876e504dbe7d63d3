import { BigDecimal, Result, Schema } from "effect"
import { MpnId, TenantId } from "../instance/Instance.ts"
import { Currency } from "../money/Money.ts"
import {
  BillingCycle,
  MicrosoftId,
  OfferId,
  Status,
  type Term
} from "../subscription/Subscription.ts"
import { Instant } from "../time/Instant.ts"

/** What a cell says, or in words why it says nothing. A cell is trimmed and not empty. */
export type Reading<A> = Result.Result<A, string>

export const readCode = (cell: string): Reading<string> => textUpTo(cell, 100)
export const readText = (cell: string): Reading<string> => textUpTo(cell, 400)

export const readDomain = (cell: string): Reading<string> =>
  cell.length <= 253 && /^[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(cell)
    ? Result.succeed(cell.toLowerCase())
    : wrong(cell, "a domain name, such as fabrikam.onmicrosoft.com")

export const readTenantId = (cell: string): Reading<TenantId> =>
  Result.mapError(decodeTenantId(cell), () => not(cell, guid))

export const readMicrosoftId = (cell: string): Reading<MicrosoftId> =>
  Result.mapError(decodeMicrosoftId(cell), () => not(cell, guid))

/** An availability (the third part) says at which price it was sold, not what; it is cut. */
export const readOffer = (cell: string): Reading<OfferId> => {
  const [product = "", sku, availability, ...more] = cell.split(":")
  const id =
    sku === undefined ? product.toLowerCase() : `${product.toUpperCase()}:${sku.toUpperCase()}`
  const cut = more.length === 0 && (availability === undefined || /^\w{4,20}$/u.test(availability))
  return cut ? Result.mapError(decodeOfferId(id), () => not(cell, offer)) : wrong(cell, offer)
}

export const readQuantity = (cell: string): Reading<number> =>
  /^[0-9]{1,9}$/u.test(cell)
    ? Result.succeed(Number(cell))
    : wrong(cell, "a whole number without separators, such as 25")

export const readStatus = (cell: string): Reading<Status> => oneOf(Status.literals, cell)

export const readBillingCycle = (cell: string): Reading<BillingCycle> =>
  oneOf(BillingCycle.literals, cell)

/** Partner Center's screens write terms out, its API in ISO 8601; lists have both. */
export const readTerm = (cell: string): Reading<Term> => {
  const term = termNames[cell.toLowerCase().replace(/\s+/gu, " ")]
  return term === undefined
    ? wrong(cell, "P1M, P1Y or P3Y (1 month, 1 year, 3 years)")
    : Result.succeed(term)
}

export const readYesNo = (cell: string): Reading<boolean> => {
  const answer = yesNoNames[cell.toLowerCase()]
  return answer === undefined ? wrong(cell, "yes or no") : Result.succeed(answer)
}

export const readMpnId = (cell: string): Reading<MpnId> =>
  Result.mapError(decodeMpnId(cell), () => not(cell, "a Partner ID (MPN id): digits, at most 20"))

export const readCurrency = (cell: string): Reading<Currency> =>
  Result.mapError(decodeCurrency(cell.toUpperCase()), () =>
    not(cell, "a currency of three letters, such as EUR")
  )

/**
 * 1.234 and 1,234 are different amounts to different readers; only the point is a decimal sign here, and
 * every other sign is refused.
 */
export const readPrice = (cell: string): Reading<BigDecimal.BigDecimal> => {
  if (/^[0-9]{1,12}(\.[0-9]{1,8})?$/u.test(cell))
    return Result.succeed(BigDecimal.fromStringUnsafe(cell))
  return /^[0-9][0-9.,'’\s]*$/u.test(cell)
    ? Result.fail(
        `${quoted(cell)} is ambiguous: write the price with a point before the decimals and nothing between the thousands, such as 1234.56.`
      )
    : wrong(cell, "a price, such as 1234.56")
}

/** A day is its first instant, UTC. */
export const readInstant = (cell: string): Reading<Instant> => {
  const parts =
    /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?([Zz]|[+-]\d\d:?\d\d)?)?$/u.exec(
      cell
    )
  const at = parts === null ? Number.NaN : instantOf(parts)
  return Number.isNaN(at)
    ? wrong(cell, "a date, such as 2027-03-31 or 2027-03-31T23:59:59Z")
    : Result.succeed(Instant.make(at))
}

const instantOf = (parts: RegExpExecArray): number => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0))
  const millisecond = Number((parts[7] ?? "").slice(0, 3).padEnd(3, "0"))
  const offset = offsetMinutesOf(parts[8])
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  // Date.UTC rolls 31 February over into March.
  const isReal =
    year >= 1900 &&
    new Date(at).toISOString().slice(0, 10) === `${parts[1]}-${parts[2]}-${parts[3]}` &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59
  return isReal ? at - offset * 60_000 : Number.NaN
}

const offsetMinutesOf = (zone: string | undefined): number => {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0
  const digits = zone.replace(":", "")
  const hours = Number(digits.slice(1, 3))
  const minutes = Number(digits.slice(3))
  if (hours > 14 || minutes > 59) return Number.NaN
  return (digits.startsWith("-") ? -1 : 1) * (hours * 60 + minutes)
}

const guid = "a GUID, such as 0a1b2c3d-0000-4000-8000-00000000abcd"
const offer = "an offer: PRODUCT:SKU, such as CFQ7TTC0LCHC:0002, or a legacy offer's GUID"

const decodeTenantId = Schema.decodeResult(TenantId)
const decodeMicrosoftId = Schema.decodeResult(MicrosoftId)
const decodeOfferId = Schema.decodeResult(OfferId)
const decodeMpnId = Schema.decodeResult(MpnId)
const decodeCurrency = Schema.decodeResult(Currency)

const termNames: Readonly<Record<string, Term | undefined>> = {
  p1m: "P1M",
  p1y: "P1Y",
  p3y: "P3Y",
  "1 month": "P1M",
  "1 year": "P1Y",
  "3 years": "P3Y"
}

const yesNoNames: Readonly<Record<string, boolean | undefined>> = {
  yes: true,
  true: true,
  "1": true,
  no: false,
  false: false,
  "0": false
}

/** Capitals, spaces and dashes make no difference: "One-time" is one_time. */
const oneOf = <A extends string>(values: ReadonlyArray<A>, cell: string): Reading<A> => {
  const word = cell.toLowerCase().replace(/[\s-]+/gu, "_")
  const value = values.find((v) => v === word)
  return value === undefined ? wrong(cell, `one of ${values.join(", ")}`) : Result.succeed(value)
}

/** Postgres keeps no NUL, and no report shows a control character or half of a surrogate pair. */
const textUpTo = (cell: string, charactersMax: number): Reading<string> => {
  if (cell.length > charactersMax)
    return Result.fail(
      `${quoted(cell)} has ${cell.length} characters; at most ${charactersMax} fit.`
    )
  return /[\p{Cc}\u2028\u2029]/u.test(cell) || !cell.isWellFormed()
    ? Result.fail(`${quoted(cell)} has characters that cannot be shown, such as a line break.`)
    : Result.succeed(cell)
}

const not = (cell: string, needed: string): string => `${quoted(cell)} is not ${needed}.`

const wrong = (cell: string, needed: string): Reading<never> => Result.fail(not(cell, needed))

/** As much of a cell as a message can show on one line. */
export const quoted = (cell: string): string => {
  const shown = cell
    .slice(0, 60)
    .replace(/\p{Cc}+/gu, " ")
    .toWellFormed()
  return `"${shown}${cell.length > 60 ? "…" : ""}"`
}
