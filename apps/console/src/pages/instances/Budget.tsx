import { Card, Text, Title } from "@mantine/core"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Shown } from "../../show/States.tsx"

type Family = Answer<"GET /v1/instances/:name/budget">["families"][number]

/** No event tells of it: it changes with every request. */
const lookEveryMs = 15_000

const columns: ReadonlyArray<Column<Family>> = [
  { id: "family", header: "Family of resources", cell: ({ family }) => family },
  {
    id: "now",
    header: "State",
    cell: ({ heldBackUntil, reservedUntil }) => {
      if (heldBackUntil !== null) return <State tone="warning">held back</State>
      return reservedUntil !== null && Date.parse(reservedUntil) > Date.now() ? (
        <State tone="busy">in use</State>
      ) : (
        <State tone="neutral">free</State>
      )
    }
  },
  {
    id: "rate",
    header: "A minute, now",
    align: "right",
    cell: ({ perMinute }) => countText(perMinute)
  },
  {
    id: "used",
    header: "Last used",
    cell: ({ reservedUntil }) =>
      reservedUntil === null ? "never" : <Instant at={reservedUntil} isRelative />
  },
  {
    id: "held",
    header: "Held back until",
    cell: ({ heldBackUntil }) => <Instant at={heldBackUntil} />
  }
]

/** How much of Partner Center's limit the instance has now. */
export const Budget = ({ name }: { readonly name: string }) => {
  const budget = useRead(
    "GET /v1/instances/:name/budget",
    { params: { name } },
    { everyMs: () => lookEveryMs }
  )
  return (
    <Card withBorder component="section" aria-label="Budget of requests">
      <Title order={2} size="h4" mb="xs">
        Budget of requests
      </Title>
      <Shown of={budget}>
        {({ families, requestsPerMinute }) => (
          <>
            <Text size="sm" c="dimmed" mb="xs">
              {countText(requestsPerMinute)} a minute for each family at most, all processes
              together. After a refusal less is sent; it recovers by itself.
            </Text>
            <DataTable
              label="Budget of requests"
              rows={families}
              columns={columns}
              keyOf={({ family }) => family}
            />
          </>
        )}
      </Shown>
    </Card>
  )
}
