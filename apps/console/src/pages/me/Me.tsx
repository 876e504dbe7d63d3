import { Button, Card, Group, PasswordInput, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { type FormEvent, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { roleNames, useSession, useTakeSession } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountName } from "../accounts/AccountName.tsx"

/** What everybody can do about their own way in. */
export const Me = () => {
  const session = useSession()
  if (session === null) return null
  const { branch, name, role } = session.operator
  return (
    <>
      <PageHead title="My account" />
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, sm: 2, md: 4 }}>
          <Fact label="Name">
            <span className="foreign">{name}</span>
          </Fact>
          <Fact label="Role">{roleNames[role]}</Fact>
          <Fact label="Sees">{branch === null ? "everything" : <AccountName id={branch} />}</Fact>
          <Fact label="Signed in until">
            <Instant at={session.endsAt} />
          </Fact>
        </SimpleGrid>
        <Sessions />
        <ChangePassword />
      </Stack>
    </>
  )
}

type OwnSession = Answer<"GET /v1/sessions">["items"][number]

const Sessions = () => {
  const sessions = useRead("GET /v1/sessions", {})
  return (
    <Card withBorder component="section" aria-label="Where you are signed in">
      <Title order={2} size="h4" mb="xs">
        Where you are signed in
      </Title>
      <Shown of={sessions}>
        {({ items }) => (
          <DataTable label="Sessions" rows={items} columns={columns} keyOf={({ id }) => id} />
        )}
      </Shown>
    </Card>
  )
}

/** What the browser's own words say at the least: which it is, and on what. */
const browserOf = (userAgent: string | null): string => {
  if (userAgent === null) return "not known"
  const name = /(Edg|Firefox|OPR|Chrome|Safari)[A-Za-z]*\/(\d+)/u.exec(userAgent)
  const system = /\(([^;)]+)/u.exec(userAgent)?.[1]
  const called = { Edg: "Edge", OPR: "Opera" }[name?.[1] ?? ""] ?? name?.[1]
  if (called === undefined) return userAgent.slice(0, 60)
  return `${called} ${name?.[2] ?? ""}${system === undefined ? "" : `, ${system}`}`
}

const columns: ReadonlyArray<Column<OwnSession>> = [
  {
    id: "browser",
    header: "Browser",
    cell: ({ current, userAgent }) => (
      <Group gap="xs">
        <span className="foreign">{browserOf(userAgent)}</span>
        {current && <State tone="good">this one</State>}
      </Group>
    )
  },
  { id: "address", header: "From", cell: ({ address }) => address ?? "–" },
  { id: "started", header: "Signed in", cell: ({ startedAt }) => <Instant at={startedAt} /> },
  { id: "seen", header: "Last used", cell: ({ seenAt }) => <Instant at={seenAt} isRelative /> },
  { id: "end", header: "End", cell: (session) => <EndSession session={session} /> }
]

const EndSession = ({ session }: { readonly session: OwnSession }) => {
  const { current, id, userAgent } = session
  const end = useCommand("DELETE /v1/sessions/:id", ["GET /v1/sessions"])
  if (current) return <Text size="sm">by signing out</Text>
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={end.isPending}
        aria-label={`Sign out there, in ${browserOf(userAgent)}`}
        onClick={() => end.mutate({ parts: { params: { id } } })}
      >
        Sign out there
      </Button>
      {end.error !== null && <ProblemBox problem={end.error} />}
    </>
  )
}

const ChangePassword = () => {
  const [current, setCurrent] = useState("")
  const [next, setNext] = useState("")
  const [again, setAgain] = useState("")
  const [isDone, setDone] = useState(false)
  const change = useCommand("PUT /v1/session/password", ["GET /v1/sessions"])
  const takeSession = useTakeSession()
  const differs = again !== "" && again !== next
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (again !== next) return
    setDone(false)
    change.mutate(
      { parts: { payload: { current, next } } },
      {
        onSuccess: (session) => {
          takeSession(session)
          setCurrent("")
          setNext("")
          setAgain("")
          setDone(true)
        }
      }
    )
  }
  return (
    <Card withBorder component="section" aria-label="Password">
      <Title order={2} size="h4" mb="xs">
        Password
      </Title>
      <form onSubmit={submit}>
        <Stack maw={420}>
          <PasswordInput
            label="Present password"
            required
            autoComplete="current-password"
            value={current}
            onChange={({ currentTarget }) => setCurrent(currentTarget.value)}
          />
          <PasswordInput
            label="New password"
            description="At least 12 characters; several words are easy to keep."
            required
            autoComplete="new-password"
            value={next}
            error={issueOf(change.error, "next")}
            onChange={({ currentTarget }) => setNext(currentTarget.value)}
          />
          <PasswordInput
            label="New password again"
            required
            autoComplete="new-password"
            value={again}
            error={differs ? "not the same as above" : undefined}
            onChange={({ currentTarget }) => setAgain(currentTarget.value)}
          />
          {change.error !== null && <ProblemBox problem={change.error} />}
          <Text size="sm">Changing it signs you out everywhere else.</Text>
          <Group>
            <Button type="submit" loading={change.isPending} disabled={differs}>
              Change the password
            </Button>
            {isDone && <Text role="status">Changed. You are signed out everywhere else.</Text>}
          </Group>
        </Stack>
      </form>
    </Card>
  )
}
