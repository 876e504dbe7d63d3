import { Anchor, Button, Code, Group, Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useCommand } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { type Acceptance, acceptanceTone, statusNames } from "./agreements.ts"

/** Confirmations as rows; one that failed can be sent again. */
export const AcceptanceTable = ({
  rows,
  chosen,
  onChoose
}: {
  readonly rows: ReadonlyArray<Acceptance>
  readonly chosen?: ReadonlyArray<string> | undefined
  /** Where the page keeps which columns are shown; absent: they are not chosen. */
  readonly onChoose?: (ids: ReadonlyArray<string> | undefined) => void
}) => (
  <DataTable
    label="Agreements"
    rows={rows}
    columns={columns}
    keyOf={({ id }) => id}
    {...(onChoose === undefined ? {} : { canChoose: true, chosen, onChoose })}
  />
)

const Status = ({ acceptance }: { readonly acceptance: Acceptance }) => {
  const { id, problem, settledAt, status } = acceptance
  const mayWrite = useMay("accounts:write")
  const retry = useCommand("POST /v1/agreements/:id/retry", ["GET /v1/agreements"])
  return (
    <>
      <Group gap="xs">
        <State tone={acceptanceTone[status]}>{statusNames[status]}</State>
        {settledAt !== null && (
          <Text size="xs">
            <Instant at={settledAt} />
          </Text>
        )}
        {status === "failed" && mayWrite && (
          <Button
            size="compact-xs"
            variant="default"
            loading={retry.isPending}
            aria-label={`Send again: ${acceptance.accountName}`}
            onClick={() => retry.mutate({ parts: { params: { id } } })}
          >
            Send again
          </Button>
        )}
      </Group>
      {problem !== null && (
        <Text size="xs" className="foreign">
          {problem}
        </Text>
      )}
      {retry.error !== null && (
        <Text size="xs" role="alert" className="tone-bad">
          {retry.error.title}. {retry.error.detail}
        </Text>
      )}
    </>
  )
}

const roleNames: Record<Acceptance["role"], string> = {
  customer: "Customer",
  reseller: "Reseller",
  "bss-user": "User of the BSS"
}

const text = (
  id: string,
  header: string,
  of: (acceptance: Acceptance) => string | null
): Column<Acceptance> => ({
  id,
  header,
  isHidden: true,
  cell: (acceptance) => <span className="foreign">{of(acceptance) ?? "–"}</span>
})

const columns: ReadonlyArray<Column<Acceptance>> = [
  {
    id: "account",
    header: "Account",
    cell: ({ accountId, accountName }) => (
      <Anchor component={Link} to={`/accounts/${accountId}`} className="foreign">
        {accountName}
      </Anchor>
    )
  },
  {
    id: "instance",
    header: "Instance",
    cell: ({ environment, instance }) =>
      environment === "sandbox" ? `${instance} (sandbox)` : instance
  },
  {
    id: "contact",
    header: "Accepted by",
    cell: ({ contact }) => (
      <span className="foreign">
        {contact.firstName} {contact.lastName}, {contact.email}
      </span>
    )
  },
  { id: "role", header: "For whom", cell: ({ role }) => roleNames[role] },
  { id: "at", header: "Accepted", cell: ({ agreedAt }) => <Instant at={agreedAt} /> },
  {
    id: "status",
    header: "At Microsoft",
    cell: (acceptance) => <Status acceptance={acceptance} />
  },
  {
    id: "confirmedAt",
    header: "Confirmed",
    isHidden: true,
    cell: ({ confirmedAt }) => <Instant at={confirmedAt} />
  },
  text("confirmedBy", "Confirmed by", ({ confirmedBy }) => confirmedBy),
  text("userName", "User", ({ userName }) => userName),
  text("phone", "Telephone", ({ contact }) => contact.phone),
  text("order", "Order", ({ orderCode }) => orderCode),
  text("ip", "IP address", ({ ipAddress }) => ipAddress),
  text("browser", "Browser", ({ userAgent }) => userAgent),
  text("type", "Agreement", ({ type }) => type),
  {
    id: "template",
    header: "Template",
    isHidden: true,
    cell: ({ templateId, versionRank }) => (
      <>
        <Code>{templateId}</Code>
        {versionRank !== null && `, version ${versionRank}`}
      </>
    )
  },
  text("correlation", "Correlation id", ({ correlationId }) => correlationId)
]
