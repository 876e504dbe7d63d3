import { Anchor, Button, Group, Modal, Stack, TextInput } from "@mantine/core"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import type { PriceGroup } from "./priceLists.ts"

const route = getRouteApi("/price-groups/")

/** Sets of products that price lists treat alike. */
export const PriceGroups = () => {
  const search = route.useSearch()
  const { cursor, do: doing, instance, q } = search
  const navigate = route.useNavigate()
  const mayWrite = useMay("price-lists:write")
  const set = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const groups = useRead("GET /v1/pricegroups", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(instance === undefined ? {} : { instance }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <>
      <PageHead
        title="Price groups"
        above={
          <Anchor component={Link} to="/price-lists" size="sm">
            Price lists
          </Anchor>
        }
      >
        {mayWrite && <Button onClick={() => set({ do: "make" })}>Make a price group</Button>}
      </PageHead>
      <Modal
        opened={mayWrite && doing === "make"}
        onClose={() => set({ do: undefined })}
        title="Make a price group"
        centered
      >
        <NewPriceGroup first={instance ?? null} />
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
        <Shown of={groups}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title="No price group fits">
                A group lets a price list have one rule for many products.
              </Empty>
            ) : (
              <>
                <DataTable
                  label="Price groups"
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

const columns: ReadonlyArray<Column<PriceGroup>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/price-groups/${id}`} className="foreign">
        {name}
      </Anchor>
    )
  },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance }
]

const NewPriceGroup = ({ first }: { readonly first: string | null }) => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState(first)
  const make = useCommand("POST /v1/pricegroups", ["GET /v1/pricegroups"])
  const form = useTexts({ name: "" }, make.error)
  const submit = () => {
    if (instance !== null)
      make.mutate(
        { parts: { payload: { name: form.texts.name.trim(), instance } } },
        { onSuccess: ({ id }) => void navigate({ to: "/price-groups/$id", params: { id } }) }
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
        {make.error !== null && <ProblemBox problem={make.error} onRetry={submit} />}
        <Button type="submit" disabled={instance === null} loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
