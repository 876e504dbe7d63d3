import { useState } from "react"
import { issueOf, type Problem } from "../api/Problem.ts"

interface Typed {
  readonly currentTarget: { readonly value: string }
}

/** What a form holds of one field, and the API's word about it. */
interface TextField {
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (typed: Typed) => void
}
interface ChoiceField {
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (chosen: string | null) => void
}

/**
 * The texts of a form, by the names of the API's fields. Nothing of it is lost when the API refuses it, and what
 * somebody has not touched is not sent: another's change meanwhile stays.
 */
export const useTexts = <K extends string>(
  first: Readonly<Record<K, string>>,
  problem: Problem | null
) => {
  const [before, setBefore] = useState(first)
  const [texts, setTexts] = useState(first)
  const put = (key: K, value: string) => setTexts((texts) => ({ ...texts, [key]: value }))
  return {
    texts,
    put,
    /** Whether somebody has changed the field since it was read. */
    isChanged: (key: K): boolean => texts[key] !== before[key],
    /** Begins again from what was kept. */
    restart: (next: Readonly<Record<K, string>>) => {
      setBefore(next)
      setTexts(next)
    },
    /** `path` is where the API's problems name it, such as `sandbox.tenantId`; the field's own name when absent. */
    text: (key: K, path: string = key): TextField => ({
      value: texts[key],
      error: issueOf(problem, path),
      onChange: ({ currentTarget }) => put(key, currentTarget.value)
    }),
    choice: (key: K, path: string = key): ChoiceField => ({
      value: texts[key],
      error: issueOf(problem, path),
      onChange: (chosen) => put(key, chosen ?? "")
    })
  }
}

/** The texts of a form and what can be done with them. */
export type Texts<K extends string> = ReturnType<typeof useTexts<K>>
