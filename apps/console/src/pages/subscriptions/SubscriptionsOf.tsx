import { Anchor, Card, Group, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { Pager } from "../../show/Pager.tsx"
import { Shown } from "../../show/States.tsx"
import { SubscriptionTable } from "./SubscriptionTable.tsx"

/** What an account and everybody below it have, page by page. */
export const SubscriptionsOf = ({
  account,
  cursor,
  onGo
}: {
  readonly account: string
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}) => {
  const subscriptions = useRead("GET /v1/subscriptions", {
    query: { account, ...(cursor === undefined ? {} : { cursor }) }
  })
  return (
    <Card withBorder component="section" aria-label="Subscriptions">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Subscriptions of it and of those below it
        </Title>
        <Anchor component={Link} to={`/subscriptions?account=${account}`} size="sm">
          Search them
        </Anchor>
      </Group>
      <Shown of={subscriptions}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None yet.
            </Text>
          ) : (
            <>
              <SubscriptionTable rows={items} />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Card>
  )
}
