import { Anchor, Button, List, SimpleGrid, Stack, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import { addressOf } from "../../api/request.ts"
import { useMay } from "../../api/Session.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountName } from "../accounts/AccountName.tsx"
import { MailFrame } from "./MailFrame.tsx"
import { mailTone } from "./mails.ts"

const route = getRouteApi("/outbox/$id")

/** A mail as its reader sees it, and what became of it. */
export const MailPage = () => {
  const { id } = route.useParams()
  const mail = useRead("GET /v1/outbox/:id", { params: { id } })
  const mayWrite = useMay("outbox:write")
  const resend = useCommand("POST /v1/outbox/:id/resend", ["GET /v1/outbox", "GET /v1/outbox/:id"])
  return (
    <Shown of={mail} title="Mail">
      {({ accountId, attempts, bounces, createdAt, mail, problem, sentAt, status }) => (
        <Stack>
          <PageHead
            title={mail.subject}
            above={
              <Anchor component={Link} to="/outbox" size="sm">
                Outbox
              </Anchor>
            }
          >
            <Button
              variant="default"
              component="a"
              download
              href={addressOf("GET /v1/outbox/:id/raw", { params: { id } })}
            >
              Download
            </Button>
            {mayWrite && status !== "queued" && (
              <Button
                loading={resend.isPending}
                onClick={() => resend.mutate({ parts: { params: { id } } })}
              >
                Send it again
              </Button>
            )}
          </PageHead>
          {resend.error !== null && <ProblemBox problem={resend.error} />}
          <SimpleGrid cols={{ base: 2, md: 4 }}>
            <Fact label="Status">
              <State tone={mailTone[status]}>{status}</State>
            </Fact>
            <Fact label="To">
              <span className="foreign">{[...mail.to, ...mail.cc, ...mail.bcc].join(", ")}</span>
            </Fact>
            <Fact label="Written / sent">
              <Instant at={createdAt} /> / <Instant at={sentAt} />
            </Fact>
            <Fact label="About">{accountId === null ? "–" : <AccountName id={accountId} />}</Fact>
          </SimpleGrid>
          {bounces.length > 0 && (
            <List size="sm">
              {bounces.map(({ action, at, reason, recipient, status }) => (
                <List.Item key={`${recipient} ${at} ${status}`} className="foreign">
                  {recipient}: {action}, {status} {reason} (<Instant at={at} />)
                </List.Item>
              ))}
            </List>
          )}
          {problem !== null && (
            <Text className="foreign">
              After {attempts} attempts: {problem}
            </Text>
          )}
          <MailFrame subject={mail.subject} html={mail.html} text={mail.text} />
        </Stack>
      )}
    </Shown>
  )
}
