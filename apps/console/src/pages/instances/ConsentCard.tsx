import { Anchor, Button, Card, Code, Group, Stack, Text, Title } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { useCommand } from "../../api/hooks.ts"
import type { Reading } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Confirm } from "../../show/Confirm.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox, Shown } from "../../show/States.tsx"
import { type Consent, consentTone, useConsent } from "./ConsentLine.tsx"

/** While an administrator is at Microsoft's sign-in, its end is looked for this often. */
const signInEveryMs = 3_000

const readings: ReadonlyArray<Reading> = ["GET /v1/instances/:name/consent"]

/** Who consented, how long that lasts, and how somebody consents again. */
export const ConsentCard = ({ name }: { readonly name: string }) => {
  const mayWrite = useMay("instances:write")
  const [isForgetting, { open, close }] = useDisclosure()
  const link = useCommand("POST /v1/instances/:name/consent", readings)
  const forget = useCommand("DELETE /v1/instances/:name/consent", readings)
  const consent = useConsent(name, link.data === undefined ? false : signInEveryMs)
  return (
    <Card withBorder component="section" aria-label="Consent">
      <Title order={2} size="h4" mb="xs">
        Consent
      </Title>
      <Shown of={consent}>{(consent) => <Standing consent={consent} />}</Shown>
      {link.error !== null && <ProblemBox problem={link.error} />}
      {forget.error !== null && <ProblemBox problem={forget.error} />}
      {link.data !== undefined && (
        <Text size="sm" mt="sm">
          <Anchor href={link.data.url} target="_blank" rel="noopener">
            Sign in with Microsoft
          </Anchor>{" "}
          as an administrator of the account. The link works until{" "}
          <Instant at={link.data.expiresAt} />; this page sees by itself when it is done.
        </Text>
      )}
      {mayWrite && (
        <Group mt="sm">
          <Button
            loading={link.isPending}
            onClick={() => link.mutate({ parts: { params: { name } } })}
          >
            Authenticate
          </Button>
          {consent.data !== undefined && consent.data.user !== null && (
            <Button variant="default" onClick={open}>
              Forget the consent
            </Button>
          )}
        </Group>
      )}
      <Confirm
        opened={isForgetting}
        onClose={close}
        title="Forget the consent"
        action="Forget it"
        isBusy={forget.isPending}
        onConfirm={() => forget.mutate({ parts: { params: { name } } }, { onSettled: close })}
      >
        Its tokens are deleted here, and what needs a user waits until somebody signs in again. At
        Microsoft it stays: remove the application's permissions in Microsoft Entra to revoke it
        there.
      </Confirm>
    </Card>
  )
}

const Standing = ({ consent }: { readonly consent: Consent }) => {
  const { consentedAt, idleDaysLeft, lastAttempt, lastUsedAt, mfa, problem, status, text, user } =
    consent
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <State tone={consentTone[status]}>{status}</State>
        <Text size="sm">{text}</Text>
      </Group>
      {user !== null && (
        <Text size="sm">
          By <span className="foreign">{user.upn}</span>
          {consentedAt !== null && (
            <>
              {" "}
              on <Instant at={consentedAt} />
            </>
          )}
          {mfa !== null && (mfa ? ", with a second factor" : ", without a second factor")}. Last
          used <Instant at={lastUsedAt} isRelative />
          {idleDaysLeft !== null &&
            `; it would end after ${idleDaysLeft} days without use, and is used once a day by itself`}
          .
        </Text>
      )}
      {problem !== null && (
        <Text size="sm" className="foreign">
          {problem.text} {problem.wayOut} {problem.code !== null && <Code>{problem.code}</Code>}
        </Text>
      )}
      {lastAttempt?.problem != null && (
        <Text size="sm" className="foreign">
          The last attempt failed: {lastAttempt.problem.text} {lastAttempt.problem.wayOut}
        </Text>
      )}
    </Stack>
  )
}
