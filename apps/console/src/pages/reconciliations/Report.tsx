import { Anchor, Button, Group, Menu, Select, SimpleGrid, Stack, Switch, Text } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Money, Totals } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { movers, runTone, severityTone } from "../../show/tone.ts"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { RunProgress, ScopeText } from "./RunParts.tsx"
import {
  everyOf,
  type Finding,
  filterOf,
  hasReport,
  isUnderWay,
  kindOf,
  moverOf,
  type ReportRow,
  type RowsSearch,
  type Run,
  rowIdOf
} from "./runs.ts"
import { valueText } from "./values.ts"

const route = getRouteApi("/reconciliations/$id/")

/** So many rows of a report are on a page. */
const rowsMax = "200"

/** A reconciliation: how far it is, what it found, and every row that the filter leaves. */
export const Report = () => {
  const { id } = route.useParams()
  const run = useRead(
    "GET /v1/reconciliations/:id",
    { params: { id } },
    { everyMs: (run) => everyOf(run === undefined ? undefined : [run]) }
  )
  return (
    <Shown of={run} title="Reconciliation">
      {(run) => (
        <>
          <PageHead
            title={`Reconciliation of ${run.instance}`}
            above={
              <Anchor component={Link} to="/reconciliations" size="sm">
                Reconciliations
              </Anchor>
            }
          >
            {isUnderWay(run) && <CancelRun id={id} />}
            {hasReport(run) && <ExportMenu id={id} />}
          </PageHead>
          <Summary run={run} />
          {run.problem !== null && (
            <Text mb="md" className="foreign">
              <strong>Note:</strong> {run.problem}
            </Text>
          )}
          {isUnderWay(run) && <RunProgress run={run} />}
          {hasReport(run) && <Rows run={run} />}
        </>
      )}
    </Shown>
  )
}

const Summary = ({ run }: { readonly run: Run }) => (
  <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
    <Fact label="Status">
      <Group gap="xs">
        <State tone={runTone[run.status]}>{run.status}</State>
        {run.environment === "sandbox" && <State tone="neutral">sandbox</State>}
      </Group>
    </Fact>
    <Fact label="Compared">
      {countText(run.rows)} rows of <ScopeText run={run} />
    </Fact>
    <Fact label="Findings">{countText(run.findings)}</Fact>
    <Fact label={run.environment === "sandbox" ? "Nobody's money (sandbox)" : "At risk a month"}>
      <Totals values={run.atRisk} />
    </Fact>
    <Fact label="Asked for">
      <Instant at={run.createdAt} /> by <span className="foreign">{run.requestedBy}</span>
    </Fact>
    <Fact label="Requests to Partner Center">{countText(run.requests)}</Fact>
    <Fact label="Customers">
      {countText(run.progress.observed)} fetched
      {run.progress.failed > 0 && `, ${countText(run.progress.failed)} not`}
    </Fact>
    <Fact label="Ended">
      <Instant at={run.finishedAt} />
    </Fact>
  </SimpleGrid>
)

