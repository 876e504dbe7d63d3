import { Anchor, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountName } from "./AccountName.tsx"
import { AccountSelect } from "./AccountSelect.tsx"
import { type Account, activeOf, kindNames, kindOf } from "./accounts.ts"

const route = getRouteApi("/accounts/")

/** The account tree: searched as a whole, or gone through level by level. */
export const Accounts = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isAdding, { open, close }] = useDisclosure()
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
        {mayWrite && <Button onClick={open}>Make an account</Button>}
      </PageHead>
      <Modal opened={isAdding} onClose={close} title="Make an account" centered>
        <NewAccount parent={parent ?? null} />
      </Modal>
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

const NewAccount = ({ parent: below }: { readonly parent: string | null }) => {
  const navigate = useNavigate()
  const [parent, setParent] = useState(below)
  const [kind, setKind] = useState<Account["kind"]>("customer")
  const [name, setName] = useState("")
  const [code, setCode] = useState("")
  const make = useCommand("POST /v1/accounts", ["GET /v1/accounts"])
  const submit = () =>
    make.mutate(
      {
        parts: {
          payload: {
            kind,
            name,
            ...(code === "" ? {} : { code }),
            ...(parent === null ? {} : { parentId: parent })
          }
        }
      },
      { onSuccess: ({ id }) => void navigate({ to: "/accounts/$id", params: { id } }) }
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <AccountSelect
          label="Below"
          description="The root of what you see, when empty"
          value={parent}
          onChange={setParent}
        />
        <Select
          label="Kind"
          required
          allowDeselect={false}
          data={Object.entries(kindNames).map(([value, label]) => ({ value, label }))}
          value={kind}
          onChange={(value) => setKind(kindOf(value) ?? "customer")}
        />
        <TextInput
          label="Name"
          required
          value={name}
          error={issueOf(make.error, "name")}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          label="Code"
          description="Your own number for it; made when empty"
          value={code}
          error={issueOf(make.error, "code")}
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
        />
        {make.error !== null && <ProblemBox problem={make.error} onRetry={submit} />}
        <Button type="submit" loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
