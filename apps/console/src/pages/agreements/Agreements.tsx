import { Anchor, Button, Group, Menu, Select, Text } from "@mantine/core"
import { IconDownload } from "@tabler/icons-react"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { type Acceptance, type AgreementsSearch, acceptanceTone } from "./agreements.ts"

const route = getRouteApi("/agreements/")

const filterOf = ({ account, q, status }: AgreementsSearch) => ({
  ...(q === undefined ? {} : { q }),
  ...(account === undefined ? {} : { account }),
  ...(status === undefined ? {} : { status })
})

/** Who accepted Microsoft's agreement, when, and whether Microsoft knows. */
export const Agreements = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: AgreementsSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const log = useRead("GET /v1/agreements", {
    query: {
      ...filterOf(search),
      ...(search.cursor === undefined ? {} : { cursor: search.cursor })
    }
  })
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
                href={addressOf("GET /v1/agreements/export", {
                  query: { format, ...filterOf(search) }
                })}
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
          placeholder="Name, e-mail …"
          value={search.q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={150}
          data={Object.keys(acceptanceTone)}
          value={search.status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", acceptanceTone) })}
        />
        <AccountSelect
          label="Account"
          w={260}
          value={search.account ?? null}
          onChange={(account) => set({ account: account ?? undefined })}
        />
      </Group>
      <Shown of={log}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="Nothing has been confirmed yet" />
          ) : (
            <>
              <DataTable label="Agreements" rows={items} columns={columns} keyOf={({ id }) => id} />
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

const columns: ReadonlyArray<Column<Acceptance>> = [
  {
    id: "account",
    header: "Account",
    cell: ({ accountId, accountName }) => (
      <Anchor component={Link} to={`/accounts/${accountId}`} className="foreign">
        {accountName}
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  {
    id: "contact",
    header: "Accepted by",
    cell: ({ contact }) => (
      <span className="foreign">
        {contact.firstName} {contact.lastName}, {contact.email}
      </span>
    )
  },
  { id: "at", header: "Agreed", cell: ({ agreedAt }) => <Instant at={agreedAt} /> },
  {
    id: "status",
    header: "At Microsoft",
    cell: ({ problem, status }) => (
      <>
        <State tone={acceptanceTone[status]}>{status}</State>
        {problem !== null && (
          <Text size="xs" className="foreign">
            {problem}
          </Text>
        )}
      </>
    )
  }
]
