import { Anchor, Button, Group, Select, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useEffect, useMemo } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { flagIn, nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { InstanceSelect, useInstances } from "../instances/InstanceSelect.tsx"
import { BulkActions } from "./BulkActions.tsx"
import { familyNames, type Product, productReadings, statusNames, statusTone } from "./products.ts"

const route = getRouteApi("/products/")

/** The products of an instance's catalogue: what is new or changed, and what is for sale. */
export const Products = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const instances = useInstances()
  const first = instances.data?.items[0]?.name
  const { cursor, family, instance, published, q, status } = search
  const set = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  // Products are those of an instance: the address always names one.
  useEffect(() => {
    if (instance === undefined && first !== undefined)
      void navigate({ search: (before) => ({ ...before, instance: first }), replace: true })
  }, [instance, first, navigate])
  const products = useRead(
    "GET /v1/catalogue/products",
    {
      query: {
        instance: instance ?? "",
        ...(q === undefined ? {} : { q }),
        ...(family === undefined ? {} : { family }),
        ...(status === undefined ? {} : { status }),
        ...(published === undefined ? {} : { published }),
        ...(cursor === undefined ? {} : { cursor })
      }
    },
    { enabled: instance !== undefined }
  )
  const mayWrite = useMay("catalogue:write")
  const columns = useMemo(() => columnsOf(mayWrite), [mayWrite])
  return (
    <>
      <PageHead title="Products">
        <Anchor component={Link} to="/product-types" size="sm">
          Product types
        </Anchor>
      </PageHead>
      <Group align="end" mb="sm">
        <InstanceSelect
          label="Instance"
          w={200}
          value={instance ?? null}
          onChange={(name) => set({ instance: name ?? undefined })}
        />
        <SearchBox
          label="Search"
          placeholder="Name, code, offer …"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Family"
          clearable
          clearButtonProps={{ "aria-label": "Clear the family" }}
          placeholder="Any"
          w={220}
          data={Object.entries(familyNames).map(([value, label]) => ({ value, label }))}
          value={family ?? null}
          onChange={(value) => set({ family: nameIn({ value }, "value", familyNames) })}
        />
        <Select
          label="Catalog status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={160}
          data={Object.entries(statusNames).map(([value, label]) => ({ value, label }))}
          value={status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", statusNames) })}
        />
        <Select
          label="Published"
          clearable
          clearButtonProps={{ "aria-label": "Clear whether it is published" }}
          placeholder="All"
          w={160}
          data={[
            { value: "true", label: "Published" },
            { value: "false", label: "Not published" }
          ]}
          value={published ?? null}
          onChange={(value) => set({ published: flagIn({ value }, "value") })}
        />
      </Group>
      {mayWrite && instance !== undefined && (
        <BulkActions filter={{ instance, family, status, published, q }} />
      )}
      {instances.data?.items.length === 0 ? (
        <Empty title="No instance yet">Connect a Partner Center account first.</Empty>
      ) : (
        <Shown of={products}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title="No product fits">
                Read the catalogue of the instance, or change the filter.
              </Empty>
            ) : (
              <>
                <DataTable
                  label="Products"
                  rows={items}
                  columns={columns}
                  keyOf={({ id }) => id}
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
      )}
    </>
  )
}

const columnsOf = (mayWrite: boolean): ReadonlyArray<Column<Product>> => [
  {
    id: "name",
    header: "Product",
    cell: ({ id, microsoftName, name }) => (
      <>
        <Anchor component={Link} to={`/products/${id}`} size="sm" className="foreign">
          {name}
        </Anchor>
        {microsoftName !== null && microsoftName !== name && (
          <Text size="xs" c="dimmed" className="foreign">
            at Microsoft: {microsoftName}
          </Text>
        )}
      </>
    )
  },
  { id: "offer", header: "Offer", cell: ({ offer }) => offer },
  {
    id: "code",
    header: "Code",
    isHidden: true,
    cell: ({ code }) => <span className="foreign">{code}</span>
  },
  { id: "family", header: "Family", cell: ({ family }) => familyNames[family] },
  {
    id: "status",
    header: "Catalog status",
    cell: ({ status }) =>
      status === "none" ? "–" : <State tone={statusTone[status]}>{statusNames[status]}</State>
  },
  {
    id: "sell",
    header: "Sell price",
    align: "right",
    cell: ({ sellPrice }) => <Money value={sellPrice} />
  },
  {
    id: "buy",
    header: "Purchase price",
    align: "right",
    isHidden: true,
    cell: ({ purchasePrice }) => <Money value={purchasePrice} />
  },
  {
    id: "annual",
    header: "Annual",
    isHidden: true,
    cell: ({ annualEnabled }) => (annualEnabled ? "may be ordered" : "–")
  },
  {
    id: "published",
    header: "Published",
    cell: ({ published }) =>
      published ? <State tone="good">published</State> : <State tone="neutral">not published</State>
  },
  ...(mayWrite
    ? [
        {
          id: "act",
          header: "Change",
          cell: (product: Product) => <Actions product={product} />
        }
      ]
    : [])
]

const Actions = ({ product }: { readonly product: Product }) => {
  const change = useCommand("PATCH /v1/catalogue/products/:id", productReadings)
  const { id, name, published, status, version } = product
  return (
    <Group gap={6} wrap="nowrap">
      <Button
        size="compact-xs"
        variant="default"
        loading={change.isPending}
        aria-label={`${published ? "Unpublish" : "Publish"} ${name}`}
        onClick={() =>
          change.mutate({ parts: { params: { id }, payload: { published: !published } }, version })
        }
      >
        {published ? "Unpublish" : "Publish"}
      </Button>
      {status !== "none" && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Acknowledge the change of ${name}`}
          loading={change.isPending}
          onClick={() =>
            change.mutate({ parts: { params: { id }, payload: { acknowledged: true } }, version })
          }
        >
          Acknowledge
        </Button>
      )}
      {change.error !== null && <ProblemBox problem={change.error} />}
    </Group>
  )
}
