import { Anchor, Card, Code, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Money } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { hasReport } from "../reconciliations/runs.ts"
import { fieldNames, valueText } from "../reconciliations/values.ts"
import { SubscriptionTable } from "./SubscriptionTable.tsx"
import { statusTone } from "./subscriptions.ts"

const route = getRouteApi("/subscriptions/$id")

type Detail = Answer<"GET /v1/subscriptions/:id">

/** A subscription: what was agreed, what Partner Center said last, its add-ons and its price. */
export const SubscriptionPage = () => {
  const { id } = route.useParams()
  const subscription = useRead("GET /v1/subscriptions/:id", { params: { id } })
  return (
    <Shown of={subscription} title="Subscription">
      {(subscription) => (
        <>
          <PageHead
            title={subscription.name}
            above={
              <Group gap="xs">
                <Anchor component={Link} to="/subscriptions" size="sm">
                  Subscriptions
                </Anchor>
                <Anchor
                  component={Link}
                  to={`/accounts/${subscription.accountId}?show=subscriptions`}
                  size="sm"
                  className="foreign"
                >
                  {subscription.account}
                </Anchor>
              </Group>
            }
          />
          <Facts subscription={subscription} />
          <Stack gap="lg" mt="lg">
            <BothSides subscription={subscription} />
            <Addons id={id} />
          </Stack>
        </>
      )}
    </Shown>
  )
}

const Facts = ({ subscription }: { readonly subscription: Detail }) => (
  <SimpleGrid cols={{ base: 2, md: 4 }}>
    <Fact label="Status">
      <Group gap="xs">
        <State tone={statusTone[subscription.terms.status]}>{subscription.terms.status}</State>
        {subscription.environment === "sandbox" && <State tone="neutral">sandbox</State>}
        {subscription.isAddon && <State tone="neutral">add-on</State>}
      </Group>
    </Fact>
    <Fact label="Account">
      <Anchor component={Link} to={`/accounts/${subscription.accountId}`} className="foreign">
        {subscription.account}
      </Anchor>
    </Fact>
    <Fact label="Instance">{subscription.instance}</Fact>
    <Fact label="Reference">{subscription.reference}</Fact>
    <Fact label="Price of a seat">
      <Money value={subscription.unitPrice} />
    </Fact>
    <Price id={subscription.id} />
    <Fact label="Microsoft id">
      {subscription.microsoftId === null ? "–" : <Code>{subscription.microsoftId}</Code>}
    </Fact>
    <Fact label="Tenant">
      <Code>{subscription.tenantId}</Code>
    </Fact>
    {subscription.parentId !== null && (
      <Fact label="Base subscription">
        <Anchor component={Link} to={`/subscriptions/${subscription.parentId}`}>
          Show it
        </Anchor>
      </Fact>
    )}
    {subscription.acceptedAt !== null && (
      <Fact label="Order accepted">
        <Instant at={subscription.acceptedAt} />
      </Fact>
    )}
  </SimpleGrid>
)

/** Whether its price is protected, and until when. */
const Price = ({ id }: { readonly id: string }) => {
  const mayRead = useMay("products:read")
  const protection = useRead(
    "GET /v1/subscriptions/:id/price-protection",
    { params: { id } },
    { enabled: mayRead }
  )
  const held = protection.data?.protection ?? null
  if (held === null) return null
  return (
    <Fact label={protection.data?.state === "protected" ? "Price protected" : "Was protected"}>
      <Money value={held.price} /> until <Instant at={held.validTo} />
    </Fact>
  )
}

const fields = [
  "offer",
  "quantity",
  "status",
  "billingCycle",
  "term",
  "autoRenew",
  "commitmentEnd",
  "scheduledChange",
  "partnerOfRecord",
  "parent",
  "isTrial",
  "friendlyName"
] as const

/** What the BSS holds beside what Partner Center said last; what differs is marked, with a word too. */
const BothSides = ({ subscription }: { readonly subscription: Detail }) => {
  const { observed, terms } = subscription
  return (
    <Card withBorder component="section" aria-label="Both sides">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Both sides
        </Title>
        <NewestReport subscription={subscription} />
      </Group>
      <div className="scroller">
        <Table aria-label="Both sides">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Field</Table.Th>
              <Table.Th scope="col">BSS</Table.Th>
              <Table.Th scope="col">Partner Center</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fields.map((field) => {
              const [ours, theirs] = [terms[field], observed?.terms[field]]
              const differs =
                ours !== undefined &&
                theirs !== undefined &&
                JSON.stringify(ours) !== JSON.stringify(theirs)
              return (
                <Table.Tr key={field}>
                  <Table.Th scope="row">
                    {fieldNames[field]}
                    {differs && (
                      <Text size="xs" className="tone-warning">
                        differs
                      </Text>
                    )}
                  </Table.Th>
                  <Table.Td className="foreign">
                    {ours === undefined ? "not kept" : valueText(ours)}
                  </Table.Td>
                  <Table.Td className="foreign">
                    {theirs === undefined ? "–" : valueText(theirs)}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed" mt="xs">
        {observed === null ? (
          "Partner Center was not seen to have it: a reconciliation looks."
        ) : (
          <>
            Fetched from Partner Center: <Instant at={observed.fetchedAt} />
          </>
        )}
      </Text>
    </Card>
  )
}

/** To its rows in the newest report about everything of its instance. */
const NewestReport = ({ subscription }: { readonly subscription: Detail }) => {
  const mayRead = useMay("reconciliations:read")
  const runs = useRead("GET /v1/reconciliations", { query: { limit: "50" } }, { enabled: mayRead })
  const newest = runs.data?.items.find(
    (run) =>
      hasReport(run) &&
      run.instance === subscription.instance &&
      run.environment === subscription.environment &&
      run.scope.kind === "organisation"
  )
  if (newest === undefined) return null
  return (
    <Anchor
      component={Link}
      to={`/reconciliations/${newest.id}?all=true&q=${subscription.id}`}
      size="sm"
    >
      In the newest report
    </Anchor>
  )
}

const Addons = ({ id }: { readonly id: string }) => {
  const addons = useRead("GET /v1/subscriptions", { query: { parent: id, limit: "100" } })
  if (addons.data?.items.length === 0) return null
  return (
    <Card withBorder component="section" aria-label="Add-ons">
      <Title order={2} size="h4" mb="xs">
        Add-ons
      </Title>
      <Shown of={addons}>
        {({ items, next }) => (
          <>
            <SubscriptionTable rows={items} showsAccount={false} />
            {next !== null && <Text size="sm">There are more than a hundred.</Text>}
          </>
        )}
      </Shown>
    </Card>
  )
}
