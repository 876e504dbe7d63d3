import type { AccountId } from "../account/Account.ts"
import { builtInTemplate } from "./builtIn.ts"
import { type Language, languageDefault, type MailKind, type Template } from "./Template.ts"

/**
 * The template for an occasion. `organisations` are those that the recipient belongs to, nearest first. The nearest
 * organisation that has one wins, then those for all; within each, the language, then the language without its
 * country, then English. Without any, the built-in one.
 */
export const chooseTemplate = (
  kind: MailKind,
  templates: ReadonlyArray<Template>,
  organisations: ReadonlyArray<AccountId>,
  language: Language
): Template => {
  const base = language.split("-", 1)[0]
  for (const organisation of [...organisations, null])
    for (const wanted of [language, base, languageDefault]) {
      const found = templates.find(
        (template) =>
          template.kind === kind &&
          template.organisationId === organisation &&
          template.language === wanted
      )
      if (found !== undefined) return found
    }
  return builtInTemplate(kind)
}
