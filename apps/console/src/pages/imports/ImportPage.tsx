import {
  Anchor,
  Button,
  Group,
  List,
  Menu,
  Modal,
  Select,
  SimpleGrid,
  Stack,
  Text
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconDownload } from "@tabler/icons-react"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { countText } from "../../show/Money.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { ImportProgress } from "./Imports.tsx"
import {
  type CustomersSearch,
  customerTone,
  type Import,
  type ImportCustomer,
  importEvery,
  importTone,
  isImporting
} from "./imports.ts"

const route = getRouteApi("/imports/$id")

/** An import: the hierarchy that was found, who is who, and what became of each customer. */
export const ImportPage = () => {
  const { id } = route.useParams()
  const item = useRead(
    "GET /v1/imports/:id",
    { params: { id } },
    { everyMs: (item) => importEvery(item === undefined ? undefined : [item]) }
  )
  return (
    <Shown of={item} title="Import">
      {(item) => (
        <>
          <PageHead
            title={`Import of ${item.instance}`}
            above={
              <Anchor component={Link} to="/imports" size="sm">
                Imports
              </Anchor>
            }
          >
            <Commands item={item} />
          </PageHead>
          <SimpleGrid cols={{ base: 2, md: 4 }} mb="md">
            <Fact label="Status">
              <State tone={importTone[item.status]}>{item.status}</State>
            </Fact>
            <Fact label="Customers / resellers">
              {countText(item.progress.customers)} / {countText(item.resellers)}
            </Fact>
            <Fact label="Imported / incomplete / failed">
              {countText(item.progress.imported)} / {countText(item.progress.incomplete)} /{" "}
              {countText(item.progress.failed)}
            </Fact>
            <Fact label="Subscriptions imported">
              {countText(item.subscriptionsImported)} of {countText(item.subscriptions)}
            </Fact>
          </SimpleGrid>
          {isImporting(item) && <ImportProgress item={item} />}
          {item.problem !== null && <Text className="foreign">{item.problem}</Text>}
          <Customers item={item} />
        </>
      )}
    </Shown>
  )
}

const changed = ["GET /v1/imports", "GET /v1/imports/:id", "GET /v1/imports/:id/customers"] as const

