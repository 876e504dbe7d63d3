import { Anchor, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { useRead } from "../../api/hooks.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, Shown } from "../../show/States.tsx"
import { movers, severityTone } from "../../show/tone.ts"
import { type Finding, filterOf, type ReportRow, type Run, sortQuery } from "./runs.ts"
import { valueText } from "./values.ts"

const route = getRouteApi("/reconciliations/$id/")

/** So many rows of a report are on a page. */
const rowsMax = "200"

/** A finding with the row it is about; a row without findings stands for itself. */
interface Line {
  readonly row: ReportRow
  readonly finding: Finding | null
  readonly key: string
}

const linesOf = (rows: ReadonlyArray<ReportRow>): ReadonlyArray<Line> =>
  rows.flatMap((row): ReadonlyArray<Line> => {
    const lines = row.findings.map((finding, nth) => ({ row, finding, key: `${row.row} ${nth}` }))
    return lines.length > 0 ? lines : [{ row, finding: null, key: `${row.row}` }]
  })

/** The rows that the filter leaves, a line for each finding, in the order that is asked for. */
export const ReportRows = ({ run }: { readonly run: Run }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const rows = useRead("GET /v1/reconciliations/:id/rows", {
    params: { id: run.id },
    query: {
      ...filterOf(search),
      ...sortQuery(search),
      limit: rowsMax,
      ...(search.cursor === undefined ? {} : { cursor: search.cursor })
    }
  })
  const columns = useMemo(() => columnsOf(run.id), [run.id])
  return (
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
              chosen={search.columns?.split(",")}
              onChoose={(columns) =>
                void navigate({
                  replace: true,
                  search: (before) => ({ ...before, columns: columns?.join(",") })
                })
              }
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
      <Anchor component={Link} to={`/reconciliations/${run}/rows/${row.row}`} className="foreign">
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
  {
    id: "deadline",
    header: "Deadline",
    cell: ({ finding }) => <Instant at={finding?.deadline ?? null} isRelative />
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
    cell: ({ row }) => <span className="foreign">{row.reference ?? "–"}</span>
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
