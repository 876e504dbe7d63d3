import { TextInput } from "@mantine/core"
import { useEffect, useRef, useState } from "react"

/** The first instant of a day, in the reader's zone, as ISO 8601; undefined for no day. */
const instantOf = (day: string): string | undefined => {
  const ms = Date.parse(`${day}T00:00:00`)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** The day of an instant in the reader's zone, as a date field has it. */
const dayOf = (instant: string | undefined): string => {
  if (instant === undefined) return ""
  const at = new Date(instant)
  const two = (part: number) => String(part).padStart(2, "0")
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** Earlier years are typed on the way to a later one: 2026 begins as 2, 20 and 202. */
const yearMin = 1900

/** A day by which a list is filtered: the instant at which it begins in the reader's zone. */
export const DateBox = ({
  label,
  value,
  onChange
}: {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (instant: string | undefined) => void
}) => {
  const [day, setDay] = useState(dayOf(value))
  const sent = useRef(value)
  useEffect(() => {
    // Only what did not come from here: an address that was opened, or gone back to.
    if (value !== sent.current) {
      sent.current = value
      setDay(dayOf(value))
    }
  }, [value])
  const send = (instant: string | undefined) => {
    sent.current = instant
    onChange(instant)
  }
  return (
    <TextInput
      type="date"
      label={label}
      max="9999-12-31"
      value={day}
      onChange={({ currentTarget }) => {
        const { validity, value: typed } = currentTarget
        setDay(typed)
        if (typed === "") {
          // Empty, and not just half typed.
          if (!validity.badInput) send(undefined)
        } else if (Number(typed.slice(0, 4)) >= yearMin) send(instantOf(typed))
      }}
    />
  )
}
