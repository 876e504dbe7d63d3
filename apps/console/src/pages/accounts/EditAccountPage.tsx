import { Anchor, Button, Group, Stack } from "@mantine/core"
import { useQueryClient } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { type FormEvent, useRef, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import { read } from "../../api/request.ts"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useShownError } from "../../show/useShownError.ts"
import { AccountFields } from "./AccountFields.tsx"
import { changesOf, customFieldProblems, draftOf, rebased } from "./accountForm.ts"
import { type Account, errorOfAccount } from "./accounts.ts"

const route = getRouteApi("/accounts/$id/edit")

/** Changes the fields of an account. */
export const EditAccountPage = () => {
  const { id } = route.useParams()
  const account = useRead("GET /v1/accounts/:id", { params: { id } })
  return (
    <Shown of={account} title="Edit the account">
      {(account) => (
        <>
          <PageHead
            title={`Edit ${account.name}`}
            above={
              <Anchor component={Link} to={`/accounts/${id}`} size="sm" className="foreign">
                {account.name}
              </Anchor>
            }
          />
          <EditForm key={account.id} account={account} />
        </>
      )}
    </Shown>
  )
}

const EditForm = ({ account }: { readonly account: Account }) => {
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const [base, setBase] = useState(account)
  const [draft, setDraft] = useState(() => draftOf(account))
  const [sent, setSent] = useState(draft)
  const [rulesOf, setRulesOf] = useState<string | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const save = useCommand("PATCH /v1/accounts/:id", ["GET /v1/accounts", "GET /v1/accounts/:id"])
  useShownError(form, save.error)
  const changes = changesOf(base, draft)
  const isChanged = Object.keys(changes).length > 0
  const show = () => void navigate({ to: "/accounts/$id", params: { id: base.id } })
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    if (!isChanged) return show()
    if (customFieldProblems(draft.customFields).size > 0) return
    setSent(draft)
    save.mutate(
      { parts: { params: { id: base.id }, payload: changes }, version: base.version },
      { onSuccess: show }
    )
  }
  const readAgain = async () => {
    const newest = await client.fetchQuery({
      queryKey: ["GET /v1/accounts/:id", { params: { id: base.id } }],
      queryFn: ({ signal }) => read("GET /v1/accounts/:id", { params: { id: base.id } }, signal),
      staleTime: 0
    })
    setDraft((typed) => rebased(typed, base, newest))
    setBase(newest)
    save.reset()
  }
  const errorOf = errorOfAccount(save.error, draft, sent)
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Stack gap="lg">
        <AccountFields
          draft={draft}
          onChange={setDraft}
          errorOf={errorOf}
          isNew={false}
          rulesOf={rulesOf}
          onRulesOf={setRulesOf}
        />
        {save.error !== null && <ProblemBox problem={save.error} onRetry={submit} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!isChanged}>
            Save
          </Button>
          {save.error?.status === 412 && (
            <Button variant="default" onClick={() => void readAgain()}>
              Read it again, and keep what I typed
            </Button>
          )}
          <Button variant="default" component={Link} to={`/accounts/${base.id}`}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
