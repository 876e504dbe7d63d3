import type { Piece } from "./mergeFields.ts"
import { piecesOf } from "./mergeFields.ts"
import { occasions } from "./occasions.ts"
import { partLengthMax, type Template, TemplatePart } from "./Template.ts"

/** One thing that is wrong with a template, and where. */
export interface TemplateProblem {
  readonly part: TemplatePart
  readonly message: string
}

/** What the rules for templates look at. */
export type TemplateTexts = Pick<Template, "kind" | TemplatePart>

/**
 * Everything that is wrong with a template; a template that has no problems renders with any values, leaves no
 * field unresolved and lets no value break out of its place.
 */
export const checkTemplate = (template: TemplateTexts): ReadonlyArray<TemplateProblem> => {
  const { fields, name } = occasions[template.kind]
  return TemplatePart.literals.flatMap((part) => {
    const text = template[part]
    const problem = (message: string): TemplateProblem => ({ part, message })
    if (text.length > partLengthMax[part])
      return [problem(`It may have ${partLengthMax[part]} characters and has ${text.length}.`)]
    const { pieces, unknown } = piecesOf(text, fields)
    const problems = unknown.map((field) =>
      problem(
        `{#${field}#} is no merge field of “${name}”. There are: ${fields.map((f) => `{#${f}#}`).join(", ")}.`
      )
    )
    if (pieces.some((piece) => "text" in piece && piece.text.includes("{#")))
      problems.push(problem("A merge field is begun with {# and not ended with #}."))
    if (part !== "html" && part !== "text" && pieces.some(isSecret))
      problems.push(
        problem("A password may stand in html and text only: the rest is kept readable.")
      )
    if (isRequired(part) && text.trim() === "") problems.push(problem("It is empty."))
    if (part !== "html" && part !== "text" && hasControls(text))
      problems.push(problem("It may have no line breaks or other control characters."))
    if (part === "html") {
      const wrong = misplacedInHtml(pieces)
      if (wrong !== undefined) problems.push(problem(wrong))
    }
    return problems
  })
}

const isRequired = (part: TemplatePart): boolean => part !== "cc" && part !== "bcc"

const isSecret = (piece: Piece): boolean => "field" in piece && piece.field === "Tenants.Password"

/** Characters that end a header, or hide in one. */
export const hasControls = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text)

/** What mail programs run, load or post. */
const forbiddenElement = /^<(script|iframe|object|embed|form|base|link|meta|svg|math)\b/iu
/** Within these, text is not read as text. */
const rawElement = /^<(style|title|textarea|xmp|noembed|noframes|noscript|plaintext|template)\b/iu

/**
 * Why a mail with these pieces could be broken out of: escaping protects text between tags, and nowhere else.
 * undefined when every field stands there.
 */
const misplacedInHtml = (pieces: ReadonlyArray<Piece>): string | undefined => {
  let within: "text" | "tag" | "comment" | { readonly raw: RegExp } = "text"
  let quote = ""
  let tag = ""
  for (const piece of pieces) {
    if ("field" in piece) {
      if (within !== "text")
        return `{#${piece.field}#} stands within a tag, a comment or a style: only text between tags may hold merge fields.`
      continue
    }
    const { text } = piece
    for (let at = 0; at < text.length; at++) {
      const rest = text.slice(at, at + 20)
      if (within === "text") {
        if (rest.startsWith("<!--")) {
          within = "comment"
          at += 3
        } else if (/^<[a-z/!?]/iu.test(rest)) {
          const [forbidden] = forbiddenElement.exec(rest) ?? []
          if (forbidden !== undefined) return `${forbidden}> is not allowed in a mail.`
          within = "tag"
          quote = ""
          tag = rest
        }
      } else if (within === "comment") {
        if (rest.startsWith("-->")) {
          within = "text"
          at += 2
        }
      } else if (within === "tag") {
        const char = text[at] ?? ""
        if (quote === "" && (char === '"' || char === "'")) quote = char
        else if (char === quote) quote = ""
        else if (char === ">" && quote === "") {
          const [, raw] = rawElement.exec(tag) ?? []
          within = raw === undefined ? "text" : { raw: new RegExp(`^</${raw}\\b`, "iu") }
        }
      } else if (within.raw.test(rest)) {
        within = "tag"
        quote = ""
        tag = rest
      }
    }
  }
  return within === "text" ? undefined : "A tag or comment is not closed."
}
