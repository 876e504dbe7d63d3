import { Anchor, Button, Card, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import { ReadingProgress } from "./CatalogueRuns.tsx"
import { type CatalogueRun, catalogueTone, isReading, readingEvery } from "./catalogueRuns.ts"

const route = getRouteApi("/catalogue-runs/$id")

/** One reading of a catalogue: how far it is, what it changed, and its log. */
export const CatalogueRunPage = () => {
  const { id } = route.useParams()
  const run = useRead(
    "GET /v1/catalogue/runs/:id",
    { params: { id } },
    { everyMs: (run) => readingEvery(run === undefined ? undefined : [run]) }
  )
  return (
    <Shown of={run} title="Catalogue run">
      {(run) => (
        <>
          <PageHead
            title={`Catalogue of ${run.instance}`}
            above={
              <Anchor component={Link} to="/catalogue-runs" size="sm">
                Catalogue runs
              </Anchor>
            }
          >
            {isReading(run) && <CancelReading id={id} />}
          </PageHead>
          <Stack>
            <SimpleGrid cols={{ base: 2, md: 4 }}>
              <Fact label="Status">
                <State tone={catalogueTone[run.status]}>{run.status}</State>
              </Fact>
              <Fact label="New / changed / discontinued">
                {countText(run.counts.new)} / {countText(run.counts.changed)} /{" "}
                {countText(run.counts.discontinued)}
              </Fact>
              <Fact label="Countries">{run.countries.join(", ")}</Fact>
              <Fact label="Ended">
                <Instant at={run.finishedAt} />
              </Fact>
            </SimpleGrid>
            {isReading(run) && <ReadingProgress run={run} />}
            {run.problem !== null && <Text className="foreign">{run.problem}</Text>}
            <Changes run={run} />
            <Log run={run} />
          </Stack>
        </>
      )}
    </Shown>
  )
}

const CancelReading = ({ id }: { readonly id: string }) => {
  const mayWrite = useMay("catalogue:write")
  const cancel = useCommand("DELETE /v1/catalogue/runs/:id", [
    "GET /v1/catalogue/runs",
    "GET /v1/catalogue/runs/:id"
  ])
  if (!mayWrite) return null
  return (
    <>
      {cancel.error !== null && <ProblemBox problem={cancel.error} />}
      <Button
        variant="default"
        loading={cancel.isPending}
        onClick={() => cancel.mutate({ parts: { params: { id } } })}
      >
        Cancel it
      </Button>
    </>
  )
}

type Change = Item<"GET /v1/catalogue/runs/:id/changes">

const changeTone: Record<Change["status"], Tone> = {
  new: "good",
  changed: "busy",
  discontinued: "warning"
}

const changeColumns: ReadonlyArray<Column<Change>> = [
  {
    id: "status",
    header: "Change",
    cell: ({ status }) => <State tone={changeTone[status]}>{status}</State>
  },
  { id: "name", header: "Product", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "offer", header: "Offer", cell: ({ offer }) => offer },
  {
    id: "fields",
    header: "What changed",
    cell: ({ fields }) => (
      <span className="foreign">
        {fields
          .map(({ after, before, field }) => `${field}: ${shown(before)} → ${shown(after)}`)
          .join("; ") || "–"}
      </span>
    )
  }
]

const shown = (value: Change["fields"][number]["before"]): string => {
  if (value === null) return "–"
  return typeof value === "object" ? value.join(", ") : String(value)
}

const Changes = ({ run: { id, status } }: { readonly run: CatalogueRun }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const changes = useRead("GET /v1/catalogue/runs/:id/changes", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  return (
    <Card withBorder component="section" aria-label="What changed">
      <Title order={2} size="h4" mb="xs">
        What changed
      </Title>
      <Shown of={changes}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={status === "completed" ? "Nothing has changed" : "Nothing yet"} />
          ) : (
            <>
              <DataTable
                label="What changed"
                rows={items}
                columns={changeColumns}
                keyOf={({ offer }) => offer}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { cursor } })}
              />
            </>
          )
        }
      </Shown>
    </Card>
  )
}

const Log = ({ run }: { readonly run: CatalogueRun }) => {
  const log = useRead(
    "GET /v1/catalogue/runs/:id/log",
    { params: { id: run.id }, query: { limit: "200" } },
    { everyMs: () => readingEvery([run]) }
  )
  return (
    <Card withBorder component="section" aria-label="Log">
      <Title order={2} size="h4" mb="xs">
        Log
      </Title>
      <Shown of={log}>
        {({ items }) => (
          <Stack gap={2}>
            {items.map(({ at, level, text }) => (
              <Text key={`${at} ${text}`} size="sm" className="foreign">
                <Instant at={at} /> {level === "info" ? "" : `${level}: `}
                {text}
              </Text>
            ))}
          </Stack>
        )}
      </Shown>
    </Card>
  )
}
