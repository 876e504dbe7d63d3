import { Anchor, Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Money } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { termText, valueText } from "../reconciliations/values.ts"
import { type Subscription, statusTone } from "./subscriptions.ts"

/** Subscriptions as rows. Of one account's, the account is not said again and again. */
export const SubscriptionTable = ({
  rows,
  showsAccount = true
}: {
  readonly rows: ReadonlyArray<Subscription>
  readonly showsAccount?: boolean
}) => (
  <DataTable
    label="Subscriptions"
    rows={rows}
    columns={showsAccount ? columns : columnsOfOne}
    keyOf={({ id }) => id}
  />
)

const columns: ReadonlyArray<Column<Subscription>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ id, isAddon, name, reference }) => (
      <>
        <Anchor component={Link} to={`/subscriptions/${id}`} className="foreign">
          {name}
        </Anchor>
        <Text size="xs" c="dimmed" className="foreign">
          {reference}
          {isAddon && ", add-on"}
        </Text>
      </>
    )
  },
  {
    id: "account",
    header: "Account",
    cell: ({ account, accountId }) => (
      <Anchor component={Link} to={`/accounts/${accountId}`} className="foreign">
        {account}
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
    id: "status",
    header: "Status",
    cell: ({ terms: { status } }) => <State tone={statusTone[status]}>{status}</State>
  },
  {
    id: "quantity",
    header: "Seats",
    align: "right",
    cell: ({ terms: { quantity } }) => countText(quantity)
  },
  {
    id: "price",
    header: "Price of a seat",
    align: "right",
    cell: ({ unitPrice }) => <Money value={unitPrice} />
  },
  {
    id: "cycle",
    header: "Billed",
    cell: ({ terms: { billingCycle, term } }) =>
      `${valueText(billingCycle ?? null)}${term === undefined ? "" : `, ${termText(term)}`}`
  },
  {
    id: "end",
    header: "Commitment ends",
    cell: ({ terms: { commitmentEnd } }) => <Instant at={commitmentEnd ?? null} />
  }
]

const columnsOfOne = columns.filter(({ id }) => id !== "account")
