import { Anchor, Group, Select, SimpleGrid, Stack } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { instantText } from "../../show/Instant.tsx"
import { countText, Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { severityTone, type Tone } from "../../show/tone.ts"
import { hasReport, type Run } from "./runs.ts"
import { valueText } from "./values.ts"

const route = getRouteApi("/reconciliations/$id/comparison")

type Compared = Item<"GET /v1/reconciliations/:id/comparison">

/** So many of the newest runs are offered to compare with. */
const runsMax = "200"

/** What became of the findings of one report in another: new, changed, settled. */
export const ComparisonPage = () => {
  const { id } = route.useParams()
  const run = useRead("GET /v1/reconciliations/:id", { params: { id } })
  const runs = useRead("GET /v1/reconciliations", { query: { limit: runsMax } })
  return (
    <Shown of={run} title="Comparison">
      {(run) => (
        <>
          <PageHead
            title={`What has changed at ${run.instance}`}
            above={
              <Anchor component={Link} to={`/reconciliations/${id}`} size="sm">
                Report of {instantText(run.createdAt)}
              </Anchor>
            }
          />
          <Shown of={runs}>{({ items }) => <Chosen run={run} runs={items} />}</Shown>
        </>
      )}
    </Shown>
  )
}

const isAlike = (a: Run, b: Run): boolean =>
  a.id !== b.id &&
  hasReport(b) &&
  a.instance === b.instance &&
  a.environment === b.environment &&
  JSON.stringify(a.scope) === JSON.stringify(b.scope)

/** The report before this one, where the address names none. */
const Chosen = ({ run, runs }: { readonly run: Run; readonly runs: ReadonlyArray<Run> }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const alike = runs.filter((other) => isAlike(run, other))
  const other = search.with ?? alike.find(({ createdAt }) => createdAt < run.createdAt)?.id
  return (
    <Stack>
      <Select
        label="Compared with the report of"
        placeholder="Choose a report"
        w={320}
        maw="100%"
        allowDeselect={false}
        data={alike.map(({ createdAt, findings, id }) => ({
          value: id,
          label: `${instantText(createdAt)} (${countText(findings)} findings)`
        }))}
        value={other ?? null}
        onChange={(chosen) => void navigate({ search: { with: chosen ?? undefined } })}
      />
      {other === undefined ? (
        <Empty title="Nothing to compare with">
          There is no earlier report of the same instance, environment and scope.
        </Empty>
      ) : (
        <Findings run={run.id} other={other} />
      )}
    </Stack>
  )
}

const Findings = ({ run, other }: { readonly run: string; readonly other: string }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const compared = useRead("GET /v1/reconciliations/:id/comparison", {
    params: { id: run },
    query: { with: other, limit: "100", ...(cursor === undefined ? {} : { cursor }) }
  })
  const columns = useMemo(() => columnsOf(run, other), [run, other])
  return (
    <Shown of={compared}>
      {({ counts, items, next }) => (
        <>
          <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
            <Fact label="New findings">{countText(counts.new)}</Fact>
            <Fact label="Changed">{countText(counts.changed)}</Fact>
            <Fact label="Settled">{countText(counts.settled)}</Fact>
            <Fact label="The same">{countText(counts.same)}</Fact>
          </SimpleGrid>
          {items.length === 0 ? (
            <Empty title="Nothing has changed">
              Both reports have the same findings about the customers that both have fetched.
            </Empty>
          ) : (
            <>
              <DataTable
                label="What has changed"
                rows={items}
                columns={columns}
                keyOf={({ change, kind, otherRow, row }) => `${change} ${kind} ${row} ${otherRow}`}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) =>
                  void navigate({ search: (before) => ({ ...before, with: other, cursor }) })
                }
              />
            </>
          )}
        </>
      )}
    </Shown>
  )
}

const changeTone: Record<Compared["change"], Tone> = {
  new: "bad",
  changed: "warning",
  settled: "good",
  same: "neutral"
}

const columnsOf = (run: string, other: string): ReadonlyArray<Column<Compared>> => [
  {
    id: "change",
    header: "Change",
    cell: ({ change }) => <State tone={changeTone[change]}>{change}</State>
  },
  {
    id: "finding",
    header: "Finding",
    cell: ({ severity, title }) => (
      <Group gap="xs">
        {title} <State tone={severityTone[severity]}>{severity}</State>
      </Group>
    )
  },
  {
    id: "subscription",
    header: "Subscription",
    cell: ({ name, otherRow, row }) => (
      <Anchor
        component={Link}
        to={
          row === null
            ? `/reconciliations/${other}/rows/${otherRow}`
            : `/reconciliations/${run}/rows/${row}`
        }
        className="foreign"
      >
        {name}
      </Anchor>
    )
  },
  {
    id: "customer",
    header: "Customer",
    cell: ({ customer }) => <span className="foreign">{customer}</span>
  },
  {
    id: "bss",
    header: "BSS",
    align: "right",
    cell: ({ bss }) => <span className="foreign">{valueText(bss)}</span>
  },
  {
    id: "partnerCenter",
    header: "Partner Center",
    align: "right",
    cell: ({ partnerCenter }) => <span className="foreign">{valueText(partnerCenter)}</span>
  },
  {
    id: "atRisk",
    header: "At risk a month",
    align: "right",
    cell: ({ atRisk }) => <Money value={atRisk} />
  }
]
