import { Schema, SchemaTransformation } from "effect"
import { isCountry } from "./Country.ts"

/** ISO 639-1, the languages with their two letters. */
const codes = `
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj
kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu`

const known: ReadonlySet<string> = new Set(codes.trim().split(/\s+/u))

const scripts: ReadonlySet<string> = new Set(["Arab", "Cyrl", "Hans", "Hant", "Latn"])

const parts = /^([a-z]{2})(?:-([a-z]{4}))?(?:-([a-z]{2}))?$/iu

/** As BCP 47 writes it: `en-US`, `sr-Latn-RS`; what is no such tag stays as it is. */
const canonical = (text: string): string => {
  const [, language, script, country] = parts.exec(text) ?? []
  return language === undefined
    ? text
    : [
        language.toLowerCase(),
        ...(script === undefined
          ? []
          : [script.slice(0, 1).toUpperCase() + script.slice(1).toLowerCase()]),
        ...(country === undefined ? [] : [country.toUpperCase()])
      ].join("-")
}

const isLanguage = (text: string): boolean => {
  const [, language, script, country] = parts.exec(text) ?? []
  return (
    language !== undefined &&
    known.has(language) &&
    (script === undefined || scripts.has(script)) &&
    (country === undefined || isCountry(country))
  )
}

/**
 * The language of a catalogue's texts (X-Locale, "REST headers and responses"): a BCP 47 tag of a language and,
 * mostly, a country. The case does not matter.
 */
export const Language = Schema.String.pipe(
  Schema.decodeTo(
    Schema.String.check(
      Schema.makeFilter((text) =>
        isLanguage(text) ? undefined : "a language is needed, such as en-US or de-DE"
      )
    ),
    SchemaTransformation.transform({ decode: canonical, encode: (text: string) => text })
  ),
  Schema.brand("Language")
)
export type Language = typeof Language.Type

/** Partner Center answers in it where no other is asked for. */
export const languageDefault: Language = Language.make("en-US")
