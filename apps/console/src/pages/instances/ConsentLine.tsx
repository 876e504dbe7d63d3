import { Group, Text } from "@mantine/core"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import type { Tone } from "../../show/tone.ts"

export type Consent = Answer<"GET /v1/instances/:name/consent">

export const consentTone: Record<Consent["status"], Tone> = {
  "not-authenticated": "warning",
  authenticated: "good",
  paused: "bad"
}

/** Days before the end of a consent from which it is worth a warning. */
const endingDays = 14

export const useConsent = (name: string, everyMs: number | false = false) =>
  useRead("GET /v1/instances/:name/consent", { params: { name } }, { everyMs: () => everyMs })

/** The consent of an instance in a line: whether it is alive, and since when it was not used. */
export const ConsentLine = ({ name }: { readonly name: string }) => {
  const { data } = useConsent(name)
  if (data === undefined) return null
  const isEnding = data.idleDaysLeft !== null && data.idleDaysLeft <= endingDays
  return (
    <Group gap="xs">
      <State
        tone={isEnding && data.status === "authenticated" ? "warning" : consentTone[data.status]}
      >
        {data.status}
      </State>
      {data.lastUsedAt !== null && (
        <Text size="sm" c="dimmed">
          used <Instant at={data.lastUsedAt} isRelative />
          {isEnding && `, ends in ${data.idleDaysLeft} days without use`}
        </Text>
      )}
    </Group>
  )
}
