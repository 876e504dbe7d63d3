import { Alert, Button, Group, List, Stack, Text, Title } from "@mantine/core"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { countText } from "../../show/Money.tsx"
import { ProblemBox } from "../../show/States.tsx"

type Step = Answer<"POST /v1/secrets/rotation">

/** No rotation needs more steps: each seals a thousand. */
const stepsMax = 10_000

/** Seals everything with the current key, step by step, while everything goes on. */
export const Secrets = () => {
  const [resealed, setResealed] = useState(0)
  const [last, setLast] = useState<Step | null>(null)
  const [isRunning, setRunning] = useState(false)
  const rotate = useCommand("POST /v1/secrets/rotation", [])
  const run = async () => {
    setRunning(true)
    setResealed(0)
    setLast(null)
    try {
      for (let step = 0; step < stepsMax; step++) {
        const done = await rotate.mutateAsync({ parts: {} })
        setResealed((before) => before + done.resealed)
        setLast(done)
        if (done.remaining === 0 || done.resealed === 0) return
      }
    } catch {
      // The command holds the problem, which is shown.
    } finally {
      setRunning(false)
    }
  }
  return (
    <section aria-label="Secrets">
      <Stack maw={720}>
        <Title order={2} size="h4">
          Secrets
        </Title>
        <Text size="sm">
          Passwords, sign-ins and mails lie encrypted in the database. To change the key: give every
          process the new one as CONCORDAT_SECRET_KEY and the present one as
          CONCORDAT_SECRET_KEYS_OLD, restart them, and then seal everything anew here. When nothing
          is left under the old key, take it away.
        </Text>
        <Group>
          <Button loading={isRunning} onClick={() => void run()}>
            Seal everything with the current key
          </Button>
          {last !== null && (
            <Text role="status">
              {countText(resealed)} sealed anew, {countText(last.remaining)} left under an older
              key.
              {!isRunning && last.remaining === 0 && " The older keys can go."}
            </Text>
          )}
        </Group>
        {rotate.error !== null && <ProblemBox problem={rotate.error} />}
        {last !== null && last.unreadableTotal > 0 && (
          <Alert color="red" title={`${countText(last.unreadableTotal)} cannot be opened`}>
            <List size="sm">
              {last.unreadable.map((text) => (
                <List.Item key={text} className="foreign">
                  {text}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
      </Stack>
    </section>
  )
}
