import "@mantine/charts/styles.css"
import { LineChart } from "@mantine/charts"
import { Card, Title } from "@mantine/core"
import { hasReport, type Run } from "../reconciliations/runs.ts"

const colors = ["blue.6", "orange.7", "teal.7", "grape.6", "red.6"]
/** A chart of more lines tells nothing. */
const linesMax = colors.length

const dayAndTime = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit"
})

/** Findings of the reports of everything, over time: a line for each instance. */
export const FindingsChart = ({ runs }: { readonly runs: ReadonlyArray<Run> }) => {
  const reports = runs
    .filter((run) => hasReport(run) && run.scope.kind === "organisation")
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
  const instances = [...new Set(reports.map(({ instance }) => instance))].slice(0, linesMax)
  if (reports.length < 3) return null
  return (
    <Card withBorder component="section" aria-label="Findings over time">
      <Title order={2} size="h4" mb="xs">
        Findings over time
      </Title>
      <LineChart
        h={180}
        data={reports.map(({ createdAt, findings, instance }) => ({
          at: dayAndTime.format(Date.parse(createdAt)),
          [instance]: findings
        }))}
        dataKey="at"
        series={instances.map((name, at) => ({ name, color: colors[at] ?? "blue.6" }))}
        connectNulls
        withLegend={instances.length > 1}
        lineChartProps={{ accessibilityLayer: true }}
      />
    </Card>
  )
}
