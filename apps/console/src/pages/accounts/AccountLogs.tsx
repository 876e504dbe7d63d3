import { Anchor, Card, Group, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { NoPermission, Shown } from "../../show/States.tsx"
import { AcceptanceTable } from "../agreements/AcceptanceTable.tsx"
import { everyOf } from "../agreements/agreements.ts"
import { mailTone } from "../mail/mails.ts"

interface LogProps {
  readonly account: string
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}

const Section = ({
  title,
  to,
  children
}: {
  readonly title: string
  /** Where the whole of it is searched. */
  readonly to: string
  readonly children: ReactNode
}) => (
  <Card withBorder component="section" aria-label={title}>
    <Group justify="space-between" mb="xs">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Anchor component={Link} to={to} size="sm">
        Search them
      </Anchor>
    </Group>
    {children}
  </Card>
)

const None = () => (
  <Text size="sm" c="dimmed">
    None yet.
  </Text>
)

/** What was confirmed for an account and for those below it. */
export const AgreementsOf = ({ account, cursor, onGo }: LogProps) => {
  const log = useRead(
    "GET /v1/agreements",
    { query: { account, ...(cursor === undefined ? {} : { cursor }) } },
    { everyMs: (answer) => everyOf(answer?.items) }
  )
  return (
    <Section title="Agreements of it and of those below it" to={`/agreements?account=${account}`}>
      <Shown of={log}>
        {({ items, next }) =>
          items.length === 0 ? (
            <None />
          ) : (
            <>
              <AcceptanceTable rows={items} />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Section>
  )
}

/** The mails that were written about an account. */
export const MailsOf = ({ account, cursor, onGo }: LogProps) => {
  const mayRead = useMay("outbox:read")
  const mails = useRead(
    "GET /v1/outbox",
    { query: { account, ...(cursor === undefined ? {} : { cursor }) } },
    { enabled: mayRead }
  )
  if (!mayRead) return <NoPermission scope="outbox:read" />
  return (
    <Section title="Mails about it" to={`/outbox?account=${account}`}>
      <Shown of={mails}>
        {({ items, next }) =>
          items.length === 0 ? (
            <None />
          ) : (
            <>
              <DataTable label="Mails" rows={items} columns={mailColumns} keyOf={({ id }) => id} />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </Section>
  )
}

const mailColumns: ReadonlyArray<Column<Item<"GET /v1/outbox">>> = [
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
  { id: "at", header: "Written", cell: ({ createdAt }) => <Instant at={createdAt} /> }
]
