import {
  Anchor,
  Button,
  Card,
  Code,
  CopyButton,
  Group,
  List,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { moneyText } from "../../show/amount.ts"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import { AccountName } from "./AccountName.tsx"
import { type Account, kindNames } from "./accounts.ts"

const route = getRouteApi("/accounts/$id")

/** An account: who it is, the people there, and how far it is at Microsoft, instance by instance. */
export const AccountPage = () => {
  const { id } = route.useParams()
  const account = useRead("GET /v1/accounts/:id", { params: { id } })
  return (
    <Shown of={account} title="Account">
      {(account) => (
        <>
          <PageHead
            title={account.name}
            above={
              <Anchor component={Link} to="/accounts" size="sm">
                Accounts
              </Anchor>
            }
          >
            <EditAccount account={account} />
          </PageHead>
          <Facts account={account} />
          <Stack gap="lg" mt="lg">
            <Synchronization id={id} />
            <Contacts id={id} />
            <Group>
              <Anchor component={Link} to={`/accounts?parent=${id}`}>
                Accounts directly below it
              </Anchor>
              <Anchor component={Link} to={`/agreements?account=${id}`}>
                Its agreements
              </Anchor>
              <Anchor component={Link} to={`/outbox?account=${id}`}>
                Mails about it
              </Anchor>
            </Group>
          </Stack>
        </>
      )}
    </Shown>
  )
}

const creditText = ({ creditLimit, currency }: Account): string => {
  if (creditLimit.kind === "unlimited") return "unlimited"
  return currency === null
    ? creditLimit.amount
    : moneyText({ amount: creditLimit.amount, currency })
}

const Facts = ({ account }: { readonly account: Account }) => {
  const { address, code, edition, email, kind, mpnId, parentId, phone, taxId } = account
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Fact label="Kind">
        <Group gap="xs">
          {kindNames[kind]}
          {edition !== null && <State tone="neutral">{edition}</State>}
          {!account.active && <State tone="neutral">inactive</State>}
        </Group>
      </Fact>
      <Fact label="Code">{code}</Fact>
      <Fact label="Below">{parentId === null ? "–" : <AccountName id={parentId} />}</Fact>
      <Fact label="Partner ID">{mpnId ?? "–"}</Fact>
      <Fact label="E-mail">{email ?? "–"}</Fact>
      <Fact label="Telephone">{phone ?? "–"}</Fact>
      <Fact label="Address">
        {address === null
          ? "–"
          : [
              address.line1,
              address.line2,
              address.postalCode,
              address.city,
              address.state,
              address.country
            ]
              .filter((part) => part !== null && part !== "")
              .join(", ")}
      </Fact>
      <Fact label="Tax id">{taxId ?? "–"}</Fact>
      <Fact label="Credit limit">{creditText(account)}</Fact>
      <Fact label="May order">{account.orderingEnabled ? "yes" : "no"}</Fact>
      <Fact label="Account manager">{account.managerEmail ?? "–"}</Fact>
      <Fact label="Language">{account.language ?? "–"}</Fact>
    </SimpleGrid>
  )
}

const EditAccount = ({ account }: { readonly account: Account }) => {
  const mayWrite = useMay("accounts:write")
  const [isOpen, { open, close }] = useDisclosure()
  if (!mayWrite) return null
  return (
    <>
      <Button variant="default" onClick={open}>
        Edit
      </Button>
      <Modal opened={isOpen} onClose={close} title="Edit the account" centered>
        {isOpen && <AccountForm account={account} onDone={close} />}
      </Modal>
    </>
  )
}

const editable = [
  { field: "name", label: "Name" },
  { field: "code", label: "Code" },
  { field: "email", label: "E-mail" },
  { field: "phone", label: "Telephone" },
  { field: "mpnId", label: "Partner ID" },
  { field: "taxId", label: "Tax id" },
  { field: "managerEmail", label: "Account manager's e-mail" }
] as const

/** Sends only what was changed, with the version that was read: nobody's work is overwritten unseen. */
const AccountForm = ({
  account,
  onDone
}: {
  readonly account: Account
  readonly onDone: () => void
}) => {
  const [read] = useState(account)
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({})
  const save = useCommand("PATCH /v1/accounts/:id", ["GET /v1/accounts", "GET /v1/accounts/:id"])
  const submit = () => {
    const payload = Object.fromEntries(
      Object.entries(given).map(([field, text]) => [
        field,
        text.trim() === "" && field !== "name" && field !== "code" ? null : text.trim()
      ])
    )
    save.mutate(
      { parts: { params: { id: read.id }, payload }, version: read.version },
      { onSuccess: onDone }
    )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        {editable.map(({ field, label }) => (
          <TextInput
            key={field}
            label={label}
            value={given[field] ?? read[field] ?? ""}
            error={issueOf(save.error, field)}
            onChange={({ currentTarget: { value } }) =>
              setGiven((before) => ({ ...before, [field]: value }))
            }
          />
        ))}
        {save.error !== null && <ProblemBox problem={save.error} onRetry={submit} />}
        <Button type="submit" loading={save.isPending} disabled={Object.keys(given).length === 0}>
          Save
        </Button>
      </Stack>
    </form>
  )
}

