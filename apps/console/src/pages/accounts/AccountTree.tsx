import { containedKinds } from "@concordat/core/account/AccountTree"
import { Anchor, Breadcrumbs, Button, Card, Group, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Shown } from "../../show/States.tsx"
import { type Account, kindNames, useAbove } from "./accounts.ts"

/** The way from the root of what somebody sees down to an account. */
export const AccountPath = ({ account }: { readonly account: Account }) => {
  const above = useAbove(account.parentId)
  return (
    <nav aria-label="Accounts above">
      <Breadcrumbs separator="›" separatorMargin="xs">
        <Anchor component={Link} to="/accounts" size="sm">
          Accounts
        </Anchor>
        {(above.data ?? []).map(({ id, name }) => (
          <Anchor key={id} component={Link} to={`/accounts/${id}`} size="sm" className="foreign">
            {name}
          </Anchor>
        ))}
      </Breadcrumbs>
    </nav>
  )
}

/** The accounts directly below one, page by page. */
export const AccountsBelow = ({
  account,
  cursor,
  onGo
}: {
  readonly account: Account
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}) => {
  const mayWrite = useMay("accounts:write")
  const below = useRead("GET /v1/accounts", {
    query: { parent: account.id, limit: "20", ...(cursor === undefined ? {} : { cursor }) }
  })
  const [kind] = containedKinds[account.kind]
  return (
    <Card withBorder component="section" aria-label="Accounts below it">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Accounts below it
        </Title>
        <Group gap="xs">
          <Anchor component={Link} to={`/accounts?parent=${account.id}`} size="sm">
            Search them
          </Anchor>
          {mayWrite && account.active && kind !== undefined && (
            <Button
              size="xs"
              variant="default"
              component={Link}
              to={`/accounts/new?parent=${account.id}&kind=${kind === "organisation" ? "customer" : kind}`}
            >
              Make one below it
            </Button>
          )}
        </Group>
      </Group>
      <Shown of={below}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing lies below it.
            </Text>
          ) : (
            <>
              <DataTable
                label="Accounts below it"
                rows={items}
                columns={columns}
                keyOf={({ id }) => id}
              />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Card>
  )
}

const columns: ReadonlyArray<Column<Account>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ id, name }) => (
      <Anchor component={Link} to={`/accounts/${id}`} className="foreign">
        {name}
      </Anchor>
    )
  },
  { id: "kind", header: "Kind", cell: ({ kind }) => kindNames[kind] },
  { id: "code", header: "Code", cell: ({ code }) => <span className="foreign">{code}</span> },
  {
    id: "domain",
    header: "Domain",
    cell: ({ tenants }) => (
      <span className="foreign">
        {tenants.find(({ domain }) => domain !== null)?.domain ?? "–"}
      </span>
    )
  },
  {
    id: "active",
    header: "In use",
    cell: ({ active }) =>
      active ? <State tone="good">active</State> : <State tone="neutral">inactive</State>
  }
]
