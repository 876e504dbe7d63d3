import { List, Text } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, Shown } from "../../show/States.tsx"

const route = getRouteApi("/instances/$name")

type Event = Item<"GET /v1/instances/:name/events">

const kindNames: Record<Event["kind"], string> = {
  registered: "Registered",
  changed: "Changed",
  switched: "Live account switched"
}

const shownValue = (value: Event["changes"][number]["before"]): string =>
  typeof value === "object" && value !== null ? value.join(", ") : String(value ?? "–")

const columns: ReadonlyArray<Column<Event>> = [
  { id: "at", header: "When", cell: ({ at }) => <Instant at={at} /> },
  { id: "what", header: "What", cell: ({ kind }) => kindNames[kind] },
  { id: "who", header: "By", cell: ({ actor }) => <span className="foreign">{actor}</span> },
  {
    id: "changes",
    header: "Changes and reason",
    cell: ({ changes, reason }) => (
      <>
        {reason !== null && (
          <Text size="sm" className="foreign">
            {reason}
          </Text>
        )}
        <List size="sm" listStyleType="none">
          {changes.map(({ after, before, field }) => (
            <List.Item key={field} className="foreign">
              {/secret$/iu.test(field)
                ? `${field}: another one`
                : `${field}: ${shownValue(before)} → ${shownValue(after)}`}
            </List.Item>
          ))}
        </List>
      </>
    )
  },
  {
    id: "correlation",
    header: "Correlation id",
    cell: ({ correlationId }) => <span className="foreign">{correlationId}</span>
  }
]

/** What was done to an instance, newest first. */
export const InstanceLog = ({ name }: { readonly name: string }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const events = useRead("GET /v1/instances/:name/events", {
    params: { name },
    query: cursor === undefined ? {} : { cursor }
  })
  return (
    <Shown of={events}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="Nothing was done to it yet" />
        ) : (
          <>
            <DataTable
              label="What was done to it"
              rows={items}
              columns={columns}
              keyOf={({ id }) => String(id)}
            />
            <Pager
              shown={items.length}
              next={next}
              cursor={cursor}
              onGo={(cursor) => void navigate({ search: { show: "log", cursor } })}
            />
          </>
        )
      }
    </Shown>
  )
}
