import { Anchor, Group, Select } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { SearchBox } from "../../show/SearchBox.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, Shown } from "../../show/States.tsx"
import { type Mail, mailTone } from "./mails.ts"

const route = getRouteApi("/outbox/")

/** Every mail that was written, whether it was sent or not. */
export const Outbox = () => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { account, cursor, q, status } = search
  const mails = useRead("GET /v1/outbox", {
    query: {
      ...(q === undefined ? {} : { q }),
      ...(status === undefined ? {} : { status }),
      ...(account === undefined ? {} : { account }),
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
  { id: "kind", header: "Occasion", cell: ({ kind }) => kind },
  {
    id: "status",
    header: "Status",
    cell: ({ status }) => <State tone={mailTone[status]}>{status}</State>
  },
  { id: "at", header: "Written", cell: ({ createdAt }) => <Instant at={createdAt} /> },
  { id: "sent", header: "Sent", cell: ({ sentAt }) => <Instant at={sentAt} /> }
]
