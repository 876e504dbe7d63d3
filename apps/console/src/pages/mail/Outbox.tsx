import { Anchor, Group, Select, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { kindNames, type Mail, mailTone } from "./mails.ts"

const route = getRouteApi("/outbox/")

/** Every mail that was written, whether it was sent or not. */
export const Outbox = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { account, cursor, kind, q, status } = search
  const mayAccounts = useMay("accounts:read")
  const mails = useRead("GET /v1/outbox", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(status === undefined ? {} : { status }),
      ...(account === undefined ? {} : { account }),
      ...(kind === undefined ? {} : { kind }),
      ...(cursor === undefined ? {} : { cursor })
    }
  })
  const set = (change: typeof search) =>
    void navigate({ search: (before) => ({ ...before, cursor: undefined, ...change }) })
  return (
    <>
      <PageHead title="Outbox" />
      <Group align="end" mb="sm">
        <SearchBox
          label="Search"
          placeholder="Recipient, subject …"
          value={q}
          onSearch={(q) => set({ q })}
        />
        <Select
          label="Status"
          clearable
          clearButtonProps={{ "aria-label": "Clear the status" }}
          placeholder="Any"
          w={150}
          data={Object.keys(mailTone)}
          value={status ?? null}
          onChange={(value) => set({ status: nameIn({ value }, "value", mailTone) })}
        />
        <Select
          label="Occasion"
          clearable
          searchable
          clearButtonProps={{ "aria-label": "Clear the occasion" }}
          placeholder="Any"
          w={230}
          data={Object.entries(kindNames).map(([value, label]) => ({ value, label }))}
          value={kind ?? null}
          onChange={(value) => set({ kind: nameIn({ value }, "value", kindNames) })}
        />
        {mayAccounts && (
          <AccountSelect
            label="About the account"
            w={260}
            value={account ?? null}
            onChange={(account) => set({ account: account ?? undefined })}
          />
        )}
      </Group>
      <Shown of={mails}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No mail fits" />
          ) : (
            <>
              <DataTable label="Mails" rows={items} columns={columns} keyOf={({ id }) => id} />
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
    </>
  )
}

const columns: ReadonlyArray<Column<Mail>> = [
  {
    id: "subject",
    header: "Subject",
    cell: ({ id, subject }) => (
      <Anchor component={Link} to={`/outbox/${id}`} className="foreign">
        {subject}
      </Anchor>
    )
  },
  { id: "to", header: "To", cell: ({ to }) => <span className="foreign">{to.join(", ")}</span> },
  { id: "kind", header: "Occasion", cell: ({ kind }) => kindNames[kind] },
  {
    id: "status",
    header: "Status",
    cell: ({ problem, status }) => (
      <>
        <State tone={mailTone[status]}>{status}</State>
        {problem !== null && (
          <Text size="xs" className="foreign">
            {problem}
          </Text>
        )}
      </>
    )
  },
  { id: "at", header: "Written", cell: ({ createdAt }) => <Instant at={createdAt} /> },
  { id: "sent", header: "Sent", cell: ({ sentAt }) => <Instant at={sentAt} /> }
]
