import {
  Anchor,
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Tabs,
  Text,
  TextInput
} from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item, Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Money } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { termText } from "../reconciliations/values.ts"
import { sectionNames } from "./priceLists.ts"

const route = getRouteApi("/price-lists/$id")

/** A price list: its rules, who buys by it, and what a customer sees. */
export const PriceListPage = () => {
  const { id } = route.useParams()
  const { show = "entries" } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useRead("GET /v1/pricelists/:id", { params: { id } })
  return (
    <Shown of={list} title="Price list">
      {(list) => (
        <>
          <PageHead
            title={list.name}
            above={
              <Anchor component={Link} to="/price-lists" size="sm">
                Price lists
              </Anchor>
            }
          />
          <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
            <Fact label="Instance">{list.instance}</Fact>
            <Fact label="Currency and market">
              {list.currency}, {list.market ?? "all markets"}
            </Fact>
            <Fact label="Valid">
              <Instant at={list.validFrom} /> – <Instant at={list.validTo} />
            </Fact>
            <Fact label="In use">
              <State tone={list.active ? "good" : "neutral"}>
                {list.active ? "active" : "inactive"}
              </State>
            </Fact>
          </SimpleGrid>
          <Tabs
            keepMounted={false}
            value={show}
            onChange={(value) =>
              void navigate({ search: { show: nameIn({ value }, "value", sectionNames) } })
            }
          >
            <Tabs.List mb="sm">
              {Object.entries(sectionNames).map(([value, label]) => (
                <Tabs.Tab key={value} value={value}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="entries">
              <Entries id={id} currency={list.currency} version={list.version} />
            </Tabs.Panel>
            <Tabs.Panel value="accounts">
              <Accounts id={id} />
            </Tabs.Panel>
            <Tabs.Panel value="preview">
              <Preview id={id} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Shown>
  )
}

const useCursor = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  return {
    cursor: search.cursor,
    onGo: (cursor: string | undefined) => void navigate({ search: { ...search, cursor } })
  }
}

type Entry = Item<"GET /v1/pricelists/:id/entries">
type Change = Payload<"PATCH /v1/pricelists/:id/entries">
type Rule = Entry["rule"]["kind"]

const ruleNames: Record<Rule, string> = {
  fixed: "Fixed price",
  margin: "Margin %",
  markup: "Markup %",
  discount: "Discount %"
}

const subjectText = ({ subject }: Entry): string => {
  if (subject.kind === "all") return "all products"
  return subject.kind === "product" ? subject.offer : "a price group"
}

const keyOf = ({ billingCycle, subject, term }: Entry): string =>
  JSON.stringify([subject, term, billingCycle])

const Entries = ({
  id,
  currency,
  version
}: {
  readonly id: string
  readonly currency: string
  readonly version: number
}) => {
  const { cursor, onGo } = useCursor()
  const mayWrite = useMay("price-lists:write")
  const entries = useRead("GET /v1/pricelists/:id/entries", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  const change = useCommand("PATCH /v1/pricelists/:id/entries", [
    "GET /v1/pricelists/:id",
    "GET /v1/pricelists/:id/entries",
    "GET /v1/pricelists/:id/preview"
  ])
  const send = (payload: Change) => change.mutate({ parts: { params: { id }, payload }, version })
  const columns: ReadonlyArray<Column<Entry>> = [
    {
      id: "of",
      header: "Of",
      cell: (entry) => <span className="foreign">{subjectText(entry)}</span>
    },
    {
      id: "term",
      header: "Commitment",
      cell: ({ term }) => (term === null ? "any" : termText(term))
    },
    { id: "cycle", header: "Billing cycle", cell: ({ billingCycle }) => billingCycle ?? "any" },
    { id: "rule", header: "Rule", cell: ({ rule }) => ruleNames[rule.kind] },
    {
      id: "value",
      header: "Value",
      align: "right",
      cell: ({ rule }) =>
        rule.kind === "fixed" ? (
          <Money value={{ amount: rule.value, currency }} />
        ) : (
          `${rule.value} %`
        )
    },
    ...(mayWrite
      ? [
          {
            id: "act",
            header: "Change",
            cell: (entry: Entry) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Take out the rule for ${subjectText(entry)}`}
                loading={change.isPending}
                onClick={() => {
                  const { billingCycle, subject, term } = entry
                  send({ remove: [{ subject, term, billingCycle }] })
                }}
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
      {mayWrite && <NewEntry onAdd={(entry) => send({ put: [entry] })} isBusy={change.isPending} />}
      {change.error !== null && <ProblemBox problem={change.error} />}
      <Shown of={entries}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No rule yet">Add one: without a rule nothing is for sale.</Empty>
          ) : (
            <>
              <DataTable label="Rules" rows={items} columns={columns} keyOf={keyOf} />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}

/** A rule for a product by its offer, or for all products; the finer ones come through the API. */
const NewEntry = ({
  onAdd,
  isBusy
}: {
  readonly onAdd: (entry: Entry) => void
  readonly isBusy: boolean
}) => {
  const [offer, setOffer] = useState("")
  const [rule, setRule] = useState<Rule>("markup")
  const [value, setValue] = useState("")
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onAdd({
          subject: offer.trim() === "" ? { kind: "all" } : { kind: "product", offer: offer.trim() },
          term: null,
          billingCycle: null,
          rule: { kind: rule, value: value.trim() }
        })
      }}
    >
      <Group align="end">
        <TextInput
          label="Offer"
          placeholder="All products"
          value={offer}
          onChange={({ currentTarget }) => setOffer(currentTarget.value)}
        />
        <Select
          label="Rule"
          allowDeselect={false}
          w={150}
          data={Object.entries(ruleNames).map(([value, label]) => ({ value, label }))}
          value={rule}
          onChange={(value) => setRule(nameIn({ value }, "value", ruleNames) ?? "markup")}
        />
        <TextInput
          label="Value"
          required
          w={120}
          inputMode="decimal"
          value={value}
          onChange={({ currentTarget }) => setValue(currentTarget.value)}
        />
        <Button type="submit" loading={isBusy}>
          Add the rule
        </Button>
      </Group>
    </form>
  )
}

type Assigned = Item<"GET /v1/pricelists/:id/accounts">

const Accounts = ({ id }: { readonly id: string }) => {
  const { cursor, onGo } = useCursor()
  const [account, setAccount] = useState<string | null>(null)
  const mayWrite = useMay("price-lists:write")
  const accounts = useRead("GET /v1/pricelists/:id/accounts", {
    params: { id },
    query: cursor === undefined ? {} : { cursor }
  })
  const assign = useCommand("PUT /v1/pricelists/:id/accounts/:accountId", [
    "GET /v1/pricelists/:id/accounts"
  ])
  const take = useCommand("DELETE /v1/pricelists/:id/accounts/:accountId", [
    "GET /v1/pricelists/:id/accounts"
  ])
  const problem = assign.error ?? take.error
  const columns: ReadonlyArray<Column<Assigned>> = [
    {
      id: "name",
      header: "Account",
      cell: ({ accountId, name }) => (
        <Anchor component={Link} to={`/accounts/${accountId}`} className="foreign">
          {name}
        </Anchor>
      )
    },
    { id: "code", header: "Code", cell: ({ code }) => <span className="foreign">{code}</span> },
    { id: "kind", header: "Kind", cell: ({ kind }) => kind },
    { id: "since", header: "Since", cell: ({ assignedAt }) => <Instant at={assignedAt} /> },
    ...(mayWrite
      ? [
          {
            id: "act",
            header: "Change",
            cell: ({ accountId, name }: Assigned) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Take back the price list from ${name}`}
                loading={take.isPending}
                onClick={() => take.mutate({ parts: { params: { id, accountId } } })}
              >
                Take back
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
          <AccountSelect label="Account" w={320} value={account} onChange={setAccount} />
          <Button
            disabled={account === null}
            loading={assign.isPending}
            onClick={() => {
              if (account !== null)
                assign.mutate(
                  { parts: { params: { id, accountId: account } } },
                  { onSuccess: () => setAccount(null) }
                )
            }}
          >
            Assign
          </Button>
        </Group>
      )}
      {problem !== null && <ProblemBox problem={problem} />}
      <Shown of={accounts}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="Nobody buys by it yet" />
          ) : (
            <>
              <DataTable
                label="Accounts"
                rows={items}
                columns={columns}
                keyOf={({ accountId }) => accountId}
              />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}

/** A plan of a product as the list prices it. */
interface Line {
  readonly key: string
  readonly product: Item<"GET /v1/pricelists/:id/preview">
  readonly plan: Item<"GET /v1/pricelists/:id/preview">["plans"][number]
}

const Preview = ({ id }: { readonly id: string }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { account, cursor } = search
  const preview = useRead("GET /v1/pricelists/:id/preview", {
    params: { id },
    query: {
      ...(account === undefined ? {} : { account }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  return (
    <Stack gap="sm">
      <AccountSelect
        label="As this account"
        w={320}
        value={account ?? null}
        onChange={(chosen) =>
          void navigate({ search: { show: "preview", account: chosen ?? undefined } })
        }
      />
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
                onGo={(cursor) => void navigate({ search: { ...search, cursor } })}
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
    cell: ({ plan }) => `${termText(plan.term)}, ${plan.billingCycle}`
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
