import { Anchor, Button, Group, Stack } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"

const route = getRouteApi("/price-lists/$id")

type Assigned = Item<"GET /v1/pricelists/:id/accounts">

/** Who buys by a price list, with everybody below who has none of their own. */
export const PriceListAccounts = ({ id }: { readonly id: string }) => {
  const { cursor } = route.useSearch()
  const navigate = route.useNavigate()
  const onGo = (cursor: string | undefined) =>
    void navigate({ search: { show: "accounts", cursor } })
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
