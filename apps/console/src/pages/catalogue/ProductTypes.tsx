import {
  Anchor,
  Button,
  Group,
  Modal,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput
} from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item, Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { amountText } from "../../show/amount.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { countText, Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { familyNames } from "./products.ts"

const route = getRouteApi("/product-types/")

type ProductType = Item<"GET /v1/catalogue/product-types">
type Patch = Payload<"PATCH /v1/catalogue/product-types/:id">

const refundNames: Record<ProductType["refund"], string> = {
  hours: "By the hour",
  days: "By the day",
  none: "No refund"
}

/** The policies that the products of a family share, for each instance. */
export const ProductTypes = () => {
  const { cursor, edit, instance } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("catalogue:write")
  const types = useRead("GET /v1/catalogue/product-types", {
    query: {
      ...(instance === undefined ? {} : { instance }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  const go = (edit?: string) => void navigate({ search: (before) => ({ ...before, edit }) })
  return (
    <>
      <PageHead
        title="Product types"
        above={
          <Anchor component={Link} to="/products" size="sm">
            Products
          </Anchor>
        }
      />
      <Modal
        opened={mayWrite && edit !== undefined}
        onClose={() => go()}
        title="Change a product type"
        size="lg"
      >
        {edit !== undefined && <Edit key={edit} id={edit} onDone={() => go()} />}
      </Modal>
      <Group mb="sm">
        <InstanceSelect
          label="Instance"
          clearable
          w={220}
          value={instance ?? null}
          onChange={(name) =>
            void navigate({ search: { instance: name ?? undefined, cursor: undefined } })
          }
        />
      </Group>
      <Shown of={types}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No product type yet">
              Each instance gets its own with its first catalogue run.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Product types"
                rows={items}
                columns={mayWrite ? [...columns, changing(go)] : columns}
                keyOf={({ id }) => id}
                canChoose
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { instance, cursor } })}
              />
            </>
          )
        }
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<ProductType>> = [
  { id: "name", header: "Name", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "code", header: "Code", cell: ({ code }) => <span className="foreign">{code}</span> },
  { id: "instance", header: "Instance", cell: ({ instance }) => instance },
  { id: "family", header: "Family", cell: ({ family }) => familyNames[family] },
  {
    id: "seats",
    header: "Seats at most",
    align: "right",
    cell: ({ quantityLimit }) => (quantityLimit === null ? "unlimited" : countText(quantityLimit))
  },
  {
    id: "single",
    header: "One active per product",
    cell: ({ singleActive }) => (singleActive ? "yes" : "no")
  },
  { id: "refund", header: "Refund", cell: ({ refund }) => refundNames[refund] },
  {
    id: "cancel",
    header: "Cancels by itself",
    cell: ({ cancelAddons, cancelSubscriptions }) =>
      [
        ...(cancelSubscriptions ? ["subscriptions"] : []),
        ...(cancelAddons ? ["add-ons"] : [])
      ].join(", ") || "nothing"
  },
  {
    id: "limit",
    header: "Up to",
    align: "right",
    isHidden: true,
    cell: ({ cancelLimit }) => <Money value={cancelLimit} />
  },
  {
    id: "day",
    header: "Billing day",
    align: "right",
    isHidden: true,
    cell: ({ billingDay }) => billingDay ?? "–"
  }
]

const changing = (go: (id: string) => void): Column<ProductType> => ({
  id: "act",
  header: "Change",
  cell: ({ id, instance, name }) => (
    <Button
      size="compact-xs"
      variant="default"
      aria-label={`Change ${name} of ${instance}`}
      onClick={() => go(id)}
    >
      Change
    </Button>
  )
})

const Edit = ({ id, onDone }: { readonly id: string; readonly onDone: () => void }) => {
  const type = useRead("GET /v1/catalogue/product-types/:id", { params: { id } })
  return <Shown of={type}>{(type) => <Policies type={type} onDone={onDone} />}</Shown>
}

const textsOf = (type: ProductType) => ({
  name: type.name,
  code: type.code,
  quantityLimit: type.quantityLimit === null ? "" : String(type.quantityLimit),
  refund: type.refund,
  singleActive: String(type.singleActive),
  cancelSubscriptions: String(type.cancelSubscriptions),
  cancelAddons: String(type.cancelAddons),
  limit: type.cancelLimit?.amount ?? "",
  currency: type.cancelLimit?.currency ?? "",
  billingDay: type.billingDay === null ? "" : String(type.billingDay)
})

const numberOrNull = (text: string): number | null => (text.trim() === "" ? null : Number(text))

const switches = [
  {
    field: "singleActive",
    label: "One active subscription per product",
    description: "A second one in a tenant is a mistake"
  },
  {
    field: "cancelSubscriptions",
    label: "Execute cancellations of subscriptions by itself",
    description: "Else they wait for approval"
  },
  {
    field: "cancelAddons",
    label: "Execute cancellations of add-ons by itself",
    description: "Independent of the other"
  }
] as const

const Policies = ({
  type,
  onDone
}: {
  readonly type: ProductType
  readonly onDone: () => void
}) => {
  const [read] = useState(type)
  const change = useCommand("PATCH /v1/catalogue/product-types/:id", [
    "GET /v1/catalogue/product-types",
    "GET /v1/catalogue/product-types/:id"
  ])
  const form = useTexts(textsOf(read), change.error)
  const { isChanged, texts } = form
  const isOn = (field: "singleActive" | "cancelSubscriptions" | "cancelAddons") =>
    isChanged(field) ? { [field]: texts[field] === "true" } : {}
  const patch: Patch = {
    ...(isChanged("name") ? { name: texts.name.trim() } : {}),
    ...(isChanged("code") ? { code: texts.code.trim() } : {}),
    ...(isChanged("quantityLimit") ? { quantityLimit: numberOrNull(texts.quantityLimit) } : {}),
    ...(isChanged("refund") ? { refund: nameIn(texts, "refund", refundNames) ?? read.refund } : {}),
    ...isOn("singleActive"),
    ...isOn("cancelSubscriptions"),
    ...isOn("cancelAddons"),
    ...(isChanged("limit") || isChanged("currency")
      ? {
          cancelLimit:
            texts.limit.trim() === ""
              ? null
              : { amount: amountText(texts.limit), currency: texts.currency.trim() }
        }
      : {}),
    ...(isChanged("billingDay") ? { billingDay: numberOrNull(texts.billingDay) } : {})
  }
  const submit = () =>
    change.mutate(
      { parts: { params: { id: type.id }, payload: patch }, version: type.version },
      { onSuccess: onDone }
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput required label="Name" {...form.text("name")} />
          <TextInput
            required
            label="Code"
            description="As charge reconciliation knows it"
            {...form.text("code")}
          />
          <TextInput
            label="Seats of one subscription at most"
            description="Empty: unlimited"
            inputMode="numeric"
            {...form.text("quantityLimit")}
          />
          <Select
            label="Refund of a cancelled period"
            description="What it gives back"
            allowDeselect={false}
            data={Object.entries(refundNames).map(([value, label]) => ({ value, label }))}
            {...form.choice("refund")}
          />
          <TextInput
            label="Cancellations worth more wait for approval"
            description="Empty: no limit"
            inputMode="decimal"
            {...form.text("limit", "cancelLimit.amount")}
          />
          <TextInput
            label="Currency of the limit"
            description="Such as EUR"
            maxLength={3}
            {...form.text("currency", "cancelLimit.currency")}
          />
          <TextInput
            label="Billing day"
            description="Azure: the day on which Microsoft bills; empty: it does not matter"
            inputMode="numeric"
            {...form.text("billingDay")}
          />
        </SimpleGrid>
        {switches.map(({ description, field, label }) => (
          <Switch
            key={field}
            label={label}
            description={description}
            checked={texts[field] === "true"}
            onChange={({ currentTarget }) => form.put(field, String(currentTarget.checked))}
          />
        ))}
        {change.error !== null && <ProblemBox problem={change.error} />}
        <Group>
          <Button
            type="submit"
            disabled={Object.keys(patch).length === 0}
            loading={change.isPending}
          >
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
