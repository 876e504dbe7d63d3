import { Button, Card, Code, Group, Stack, Text, Title } from "@mantine/core"
import { useCommand } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import type { InstanceItem } from "./instances.ts"

type Check = Answer<"POST /v1/instances/:name/test">["checks"][number]

const stepNames: Record<Check["step"], string> = {
  "sign-in": "The application signs in",
  read: "It reads a customer"
}
const outcomeNames: Record<Check["outcome"], string> = {
  worked: "works",
  failed: "fails",
  "not-tried": "not tried"
}
const outcomeTone: Record<Check["outcome"], Tone> = {
  worked: "good",
  failed: "bad",
  "not-tried": "neutral"
}

/** Whether the instance signs in and reads, asked now. */
export const ConnectionCard = ({ instance }: { readonly instance: InstanceItem }) => {
  const test = useCommand("POST /v1/instances/:name/test", [])
  return (
    <Card withBorder component="section" aria-label="Connection">
      <Title order={2} size="h4" mb="xs">
        Connection
      </Title>
      <Stack gap="xs">
        {test.data !== undefined && (
          <Stack gap="xs" role="status">
            {test.data.checks.map((check) => (
              <CheckLine key={check.step} check={check} />
            ))}
            <Text size="sm" c="dimmed">
              Tested <Instant at={test.data.testedAt} />
            </Text>
          </Stack>
        )}
        {test.error !== null && <ProblemBox problem={test.error} />}
        <Group>
          <Button
            variant="default"
            disabled={instance.disabled}
            loading={test.isPending}
            onClick={() => test.mutate({ parts: { params: { name: instance.name } } })}
          >
            Test the connection
          </Button>
          <Text size="sm" c="dimmed">
            {instance.disabled
              ? "Nothing is sent for a disabled instance."
              : "Signs in with the key and reads one customer. Nothing is kept."}
          </Text>
        </Group>
      </Stack>
    </Card>
  )
}

const CheckLine = ({ check: { outcome, problem, step } }: { readonly check: Check }) => (
  <div>
    <Group gap="xs">
      <State tone={outcomeTone[outcome]}>{outcomeNames[outcome]}</State>
      <Text size="sm">{stepNames[step]}</Text>
    </Group>
    {problem !== null && (
      <Text size="sm" mt={4} className="foreign">
        {problem.code !== null && <Code>{problem.code}</Code>} {problem.text} {problem.wayOut}{" "}
        Correlation id <Code>{problem.correlationId}</Code>
      </Text>
    )}
  </div>
)
