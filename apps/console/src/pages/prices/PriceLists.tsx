import { Anchor, Button, Modal, Stack, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"

const route = getRouteApi("/price-lists/")

export type PriceList = Item<"GET /v1/pricelists">

/** By which prices accounts buy. */
export const PriceLists = () => {
  const { cursor, q } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("price-lists:write")
  const [isAdding, { open, close }] = useDisclosure()
  const lists = useRead("GET /v1/pricelists", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <>
      <PageHead title="Price lists">
        {mayWrite && <Button onClick={open}>Make a price list</Button>}
      </PageHead>
      <Modal opened={isAdding} onClose={close} title="Make a price list" centered>
        <NewPriceList />
      </Modal>
      <Stack gap="sm">
        <SearchBox
          label="Search"
          placeholder="Name …"
          value={q}
          onSearch={(q) => void navigate({ search: { q } })}
        />
        <Shown of={lists}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title="No price list fits">
                Without one, accounts buy nothing: a price list says what is for sale, and at which
                price.
              </Empty>
            ) : (
              <>
                <DataTable
                  label="Price lists"
                  rows={items}
                  columns={columns}
                  keyOf={({ id }) => id}
                />
                <Pager
                  shown={items.length}
                  next={next}
                  cursor={cursor}
                  onGo={(cursor) => void navigate({ search: { q, cursor } })}
                />
              </>
            )
          }
        </Shown>
      </Stack>
    </>
  )
}

const columns: ReadonlyArray<Column<PriceList>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/price-lists/${id}`} className="foreign">
        {name}
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  { id: "currency", header: "Currency", cell: ({ currency }) => currency },
  { id: "market", header: "Market", cell: ({ market }) => market ?? "all" },
  { id: "from", header: "From", cell: ({ validFrom }) => <Instant at={validFrom} /> },
  { id: "to", header: "Until", cell: ({ validTo }) => <Instant at={validTo} /> },
  {
    id: "active",
    header: "In use",
    cell: ({ active }) =>
      active ? <State tone="good">active</State> : <State tone="neutral">inactive</State>
  }
]

const NewPriceList = () => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState<string | null>(null)
  const [name, setName] = useState("")
  const [currency, setCurrency] = useState("EUR")
  const make = useCommand("POST /v1/pricelists", ["GET /v1/pricelists"])
  const submit = () => {
    if (instance !== null)
      make.mutate(
        { parts: { payload: { name, instance, currency } } },
        { onSuccess: ({ id }) => void navigate({ to: "/price-lists/$id", params: { id } }) }
      )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
        <TextInput
          label="Name"
          required
          value={name}
          error={issueOf(make.error, "name")}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          label="Currency"
          description="Three letters, such as EUR"
          required
          maxLength={3}
          value={currency}
          error={issueOf(make.error, "currency")}
          onChange={({ currentTarget }) => setCurrency(currentTarget.value.toUpperCase())}
        />
        {make.error !== null && <ProblemBox problem={make.error} onRetry={submit} />}
        <Button type="submit" disabled={instance === null} loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
