import { Anchor, Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { durationText, Instant } from "../../show/Instant.tsx"
import { countText, Totals } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { runTone } from "../../show/tone.ts"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { RunProgress, ScopeText } from "./RunParts.tsx"
import { everyOf, isUnderWay, type Run } from "./runs.ts"

const route = getRouteApi("/reconciliations/")

/** The history of reconciliations, and where one is started. */
export const Runs = () => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const [isAsking, { open, close }] = useDisclosure()
  const mayRun = useMay("reconciliations:run")
  const runs = useRead(
    "GET /v1/reconciliations",
    { query: cursor === undefined ? {} : { cursor } },
    { everyMs: (page) => everyOf(page?.items) }
  )
  return (
    <>
      <PageHead title="Reconciliations">
        {mayRun && <Button onClick={open}>Start a reconciliation</Button>}
      </PageHead>
      <Modal opened={isAsking} onClose={close} title="Start a reconciliation" centered>
        <StartRun />
      </Modal>
      <Shown of={runs}>
        {({ items, next }) =>
          items.length === 0 && cursor === undefined ? (
            <Empty title="Nothing has been reconciled yet">
              Start one: it compares the book with what Partner Center holds, and changes nothing on
              either side.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Reconciliations"
                rows={items}
                columns={columns}
                keyOf={({ id }) => id}
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
    </>
  )
}

const columns: ReadonlyArray<Column<Run>> = [
  {
    id: "started",
    header: "Asked for",
    cell: ({ createdAt, id }) => (
      <Anchor component={Link} to={`/reconciliations/${id}`}>
        <Instant at={createdAt} />
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  { id: "scope", header: "Of", cell: (run) => <ScopeText run={run} /> },
  {
    id: "status",
    header: "Status",
    cell: (run) => (
      <Stack gap={4}>
        <Group gap="xs" wrap="nowrap">
          <State tone={runTone[run.status]}>{run.status}</State>
          {run.environment === "sandbox" && <State tone="neutral">sandbox</State>}
        </Group>
        {isUnderWay(run) && <RunProgress run={run} />}
      </Stack>
    )
  },
  { id: "rows", header: "Rows", align: "right", cell: ({ rows }) => countText(rows) },
  {
    id: "findings",
    header: "Findings",
    align: "right",
    cell: ({ findings }) => countText(findings)
  },
  {
    id: "atRisk",
    header: "At risk a month",
    align: "right",
    cell: ({ atRisk }) => <Totals values={atRisk} none="–" />
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

type ScopeKind = "organisation" | "account"

const StartRun = () => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState<string | null>(null)
  const [kind, setKind] = useState<ScopeKind>("organisation")
  const [account, setAccount] = useState<string | null>(null)
  const start = useCommand("POST /v1/reconciliations", ["GET /v1/reconciliations"])
  const isReady = instance !== null && (kind === "organisation" || account !== null)
  const submit = () => {
    if (instance === null) return
    const scope =
      kind === "account" && account !== null
        ? { kind, id: account }
        : ({ kind: "organisation" } as const)
    start.mutate(
      { parts: { payload: { instance, scope } } },
      { onSuccess: ({ id }) => void navigate({ to: "/reconciliations/$id", params: { id } }) }
    )
  }
  return (
    <Stack>
      <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
      <SegmentedControl
        aria-label="What is compared"
        value={kind}
        onChange={(value) => setKind(value === "account" ? "account" : "organisation")}
        data={[
          { value: "organisation", label: "Everything" },
          { value: "account", label: "An account and all below it" }
        ]}
      />
      {kind === "account" && (
        <AccountSelect label="Account" required value={account} onChange={setAccount} />
      )}
      <Text size="sm" c="dimmed">
        Nothing is changed on either side.
      </Text>
      {start.error !== null && <ProblemBox problem={start.error} onRetry={submit} />}
      <Button onClick={submit} disabled={!isReady} loading={start.isPending}>
        Start
      </Button>
    </Stack>
  )
}
