import { Text } from "@mantine/core"
import { useSyncExternalStore } from "react"

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" })

const minuteMs = 60_000
// [unit, its length in ms, up to so many ms]
const steps: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number, number]> = [
  ["minute", minuteMs, 60 * minuteMs],
  ["hour", 60 * minuteMs, 24 * 60 * minuteMs],
  ["day", 24 * 60 * minuteMs, 45 * 24 * 60 * minuteMs]
]

/** A point in time in the reader's zone, where only text can stand. */
export const instantText = (at: string): string => dateAndTime.format(Date.parse(at))

/** How long ago, or how soon; null when it is too far away to say it like this. */
export const distanceText = (at: number, now: number): string | null => {
  const distance = at - now
  const [unit, length] = steps.find(([, , below]) => Math.abs(distance) < below) ?? []
  if (unit === undefined || length === undefined) return null
  return relative.format(Math.trunc(distance / length), unit)
}

/** The present, to the minute: all that show it change together. */
const useMinute = (): number =>
  useSyncExternalStore(
    (changed) => {
      const timer = setInterval(changed, minuteMs / 2)
      return () => clearInterval(timer)
    },
    () => Math.floor(Date.now() / minuteMs) * minuteMs
  )

/** A point in time in the reader's zone; in UTC when pointed at. */
export const Instant = ({
  at,
  isRelative = false
}: {
  readonly at: string | null
  readonly isRelative?: boolean
}) => {
  const now = useMinute()
  if (at === null) return <span>–</span>
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return <span>{at}</span>
  const full = dateAndTime.format(ms)
  return (
    <Text
      component="time"
      inherit
      dateTime={at}
      title={`${new Date(ms).toISOString()} (UTC)`}
      style={{ whiteSpace: "nowrap" }}
    >
      {(isRelative ? distanceText(ms, now) : null) ?? full}
    </Text>
  )
}

/** How long something took, or has been taking. */
export const durationText = (from: string, to: string): string => {
  const seconds = Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
  return seconds < 60 ? `${seconds.toFixed(1)} s` : secondsText(seconds)
}

/** A time of that length. */
export const secondsText = (seconds: number): string =>
  seconds < 60
    ? `${Math.round(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