const Contacts = ({ id }: { readonly id: string }) => {
  const contacts = useRead("GET /v1/accounts/:id/contacts", { params: { id } })
  return (
    <Card withBorder component="section" aria-label="Contacts">
      <Title order={2} size="h4" mb="xs">
        Contacts
      </Title>
      <Shown of={contacts}>
        {({ contacts }) =>
          contacts.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nobody yet.
            </Text>
          ) : (
            <List>
              {contacts.map(({ email, name, phone, roles }) => (
                <List.Item key={email}>
                  <span className="foreign">{name}</span>, <span className="foreign">{email}</span>
                  {phone !== null && `, ${phone}`} {roles.length > 0 && `(${roles.join(", ")})`}
                </List.Item>
              ))}
            </List>
          )
        }
      </Shown>
    </Card>
  )
}

type Synchronized = Answer<"GET /v1/accounts/:id/synchronization">["items"][number]

const syncTone: Record<Synchronized["status"], Tone> = {
  "not-synchronised": "neutral",
  "in-progress": "busy",
  synchronised: "good",
  failed: "bad"
}

/** How often a process that is under way is looked at, where no event has told. */
const waitingEveryMs = 5_000

const Synchronization = ({ id }: { readonly id: string }) => {
  const states = useRead(
    "GET /v1/accounts/:id/synchronization",
    { params: { id } },
    {
      everyMs: (answer) =>
        answer?.items.some(({ status }) => status === "in-progress") ? waitingEveryMs : false
    }
  )
  return (
    <Card withBorder component="section" aria-label="At Microsoft">
      <Title order={2} size="h4" mb="xs">
        At Microsoft
      </Title>
      <Shown of={states}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No instance yet" />
          ) : (
            <Stack>
              {items.map((state) => (
                <Instance key={state.instanceId} account={id} state={state} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </Card>
  )
}

const Instance = ({
  account,
  state
}: {
  readonly account: string
  readonly state: Synchronized
}) => {
  const mayWrite = useMay("accounts:write")
  const go = useCommand("POST /v1/accounts/:id/synchronization", [
    "GET /v1/accounts/:id/synchronization",
    "GET /v1/accounts/:id"
  ])
  const { instance, status } = state
  const start = (mode: "create" | "link", confirm?: boolean) =>
    go.mutate({
      parts: {
        params: { id: account },
        payload: { instance, mode, ...(confirm === undefined ? {} : { confirm }) }
      }
    })
  const mayStart = mayWrite && (status === "not-synchronised" || status === "failed")
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <Text fw={600}>{instance}</Text>
        <State tone={syncTone[status]}>{status}</State>
        {state.environment === "sandbox" && <State tone="neutral">sandbox</State>}
        {state.stage !== null && status === "in-progress" && <Text size="sm">{state.stage}</Text>}
        {state.waitsFor !== null && <State tone="warning">{`waits for ${state.waitsFor}`}</State>}
      </Group>
      {state.tenants.map(({ domain, tenantId }) => (
        <Text key={tenantId} size="sm">
          <span className="foreign">{domain ?? "domain not known"}</span> <Code>{tenantId}</Code>
        </Text>
      ))}
      {state.problem !== null && (
        <Text size="sm" className="foreign">
          {state.problem}
        </Text>
      )}
      {state.problems.length > 0 && (
        <List size="sm">
          {state.problems.map(({ field, problem }) => (
            <List.Item key={field}>
              <Code>{field}</Code> {problem}
            </List.Item>
          ))}
        </List>
      )}
      {state.suggestions.length > 0 && (
        <Text size="sm">Free instead: {state.suggestions.join(", ")}</Text>
      )}
      {state.question !== null && (
        <Text size="sm" className="foreign">
          {state.question.text}
        </Text>
      )}
      {state.authorizationLink !== null && (
        <Group gap="xs">
          <Code style={{ overflowWrap: "anywhere" }}>{state.authorizationLink}</Code>
          <CopyButton value={state.authorizationLink}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy the link for the customer"}
              </Button>
            )}
          </CopyButton>
          {state.expiresAt !== null && (
            <Text size="sm">
              until <Instant at={state.expiresAt} />
            </Text>
          )}
        </Group>
      )}
      {go.error !== null && <ProblemBox problem={go.error} />}
      <Group gap="xs">
        {mayStart && (
          <>
            <Button size="xs" loading={go.isPending} onClick={() => start("create")}>
              Make a tenant
            </Button>
            <Button
              size="xs"
              variant="default"
              loading={go.isPending}
              onClick={() => start("link")}
            >
              Link the tenant it has
            </Button>
          </>
        )}
        {mayWrite && state.waitsFor === "confirmation" && state.mode !== null && (
          <Button
            size="xs"
            loading={go.isPending}
            onClick={() => state.mode !== null && start(state.mode, true)}
          >
            Yes, go on
          </Button>
        )}
      </Group>
    </Stack>
  )
}
