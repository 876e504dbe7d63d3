import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { lazy, Suspense } from "react"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { stringifySearch } from "../../frame/search.ts"
import { Fact } from "../../show/Fact.tsx"
import { Instant, secondsText } from "../../show/Instant.tsx"
import { countText, Totals } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { runTone, severityTone } from "../../show/tone.ts"
import { useCatalogueRuns } from "../catalogue/catalogueRuns.ts"
import { ConsentLine } from "../instances/ConsentLine.tsx"
import { useInstances } from "../instances/InstanceSelect.tsx"
import { RunProgress, ScopeText } from "../reconciliations/RunParts.tsx"
import { everyOf, isUnderWay, type Run } from "../reconciliations/runs.ts"

const Chart = lazy(() =>
  import("./FindingsChart.tsx").then(({ FindingsChart }) => ({ default: FindingsChart }))
)

/** So many of the newest runs the overview looks at for what is under way. */
const runsMax = "20"

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

/** How soon the overview is read again where no event tells: deadlines come nearer, jobs wait. */
const everyMs = 60_000

type Answered = Answer<"GET /v1/overview">

const Books = () => {
  const overview = useRead("GET /v1/overview", {}, { everyMs: () => everyMs })
  return (
    <Shown of={overview}>
      {({ at, books, past, queueLagSeconds, renewals }) => (
        <Stack>
          {books.length === 0 ? (
            <Card withBorder>
              <Empty title="No report yet">
                <Anchor component={Link} to="/reconciliations">
                  Start a reconciliation
                </Anchor>{" "}
                to see whether the book and Partner Center agree.
              </Empty>
            </Card>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {books.map(({ deadlines, run }) => (
                <Book key={run.id} run={run} at={at} deadlines={deadlines} />
              ))}
            </SimpleGrid>
          )}
          <Coming at={at} renewals={renewals} queueLagSeconds={queueLagSeconds} />
          <Suspense fallback={null}>
            <Chart past={past} />
          </Suspense>
        </Stack>
      )}
    </Shown>
  )
}

/** What is counted no further is said to be that many or more. */
const countMax = 10_000
const dueText = (count: number): string =>
  count >= countMax ? `${countText(countMax)} or more` : countText(count)

/** Longer than this, jobs wait for somebody to look. */
const lagSecondsMax = 300

/** What the next days bring, and whether jobs keep up. */
const Coming = ({
  at,
  queueLagSeconds,
  renewals
}: Pick<Answered, "at" | "renewals" | "queueLagSeconds">) => (
  <SimpleGrid cols={{ base: 1, xs: 3 }}>
    {renewals.map(({ before, count, days }) => (
      <Fact key={days} label={`Renewals in the next ${days} days`}>
        <Anchor
          component={Link}
          to={`/subscriptions${stringifySearch({ endsFrom: at, endsBefore: before, status: "active", sort: "end" })}`}
        >
          {dueText(count)}
        </Anchor>
      </Fact>
    ))}
    {queueLagSeconds !== null && (
      <Fact label="Oldest waiting job">
        <State tone={queueLagSeconds > lagSecondsMax ? "warning" : "good"}>
          {queueLagSeconds === 0 ? "none waits" : `waits for ${secondsText(queueLagSeconds)}`}
        </State>
      </Fact>
    )}
  </SimpleGrid>
)

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 })

/** A row may have several findings, so this is what agrees at least. */
const agreeing = ({ findings, rows }: Run): string =>
  rows === 0 ? "–" : percent.format(Math.max(0, rows - findings) / rows)

/** So many kinds of finding are listed; the report has them all. */
const kindsMax = 8

const Book = ({
  run,
  at,
  deadlines
}: { readonly run: Run; readonly at: string } & Pick<Answered["books"][number], "deadlines">) => (
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
    <Group gap="md" mb="sm">
      {deadlines.map(({ before, count, days }) => (
        <Anchor
          key={days}
          component={Link}
          to={`/reconciliations/${run.id}${stringifySearch({ deadlineFrom: at, deadlineBefore: before, sort: "deadline" })}`}
          size="sm"
        >
          {dueText(count)} with a deadline in {days} days
        </Anchor>
      ))}
    </Group>
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
    { enabled: maySeeRuns, everyMs: (page) => everyOf(page?.items) }
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
