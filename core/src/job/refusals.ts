import type { Job } from "./Job.ts"

/** Why a job cannot be tried now; null: it can. */
export const retryRefusal = ({ instance, needed, state }: Job): string | null => {
  if (!needed && state !== "running")
    return "What it was for has ended, so it would do nothing: discard it, and start anew what it was for."
  switch (state) {
    case "running":
      return "It is at work at this moment; wait until it has ended."
    case "parked":
      return `It waits until ${instance ?? "its instance"} is authenticated, and goes on by itself then: authenticate the instance.`
    case "due":
    case "delayed":
    case "failed":
      return null
  }
}

/**
 * Why a job cannot be taken away; null: it can. A job that is at work would do its work all the same. What a customer
 * has accepted stays accepted, and Microsoft must be told (domain.md §6).
 */
export const discardRefusal = ({ needed, state, subject }: Job): string | null => {
  if (state === "running")
    return "It is at work at this moment, and what it has asked Microsoft for cannot be taken back; wait until it has ended, or cancel what it is for."
  if (subject._tag === "Acceptance" && needed)
    return "The customer has accepted the agreement, so Microsoft must be told of it: set right what the reason names, and try it again."
  return null
}
