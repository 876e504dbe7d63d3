import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId } from "../instance/Instance.ts"
import { Currency } from "../money/Money.ts"
import { Instant } from "../time/Instant.ts"

export const PriceListId = Guid.pipe(Schema.brand("PriceListId"))
export type PriceListId = typeof PriceListId.Type

/** ISO 3166, two capital letters: the market of a price sheet. */
export const Market = Schema.String.check(
  Schema.isPattern(/^[A-Z]{2}$/u, { message: "a market is two capital letters, such as DE" })
).pipe(Schema.brand("Market"))
export type Market = typeof Market.Type

/**
 * What an account may buy, and at what price (domain.md §4): products of one instance, in one currency. One list
 * for each instance is the convention; an account that is assigned the list of its region can buy only there.
 */
export class PriceList extends Schema.Opaque<PriceList>()(
  Schema.Struct({
    id: PriceListId,
    instanceId: InstanceId,
    /** Unique, whatever the case. */
    name: Schema.String,
    description: Schema.String,
    currency: Currency,
    /** Whose price sheets say what products cost; null where only the products' own purchase prices count. */
    market: Schema.NullOr(Market),
    /** The first instant at which it is in force. */
    validFrom: Instant,
    /** The first instant at which it is no more; null where none is set. */
    validTo: Schema.NullOr(Instant),
    active: Schema.Boolean,
    version: Schema.Int
  }).annotate({ identifier: "PriceList" })
) {}

/** From an instant on (inclusive), to another one (exclusive); without an end, for ever. */
export interface Validity {
  readonly validFrom: Instant
  readonly validTo: Instant | null
}

export const isValidAt = ({ validFrom, validTo }: Validity, at: Instant): boolean =>
  validFrom <= at && (validTo === null || at < validTo)

/** Whether there is an instant at which both are valid. */
export const overlap = (a: Validity, b: Validity): boolean =>
  (b.validTo === null || a.validFrom < b.validTo) && (a.validTo === null || b.validFrom < a.validTo)

/** Only a list that is in force sells anything. */
export const isInForce = (list: Validity & { readonly active: boolean }, at: Instant): boolean =>
  list.active && isValidAt(list, at)
