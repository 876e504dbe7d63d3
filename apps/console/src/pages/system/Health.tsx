import { Anchor, SimpleGrid, Stack, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Shown } from "../../show/States.tsx"
import { ConsentLine } from "../instances/ConsentLine.tsx"

/** How soon to look again: nothing tells when a process is gone. */
const everyMs = () => 10_000

/** Whether every part is there, and what waits. */
export const Health = () => {
  const health = useRead("GET /v1/health", {}, { everyMs })
  const counts = useRead("GET /v1/jobs/counts", {}, { everyMs })
  const mayInstances = useMay("instances:read")
  return (
    <Stack gap="lg">
      <section aria-label="Parts">
        <Title order={2} size="h4" mb="xs">
          Parts
        </Title>
        <Shown of={health}>
          {(found) => (
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
              <Fact label="Database">
                <State tone="good">answers</State> PostgreSQL {found.database.version},{" "}
                {megabytes(found.database.bytes)}
              </Fact>
              <Fact label="Reconcilers">
                {found.reconcilerConnections > 0 ? (
                  <State tone="good">at work</State>
                ) : (
                  <State tone="bad">none is connected</State>
                )}
              </Fact>
              <Fact label="Mail server">
                <MailServer mail={found.mail} />
              </Fact>
              <Fact label="Mails that failed today">
                <Anchor component={Link} to="/outbox?status=failed">
                  {countText(found.mail.failedToday)}
                </Anchor>
              </Fact>
            </SimpleGrid>
          )}
        </Shown>
      </section>
      <section aria-label="Work">
        <Title order={2} size="h4" mb="xs">
          Work
        </Title>
        <Shown of={counts}>
          {({ items }) => (
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              <Fact label="Jobs that wait or are at work">
                <Anchor component={Link} to="/jobs">
                  {countText(
                    items.reduce(
                      (sum, { delayed, due, parked, running }) =>
                        sum + due + delayed + parked + running,
                      0
                    )
                  )}
                </Anchor>
              </Fact>
              <Fact label="Jobs that were given up">
                <Anchor component={Link} to="/jobs?state=failed">
                  {countText(items.reduce((sum, { failed }) => sum + failed, 0))}
                </Anchor>
              </Fact>
              <Fact label="The longest has been due since">
                <Instant
                  at={
                    items
                      .flatMap(({ dueSince }) => (dueSince === null ? [] : [dueSince]))
                      .toSorted()[0] ?? null
                  }
                  isRelative
                />
              </Fact>
            </SimpleGrid>
          )}
        </Shown>
      </section>
      {mayInstances && <Instances />}
    </Stack>
  )
}

const megabytes = (bytes: number): string =>
  new Intl.NumberFormat(undefined, {
    style: "unit",
    unit: "megabyte",
    maximumFractionDigits: 0
  }).format(bytes / 1_000_000)

const MailServer = ({ mail: { newest } }: Pick<Answer<"GET /v1/health">, "mail">) => {
  if (newest === null) return <State tone="neutral">no mail yet</State>
  if (newest.status === "kept") return <State tone="warning">none: mails are kept</State>
  if (newest.status === "failed") return <State tone="bad">the newest mail failed</State>
  return (
    <>
      <State tone="good">took a mail</State> <Instant at={newest.at} isRelative />
    </>
  )
}

const Instances = () => {
  const instances = useRead("GET /v1/instances", { query: { limit: "50" } })
  return (
    <section aria-label="Instances">
      <Title order={2} size="h4" mb="xs">
        Instances
      </Title>
      <Shown of={instances}>
        {({ items }) => (
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            {items.map(({ name }) => (
              <Fact key={name} label={name}>
                <ConsentLine name={name} />{" "}
                <Anchor component={Link} to={`/instances/${name}`}>
                  Open
                </Anchor>
              </Fact>
            ))}
          </SimpleGrid>
        )}
      </Shown>
    </section>
  )
}
