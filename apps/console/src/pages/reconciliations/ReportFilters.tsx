import { Group, Select, Switch } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { countText } from "../../show/Money.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { movers } from "../../show/tone.ts"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import {
  groupingOf,
  groupings,
  kindOf,
  moverOf,
  type RowsSearch,
  type Run,
  severities,
  severityOf,
  sortOf,
  sorts
} from "./runs.ts"

const route = getRouteApi("/reconciliations/$id/")

const dayMs = 86_400_000
const soon = { "7": "In the next 7 days", "30": "In the next 30 days" } as const

const dayText = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" })

/** From which instant, and before which, a deadline is asked for, in words. */
const spanText = ({ deadlineBefore, deadlineFrom }: RowsSearch): string | undefined => {
  const words = [
    ...(deadlineFrom === undefined ? [] : [`from ${dayText.format(Date.parse(deadlineFrom))}`]),
    ...(deadlineBefore === undefined
      ? []
      : [`before ${dayText.format(Date.parse(deadlineBefore))}`])
  ]
  return words.length === 0 ? undefined : words.join(" ")
}

const options = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }))

/** What the report shows: which rows, in which order, or in groups. All of it is in the address. */
export const ReportFilters = ({ run }: { readonly run: Run }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  // Another filter begins on its first page.
  const set = (change: RowsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const span = spanText(search)
  const within = (days: string | null) => {
    if (days === "span") return
    // Whole minutes: the same address for a while.
    const now = Math.floor(Date.now() / 60_000) * 60_000
    set(
      days === null
        ? { deadlineFrom: undefined, deadlineBefore: undefined }
        : {
            deadlineFrom: new Date(now).toISOString(),
            deadlineBefore: new Date(now + Number(days) * dayMs).toISOString()
          }
    )
  }
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
        label="Severity"
        clearable
        clearButtonProps={{ "aria-label": "Clear the severity" }}
        placeholder="Any"
        w={130}
        data={options(severities)}
        value={search.severity ?? null}
        onChange={(severity) => set({ severity: severityOf(severity) })}
      />
      <Select
        label="Moved by"
        clearable
        clearButtonProps={{ "aria-label": "Clear who moved" }}
        placeholder="Anybody"
        w={160}
        data={options(movers)}
        value={search.movedBy ?? null}
        onChange={(movedBy) => set({ movedBy: moverOf(movedBy) })}
      />
      <Select
        label="Deadline"
        clearable
        clearButtonProps={{ "aria-label": "Clear the deadline" }}
        placeholder="Any"
        w={220}
        maw="100%"
        data={[...(span === undefined ? [] : [{ value: "span", label: span }]), ...options(soon)]}
        value={span === undefined ? null : "span"}
        onChange={within}
      />
      <AccountSelect
        label="Account"
        w={260}
        value={search.account ?? null}
        onChange={(account) => set({ account: account ?? undefined })}
      />
      <Select
        label="Sort by"
        w={170}
        allowDeselect={false}
        data={options(sorts)}
        value={search.sort ?? "customer"}
        onChange={(sort) => set({ sort: sortOf(sort) })}
      />
      <Select
        label="Group by"
        clearable
        clearButtonProps={{ "aria-label": "Clear the grouping" }}
        placeholder="Nothing"
        w={150}
        data={options(groupings)}
        value={search.by ?? null}
        onChange={(by) => set({ by: groupingOf(by) })}
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
