import { Button, Card, Group, List, Stack, Text, Title } from "@mantine/core"
import { useRef, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { ProblemBox, Shown } from "../../show/States.tsx"
import { useShownError } from "../../show/useShownError.ts"
import type { Account } from "./accounts.ts"
import { ContactFields, contactDrafts, contactsOf, roleNames } from "./ContactFields.tsx"

/** The people at an account, to read and to change. */
export const Contacts = ({ account }: { readonly account: Account }) => {
  const mayWrite = useMay("accounts:write")
  const contacts = useRead("GET /v1/accounts/:id/contacts", { params: { id: account.id } })
  const [edited, setEdited] = useState<Account | null>(null)
  return (
    <Card withBorder component="section" aria-label="Contacts">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Contacts
        </Title>
        {mayWrite && edited === null && contacts.data !== undefined && (
          <Button
            size="xs"
            variant="default"
            loading={contacts.isFetching}
            // Read after the version that is sent with them: whatever is newer than that is refused.
            onClick={() => void contacts.refetch().then(() => setEdited(account))}
          >
            Change the contacts
          </Button>
        )}
      </Group>
      <Shown of={contacts}>
        {({ contacts }) => {
          if (edited !== null)
            return <Form account={edited} contacts={contacts} onDone={() => setEdited(null)} />
          return contacts.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nobody yet.
            </Text>
          ) : (
            <List>
              {contacts.map(({ email, name, phone, roles }) => (
                <List.Item key={`${email} ${name}`}>
                  <span className="foreign">{name}</span>, <span className="foreign">{email}</span>
                  {phone !== null && `, ${phone}`}
                  {roles.length > 0 && ` (${roles.map((role) => roleNames[role]).join(", ")})`}
                </List.Item>
              ))}
            </List>
          )
        }}
      </Shown>
    </Card>
  )
}

/** Sends all contacts, with the version that was read: nobody's work is overwritten unseen. */
const Form = ({
  account,
  contacts,
  onDone
}: {
  readonly account: Account
  readonly contacts: Parameters<typeof contactDrafts>[0]
  readonly onDone: () => void
}) => {
  const [drafts, setDrafts] = useState(() => contactDrafts(contacts))
  const form = useRef<HTMLFormElement>(null)
  const put = useCommand("PUT /v1/accounts/:id/contacts", [
    "GET /v1/accounts/:id",
    "GET /v1/accounts/:id/contacts"
  ])
  useShownError(form, put.error)
  const submit = () =>
    put.mutate(
      {
        parts: { params: { id: account.id }, payload: { contacts: contactsOf(drafts) } },
        version: account.version
      },
      { onSuccess: onDone }
    )
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <ContactFields
          value={drafts}
          onChange={setDrafts}
          errorOf={(field) => issueOf(put.error, field)}
        />
        {put.error !== null && <ProblemBox problem={put.error} onRetry={submit} />}
        <Group>
          <Button type="submit" size="xs" loading={put.isPending}>
            Save the contacts
          </Button>
          <Button size="xs" variant="default" onClick={onDone}>
            Leave them
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
