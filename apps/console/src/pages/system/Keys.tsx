import type { Role } from "@concordat/core/actor/Actor"
import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  MultiSelect,
  Stack,
  TextInput,
  Title
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { type FormEvent, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { roleNames, useSession } from "../../api/Session.tsx"
import { Confirm } from "../../show/Confirm.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { Empty, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountName } from "../accounts/AccountName.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { isBranchRole, RoleSelect } from "./RoleSelect.tsx"

type Key = Item<"GET /v1/keys">

/** Keys by which programs come in. */
export const Keys = ({
  cursor,
  onGo
}: {
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}) => {
  const keys = useRead("GET /v1/keys", { query: cursor === undefined ? {} : { cursor } })
  const [isMaking, { open, close }] = useDisclosure()
  return (
    <section aria-label="API keys">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          API keys
        </Title>
        <Button size="xs" onClick={open}>
          Make a key
        </Button>
      </Group>
      <Modal opened={isMaking} onClose={close} title="Make a key" centered>
        <MakeKey />
      </Modal>
      <Shown of={keys}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No key yet" />
          ) : (
            <>
              <DataTable
                label="API keys"
                rows={items}
                columns={keyColumns}
                keyOf={({ id }) => id}
              />
              <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
            </>
          )
        }
      </Shown>
    </section>
  )
}

const keyColumns: ReadonlyArray<Column<Key>> = [
  { id: "name", header: "Name", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "role", header: "Role", cell: ({ role }) => roleNames[role] },
  {
    id: "branch",
    header: "Sees",
    cell: ({ branch }) => (branch === null ? "everything" : <AccountName id={branch} />)
  },
  { id: "scopes", header: "May", cell: ({ scopes }) => scopes.join(", ") },
  { id: "made", header: "Made", cell: ({ createdAt }) => <Instant at={createdAt} /> },
  {
    id: "state",
    header: "State",
    cell: (key) =>
      key.revokedAt === null ? <RevokeKey of={key} /> : <State tone="neutral">revoked</State>
  }
]

const RevokeKey = ({ of: { id, name } }: { readonly of: Key }) => {
  const [isAsking, { open, close }] = useDisclosure()
  const revoke = useCommand("DELETE /v1/keys/:id", ["GET /v1/keys"])
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={`Revoke ${name}`} onClick={open}>
        Revoke
      </Button>
      <Confirm
        opened={isAsking}
        onClose={close}
        title={`Revoke ${name}?`}
        action="Revoke it"
        isBusy={revoke.isPending}
        onConfirm={() => revoke.mutate({ parts: { params: { id } } })}
      >
        Whatever uses it is refused at once, and for good.
        {revoke.error !== null && <ProblemBox problem={revoke.error} />}
      </Confirm>
    </>
  )
}

const MakeKey = () => {
  const session = useSession()
  const [name, setName] = useState("")
  const [role, setRole] = useState<Role>("read-only")
  const [scopes, setScopes] = useState<ReadonlyArray<string>>([])
  const [branch, setBranch] = useState<string | null>(null)
  const make = useCommand("POST /v1/keys", ["GET /v1/keys"])
  const all = session?.scopes ?? []
  if (make.data !== undefined)
    return (
      <Alert title="The key" color="teal">
        <Code block className="wrapped">
          {make.data.key}
        </Code>
        <Group mt="xs">
          <CopyButton value={make.data.key}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
        It is shown this once: only a hash of it is kept.
      </Alert>
    )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate({
      parts: {
        payload: {
          name,
          role,
          scopes: all.filter((scope) => scopes.includes(scope)),
          ...(isBranchRole(role) ? { branch } : {})
        }
      }
    })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="What it is for"
          required
          value={name}
          error={issueOf(make.error, "name")}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <RoleSelect value={role} onChange={setRole} />
        <MultiSelect
          label="May"
          required
          searchable
          data={[...all]}
          value={[...scopes]}
          onChange={setScopes}
          error={issueOf(make.error, "scopes")}
        />
        {isBranchRole(role) && (
          <AccountSelect
            label="Sees the branch of"
            required
            value={branch}
            error={issueOf(make.error, "branch")}
            onChange={setBranch}
          />
        )}
        {make.error !== null && <ProblemBox problem={make.error} />}
        <Button type="submit" loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
