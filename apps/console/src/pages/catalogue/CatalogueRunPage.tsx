import { Anchor, Button, Code, List, Select, SimpleGrid, Stack, Tabs, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { durationText, Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { ReadingProgress } from "./CatalogueRuns.tsx"
import {
  type CatalogueChange,
  type CatalogueRun,
  catalogueTone,
  changeNames,
  changeTone,
  isReading,
  readingEvery,
  runSections
} from "./catalogueRuns.ts"
import { changeText } from "./products.ts"

const route = getRouteApi("/catalogue-runs/$id")

/** One reading of a catalogue: how far it is, what it changed, and its log. */
export const CatalogueRunPage = () => {
  const { id } = route.useParams()
  const { show = "changes" } = route.useSearch()
  const navigate = route.useNavigate()
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
              <Fact label="Countries and language">
                {run.countries.join(", ")}; {run.language}
              </Fact>
              <Fact label="Ended">
                <Instant at={run.finishedAt} />
                {run.startedAt !== null &&
                  run.finishedAt !== null &&
                  `, after ${durationText(run.startedAt, run.finishedAt)}`}
              </Fact>
              <Fact label="Nothing to say about">{countText(run.counts.unchanged)}</Fact>
              <Fact label="Requests to Partner Center">{countText(run.requests)}</Fact>
              <Fact label="Asked for">
                <span className="foreign">{run.requestedBy}</span>
                {run.trigger === "schedule" && ", by the schedule"}
              </Fact>
              <Fact label="Correlation id">
                <Code>{run.correlationId}</Code>
              </Fact>
            </SimpleGrid>
            {isReading(run) && <ReadingProgress run={run} />}
            {run.problem !== null && <Text className="foreign">{run.problem}</Text>}
            <Tabs
              keepMounted={false}
              value={show}
              onChange={(value) =>
                void navigate({ search: { show: nameIn({ value }, "value", runSections) } })
              }
            >
              <Tabs.List mb="sm">
                {Object.entries(runSections).map(([value, label]) => (
                  <Tabs.Tab key={value} value={value}>
                    {label}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="changes">
                <Changes run={run} />
              </Tabs.Panel>
              <Tabs.Panel value="log">
                <Log run={run} />
              </Tabs.Panel>
            </Tabs>
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

const changeColumns = (run: CatalogueRun): ReadonlyArray<Column<CatalogueChange>> => [
  {
    id: "status",
    header: "Change",
    cell: ({ status }) => <State tone={changeTone[status]}>{changeNames[status]}</State>
  },
  { id: "name", header: "Product", cell: ({ name }) => <span className="foreign">{name}</span> },
  {
    id: "offer",
    header: "Offer",
    cell: ({ offer }) => (
      <Anchor
        component={Link}
        to={`/products?instance=${encodeURIComponent(run.instance)}&q=${encodeURIComponent(offer)}`}
      >
        {offer}
      </Anchor>
    )
  },
  {
    id: "fields",
    header: "Field: before → after",
    cell: ({ fields }) =>
      fields.length === 0 ? (
        "–"
      ) : (
        <List size="sm" listStyleType="none">
          {fields.map((change) => (
            <List.Item key={change.field} className="foreign">
              {changeText(change)}
            </List.Item>
          ))}
        </List>
      )
  }
]

const Changes = ({ run }: { readonly run: CatalogueRun }) => {
  const { cursor, status } = route.useSearch()
  const navigate = route.useNavigate()
  const changes = useRead("GET /v1/catalogue/runs/:id/changes", {
    params: { id: run.id },
    query: {
      ...(status === undefined ? {} : { status }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <Stack gap="sm">
      <Select
        label="Change"
        clearable
        clearButtonProps={{ "aria-label": "Clear the change" }}
        placeholder="Any"
        w={180}
        data={Object.entries(changeNames).map(([value, label]) => ({ value, label }))}
        value={status ?? null}
        onChange={(value) =>
          void navigate({ search: { status: nameIn({ value }, "value", changeNames) } })
        }
      />
      <Shown of={changes}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={isReading(run) ? "Nothing yet" : "No change of this kind"}>
              What changes is applied at the end of the run, all at once.
            </Empty>
          ) : (
            <>
              <DataTable
                label="What changed"
                rows={items}
                columns={changeColumns(run)}
                keyOf={({ offer }) => offer}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { status, cursor } })}
              />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}

const Log = ({ run }: { readonly run: CatalogueRun }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const log = useRead(
    "GET /v1/catalogue/runs/:id/log",
    { params: { id: run.id }, query: cursor === undefined ? {} : { cursor } },
    { everyMs: () => readingEvery([run]) }
  )
  return (
    <Shown of={log}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="Nothing yet" />
        ) : (
          <>
            <Stack gap={2}>
              {items.map(({ at, level, text }) => (
                <Text key={`${at} ${text}`} size="sm" className="foreign">
                  <Instant at={at} /> {level === "info" ? "" : `${level}: `}
                  {text}
                </Text>
              ))}
            </Stack>
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
