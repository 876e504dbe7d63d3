import {
  Alert,
  Anchor,
  Button,
  Code,
  CopyButton,
  Group,
  List,
  Loader,
  Stack,
  Text
} from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useCommand } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox } from "../../show/States.tsx"
import { AddressText } from "./AddressText.tsx"
import type { Account } from "./accounts.ts"
import { type SyncState, stageText, syncReadings, syncStatusNames, syncTone } from "./sync.ts"

/** How far an account is in one instance: what it waits for, what is asked, and why it stopped. */
export const SyncProgress = ({
  account,
  state
}: {
  readonly account: Account
  readonly state: SyncState
}) => (
  <Stack gap="xs" role="status">
    <Group gap="xs">
      <State tone={syncTone[state.status]}>{syncStatusNames[state.status]}</State>
      {state.environment === "sandbox" && <State tone="neutral">sandbox</State>}
      {state.waitsFor !== null && <State tone="warning">{`waits for ${state.waitsFor}`}</State>}
      {state.status === "in-progress" && state.waitsFor === null && (
        <>
          <Loader size="xs" aria-hidden />
          <Text size="sm">{state.stage === null ? "Begun" : stageText[state.stage]} …</Text>
        </>
      )}
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
          <List.Item key={field} className="foreign">
            <Code>{field}</Code> {problem}
          </List.Item>
        ))}
      </List>
    )}
    {state.suggestions.length > 0 && (
      <Text size="sm">Free instead: {state.suggestions.join(", ")}</Text>
    )}
    {state.question !== null && <Question account={account} state={state} />}
    {state.authorizationLink !== null && state.status === "in-progress" && (
      <Authorization account={account} state={state} link={state.authorizationLink} />
    )}
  </Stack>
)

const questionTitles: Record<NonNullable<SyncState["question"]>["kind"], string> = {
  address: "Microsoft would write the address differently",
  linked: "The tenant is another account's already",
  existing: "The tenant is a customer in Partner Center already"
}

const Question = ({ account, state }: { readonly account: Account; readonly state: SyncState }) => {
  const mayWrite = useMay("accounts:write")
  const go = useCommand("POST /v1/accounts/:id/synchronization", syncReadings)
  const { instance, mode, question } = state
  if (question === null) return null
  return (
    <Alert color="yellow" title={questionTitles[question.kind]}>
      <Stack gap="xs">
        <Text size="sm" className="foreign">
          {question.text}
        </Text>
        {question.suggestions.map((address) => (
          <Text size="sm" key={JSON.stringify(address)}>
            <AddressText address={address} />
          </Text>
        ))}
        {go.error !== null && <ProblemBox problem={go.error} />}
        {mayWrite && mode !== null && (
          <Group gap="xs">
            <Button
              size="xs"
              loading={go.isPending}
              onClick={() =>
                go.mutate({
                  parts: { params: { id: account.id }, payload: { instance, mode, confirm: true } }
                })
              }
            >
              {question.kind === "address" ? "Make it with the address as it is" : "Yes, this one"}
            </Button>
            {question.kind === "address" && (
              <Button
                size="xs"
                variant="default"
                component={Link}
                to={`/accounts/${account.id}/edit`}
              >
                Change the address
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  )
}

/** The link that the customer's administrator opens: to copy, to send, and already mailed. */
const Authorization = ({
  account,
  state,
  link
}: {
  readonly account: Account
  readonly state: SyncState
  readonly link: string
}) => {
  const mayReadMails = useMay("outbox:read")
  const mayWrite = useMay("accounts:write")
  const look = useCommand("POST /v1/accounts/:id/synchronization", syncReadings)
  const { expiresAt, instance } = state
  const mail = `mailto:${encodeURIComponent(account.email ?? "")}?subject=${encodeURIComponent(
    "Please authorise us for your Microsoft tenant"
  )}&body=${encodeURIComponent(
    `Please open this link as an administrator of your Microsoft tenant and accept:\r\n\r\n${link}\r\n`
  )}`
  return (
    <Alert color="blue" title="An administrator of the customer has to accept">
      <Stack gap="xs">
        <Text size="sm">
          Whether the administrator has accepted is looked for by itself, and this page goes on then
          {expiresAt !== null && (
            <>
              ; it waits until <Instant at={expiresAt} />
            </>
          )}
          .
        </Text>
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {link}
        </Code>
        <Group gap="xs">
          <CopyButton value={link}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy the link"}
              </Button>
            )}
          </CopyButton>
          <Button size="xs" variant="default" component="a" href={mail}>
            Write a mail with it
          </Button>
          {mayWrite && (
            <Button
              size="xs"
              variant="default"
              loading={look.isPending}
              onClick={() =>
                look.mutate({
                  parts: { params: { id: account.id }, payload: { instance, mode: "link" } }
                })
              }
            >
              Look now
            </Button>
          )}
          {mayReadMails && (
            <Anchor component={Link} to={`/outbox?account=${account.id}`} size="sm">
              Mails that were sent about it
            </Anchor>
          )}
        </Group>
        {look.error !== null && <ProblemBox problem={look.error} />}
      </Stack>
    </Alert>
  )
}
