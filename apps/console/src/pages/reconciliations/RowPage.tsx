import { Anchor, Card, Code, List, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core"
import { IconCheck, IconX } from "@tabler/icons-react"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { Fact } from "../../show/Fact.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Money } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { movers, severityTone } from "../../show/tone.ts"
import { RowPast } from "./RowPast.tsx"
import type { Finding, ReportRow, RowDetail } from "./runs.ts"
import { actionNames, fieldNames, valueText } from "./values.ts"

const route = getRouteApi("/reconciliations/$id/rows/$row")

/** One subscription of a report: both sides with what was agreed, who moved, what it costs and what would settle it. */
export const RowPage = () => {
  const { id, row: number } = route.useParams()
  const row = useRead("GET /v1/reconciliations/:id/rows/:row", { params: { id, row: number } })
  return (
    <Shown of={row} title="Row of a report">
      {(row) => (
        <>
          <PageHead
            title={row.name}
            above={
              <Anchor component={Link} to={`/reconciliations/${id}`} size="sm">
                Rows of the report
              </Anchor>
            }
          />
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} mb="md">
            <Fact label="Customer">
              {row.accountId === null ? (
                <span className="foreign">{row.customer}</span>
              ) : (
                <Anchor component={Link} to={`/accounts/${row.accountId}`} className="foreign">
                  {row.customer}
                </Anchor>
              )}
            </Fact>
            <Fact label="Reference in the BSS">
              <span className="foreign">{row.reference ?? "only in Partner Center"}</span>
            </Fact>
            <Fact label="Microsoft id">{row.microsoftId ?? "only in the BSS"}</Fact>
            <Fact label="Agreed price of a seat and billing period">
              <Money value={row.unitPrice} />
            </Fact>
          </SimpleGrid>
          <Sides row={row} />
          <Title order={2} size="h4" mt="lg" mb="xs">
            Findings
          </Title>
          {row.findings.length === 0 ? (
            <Text>Both sides agree.</Text>
          ) : (
            <Stack>
              {row.findings.map((finding) => (
                <FindingCard key={`${finding.kind} ${finding.field}`} finding={finding} />
              ))}
            </Stack>
          )}
          <Said observed={row.observed} />
          <RowPast />
        </>
      )}
    </Shown>
  )
}

/** What there is of Partner Center's answer, as it was decoded: the bytes themselves are not kept. */
const Said = ({ observed }: { readonly observed: RowDetail["observed"] }) => (
  <section aria-label="What Partner Center said">
    <Title order={2} size="h4" mt="lg" mb="xs">
      What Partner Center said
    </Title>
    {observed === null ? (
      <Text>Partner Center does not have it.</Text>
    ) : (
      <details>
        <summary>
          Its answer as it was decoded for this report; what reconciling does not need is not kept
        </summary>
        <Code block className="foreign" mt="xs">
          {JSON.stringify(observed, null, 2)}
        </Code>
      </details>
    )}
  </section>
)

type FieldName = keyof typeof fieldNames
const fields = Object.entries(fieldNames).flatMap(([name, label]) =>
  isField(name) ? [{ name, label }] : []
)
function isField(name: string): name is FieldName {
  return Object.hasOwn(fieldNames, name)
}

const absent = (side: object | null): string => (side === null ? "not there" : "not kept")

/** Both sides field by field; where they differ, the line says so in words and with what was agreed before. */
const Sides = ({ row }: { readonly row: ReportRow }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
  <section className="scroller" tabIndex={0} aria-label="Table: Both sides">
    <Table aria-label="Both sides">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Field</Table.Th>
          <Table.Th scope="col">Agreed before</Table.Th>
          <Table.Th scope="col">BSS</Table.Th>
          <Table.Th scope="col">Partner Center</Table.Th>
          <Table.Th scope="col">
            <span>Difference</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map(({ label, name }) => {
          const ours = row.bss?.[name]
          const theirs = row.partnerCenter?.[name]
          const finding = row.findings.find(({ field }) => field === name)
          if (ours === undefined && theirs === undefined) return null
          return (
            <Table.Tr key={name} {...(finding === undefined ? {} : { bg: "var(--mark)" })}>
              <Table.Th scope="row">{label}</Table.Th>
              <Table.Td className="foreign">
                {finding === undefined ? "" : valueText(finding.baseline)}
              </Table.Td>
              <Table.Td className="foreign" fw={finding === undefined ? 400 : 700}>
                {ours === undefined ? absent(row.bss) : valueText(ours)}
              </Table.Td>
              <Table.Td className="foreign" fw={finding === undefined ? 400 : 700}>
                {theirs === undefined ? absent(row.partnerCenter) : valueText(theirs)}
              </Table.Td>
              <Table.Td>
                {finding === undefined ? "" : `moved by: ${movers[finding.movedBy]}`}
              </Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  </section>
)

const FindingCard = ({ finding }: { readonly finding: Finding }) => (
  <Card withBorder>
    <Stack gap="xs">
      <div>
        <State tone={severityTone[finding.severity]}>{finding.severity}</State>
        <Title order={3} size="h5" mt={4}>
          {finding.title}
        </Title>
      </div>
      <Text size="sm">
        Agreed before <b className="foreign">{valueText(finding.baseline)}</b>, BSS{" "}
        <b className="foreign">{valueText(finding.bss)}</b>, Partner Center{" "}
        <b className="foreign">{valueText(finding.partnerCenter)}</b>. Moved by:{" "}
        {movers[finding.movedBy]}. At risk a month: <Money value={finding.atRisk} />.
        {finding.deadline !== null && (
          <>
            {" "}
            Deadline: <Instant at={finding.deadline} /> (
            <Instant at={finding.deadline} isRelative />
            ).
          </>
        )}
      </Text>
      {finding.actions.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            What would settle it
          </Text>
          <List size="sm" spacing={4}>
            {finding.actions.map(({ closesAt, name, refusal }) => (
              <List.Item
                key={name}
                icon={
                  refusal === null ? (
                    <IconCheck size={16} aria-hidden />
                  ) : (
                    <IconX size={16} aria-hidden />
                  )
                }
              >
                {actionNames[name]}:{" "}
                {refusal === null ? (
                  <>
                    possible
                    {closesAt !== null && (
                      <>
                        {" "}
                        until <Instant at={closesAt} />
                      </>
                    )}
                  </>
                ) : (
                  <>
                    not possible. {refusal.text} <Code>{refusal.code}</Code>
                    {refusal.closedAt !== null && (
                      <>
                        {" "}
                        since <Instant at={refusal.closedAt} />
                      </>
                    )}
                  </>
                )}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Stack>
  </Card>
)
