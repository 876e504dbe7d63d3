import { Button, List, Text } from "@mantine/core"
import { useState } from "react"
import { useRead } from "../../api/hooks.ts"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Shown } from "../../show/States.tsx"

/** What happened on an account's way to its tenant, newest first; read only when somebody wants to know. */
export const SyncSteps = ({
  account,
  instance
}: {
  readonly account: string
  readonly instance: string
}) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <Button
        size="compact-sm"
        variant="subtle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? "Hide what happened" : "What happened"}
      </Button>
      {isOpen && <Steps account={account} instance={instance} />}
    </div>
  )
}

const Steps = ({ account, instance }: { readonly account: string; readonly instance: string }) => {
  const [cursor, setCursor] = useState<string>()
  const steps = useRead("GET /v1/accounts/:id/synchronization/steps", {
    params: { id: account },
    query: { instance, limit: "20", ...(cursor === undefined ? {} : { cursor }) }
  })
  return (
    <Shown of={steps}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing yet.
          </Text>
        ) : (
          <>
            <List size="sm">
              {items.map(({ actor, at, text }) => (
                <List.Item key={`${at} ${text}`}>
                  <Instant at={at} /> <span className="foreign">{text}</span>{" "}
                  <Text span size="xs" c="dimmed" className="foreign">
                    {actor}
                  </Text>
                </List.Item>
              ))}
            </List>
            <Pager shown={items.length} next={next} cursor={cursor} onGo={setCursor} />
          </>
        )
      }
    </Shown>
  )
}
