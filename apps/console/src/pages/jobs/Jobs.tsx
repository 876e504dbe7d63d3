import { Anchor, Group, Select, SimpleGrid, Tabs, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { JobActions } from "./JobActions.tsx"
import {
  type Discarded,
  type Job,
  type JobsSearch,
  jobsSearch,
  jobTone,
  kindNames,
  placeOf
} from "./jobs.ts"

const route = getRouteApi("/jobs/")

/** Jobs come and go without telling; somebody who looks wants to see it. */
const everyMs = () => 5_000

/** What the reconcilers have to do, are doing, and have given up. */
export const Jobs = () => {
  const { show = "waiting" } = route.useSearch()
  const navigate = route.useNavigate()
  return (
    <>
      <PageHead title="Jobs" />
      <Counts />
      <Tabs
        mt="md"
        value={show}
        onChange={(value) => void navigate({ search: jobsSearch({ show: value ?? undefined }) })}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="waiting">Jobs</Tabs.Tab>
          <Tabs.Tab value="discarded">Discarded</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      {show === "discarded" ? <DiscardedJobs /> : <Waiting />}
    </>
  )
}

const states = Object.keys(jobTone).flatMap((value) => {
  const state = nameIn({ value }, "value", jobTone)
  return state === undefined ? [] : [state]
})

const stateNames: Record<Job["state"], string> = {
  due: "Due",
  delayed: "Wait for the next attempt",
  parked: "Wait for a consent",
  running: "At work",
  failed: "Given up"
}

const Counts = () => {
  const counts = useRead("GET /v1/jobs/counts", {}, { everyMs })
  return (
    <Shown of={counts}>
      {({ items }) => {
        const oldest = items
          .flatMap(({ dueSince }) => (dueSince === null ? [] : [dueSince]))
          .toSorted()[0]
        return (
          <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
            {states.map((state) => (
              <Fact key={state} label={stateNames[state]}>
                <Anchor component={Link} to={`/jobs?state=${state}`}>
                  {countText(items.reduce((sum, kind) => sum + kind[state], 0))}
                </Anchor>
              </Fact>
            ))}
            <Fact label="Longest due">
              {oldest === undefined ? "none" : <Instant at={oldest} isRelative />}
            </Fact>
          </SimpleGrid>
        )
      }}
    </Shown>
  )
}

const Waiting = () => {
  const { cursor, kind, q, state } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("jobs:write")
  const set = (change: JobsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const jobs = useRead(
    "GET /v1/jobs",
    {
      query: {
        ...(q === undefined ? {} : { q }),
        ...(kind === undefined ? {} : { kind }),
        ...(state === undefined ? {} : { state }),
        ...(cursor === undefined ? {} : { cursor })
      }
    },
    { everyMs }
  )
  return (
    <>
      <Group align="end" mb="sm">
        <SearchBox
          label="Search"
          placeholder="Reason, id …"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="State"
          clearable
          clearButtonProps={{ "aria-label": "Clear the state" }}
          placeholder="Any"
          w={210}
          data={states.map((value) => ({ value, label: stateNames[value] }))}
          value={state ?? null}
          onChange={(value) => set({ state: nameIn({ value }, "value", jobTone) })}
        />
        <Select
          label="Kind"
          clearable
          clearButtonProps={{ "aria-label": "Clear the kind" }}
          placeholder="Any"
          w={210}
          data={Object.entries(kindNames).map(([value, label]) => ({ value, label }))}
          value={kind ?? null}
          onChange={(value) => set({ kind: nameIn({ value }, "value", kindNames) })}
        />
      </Group>
      <Shown of={jobs}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No job fits">
              What is done leaves the list; what it was for says what became of it.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Jobs"
                rows={items}
                columns={mayWrite ? [...columns, actions] : columns}
                keyOf={({ id }) => id}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}

const About = ({ job }: { readonly job: Job }) => {
  const place = placeOf(job)
  const text = job.about ?? (job.instance === null ? "–" : "the whole")
  return (
    <>
      {place === null ? (
        <span className="foreign">{text}</span>
      ) : (
        <Anchor component={Link} to={place} className="foreign">
          {text}
        </Anchor>
      )}
      {job.instance !== null && (
        <Text size="xs" c="dimmed">
          {job.instance}
        </Text>
      )}
    </>
  )
}

const columns: ReadonlyArray<Column<Job>> = [
  { id: "kind", header: "Job", cell: ({ kind }) => kindNames[kind] },
  { id: "about", header: "About", cell: (job) => <About job={job} /> },
  {
    id: "state",
    header: "State",
    cell: ({ needed, state }) => (
      <>
        <State tone={jobTone[state]}>{stateNames[state]}</State>
        {!needed && (
          <Text size="xs" c="dimmed">
            nothing waits for it
          </Text>
        )}
      </>
    )
  },
  {
    id: "attempts",
    header: "Attempts",
    align: "right",
    cell: ({ attempts, attemptsMax }) => `${attempts} of ${attemptsMax}`
  },
  {
    id: "next",
    header: "Next attempt",
    cell: ({ nextAttemptAt }) => <Instant at={nextAttemptAt} />
  },
  {
    id: "reason",
    header: "Last word",
    cell: ({ reason }) => <span className="foreign">{reason ?? "–"}</span>
  },
  {
    id: "since",
    header: "Since",
    cell: ({ createdAt, failedAt, startedAt }) => (
      <Instant at={failedAt ?? startedAt ?? createdAt} isRelative />
    )
  }
]

const actions: Column<Job> = {
  id: "act",
  header: "Do",
  cell: (job) => <JobActions job={job} />
}

const DiscardedJobs = () => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const discarded = useRead("GET /v1/jobs/discarded", {
    query: cursor === undefined ? {} : { cursor }
  })
  return (
    <Shown of={discarded}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="Nobody has discarded a job" />
        ) : (
          <>
            <DataTable
              label="Discarded jobs"
              rows={items}
              columns={discardedColumns}
              keyOf={({ id }) => id}
            />
            <Pager
              shown={items.length}
              next={next}
              cursor={cursor}
              onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
            />
          </>
        )
      }
    </Shown>
  )
}

const discardedColumns: ReadonlyArray<Column<Discarded>> = [
  { id: "kind", header: "Job", cell: ({ kind }) => kindNames[kind] },
  {
    id: "about",
    header: "About",
    cell: ({ about, instance }) => (
      <span className="foreign">
        {[about, instance].filter((part) => part !== null).join(", ")}
      </span>
    )
  },
  { id: "note", header: "Why", cell: ({ note }) => <span className="foreign">{note}</span> },
  {
    id: "reason",
    header: "Its last word",
    cell: ({ reason }) => <span className="foreign">{reason ?? "–"}</span>
  },
  { id: "actor", header: "By", cell: ({ actor }) => <span className="foreign">{actor}</span> },
  { id: "at", header: "When", cell: ({ at }) => <Instant at={at} /> }
]
