import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { lazy, Suspense } from "react"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Totals } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { runTone, severityTone } from "../../show/tone.ts"
import { useCatalogueRuns } from "../catalogue/catalogueRuns.ts"
import { ConsentLine } from "../instances/ConsentLine.tsx"
import { useInstances } from "../instances/InstanceSelect.tsx"
import { RunProgress, ScopeText } from "../reconciliations/RunParts.tsx"
import { everyOf, hasReport, isUnderWay, type Run } from "../reconciliations/runs.ts"

const Chart = lazy(() =>
  import("./FindingsChart.tsx").then(({ FindingsChart }) => ({ default: FindingsChart }))
)

/** So many of the newest runs the overview looks at. */
const runsMax = "100"

/** Where the operator's attention is needed, each with the way there. */
export const Overview = () => {
  const maySeeRuns = useMay("reconciliations:read")
  const maySeeInstances = useMay("instances:read")
  const maySeeNotifications = useMay("notifications:read")
  return (
    <>
      <PageHead title="Overview" />
      <Stack gap="lg">
        {maySeeNotifications && <Notices />}
        {maySeeRuns && <Books />}
        {maySeeInstances && <Instances />}
        <Running />
      </Stack>
    </>
  )
}

const Notices = () => {
  const notifications = useRead("GET /v1/notifications", { query: { limit: "5" } })
  const items = notifications.data?.items ?? []
  return (
    <>
      {items.map(({ id, instance, raisedAt, severity, subject, text }) => (
        <Alert
          key={id}
          color={severity === "critical" ? "red" : severity === "warning" ? "yellow" : "blue"}
          title={
            <Group gap="xs">
              <State tone={severityTone[severity]}>{severity}</State>
              <span className="foreign">{subject}</span>
            </Group>
          }
        >
          <Text size="sm" className="foreign">
            {text}
          </Text>
          <Text size="sm">
            <Instant at={raisedAt} isRelative />
            {instance !== null && (
              <>
                {" · "}
                <Anchor component={Link} to={`/instances/${instance}`} inherit>
                  {instance}
                </Anchor>
              </>
            )}
          </Text>
        </Alert>
      ))}
    </>
  )
}

/** The newest report of everything, for each instance. */
const latestOf = (runs: ReadonlyArray<Run>): ReadonlyArray<Run> => {
  const latest = new Map<string, Run>()
  for (const run of runs)
    if (hasReport(run) && run.scope.kind === "organisation" && !latest.has(run.instance))
      latest.set(run.instance, run)
  return [...latest.values()].sort((a, b) => a.instance.localeCompare(b.instance))
}

const Books = () => {
  const runs = useRead(
    "GET /v1/reconciliations",
    { query: { limit: runsMax } },
    { everyMs: (page) => everyOf(page?.items) }
  )
  return (
    <Shown of={runs}>
      {({ items }) => {
        const latest = latestOf(items)
        return latest.length === 0 ? (
          <Card withBorder>
            <Empty title="No report yet">
              <Anchor component={Link} to="/reconciliations">
                Start a reconciliation
              </Anchor>{" "}
              to see whether the book and Partner Center agree.
            </Empty>
          </Card>
        ) : (
          <Stack>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {latest.map((run) => (
                <Book key={run.id} run={run} />
              ))}
            </SimpleGrid>
            <Suspense fallback={null}>
              <Chart runs={items} />
            </Suspense>
          </Stack>
        )
      }}
    </Shown>
  )
}

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 })

/** A row may have several findings, so this is what agrees at least. */
const agreeing = ({ findings, rows }: Run): string =>
  rows === 0 ? "–" : percent.format(Math.max(0, rows - findings) / rows)

/** So many kinds of finding are listed; the report has them all. */
const kindsMax = 8

