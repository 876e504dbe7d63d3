import type { Answer, Item } from "../../api/Operations.ts"
import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"

export type Occasion = Item<"GET /v1/notifications/templates">
export type Template = Answer<"GET /v1/notifications/templates/:kind">

/** The parts of a template that are one line, and those that are many. */
export const lines = [
  { field: "to", label: "To" },
  { field: "cc", label: "Copy to" },
  { field: "bcc", label: "Blind copy to" },
  { field: "subject", label: "Subject" }
] as const
export const blocks = [
  { field: "html", label: "HTML" },
  { field: "text", label: "Text" }
] as const
export type TextField = (typeof lines)[number]["field"] | (typeof blocks)[number]["field"]

export const isLanguage = (text: string): boolean => /^[a-z]{2,3}(-[A-Z]{2})?$/u.test(text)

export interface TemplateSearch {
  readonly language: string
  readonly organisation?: string | undefined
  readonly show?: "texts" | "versions" | undefined
  /** The version that is put into the editor, or compared. */
  readonly version?: string | undefined
  readonly cursor?: string | undefined
}

export const templateSearch = (raw: RawSearch): TemplateSearch => {
  const language = textIn(raw, "language") ?? "en"
  return {
    language: isLanguage(language) ? language : "en",
    organisation: textIn(raw, "organisation"),
    show: nameIn(raw, "show", { texts: 1, versions: 1 }),
    version: textIn(raw, "version"),
    cursor: textIn(raw, "cursor")
  }
}

/** Which template the API is asked for. */
export const whereOf = ({ language, organisation }: TemplateSearch) => ({
  language,
  ...(organisation === undefined ? {} : { organisation })
})
