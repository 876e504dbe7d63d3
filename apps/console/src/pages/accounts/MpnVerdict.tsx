import { Button, Group, Text } from "@mantine/core"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox, Shown } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"

const tones: Record<"valid" | "invalid" | "unknown", Tone> = {
  valid: "good",
  invalid: "bad",
  unknown: "warning"
}

/** Whether a reseller's Partner ID can be partner of record, how old that word is, and the way to a newer one. */
export const MpnVerdict = ({
  instance,
  mpnId
}: {
  readonly instance: string
  readonly mpnId: string
}) => {
  const mayRead = useMay("instances:read")
  const params = { name: instance, mpnId }
  const verdict = useRead("GET /v1/instances/:name/mpnids/:mpnId", { params }, { enabled: mayRead })
  const check = useCommand("POST /v1/instances/:name/mpnids/:mpnId/check", [
    "GET /v1/instances/:name/mpnids/:mpnId"
  ])
  if (!mayRead) return null
  return (
    <Shown of={verdict}>
      {({ checkedAt, failure, partnerName, reason, verdict }) => (
        <Group gap="xs">
          <Text size="sm">Partner ID {mpnId}</Text>
          <State tone={tones[verdict]}>{verdict}</State>
          <Text size="sm" className="foreign">
            {[partnerName, reason].filter((text) => text !== null).join(": ")}
          </Text>
          <Text size="sm" c="dimmed">
            {checkedAt === null ? (
              "never checked"
            ) : (
              <>
                checked <Instant at={checkedAt} isRelative />
              </>
            )}
            {failure !== null && `; asking again failed: ${failure.text}`}
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            loading={check.isPending}
            onClick={() => check.mutate({ parts: { params } })}
          >
            Check it again
          </Button>
          {check.error !== null && <ProblemBox problem={check.error} />}
        </Group>
      )}
    </Shown>
  )
}
