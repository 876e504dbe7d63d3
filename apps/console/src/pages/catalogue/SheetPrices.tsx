import { Anchor, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, Shown } from "../../show/States.tsx"
import { type Product, planText, segmentNames } from "./products.ts"

const route = getRouteApi("/products/$id")

type Price = Item<"GET /v1/catalogue/prices">

const columns: ReadonlyArray<Column<Price>> = [
  { id: "plan", header: "Plan", cell: (price) => planText(price) },
  {
    id: "market",
    header: "Market",
    cell: ({ market, segment }) => `${market}, ${segmentNames[segment]}`
  },
  {
    id: "tier",
    header: "Seats",
    isHidden: true,
    cell: ({ tierMax, tierMin }) =>
      tierMin === null && tierMax === null ? "any" : `${tierMin ?? 1} – ${tierMax ?? "…"}`
  },
  {
    id: "cost",
    header: "Cost",
    align: "right",
    cell: ({ cost }) => <Money value={cost} />
  },
  {
    id: "recommended",
    header: "Recommended",
    align: "right",
    cell: ({ recommended }) => <Money value={recommended} />
  },
  {
    id: "term-cost",
    header: "Cost, whole term",
    align: "right",
    isHidden: true,
    cell: ({ termCost }) => <Money value={termCost} />
  },
  { id: "from", header: "From", cell: ({ validFrom }) => <Instant at={validFrom} /> },
  { id: "to", header: "Until", cell: ({ validTo }) => <Instant at={validTo} /> },
  {
    id: "counts",
    header: "Counts",
    cell: ({ supersededBy }) =>
      supersededBy === null ? (
        <State tone="good">counts</State>
      ) : (
        <State tone="neutral">replaced</State>
      )
  },
  {
    id: "sheet",
    header: "From sheet",
    cell: ({ priceSheet }) => (
      <Anchor component={Link} to={`/price-sheets/${priceSheet}`}>
        Import
      </Anchor>
    )
  }
]

/** What the product costs by Microsoft's price sheets: past, present and announced. */
export const SheetPrices = ({ product }: { readonly product: Product }) => {
  const { cursor, history, market } = route.useSearch()
  const navigate = route.useNavigate()
  const [typed, setTyped] = useState(market ?? "")
  const set = (change: { market?: string | undefined; history?: "true" | undefined }) =>
    void navigate({
      search: (before) => ({ ...before, show: "prices", cursor: undefined, ...change })
    })
  const prices = useRead("GET /v1/catalogue/prices", {
    query: {
      instance: product.instance,
      offer: product.offer,
      ...(market === undefined ? {} : { market }),
      ...(history === undefined ? {} : { history }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <Stack gap="sm">
      <Group align="end">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            set({ market: typed.trim() === "" ? undefined : typed.trim().toUpperCase() })
          }}
        >
          <TextInput
            label="Market"
            placeholder="All"
            description="Two letters; Enter filters"
            maxLength={2}
            w={180}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </form>
        <Checkbox
          label="Also what later sheets have replaced"
          checked={history === "true"}
          onChange={({ currentTarget }) =>
            set({ history: currentTarget.checked ? "true" : undefined })
          }
        />
      </Group>
      <Text size="sm" c="dimmed">
        For one seat and billing period, as imported from Microsoft's price sheets.
      </Text>
      <Shown of={prices}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No price is known">Import a price sheet of the market first.</Empty>
          ) : (
            <>
              <DataTable
                label="Microsoft's prices"
                rows={items}
                columns={columns}
                keyOf={(price) =>
                  [
                    planText(price),
                    price.market,
                    price.segment,
                    price.currency,
                    price.tierMin,
                    price.validFrom,
                    price.priceSheet
                  ].join(" ")
                }
                canChoose
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
  )
}
