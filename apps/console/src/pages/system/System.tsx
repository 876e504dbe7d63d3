import type { Role } from "@concordat/core/actor/Actor"
import {
  Alert,
  Button,
  Card,
  Code,
  Group,
  Modal,
  MultiSelect,
  PasswordInput,
  Select,
  Stack,
  TextInput,
  Title
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { roleNames, useMay, useSession } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"

/** Who may do what: operators who sign in, and keys for programs. */
export const System = () => {
  const mayKeys = useMay("keys:write")
  const mayOperators = useMay("operators:write")
  return (
    <>
      <PageHead title="System" />
      <Stack gap="lg">
        {mayOperators && <Operators />}
        {mayKeys && <Keys />}
      </Stack>
    </>
  )
}

type Operator = Item<"GET /v1/operators">

const Operators = () => {
  const operators = useRead("GET /v1/operators", { query: { limit: "200" } })
  const [isAdding, { open, close }] = useDisclosure()
  return (
    <Card withBorder component="section" aria-label="Operators">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Operators
        </Title>
        <Button size="xs" onClick={open}>
          Add an operator
        </Button>
      </Group>
      <Modal opened={isAdding} onClose={close} title="Add an operator" centered>
        <AddOperator onDone={close} />
      </Modal>
      <Shown of={operators}>
        {({ items }) => (
          <DataTable
            label="Operators"
            rows={items}
            columns={operatorColumns}
            keyOf={({ id }) => id}
          />
        )}
      </Shown>
    </Card>
  )
}

const operatorColumns: ReadonlyArray<Column<Operator>> = [
  { id: "name", header: "Name", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "role", header: "Role", cell: ({ role }) => roleNames[role] },
  {
    id: "active",
    header: "May sign in",
    cell: ({ active }) =>
      active ? <State tone="good">yes</State> : <State tone="neutral">no</State>
  },
  { id: "last", header: "Last sign-in", cell: ({ lastSignInAt }) => <Instant at={lastSignInAt} /> },
  { id: "act", header: "Change", cell: (operator) => <ChangeOperator operator={operator} /> }
]

const ChangeOperator = ({ operator }: { readonly operator: Operator }) => {
  const { active, id, name, version } = operator
  const self = useSession()?.operator.id === id
  const change = useCommand("PATCH /v1/operators/:id", ["GET /v1/operators"])
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        disabled={self}
        aria-label={`${active ? "Keep out" : "Let in"} ${name}`}
        loading={change.isPending}
        onClick={() =>
          change.mutate({ parts: { params: { id }, payload: { active: !active } }, version })
        }
      >
        {active ? "Keep out" : "Let in"}
      </Button>
      {change.error !== null && <ProblemBox problem={change.error} />}
    </>
  )
}

const isBranchRole = (role: Role): boolean => role === "reseller" || role === "customer"

const RoleSelect = ({
  value,
  onChange
}: {
  readonly value: Role
  readonly onChange: (role: Role) => void
}) => (
  <Select
    label="Role"
    allowDeselect={false}
    data={Object.entries(roleNames).map(([value, label]) => ({ value, label }))}
    value={value}
    onChange={(value) => onChange(nameIn({ value }, "value", roleNames) ?? "read-only")}
  />
)

const AddOperator = ({ onDone }: { readonly onDone: () => void }) => {
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const [role, setRole] = useState<Role>("operator")
  const [branch, setBranch] = useState<string | null>(null)
  const add = useCommand("POST /v1/operators", ["GET /v1/operators"])
  const submit = () =>
    add.mutate(
      {
        parts: { payload: { name, password, role, ...(isBranchRole(role) ? { branch } : {}) } }
      },
      { onSuccess: onDone }
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          autoComplete="off"
          value={name}
          error={issueOf(add.error, "name")}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          required
          autoComplete="new-password"
          value={password}
          error={issueOf(add.error, "password")}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
        <RoleSelect value={role} onChange={setRole} />
        {isBranchRole(role) && (
          <AccountSelect label="Sees the branch of" required value={branch} onChange={setBranch} />
        )}
        {add.error !== null && <ProblemBox problem={add.error} onRetry={submit} />}
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
      </Stack>
    </form>
  )
}

type Key = Item<"GET /v1/keys">

const Keys = () => {
  const keys = useRead("GET /v1/keys", { query: { limit: "200" } })
  const [isMaking, { open, close }] = useDisclosure()
  return (
    <Card withBorder component="section" aria-label="API keys">
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
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No key yet" />
          ) : (
            <DataTable label="API keys" rows={items} columns={keyColumns} keyOf={({ id }) => id} />
          )
        }
      </Shown>
    </Card>
  )
}

const keyColumns: ReadonlyArray<Column<Key>> = [
  { id: "name", header: "Name", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "role", header: "Role", cell: ({ role }) => roleNames[role] },
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
      <Modal opened={isAsking} onClose={close} title={`Revoke ${name}?`} centered>
        <Stack>
          Whatever uses it is refused at once, and for good.
          {revoke.error !== null && <ProblemBox problem={revoke.error} />}
          <Button
            color="red"
            loading={revoke.isPending}
            onClick={() => revoke.mutate({ parts: { params: { id } } })}
          >
            Revoke it
          </Button>
        </Stack>
      </Modal>
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
        <Code block>{make.data.key}</Code>
        It is shown this once: only a hash of it is kept.
      </Alert>
    )
  const submit = () =>
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
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
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
          <AccountSelect label="Sees the branch of" required value={branch} onChange={setBranch} />
        )}
        {make.error !== null && <ProblemBox problem={make.error} onRetry={submit} />}
        <Button type="submit" loading={make.isPending}>
          Make it
        </Button>
      </Stack>
    </form>
  )
}
