import { Anchor, Button, Group, Stack, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Confirm } from "../../show/Confirm.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { ProductSelect } from "../catalogue/ProductSelect.tsx"
import { priceGroupReadings } from "./priceGroups.ts"
import type { PriceGroup } from "./priceLists.ts"

const route = getRouteApi("/price-groups/$id")

/** A price group: its name and its products. */
export const PriceGroupPage = () => {
  const { id } = route.useParams()
  const mayWrite = useMay("price-lists:write")
  const group = useRead("GET /v1/pricegroups/:id", { params: { id } })
  return (
    <Shown of={group} title="Price group">
      {(group) => (
        <>
          <PageHead
            title={group.name}
            above={
              <Anchor component={Link} to="/price-groups" size="sm">
                Price groups
              </Anchor>
            }
          />
          <Stack>
            {mayWrite && <Rename key={group.id} group={group} />}
            <Products group={group} />
          </Stack>
        </>
      )}
    </Shown>
  )
}

const Rename = ({ group: { id, name, version } }: { readonly group: PriceGroup }) => {
  const navigate = useNavigate()
  const rename = useCommand("PATCH /v1/pricegroups/:id", priceGroupReadings)
  const remove = useCommand("DELETE /v1/pricegroups/:id", ["GET /v1/pricegroups"])
  const [isRemoving, { open, close }] = useDisclosure()
  const form = useTexts({ name }, rename.error)
  const problem = rename.error ?? remove.error
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        rename.mutate(
          { parts: { params: { id }, payload: { name: form.texts.name.trim() } }, version },
          { onSuccess: (kept) => form.restart({ name: kept.name }) }
        )
      }}
    >
      <Group align="end">
        <TextInput label="Name" required w={320} {...form.text("name")} />
        <Button type="submit" disabled={!form.isChanged("name")} loading={rename.isPending}>
          Rename it
        </Button>
        <Button variant="default" onClick={open}>
          Remove the group
        </Button>
      </Group>
      {problem !== null && <ProblemBox problem={problem} />}
      <Confirm
        opened={isRemoving}
        onClose={close}
        title="Remove the price group"
        action="Remove it"
        isBusy={remove.isPending}
        onConfirm={() =>
          remove.mutate(
            { parts: { params: { id } }, version },
            { onSuccess: () => void navigate({ to: "/price-groups" }), onSettled: close }
          )
        }
      >
        Its products stay. It is refused while a price list has a rule for the group.
      </Confirm>
    </form>
  )
}

type Grouped = Item<"GET /v1/pricegroups/:id/products">

const Products = ({ group: { id, instance, version } }: { readonly group: PriceGroup }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("price-lists:write")
  const [offer, setOffer] = useState<string | null>(null)
  const products = useRead("GET /v1/pricegroups/:id/products", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  const change = useCommand("PATCH /v1/pricegroups/:id/products", priceGroupReadings)
  const columns: ReadonlyArray<Column<Grouped>> = [
    {
      id: "offer",
      header: "Offer",
      cell: ({ offer }) => (
        <Anchor
          component={Link}
          to={`/products?instance=${encodeURIComponent(instance)}&q=${encodeURIComponent(offer)}`}
        >
          {offer}
        </Anchor>
      )
    },
    ...(mayWrite
      ? [
          {
            id: "act",
            header: "Change",
            cell: ({ offer }: Grouped) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Take out ${offer}`}
                loading={change.isPending}
                onClick={() =>
                  change.mutate({
                    parts: { params: { id }, payload: { remove: [offer] } },
                    version
                  })
                }
              >
                Take out
              </Button>
            )
          }
        ]
      : [])
  ]
  return (
    <Stack gap="sm">
      {mayWrite && (
        <Group align="end">
          <ProductSelect
            label="Product"
            w={360}
            instance={instance}
            value={offer}
            onChange={setOffer}
          />
          <Button
            disabled={offer === null}
            loading={change.isPending}
            onClick={() => {
              if (offer !== null)
                change.mutate(
                  { parts: { params: { id }, payload: { put: [offer] } }, version },
                  { onSuccess: () => setOffer(null) }
                )
            }}
          >
            Put it in
          </Button>
        </Group>
      )}
      {change.error !== null && <ProblemBox problem={change.error} />}
      <Shown of={products}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No product yet">A product is in one group at most.</Empty>
          ) : (
            <>
              <DataTable
                label="Products of the group"
                rows={items}
                columns={columns}
                keyOf={({ offer }) => offer}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { cursor } })}
              />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}
