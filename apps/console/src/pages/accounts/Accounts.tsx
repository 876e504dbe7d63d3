import { Anchor, Button, Group, Select } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { AccountName } from "./AccountName.tsx"
import { type Account, activeOf, kindNames, kindOf } from "./accounts.ts"

const route = getRouteApi("/accounts/")

/** The account tree: searched as a whole, or gone through level by level. */
export const Accounts = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("accounts:write")
  const { active, cursor, kind, parent, q } = search
  const accounts = useRead("GET /v1/accounts", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(kind === undefined ? {} : { kind }),
      ...(parent === undefined ? {} : { parent }),
      ...(active === undefined ? {} : { active }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  const set = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  return (
    <>
      <PageHead title="Accounts">
        {mayWrite && (
          <Button
            component={Link}
            to={parent === undefined ? "/accounts/new" : `/accounts/new?parent=${parent}`}
          >
            Make an account
          </Button>
        )}
      </PageHead>
      <Group align="end" mb="sm">
        <SearchBox
          label="Search"
          placeholder="Name, code, e-mail, domain, tenant id …"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Kind"
          clearable
          clearButtonProps={{ "aria-label": "Clear the kind" }}
          placeholder="Any"
          w={170}
          data={Object.entries(kindNames).map(([value, label]) => ({ value, label }))}
          value={kind ?? null}
          onChange={(kind) => set({ kind: kindOf(kind) })}
        />
        <Select
          label="In use"
          clearable
          clearButtonProps={{ "aria-label": "Clear whether it is in use" }}
          placeholder="All"
          w={140}
          data={[
            { value: "true", label: "Active" },
            { value: "false", label: "Inactive" }
          ]}
          value={active ?? null}
          onChange={(active) => set({ active: activeOf(active) })}
        />
        {parent !== undefined && (
          <Group gap="xs" mb={8}>
            <span>
              Directly below <AccountName id={parent} />
            </span>
            <Button size="xs" variant="default" onClick={() => set({ parent: undefined })}>
              Show all
            </Button>
          </Group>
        )}
      </Group>
      <Shown of={accounts}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No account fits">Change or clear the filter.</Empty>
          ) : (
            <>
              <DataTable label="Accounts" rows={items} columns={columns} keyOf={({ id }) => id} />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<Account>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/accounts/${id}`} className="foreign">
        {name}
      </Anchor>
    )
  },
  { id: "code", header: "Code", cell: ({ code }) => <span className="foreign">{code}</span> },
  { id: "kind", header: "Kind", cell: ({ kind }) => kindNames[kind] },
  {
    id: "below",
    header: "Below it",
    cell: ({ id, kind, name }) =>
      kind === "affiliate" ? (
        "–"
      ) : (
        <Anchor
          component={Link}
          to={`/accounts?parent=${id}`}
          aria-label={`Show the accounts below ${name}`}
          size="sm"
        >
          Show
        </Anchor>
      )
  },
  { id: "mpnId", header: "Partner ID", cell: ({ mpnId }) => mpnId ?? "–" },
  {
    id: "domain",
    header: "Domain",
    cell: ({ tenants }) => (
      <span className="foreign">
        {tenants.find(({ domain }) => domain !== null)?.domain ?? "–"}
      </span>
    )
  },
  {
    id: "active",
    header: "In use",
    cell: ({ active }) =>
      active ? <State tone="good">active</State> : <State tone="neutral">inactive</State>
  }
]
