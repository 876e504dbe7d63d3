import { Schema, SchemaTransformation } from "effect"
import type { Cloud } from "./Cloud.ts"
import { countryCodes } from "./countries.ts"

const known: ReadonlySet<string> = new Set(countryCodes)

export const isCountry = (text: string): boolean => known.has(text)

/** A country or territory: two capital letters of ISO 3166-1. Small ones are taken as capitals. */
export const Country = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.makeFilter((text) =>
        isCountry(text)
          ? undefined
          : "a country is needed, as two letters of ISO 3166-1, such as DE or US"
      )
    ),
    SchemaTransformation.toUpperCase()
  ),
  Schema.brand("Country")
)
export type Country = typeof Country.Type

/** Countries, at least one, each once. */
export const Countries = Schema.Array(Country).check(
  Schema.makeFilter((countries) => {
    if (countries.length === 0) return "at least one country is needed"
    return new Set(countries).size === countries.length ? undefined : "each country only once"
  })
)

/** The country whose catalogue an instance reads when none was named: where its cloud is at home. */
export const countryDefault = (cloud: Cloud): Country => home[cloud]

const home: Record<Cloud, Country> = {
  global: Country.make("US"),
  "us-government": Country.make("US"),
  china: Country.make("CN"),
  germany: Country.make("DE"),
  custom: Country.make("US")
}
