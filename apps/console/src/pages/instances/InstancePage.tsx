import {
  Anchor,
  Button,
  Card,
  Code,
  Group,
  List,
  SimpleGrid,
  Stack,
  Text,
  Title
} from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { consentTone, useConsent } from "./ConsentLine.tsx"
import type { InstanceItem } from "./Instances.tsx"

const route = getRouteApi("/instances/$name")

/** One Partner Center account: its settings, its consent, and what was done to it. */
export const InstancePage = () => {
  const { name } = route.useParams()
  const instance = useRead("GET /v1/instances/:name", { params: { name } })
  return (
    <Shown of={instance} title="Instance">
      {(instance) => (
        <>
          <PageHead
            title={instance.name}
            above={
              <Anchor component={Link} to="/instances" size="sm">
                Instances
              </Anchor>
            }
          >
            <Switchable instance={instance} />
          </PageHead>
          <Stack gap="lg">
            <Settings instance={instance} />
            <ConsentCard name={name} />
            <Events name={name} />
          </Stack>
        </>
      )}
    </Shown>
  )
}

const Settings = ({ instance }: { readonly instance: InstanceItem }) => (
  <SimpleGrid cols={{ base: 2, md: 4 }}>
    <Fact label="Cloud">{instance.cloud}</Fact>
    <Fact label="CSP status">{instance.cspStatus}</Fact>
    <Fact label="Live account">
      <State tone={instance.environment === "sandbox" ? "warning" : "good"}>
        {instance.environment}
      </State>
    </Fact>
    <Fact label="Account id">{instance.tenantId}</Fact>
    <Fact label="Application id">{instance.appId}</Fact>
    <Fact label="Partner ID">{instance.mpnId ?? "–"}</Fact>
    <Fact label="Countries">{instance.countries.join(", ")}</Fact>
    <Fact label="Language of the catalogue">{instance.catalogueLanguage}</Fact>
    <Fact label="Catalogue is read (UTC)">{instance.catalogueSchedule ?? "by hand only"}</Fact>
    <Fact label="Requests a minute at most">{instance.requestsPerMinute}</Fact>
    <Fact label="Sandbox">
      {instance.credentials.sandbox === null ? "none" : instance.credentials.sandbox.tenantId}
    </Fact>
    <Fact label="REST API">{instance.endpoints.api}</Fact>
  </SimpleGrid>
)

const Switchable = ({ instance }: { readonly instance: InstanceItem }) => {
  const mayWrite = useMay("instances:write")
  const change = useCommand("PATCH /v1/instances/:name", [
    "GET /v1/instances",
    "GET /v1/instances/:name",
    "GET /v1/instances/:name/events"
  ])
  if (!mayWrite) return null
  return (
    <>
      {change.error !== null && <ProblemBox problem={change.error} />}
      <Button
        variant="default"
        loading={change.isPending}
        onClick={() =>
          change.mutate({
            parts: { params: { name: instance.name }, payload: { disabled: !instance.disabled } },
            version: instance.version
          })
        }
      >
        {instance.disabled ? "Enable it" : "Disable it"}
      </Button>
    </>
  )
}

/** While an administrator is at Microsoft's sign-in, its end is looked for this often. */
const signInEveryMs = 3_000

const ConsentCard = ({ name }: { readonly name: string }) => {
  const mayWrite = useMay("instances:write")
  const link = useCommand("POST /v1/instances/:name/consent", ["GET /v1/instances/:name/consent"])
  const consent = useConsent(name, link.data === undefined ? false : signInEveryMs)
  return (
    <Card withBorder component="section" aria-label="Consent">
      <Title order={2} size="h4" mb="xs">
        Consent
      </Title>
      <Shown of={consent}>
        {({
          consentedAt,
          idleDaysLeft,
          lastAttempt,
          lastUsedAt,
          mfa,
          problem,
          status,
          text,
          user
        }) => (
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
                {mfa !== null && (mfa ? ", with a second factor" : ", without a second factor")}.
                Last used <Instant at={lastUsedAt} isRelative />
                {idleDaysLeft !== null && `; it would end after ${idleDaysLeft} days without use`}.
              </Text>
            )}
            {problem !== null && (
              <Text size="sm" className="foreign">
                {problem.text} {problem.wayOut}{" "}
                {problem.code !== null && <Code>{problem.code}</Code>}
              </Text>
            )}
            {lastAttempt?.problem != null && (
              <Text size="sm" className="foreign">
                The last attempt failed: {lastAttempt.problem.text} {lastAttempt.problem.wayOut}
              </Text>
            )}
          </Stack>
        )}
      </Shown>
      {link.error !== null && <ProblemBox problem={link.error} />}
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
        <Button
          mt="sm"
          loading={link.isPending}
          onClick={() => link.mutate({ parts: { params: { name } } })}
        >
          Authenticate
        </Button>
      )}
    </Card>
  )
}

const shownValue = (value: unknown): string =>
  Array.isArray(value) ? value.join(", ") : value === null ? "–" : String(value)

const Events = ({ name }: { readonly name: string }) => {
  const events = useRead("GET /v1/instances/:name/events", {
    params: { name },
    query: { limit: "20" }
  })
  return (
    <Card withBorder component="section" aria-label="What was done to it">
      <Title order={2} size="h4" mb="xs">
        What was done to it
      </Title>
      <Shown of={events}>
        {({ items }) => (
          <List size="sm" spacing={6}>
            {items.map(({ actor, at, changes, id, kind, reason }) => (
              <List.Item key={id}>
                <Instant at={at} />: {kind} by <span className="foreign">{actor}</span>
                {reason !== null && <span className="foreign">: {reason}</span>}
                {changes.length > 0 && (
                  <Text size="sm" c="dimmed" className="foreign">
                    {changes
                      .map(
                        ({ after, before, field }) =>
                          `${field}: ${shownValue(before)} → ${shownValue(after)}`
                      )
                      .join("; ")}
                  </Text>
                )}
              </List.Item>
            ))}
          </List>
        )}
      </Shown>
    </Card>
  )
}
