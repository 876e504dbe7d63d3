import { Group, Stack, Text, TextInput } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { startOfDay } from "../../show/days.ts"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { planText } from "../catalogue/products.ts"

const route = getRouteApi("/price-lists/$id")

/** A plan of a product as the list prices it. */
interface Line {
  readonly key: string
  readonly product: Item<"GET /v1/pricelists/:id/preview">
  readonly plan: Item<"GET /v1/pricelists/:id/preview">["plans"][number]
}

/** What a customer would see: every product with its price, and how the price came about. */
export const PriceListPreview = ({ id }: { readonly id: string }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { account, at, cursor, q } = search
  const set = (change: typeof search) =>
    void navigate({ search: { show: "preview", account, at, q, ...change } })
  const instant = startOfDay(at ?? "")
  const preview = useRead("GET /v1/pricelists/:id/preview", {
    params: { id },
    query: {
      ...(account === undefined ? {} : { account }),
      ...(q === undefined ? {} : { q }),
      ...(instant === null ? {} : { at: instant }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <Stack gap="sm">
      <Group align="end">
        <AccountSelect
          label="As this account"
          w={320}
          value={account ?? null}
          onChange={(chosen) => set({ account: chosen ?? undefined })}
        />
        <SearchBox
          label="Product"
          placeholder="Name or offer …"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <TextInput
          type="date"
          label="On this day"
          w={180}
          value={at ?? ""}
          onChange={({ currentTarget: { value } }) => set({ at: value === "" ? undefined : value })}
        />
      </Group>
      <Shown of={preview}>
        {({ items, next }) => {
          const lines = items.flatMap((product) =>
            product.plans.map(
              (plan): Line => ({
                key: `${product.offer} ${plan.term} ${plan.billingCycle}`,
                product,
                plan
              })
            )
          )
          return items.length === 0 ? (
            <Empty title="No product is published">Publish products first.</Empty>
          ) : (
            <>
              <DataTable
                label="Preview"
                rows={lines}
                columns={previewColumns}
                keyOf={({ key }) => key}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => set({ cursor })}
              />
            </>
          )
        }}
      </Shown>
    </Stack>
  )
}

const previewColumns: ReadonlyArray<Column<Line>> = [
  {
    id: "name",
    header: "Product",
    cell: ({ product }) => <span className="foreign">{product.name}</span>
  },
  {
    id: "plan",
    header: "Plan",
    cell: ({ plan }) => planText(plan)
  },
  {
    id: "price",
    header: "Price",
    align: "right",
    cell: ({ plan }) => <Money value={plan.price} />
  },
  {
    id: "seen",
    header: "For sale",
    cell: ({ plan }) => (
      <State tone={plan.visible ? "good" : "neutral"}>{plan.visible ? "yes" : "no"}</State>
    )
  },
  {
    id: "why",
    header: "Why",
    cell: ({ plan }) => (
      <Text size="sm" className="foreign">
        {plan.hiddenBecause ?? plan.explanation}
      </Text>
    )
  }
]
