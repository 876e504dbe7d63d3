import { Alert, Anchor, Button, Card, Group, Stack, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { type FormEvent, useRef, useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { PageHead, ProblemBox } from "../../show/States.tsx"
import { useShownError } from "../../show/useShownError.ts"
import { AccountFields } from "./AccountFields.tsx"
import { customFieldProblems, newAccountOf, newDraft } from "./accountForm.ts"
import { type Account, errorOfAccount } from "./accounts.ts"
import { type ContactDraft, ContactFields, contactsOf } from "./ContactFields.tsx"

const route = getRouteApi("/accounts/new")

/** Makes an account: everything about it in one form, its people included. */
export const NewAccountPage = () => {
  const { kind, parent } = route.useSearch()
  const navigate = route.useNavigate()
  const [draft, setDraft] = useState(() => newDraft(parent ?? null, kind))
  const [contacts, setContacts] = useState<ReadonlyArray<ContactDraft>>([])
  const [sent, setSent] = useState(draft)
  const [rulesOf, setRulesOf] = useState<string | null>(null)
  // Made, but its people were refused: what is left to do is said, and nothing is made twice.
  const [made, setMade] = useState<Account | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const make = useCommand("POST /v1/accounts", ["GET /v1/accounts"])
  const put = useCommand("PUT /v1/accounts/:id/contacts", ["GET /v1/accounts/:id/contacts"])
  const problem = made === null ? make.error : put.error
  useShownError(form, problem)
  const errorOf = errorOfAccount(make.error, draft, sent)
  const show = ({ id }: Account) => void navigate({ to: "/accounts/$id", params: { id } })
  const putContacts = (account: Account) => {
    const people = contactsOf(contacts)
    if (people.length === 0) return show(account)
    put.mutate(
      {
        parts: { params: { id: account.id }, payload: { contacts: people } },
        version: account.version
      },
      { onSuccess: () => show(account) }
    )
  }
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (made !== null) return putContacts(made)
    if (customFieldProblems(draft.customFields).size > 0) return
    setSent(draft)
    make.mutate(
      { parts: { payload: newAccountOf(draft) } },
      {
        onSuccess: (account) => {
          setMade(account)
          putContacts(account)
        }
      }
    )
  }
  return (
    <>
      <PageHead
        title="Make an account"
        above={
          <Anchor component={Link} to="/accounts" size="sm">
            Accounts
          </Anchor>
        }
      />
      <form ref={form} onSubmit={submit} noValidate>
        <Stack gap="lg">
          {made === null ? (
            <AccountFields
              draft={draft}
              onChange={setDraft}
              errorOf={errorOf}
              isNew
              rulesOf={rulesOf}
              onRulesOf={setRulesOf}
            />
          ) : (
            <Alert color="yellow" title="The account is made, its contacts are not yet">
              Correct them here and save again, or{" "}
              <Anchor component={Link} to={`/accounts/${made.id}`}>
                go on without them
              </Anchor>
              .
            </Alert>
          )}
          <Card withBorder component="section" aria-label="Contacts">
            <Title order={2} size="h4" mb="xs">
              Contacts
            </Title>
            <ContactFields
              value={contacts}
              onChange={setContacts}
              errorOf={(field) => issueOf(put.error, field)}
            />
          </Card>
          {problem !== null && <ProblemBox problem={problem} onRetry={submit} />}
          <Group>
            <Button type="submit" loading={make.isPending || put.isPending}>
              {made === null ? "Make it" : "Save the contacts"}
            </Button>
            <Button variant="default" component={Link} to="/accounts">
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </>
  )
}
