import { Anchor, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Shown } from "../../show/States.tsx"
import { severityTone } from "../../show/tone.ts"
import { fieldLabel, valueText } from "./values.ts"

const route = getRouteApi("/reconciliations/$id/rows/$row")

type Entry = Item<"GET /v1/reconciliations/:id/rows/:row/history">
type Sighting = Item<"GET /v1/reconciliations/:id/rows/:row/sightings">

/** So many lines of each list are on the page. */
const linesMax = "20"

/** What has happened to the row's subscription, and what reports have said about it. */
export const RowPast = () => (
  <>
    <History />
    <Sightings />
  </>
)

const History = () => {
  const params = route.useParams()
  const { history: cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const entries = useRead("GET /v1/reconciliations/:id/rows/:row/history", {
    params,
    query: { limit: linesMax, ...(cursor === undefined ? {} : { cursor }) }
  })
  return (
    <section aria-label="History of the subscription">
      <Title order={2} size="h4" mt="lg" mb="xs">
        History of the subscription
      </Title>
      <Shown of={entries}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Text>Nothing has changed on either side since it was first seen.</Text>
          ) : (
            <>
              <DataTable
                label="History of the subscription"
                rows={items}
                columns={historyColumns}
                keyOf={(entry) => JSON.stringify(entry)}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(history) => void navigate({ search: (before) => ({ ...before, history }) })}
              />
            </>
          )
        }
      </Shown>
    </section>
  )
}

const sides: Record<Entry["side"], string> = {
  desired: "BSS",
  observed: "Partner Center",
  baseline: "Agreed"
}

const historyColumns: ReadonlyArray<Column<Entry>> = [
  { id: "at", header: "When", cell: ({ at }) => <Instant at={at} /> },
  { id: "side", header: "Side", cell: ({ side }) => sides[side] },
  {
    id: "field",
    header: "What",
    cell: ({ field, side }) =>
      field === null
        ? side === "baseline"
          ? "mapped to another Microsoft id"
          : "disappeared"
        : fieldLabel(field)
  },
  {
    id: "before",
    header: "Before",
    align: "right",
    cell: ({ before }) => <span className="foreign">{valueText(before)}</span>
  },
  {
    id: "after",
    header: "After",
    align: "right",
    cell: ({ after }) => <span className="foreign">{valueText(after)}</span>
  },
  {
    id: "actor",
    header: "By",
    cell: ({ actor, cause }) => (
      <span className="foreign">
        {actor}, {cause}
      </span>
    )
  }
]

const Sightings = () => {
  const params = route.useParams()
  const { reports: cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const sightings = useRead("GET /v1/reconciliations/:id/rows/:row/sightings", {
    params,
    query: { limit: linesMax, ...(cursor === undefined ? {} : { cursor }) }
  })
  const columns = useMemo(() => sightingColumns(params.id), [params.id])
  return (
    <section aria-label="Reports with findings about it">
      <Title order={2} size="h4" mt="lg" mb="xs">
        Reports with findings about it
      </Title>
      <Shown of={sightings}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Text>No report has had a finding about it.</Text>
          ) : (
            <>
              <DataTable
                label="Reports with findings about it"
                rows={items}
                columns={columns}
                keyOf={({ id, row }) => `${id} ${row}`}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(reports) => void navigate({ search: (before) => ({ ...before, reports }) })}
              />
            </>
          )
        }
      </Shown>
    </section>
  )
}

const sightingColumns = (shown: string): ReadonlyArray<Column<Sighting>> => [
  {
    id: "at",
    header: "Report",
    cell: ({ createdAt, id, row }) => (
      <>
        <Anchor component={Link} to={`/reconciliations/${id}/rows/${row}`}>
          <Instant at={createdAt} />
        </Anchor>
        {id === shown && " (this one)"}
      </>
    )
  },
  {
    id: "findings",
    header: "Findings",
    cell: ({ findings }) =>
      findings.map(({ kind, severity, title }) => (
        <Text key={kind} size="sm" component="div">
          {title} <State tone={severityTone[severity]}>{severity}</State>
        </Text>
      ))
  }
]