const Book = ({ run }: { readonly run: Run }) => (
  <Card withBorder component="section" aria-label={`Book of ${run.instance}`}>
    <Group justify="space-between" mb="xs">
      <Title order={2} size="h4">
        {run.instance}
      </Title>
      <Group gap="xs">
        {run.environment === "sandbox" && <State tone="neutral">sandbox</State>}
        <State tone={runTone[run.status]}>{run.status}</State>
      </Group>
    </Group>
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs" mb="sm">
      <Figure label="agree, at least" value={agreeing(run)} />
      <Figure label="findings" value={countText(run.findings)} />
      <Figure
        label={run.environment === "sandbox" ? "a month, nobody's money" : "at risk a month"}
        value={<Totals values={run.atRisk} />}
      />
    </SimpleGrid>
    <Stack gap={2} mb="sm">
      {run.counts
        .toSorted((a, b) => b.count - a.count)
        .slice(0, kindsMax)
        .map(({ count, kind, title }) => (
          <Group key={kind} justify="space-between" wrap="nowrap">
            <Anchor component={Link} to={`/reconciliations/${run.id}?kind=${kind}`} size="sm">
              {title}
            </Anchor>
            <Text size="sm">{countText(count)}</Text>
          </Group>
        ))}
    </Stack>
    <Text size="sm" c="dimmed" component="div">
      {run.counts.length > kindsMax &&
        `and ${countText(run.counts.length - kindsMax)} kinds more. `}
      {countText(run.rows)} rows, compared <Instant at={run.finishedAt} isRelative />.{" "}
      <Anchor component={Link} to={`/reconciliations/${run.id}`} inherit underline="always">
        Open the report
      </Anchor>
    </Text>
  </Card>
)

const Figure = ({ label, value }: { readonly label: string; readonly value: React.ReactNode }) => (
  <div>
    <Text fw={700} size="lg" component="div" style={{ overflowWrap: "anywhere" }}>
      {value}
    </Text>
    <Text size="xs" c="dimmed">
      {label}
    </Text>
  </div>
)

const Instances = () => {
  const instances = useInstances()
  return (
    <Card withBorder component="section" aria-label="Instances">
      <Title order={2} size="h4" mb="xs">
        Instances
      </Title>
      <Shown of={instances}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No instance yet">
              <Anchor component={Link} to="/instances">
                Connect a Partner Center account
              </Anchor>
            </Empty>
          ) : (
            <Stack gap="xs">
              {items.map((instance) => (
                <Group key={instance.id} justify="space-between" gap="xs">
                  <Group gap="xs">
                    <Anchor component={Link} to={`/instances/${instance.name}`}>
                      {instance.name}
                    </Anchor>
                    {instance.environment === "sandbox" && <State tone="neutral">sandbox</State>}
                    {instance.disabled && <State tone="bad">disabled</State>}
                  </Group>
                  <ConsentLine name={instance.name} />
                </Group>
              ))}
            </Stack>
          )
        }
      </Shown>
    </Card>
  )
}

/** What is under way at this moment. */
const Running = () => {
  const maySeeRuns = useMay("reconciliations:read")
  const maySeeCatalogue = useMay("catalogue:read")
  const runs = useRead(
    "GET /v1/reconciliations",
    { query: { limit: runsMax } },
    { enabled: maySeeRuns }
  )
  const catalogue = useCatalogueRuns({ enabled: maySeeCatalogue })
  const running = (runs.data?.items ?? []).filter(isUnderWay)
  const reading = (catalogue.data?.items ?? []).filter(
    ({ status }) => status === "queued" || status === "running"
  )
  return (
    <Card withBorder component="section" aria-label="Under way">
      <Title order={2} size="h4" mb="xs">
        Under way
      </Title>
      {running.length + reading.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing at the moment.
        </Text>
      ) : (
        <Stack gap="sm">
          {running.map((run) => (
            <div key={run.id}>
              <Anchor component={Link} to={`/reconciliations/${run.id}`}>
                Reconciliation of {run.instance}
              </Anchor>{" "}
              (<ScopeText run={run} />)
              <RunProgress run={run} />
            </div>
          ))}
          {reading.map(({ id, instance, progress }) => (
            <div key={id}>
              <Anchor component={Link} to={`/catalogue-runs/${id}`}>
                Catalogue of {instance}
              </Anchor>
              : {progress.read} of {progress.parts} parts
            </div>
          ))}
        </Stack>
      )}
    </Card>
  )
}
