import { Button, Group, Menu, Select } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { getRouteApi } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { DateBox } from "../../show/DateBox.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { AcceptanceTable } from "./AcceptanceTable.tsx"
import { type AgreementsSearch, acceptanceTone, everyOf, statusNames } from "./agreements.ts"

const route = getRouteApi("/agreements/")

const filterOf = ({ account, from, instance, q, status, to }: AgreementsSearch) => ({
  ...(q === undefined ? {} : { q }),
  ...(account === undefined ? {} : { account }),
  ...(instance === undefined ? {} : { instance }),
  ...(status === undefined ? {} : { status }),
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to })
})

/** Who accepted Microsoft's agreement, when, for whom, and whether Microsoft knows. */
export const Agreements = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayReadInstances = useMay("instances:read")
  const set = (change: AgreementsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const filter = filterOf(search)
  const log = useRead(
    "GET /v1/agreements",
    { query: { ...filter, ...(search.cursor === undefined ? {} : { cursor: search.cursor }) } },
    { everyMs: (answer) => everyOf(answer?.items) }
  )
  return (
    <>
      <PageHead title="Agreements">
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
              Export
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {(["xlsx", "csv", "json"] as const).map((format) => (
              <Menu.Item
                key={format}
                component="a"
                download
                href={addressOf("GET /v1/agreements/export", { query: { format, ...filter } })}
              >
                {format === "xlsx" ? "Excel" : format.toUpperCase()}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </PageHead>
      <Group align="end" mb="sm">
        <SearchBox
          label="Search"
          placeholder="Name, e-mail, order …"
          value={search.q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={200}
          data={Object.entries(statusNames).map(([value, label]) => ({ value, label }))}
          value={search.status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", acceptanceTone) })}
        />
        <AccountSelect
          label="Account"
          w={260}
          value={search.account ?? null}
          onChange={(account) => set({ account: account ?? undefined })}
        />
        {mayReadInstances && (
          <InstanceSelect
            label="Instance"
            clearable
            w={170}
            value={search.instance ?? null}
            onChange={(instance) => set({ instance: instance ?? undefined })}
          />
        )}
        <DateBox label="Confirmed from" value={search.from} onChange={(from) => set({ from })} />
        <DateBox label="Confirmed before" value={search.to} onChange={(to) => set({ to })} />
      </Group>
      <Shown of={log}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty
              title={
                Object.keys(filter).length === 0
                  ? "Nothing has been confirmed yet"
                  : "No agreement fits"
              }
            >
              {Object.keys(filter).length === 0
                ? "Agreements are confirmed on the page of an account, under At Microsoft."
                : "Change or clear the filter."}
            </Empty>
          ) : (
            <>
              <AcceptanceTable
                rows={items}
                chosen={search.columns?.split(",")}
                onChoose={(columns) =>
                  void navigate({
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
    </>
  )
}