const CancelRun = ({ id }: { readonly id: string }) => {
  const mayRun = useMay("reconciliations:run")
  const cancel = useCommand("DELETE /v1/reconciliations/:id", [
    "GET /v1/reconciliations",
    "GET /v1/reconciliations/:id"
  ])
  if (!mayRun) return null
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

const formats = [
  { format: "xlsx", label: "Excel" },
  { format: "csv", label: "CSV" },
  { format: "json", label: "JSON" }
] as const

/** Downloads exactly what the filter leaves, all pages of it. */
const ExportMenu = ({ id }: { readonly id: string }) => {
  const search = route.useSearch()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button leftSection={<IconDownload size={16} aria-hidden />}>Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(({ format, label }) => (
          <Menu.Item
            key={format}
            component="a"
            download
            href={addressOf("GET /v1/reconciliations/:id/export", {
              params: { id },
              query: { format, ...filterOf(search) }
            })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** A finding with the row it is about; a row without findings stands for itself. */
interface Line {
  readonly row: ReportRow
  readonly finding: Finding | null
  readonly key: string
}

const linesOf = (rows: ReadonlyArray<ReportRow>): ReadonlyArray<Line> =>
  rows.flatMap((row, at): ReadonlyArray<Line> => {
    const lines = row.findings.map((finding, nth) => ({ row, finding, key: `${at} ${nth}` }))
    return lines.length > 0 ? lines : [{ row, finding: null, key: `${at}` }]
  })

const Rows = ({ run }: { readonly run: Run }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const rows = useRead("GET /v1/reconciliations/:id/rows", {
    params: { id: run.id },
    query: {
      ...filterOf(search),
      limit: rowsMax,
      ...(search.cursor === undefined ? {} : { cursor: search.cursor })
    }
  })
  const columns = useMemo(() => columnsOf(run.id), [run.id])
  return (
    <Stack gap="sm">
      <Filters run={run} />
      <Shown of={rows}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No row fits">
              {search.all === "true"
                ? "Change or clear the filter."
                : "Both sides agree on everything that the filter leaves. Rows without findings are left out."}
            </Empty>
          ) : (
            <>
              <DataTable
                label="Rows of the report"
                rows={linesOf(items)}
                columns={columns}
                keyOf={({ key }) => key}
                canChoose
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={search.cursor}
                onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
              />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}

const Filters = ({ run }: { readonly run: Run }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Another filter begins on its first page.
  const set = (change: RowsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  return (
    <Group align="end" gap="sm">
      <SearchBox
        label="Search"
        placeholder="Customer, subscription, id …"
        value={search.q}
        onSearch={(q) => set({ q })}
      />
      <Select
        label="Kind"
        clearable
        clearButtonProps={{ "aria-label": "Clear the kind" }}
        placeholder="Any"
        w={280}
        maw="100%"
        data={run.counts.map(({ count, kind, title }) => ({
          value: kind,
          label: `${title} (${countText(count)})`
        }))}
        value={search.kind ?? null}
        onChange={(kind) => set({ kind: kindOf(kind) })}
      />
      <Select
        label="Moved by"
        clearable
        clearButtonProps={{ "aria-label": "Clear who moved" }}
        placeholder="Anybody"
        w={160}
        data={Object.entries(movers).map(([value, label]) => ({ value, label }))}
        value={search.movedBy ?? null}
        onChange={(movedBy) => set({ movedBy: moverOf(movedBy) })}
      />
      <AccountSelect
        label="Account"
        w={260}
        value={search.account ?? null}
        onChange={(account) => set({ account: account ?? undefined })}
      />
      <Switch
        label="Rows that agree too"
        mb={8}
        checked={search.all === "true"}
        onChange={({ currentTarget }) => set({ all: currentTarget.checked ? "true" : undefined })}
      />
    </Group>
  )
}

const columnsOf = (run: string): ReadonlyArray<Column<Line>> => [
  {
    id: "finding",
    header: "Finding",
    cell: ({ finding }) =>
      finding === null ? (
        <State tone="good">agrees</State>
      ) : (
        <>
          <Text size="sm" fw={600}>
            {finding.title}
          </Text>
          <Text size="xs" className={`tone-${severityTone[finding.severity]}`}>
            {finding.severity}
          </Text>
        </>
      )
  },
  {
    id: "subscription",
    header: "Subscription",
    cell: ({ row }) => (
      <Anchor
        component={Link}
        to={`/reconciliations/${run}/rows/${encodeURIComponent(rowIdOf(row))}`}
        className="foreign"
      >
        {row.name}
      </Anchor>
    )
  },
  {
    id: "customer",
    header: "Customer",
    cell: ({ row }) =>
      row.accountId === null ? (
        <span className="foreign">{row.customer}</span>
      ) : (
        <Anchor component={Link} to={`/accounts/${row.accountId}`} className="foreign">
          {row.customer}
        </Anchor>
      )
  },
  { id: "bss", header: "BSS", align: "right", cell: ({ finding }) => side(finding, "bss") },
  {
    id: "partnerCenter",
    header: "Partner Center",
    align: "right",
    cell: ({ finding }) => side(finding, "partnerCenter")
  },
  {
    id: "baseline",
    header: "Agreed before",
    align: "right",
    isHidden: true,
    cell: ({ finding }) => side(finding, "baseline")
  },
  {
    id: "movedBy",
    header: "Moved by",
    cell: ({ finding }) => (finding === null ? "–" : movers[finding.movedBy])
  },
  {
    id: "atRisk",
    header: "At risk a month",
    align: "right",
    cell: ({ finding }) => <Money value={finding?.atRisk ?? null} />
  },
  {
    id: "reference",
    header: "Reference",
    isHidden: true,
    cell: ({ row }) => row.reference ?? "–"
  },
  {
    id: "microsoftId",
    header: "Microsoft id",
    isHidden: true,
    cell: ({ row }) => row.microsoftId ?? "–"
  },
  { id: "tenant", header: "Tenant", isHidden: true, cell: ({ row }) => row.tenantId }
]

const side = (finding: Finding | null, of: "baseline" | "bss" | "partnerCenter") => (
  <span className="foreign">{finding === null ? "–" : valueText(finding[of])}</span>
)