const Commands = ({ item }: { readonly item: Import }) => {
  const { id } = item
  const search = route.useSearch()
  const mayWrite = useMay("imports:write")
  const [isAsking, { open, close }] = useDisclosure()
  const execute = useCommand("POST /v1/imports/:id/execution", changed)
  const stop = useCommand("DELETE /v1/imports/:id", changed)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
            Report
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {(["xlsx", "csv", "json"] as const).map((format) => (
            <Menu.Item
              key={format}
              component="a"
              download
              href={addressOf("GET /v1/imports/:id/export", {
                params: { id },
                query: { format, ...filterOf(search) }
              })}
            >
              {format === "xlsx" ? "Excel" : format.toUpperCase()}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {mayWrite && isImporting(item) && (
        <Button
          variant="default"
          loading={stop.isPending}
          onClick={() => stop.mutate({ parts: { params: { id } } })}
        >
          Stop it
        </Button>
      )}
      {mayWrite && item.status === "ready" && <Button onClick={open}>Import all</Button>}
      {stop.error !== null && <ProblemBox problem={stop.error} />}
      <Modal opened={isAsking} onClose={close} title="Import all customers" centered>
        <Stack>
          <Text size="sm">
            Accounts are made for customers that the BSS does not have; what it has stays as it is.
            Nothing is changed in Partner Center.
          </Text>
          {execute.error !== null && <ProblemBox problem={execute.error} />}
          <Button
            loading={execute.isPending}
            onClick={() =>
              execute.mutate(
                { parts: { params: { id }, payload: { customers: "all" } } },
                { onSuccess: close }
              )
            }
          >
            Import {countText(item.progress.customers)} customers
          </Button>
        </Stack>
      </Modal>
    </>
  )
}

const filterOf = ({ q, reseller, status }: CustomersSearch) => ({
  ...(q === undefined ? {} : { q }),
  ...(status === undefined ? {} : { status }),
  ...(reseller === undefined ? {} : { reseller })
})

const Customers = ({ item }: { readonly item: Import }) => {
  const { id } = item
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay("imports:write")
  const set = (change: CustomersSearch) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  const customers = useRead(
    "GET /v1/imports/:id/customers",
    {
      params: { id },
      query: {
        ...filterOf(search),
        ...(search.cursor === undefined ? {} : { cursor: search.cursor })
      }
    },
    { everyMs: () => importEvery([item]) }
  )
  const resellers = useRead("GET /v1/imports/:id/resellers", {
    params: { id },
    query: { limit: "200" }
  })
  const names = useMemo(
    () =>
      new Map(
        (resellers.data?.items ?? []).map(({ account, mpnId, name }) => [
          mpnId,
          account?.name ?? name ?? mpnId
        ])
      ),
    [resellers.data]
  )
  const [asked, setAsked] = useState<ImportCustomer | null>(null)
  const columns = useMemo(
    () => columnsOf(names, mayWrite && item.status === "ready" ? setAsked : null),
    [names, mayWrite, item.status]
  )
  return (
    <Stack gap="sm" mt="md">
      <Group align="end">
        <SearchBox
          label="Search"
          placeholder="Name, domain …"
          value={search.q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={150}
          data={Object.keys(customerTone)}
          value={search.status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", customerTone) })}
        />
        <Select
          label="Reseller"
          clearable
          searchable
          clearButtonProps={{ "aria-label": "Clear the reseller" }}
          placeholder="Any"
          w={240}
          data={[...names].map(([value, name]) => ({ value, label: `${name} (${value})` }))}
          value={search.reseller ?? null}
          onChange={(reseller) => set({ reseller: reseller ?? undefined })}
        />
      </Group>
      <Modal
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title="Which account is it?"
        centered
      >
        {asked !== null && <MapCustomer id={id} customer={asked} onDone={() => setAsked(null)} />}
      </Modal>
      <Shown of={customers}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No customer fits" />
          ) : (
            <>
              <DataTable
                label="Customers"
                rows={items}
                columns={columns}
                keyOf={({ tenantId }) => tenantId}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={search.cursor}
                onGo={(cursor) => void navigate({ search: (before) => ({ ...before, cursor }) })}
              />
            </>
          )
        }
      </Shown>
    </Stack>
  )
}

const columnsOf = (
  names: ReadonlyMap<string, string>,
  onMap: ((customer: ImportCustomer) => void) | null
): ReadonlyArray<Column<ImportCustomer>> => [
  {
    id: "name",
    header: "Customer",
    cell: ({ domain, name }) => (
      <>
        <Text size="sm" className="foreign">
          {name}
        </Text>
        <Text size="xs" c="dimmed" className="foreign">
          {domain}
        </Text>
      </>
    )
  },
  {
    id: "status",
    header: "Status",
    cell: ({ notes, problem, status }) => (
      <>
        <State tone={customerTone[status]}>{status}</State>
        {problem !== null && (
          <Text size="xs" className="foreign">
            {problem}
          </Text>
        )}
        {notes.length > 0 && (
          <List size="xs">
            {notes.map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
        )}
      </>
    )
  },
  {
    id: "reseller",
    header: "Reseller",
    cell: ({ resellerMpnId }) => (
      <span className="foreign">
        {resellerMpnId === null ? "none" : (names.get(resellerMpnId) ?? resellerMpnId)}
      </span>
    )
  },
  {
    id: "account",
    header: "Account",
    cell: ({ account }) =>
      account === null ? (
        "new"
      ) : (
        <Anchor component={Link} to={`/accounts/${account.id}`} className="foreign">
          {account.name}
        </Anchor>
      )
  },
  {
    id: "subscriptions",
    header: "Subscriptions",
    align: "right",
    cell: ({ subscriptions, subscriptionsKnown }) =>
      `${countText(subscriptions)} (${countText(subscriptionsKnown)} known)`
  },
  ...(onMap === null
    ? []
    : [
        {
          id: "act",
          header: "Change",
          cell: (customer: ImportCustomer) => (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Map ${customer.name} to an account`}
              onClick={() => onMap(customer)}
            >
              Map
            </Button>
          )
        }
      ])
]

const MapCustomer = ({
  id,
  customer,
  onDone
}: {
  readonly id: string
  readonly customer: ImportCustomer
  readonly onDone: () => void
}) => {
  const [account, setAccount] = useState(customer.account?.id ?? null)
  const map = useCommand("PUT /v1/imports/:id/customers/:tenantId/account", changed)
  return (
    <Stack>
      <Text className="foreign">{customer.name}</Text>
      {customer.suggestions.map(({ accountId, name, reason }) => (
        <Button key={accountId} variant="default" onClick={() => setAccount(accountId)}>
          {name} (same {reason})
        </Button>
      ))}
      <AccountSelect
        label="Account"
        description="Empty: a new one"
        value={account}
        onChange={setAccount}
      />
      {map.error !== null && <ProblemBox problem={map.error} />}
      <Button
        loading={map.isPending}
        onClick={() =>
          map.mutate(
            {
              parts: {
                params: { id, tenantId: customer.tenantId },
                payload: { accountId: account }
              }
            },
            { onSuccess: onDone }
          )
        }
      >
        Save
      </Button>
    </Stack>
  )
}
