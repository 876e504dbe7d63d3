import { Anchor, Button, Group, Modal, SimpleGrid, Stack, TextInput } from "@mantine/core"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { startOfDay } from "../../show/days.ts"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import type { PriceList } from "./priceLists.ts"

const route = getRouteApi("/price-lists/")

/** By which prices accounts buy. */
export const PriceLists = () => {
  const search = route.useSearch()
  const { cursor, do: doing, instance, q } = search
  const navigate = route.useNavigate()
  const mayWrite = useMay("price-lists:write")
  const set = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const lists = useRead("GET /v1/pricelists", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(instance === undefined ? {} : { instance }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <>
      <PageHead title="Price lists">
        <Anchor component={Link} to="/price-groups" size="sm">
          Price groups
        </Anchor>
        {mayWrite && (
          <>
            <Anchor component={Link} to="/price-protections" size="sm">
              Price protection
            </Anchor>
            <Button onClick={() => set({ do: "make" })}>Make a price list</Button>
          </>
        )}
      </PageHead>
      <Modal
        opened={mayWrite && doing === "make"}
        onClose={() => set({ do: undefined })}
        title="Make a price list"
        centered
      >
        <NewPriceList first={instance ?? null} />
      </Modal>
      <Stack gap="sm">
        <Group align="end">
          <InstanceSelect
            label="Instance"
            clearable
            w={200}
            value={instance ?? null}
            onChange={(name) => set({ instance: name ?? undefined })}
          />
          <SearchBox label="Search" placeholder="Name …" value={q} onSearch={(q) => set({ q })} />
        </Group>
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
                  onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
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

const NewPriceList = ({ first }: { readonly first: string | null }) => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState(first)
  const make = useCommand("POST /v1/pricelists", ["GET /v1/pricelists"])
  const form = useTexts(
    { name: "", description: "", currency: "EUR", market: "", validFrom: "", validTo: "" },
    make.error
  )
  const submit = () => {
    const { currency, description, market, name, validFrom, validTo } = form.texts
    const from = startOfDay(validFrom)
    const to = startOfDay(validTo)
    if (instance !== null)
      make.mutate(
        {
          parts: {
            payload: {
              name: name.trim(),
              instance,
              currency: currency.trim().toUpperCase(),
              ...(description.trim() === "" ? {} : { description: description.trim() }),
              ...(market.trim() === "" ? {} : { market: market.trim().toUpperCase() }),
              ...(from === null ? {} : { validFrom: from }),
              ...(to === null ? {} : { validTo: to })
            }
          }
        },
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
        <TextInput label="Name" required {...form.text("name")} />
        <TextInput label="Description" {...form.text("description")} />
        <SimpleGrid cols={2}>
          <TextInput
            label="Currency"
            description="Three letters, such as EUR; it never changes"
            required
            maxLength={3}
            {...form.text("currency")}
          />
          <TextInput
            label="Market"
            description="Whose price sheets say what products cost"
            placeholder="None"
            maxLength={2}
            {...form.text("market")}
          />
          <TextInput
            type="date"
            label="Valid from"
            description="A day in UTC; empty: now"
            {...form.text("validFrom")}
          />
          <TextInput
            type="date"
            label="Valid until"
            description="Its beginning; empty: no end"
            {...form.text("validTo")}
          />
        </SimpleGrid>
        {make.error !== null && <ProblemBox problem={make.error} onRetry={submit} />}
        <Button type="submit" disabled={instance === null} loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
