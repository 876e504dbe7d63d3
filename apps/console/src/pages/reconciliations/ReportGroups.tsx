import { Anchor } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { useRead } from "../../api/hooks.ts"
import { stringifySearch } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { countText, Totals } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, Shown } from "../../show/States.tsx"
import { filterOf, type Group, type Grouping, groupSearch, type RowsSearch } from "./runs.ts"

const route = getRouteApi("/reconciliations/$id/")

const headers: Record<Grouping, string> = {
  kind: "Finding",
  account: "Account",
  movedBy: "Moved by",
  deadline: "Day of the deadline (UTC)"
}

/** The findings that the filter leaves, counted by what they have in common; each group leads to its rows. */
export const ReportGroups = ({ run, by }: { readonly run: string; readonly by: Grouping }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const groups = useRead("GET /v1/reconciliations/:id/groups", {
    params: { id: run },
    query: {
      by,
      ...filterOf(search),
      ...(search.cursor === undefined ? {} : { cursor: search.cursor })
    }
  })
  const columns = useMemo(() => columnsOf(run, by, search), [run, by, search])
  return (
    <Shown of={groups}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty title="No finding fits">Change or clear the filter.</Empty>
        ) : (
          <>
            <DataTable
              label="Findings in groups"
              rows={items}
              columns={columns}
              keyOf={({ key }) => key ?? ""}
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

const columnsOf = (run: string, by: Grouping, search: RowsSearch): ReadonlyArray<Column<Group>> => [
  {
    id: "group",
    header: headers[by],
    cell: ({ key, title }) => {
      const narrowed = groupSearch(search, by, key)
      return narrowed === undefined ? (
        title
      ) : (
        <Anchor
          component={Link}
          to={`/reconciliations/${run}${stringifySearch({ ...narrowed })}`}
          className="foreign"
        >
          {title}
        </Anchor>
      )
    }
  },
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
  }
]
