import { Anchor, Button, Code, Group, Modal, Progress, Stack, Text } from "@mantine/core"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { durationText, Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { InstanceSelect, useInstances } from "../instances/InstanceSelect.tsx"
import { type CatalogueRun, catalogueTone, isReading, useCatalogueRuns } from "./catalogueRuns.ts"

const route = getRouteApi("/catalogue-runs/")

/** Readings of Partner Center's catalogue ("Get Services Definitions"). */
export const CatalogueRuns = () => {
  const { cursor, do: doing, instance } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("catalogue:write")
  const go = (doing?: "read") => void navigate({ search: { instance, do: doing } })
  const runs = useCatalogueRuns({ cursor, instance })
  return (
    <>
      <PageHead title="Catalogue runs">
        {mayWrite && <Button onClick={() => go("read")}>Read a catalogue</Button>}
      </PageHead>
      <Modal
        opened={mayWrite && doing === "read"}
        onClose={() => go()}
        title="Read a catalogue"
        centered
      >
        <StartReading first={instance ?? null} />
      </Modal>
      <Group align="end" mb="sm">
        <InstanceSelect
          label="Instance"
          clearable
          w={220}
          value={instance ?? null}
          onChange={(name) =>
            void navigate({ search: { instance: name ?? undefined, cursor: undefined } })
          }
        />
        <Schedule instance={instance} />
      </Group>
      <Shown of={runs}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No catalogue has been read yet" />
          ) : (
            <>
              <DataTable
                label="Catalogue runs"
                rows={items}
                columns={columns}
                keyOf={({ id }) => id}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { instance, cursor } })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<CatalogueRun>> = [
  {
    id: "at",
    header: "Asked for",
    cell: ({ createdAt, id }) => (
      <Anchor component={Link} to={`/catalogue-runs/${id}`}>
        <Instant at={createdAt} />
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  {
    id: "status",
    header: "Status",
    cell: (run) => (
      <Stack gap={4}>
        <Group gap="xs">
          <State tone={catalogueTone[run.status]}>{run.status}</State>
        </Group>
        {isReading(run) && <ReadingProgress run={run} />}
      </Stack>
    )
  },
  { id: "new", header: "New", align: "right", cell: ({ counts }) => countText(counts.new) },
  {
    id: "changed",
    header: "Changed",
    align: "right",
    cell: ({ counts }) => countText(counts.changed)
  },
  {
    id: "discontinued",
    header: "Discontinued",
    align: "right",
    cell: ({ counts }) => countText(counts.discontinued)
  },
  {
    id: "by",
    header: "By",
    cell: ({ requestedBy }) => <span className="foreign">{requestedBy}</span>
  },
  {
    id: "took",
    header: "Took",
    align: "right",
    cell: ({ finishedAt, startedAt }) =>
      startedAt === null || finishedAt === null ? "–" : durationText(startedAt, finishedAt)
  }
]

export const ReadingProgress = ({ run: { progress } }: { readonly run: CatalogueRun }) => (
  <div>
    <Progress
      aria-label="Parts read"
      value={progress.parts === 0 ? 0 : (100 * progress.read) / progress.parts}
    />
    <Text size="xs" c="dimmed">
      {countText(progress.read)} of {countText(progress.parts)} parts
    </Text>
  </div>
)

/** When an instance's catalogue is read by itself, and where that is set. */
const Schedule = ({ instance }: { readonly instance: string | undefined }) => {
  const instances = useInstances()
  const chosen = instances.data?.items.find(({ name }) => name === instance)
  if (chosen === undefined)
    return (
      <Text size="sm" c="dimmed">
        Choose an instance to see when its catalogue is read by itself.
      </Text>
    )
  return (
    <Text size="sm">
      {chosen.catalogueSchedule === null ? (
        "Read by hand only"
      ) : (
        <>
          Read by itself at <Code>{chosen.catalogueSchedule}</Code> (UTC)
        </>
      )}
      .{" "}
      <Anchor component={Link} to={`/instances/${chosen.name}?show=settings`} size="sm">
        Change the schedule
      </Anchor>
    </Text>
  )
}

const StartReading = ({ first }: { readonly first: string | null }) => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState(first)
  const start = useCommand("POST /v1/catalogue/runs", ["GET /v1/catalogue/runs"])
  const submit = () => {
    if (instance !== null)
      start.mutate(
        { parts: { payload: { instance } } },
        { onSuccess: ({ id }) => void navigate({ to: "/catalogue-runs/$id", params: { id } }) }
      )
  }
  return (
    <Stack>
      <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
      <Text size="sm" c="dimmed">
        New products come in unpublished at 0.00. What you have named, priced or published stays as
        it is, and nothing is deleted.
      </Text>
      {start.error !== null && <ProblemBox problem={start.error} onRetry={submit} />}
      <Button onClick={submit} disabled={instance === null} loading={start.isPending}>
        Read it
      </Button>
    </Stack>
  )
}
