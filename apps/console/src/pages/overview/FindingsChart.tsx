import "@mantine/charts/styles.css"
import { LineChart } from "@mantine/charts"
import { Card, Title } from "@mantine/core"
import type { Answer } from "../../api/Operations.ts"

const colors = ["blue.6", "orange.7", "teal.7", "grape.6", "red.6"]
/** A chart of more lines tells nothing. */
const linesMax = colors.length
/** Fewer points are no line. */
const pointsMin = 3

const dayText = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" })

/** Findings of the reports of everything, over time, which is as long as it was: a line for each instance. */
export const FindingsChart = ({ past }: Pick<Answer<"GET /v1/overview">, "past">) => {
  const instances = [...new Set(past.map(({ instance }) => instance))].slice(0, linesMax)
  if (past.length < pointsMin) return null
  return (
    <Card withBorder component="section" aria-label="Findings over time">
      <Title order={2} size="h4" mb="xs">
        Findings over time
      </Title>
      <LineChart
        h={180}
        data={past
          .map(({ at, findings, instance }) => ({ at: Date.parse(at), [instance]: findings }))
          .toSorted((a, b) => a.at - b.at)}
        dataKey="at"
        series={instances.map((name, at) => ({ name, color: colors[at] ?? "blue.6" }))}
        connectNulls
        withLegend={instances.length > 1}
        xAxisProps={{
          type: "number",
          scale: "time",
          domain: ["dataMin", "dataMax"],
          tickFormatter: (ms: number) => dayText.format(ms)
        }}
        tooltipProps={{ labelFormatter: (ms) => dayText.format(Number(ms)) }}
        lineChartProps={{ accessibilityLayer: true }}
      />
    </Card>
  )
}
