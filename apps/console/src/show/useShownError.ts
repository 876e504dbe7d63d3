import { type RefObject, useEffect } from "react"
import type { Problem } from "../api/Problem.ts"

/** After a refusal, goes to the first field that it names: whoever cannot see the whole form is led there. */
export const useShownError = (form: RefObject<HTMLElement | null>, problem: Problem | null) => {
  useEffect(() => {
    if (problem !== null)
      form.current?.querySelector<HTMLElement>("[aria-invalid=true]:not([disabled])")?.focus()
  }, [form, problem])
}
