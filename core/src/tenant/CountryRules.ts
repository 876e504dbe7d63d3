import { Schema } from "effect"
import { Country } from "../instance/Country.ts"

/** A regular expression of Microsoft's, as it came: to be tried with care, it may be wrong or slow. */
const Pattern = Schema.NullOr(Schema.String)

/** What Partner Center asks of the address of a customer in a country ("Get address formatting rules by market"). */
export class CountryRules extends Schema.Opaque<CountryRules>()(
  Schema.Struct({
    country: Schema.toType(Country),
    /** The culture of a customer there when nobody chose one, such as de-DE. */
    cultureDefault: Schema.NullOr(Schema.String),
    cultures: Schema.Array(Schema.String),
    /** Of the billing profile: two letters, or such as zh-CHS. */
    languages: Schema.Array(Schema.String),
    stateRequired: Schema.Boolean,
    /** The states that may be named; none: any. */
    states: Schema.Array(Schema.String),
    cityRequired: Schema.Boolean,
    postalCodeRequired: Schema.Boolean,
    postalCodePattern: Pattern,
    phonePattern: Pattern,
    /** Without plus sign. */
    callingCodes: Schema.Array(Schema.String),
    vatIdSupported: Schema.Boolean,
    vatIdPattern: Pattern,
    taxIdSupported: Schema.Boolean,
    taxIdOptional: Schema.Boolean,
    /** What a tax id looks like, for people: `DE#########`. */
    taxIdFormat: Schema.NullOr(Schema.String)
  }).annotate({ identifier: "CountryRules" })
) {}
