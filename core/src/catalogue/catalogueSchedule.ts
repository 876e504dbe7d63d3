import { Cron, Result } from "effect"
import type { Instant } from "../time/Instant.ts"

/**
 * Whether a run is due: the schedule (five fields of cron, UTC) has struck after `since` and not after `now`. How
 * often it has struck meanwhile does not matter. A schedule that can never strike is never due.
 */
export const isDue = (schedule: string, since: Instant, now: Instant): boolean => {
  const cron = Cron.parse(schedule, "UTC")
  if (Result.isFailure(cron)) return false
  try {
    return Cron.next(cron.success, since).getTime() <= now
  } catch {
    // 30 February: the search ends without a date.
    return false
  }
}
