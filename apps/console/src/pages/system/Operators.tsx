import type { Role } from "@concordat/core/actor/Actor"
import { Button, Group, Modal, PasswordInput, Stack, Switch, TextInput, Title } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { type FormEvent, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { roleNames, useSession } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox, Shown } from "../../show/States.tsx"
import { AccountName } from "../accounts/AccountName.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { isBranchRole, RoleSelect } from "./RoleSelect.tsx"

type Operator = Item<"GET /v1/operators">

/** Who signs in by name and password. */
export const Operators = ({
  cursor,
  onGo
}: {
  readonly cursor: string | undefined
  readonly onGo: (cursor: string | undefined) => void
}) => {
  const operators = useRead("GET /v1/operators", { query: cursor === undefined ? {} : { cursor } })
  const [isAdding, { open, close }] = useDisclosure()
  return (
    <section aria-label="Operators">
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
        {({ items, next }) => (
          <>
            <DataTable
              label="Operators"
              rows={items}
              columns={operatorColumns}
              keyOf={({ id }) => id}
            />
            <Pager shown={items.length} next={next} cursor={cursor} onGo={onGo} />
          </>
        )}
      </Shown>
    </section>
  )
}

const operatorColumns: ReadonlyArray<Column<Operator>> = [
  { id: "name", header: "Name", cell: ({ name }) => <span className="foreign">{name}</span> },
  { id: "role", header: "Role", cell: ({ role }) => roleNames[role] },
  {
    id: "branch",
    header: "Sees",
    cell: ({ branch }) => (branch === null ? "everything" : <AccountName id={branch} />)
  },
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
  const [isOpen, { open, close }] = useDisclosure()
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Change ${operator.name}`}
        onClick={open}
      >
        Change
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Change ${operator.name}`} centered>
        <EditOperator operator={operator} onDone={close} />
      </Modal>
    </>
  )
}

/** Role, branch, whether they may sign in, and a new password for somebody who lost theirs. */
const EditOperator = ({
  operator,
  onDone
}: {
  readonly operator: Operator
  readonly onDone: () => void
}) => {
  const { id, version } = operator
  const isSelf = useSession()?.operator.id === id
  const [role, setRole] = useState<Role>(operator.role)
  const [branch, setBranch] = useState(operator.branch)
  const [active, setActive] = useState(operator.active)
  const [password, setPassword] = useState("")
  const change = useCommand("PATCH /v1/operators/:id", ["GET /v1/operators", "GET /v1/session"])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const payload = {
      ...(role === operator.role ? {} : { role }),
      ...(role === operator.role && branch === operator.branch
        ? {}
        : { branch: isBranchRole(role) ? branch : null }),
      ...(active === operator.active ? {} : { active }),
      ...(password === "" ? {} : { password })
    }
    change.mutate({ parts: { params: { id }, payload }, version }, { onSuccess: onDone })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <RoleSelect value={role} onChange={setRole} />
        {isBranchRole(role) && (
          <AccountSelect
            label="Sees the branch of"
            required
            value={branch}
            error={issueOf(change.error, "branch")}
            onChange={setBranch}
          />
        )}
        <Switch
          label="May sign in"
          description={
            isSelf
              ? "You cannot keep yourself out: ask another administrator."
              : "Without it, they are signed out everywhere at once."
          }
          disabled={isSelf}
          checked={active}
          onChange={({ currentTarget }) => setActive(currentTarget.checked)}
        />
        <PasswordInput
          label="New password"
          description="For somebody who lost theirs; it signs them out everywhere. Empty: the present one stays."
          autoComplete="new-password"
          value={password}
          error={issueOf(change.error, "password")}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        />
        {change.error !== null && <ProblemBox problem={change.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Leave it
          </Button>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const AddOperator = ({ onDone }: { readonly onDone: () => void }) => {
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const [role, setRole] = useState<Role>("operator")
  const [branch, setBranch] = useState<string | null>(null)
  const add = useCommand("POST /v1/operators", ["GET /v1/operators"])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(
      {
        parts: { payload: { name, password, role, ...(isBranchRole(role) ? { branch } : {}) } }
      },
      { onSuccess: onDone }
    )
  }
  return (
    <form onSubmit={submit}>
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
          <AccountSelect
            label="Sees the branch of"
            required
            value={branch}
            error={issueOf(add.error, "branch")}
            onChange={setBranch}
          />
        )}
        {add.error !== null && <ProblemBox problem={add.error} />}
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
      </Stack>
    </form>
  )
}
