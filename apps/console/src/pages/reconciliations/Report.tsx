import { Anchor, Button, Group, Menu, SimpleGrid, Stack, Text } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { useMay } from "../../api/Session.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Totals } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { runTone } from "../../show/tone.ts"
import { ReportFilters } from "./ReportFilters.tsx"
import { ReportGroups } from "./ReportGroups.tsx"
import { ReportRows } from "./ReportRows.tsx"
import { RunProgress, ScopeText } from "./RunParts.tsx"
import { everyOf, filterOf, hasReport, isUnderWay, type Run, sortQuery } from "./runs.ts"
import { SavedViewsMenu } from "./SavedViewsMenu.tsx"

const route = getRouteApi("/reconciliations/$id/")

/** A reconciliation: how far it is, what it found, and every row that the filter leaves. */
export const Report = () => {
  const { id } = route.useParams()
  const { by } = route.useSearch()
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
            {hasReport(run) && (
              <>
                <Button
                  variant="default"
                  renderRoot={(props) => (
                    <Link to={`/reconciliations/${id}/comparison`} {...props} />
                  )}
                >
                  Compare
                </Button>
                <SavedViewsMenu />
                <ExportMenu id={id} />
              </>
            )}
          </PageHead>
          <Summary run={run} />
          {run.problem !== null && (
            <Text mb="md" className="foreign">
              <strong>Note:</strong> {run.problem}
            </Text>
          )}
          {isUnderWay(run) && <RunProgress run={run} />}
          {hasReport(run) && (
            <Stack gap="sm">
              <ReportFilters run={run} />
              {by === undefined ? <ReportRows run={run} /> : <ReportGroups run={run.id} by={by} />}
            </Stack>
          )}
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
              query: { format, ...filterOf(search), ...sortQuery(search) }
            })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
