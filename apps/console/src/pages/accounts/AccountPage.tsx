import { Button, Group, SimpleGrid, Stack, Tabs } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { moneyText } from "../../show/amount.ts"
import { Fact } from "../../show/Fact.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { SubscriptionsOf } from "../subscriptions/SubscriptionsOf.tsx"
import { AccountActions } from "./AccountActions.tsx"
import { AgreementsOf, MailsOf } from "./AccountLogs.tsx"
import { AccountName } from "./AccountName.tsx"
import { AccountPath, AccountsBelow } from "./AccountTree.tsx"
import { AddressText } from "./AddressText.tsx"
import { type Account, editionNames, kindNames, sectionNames } from "./accounts.ts"
import { Contacts } from "./Contacts.tsx"
import { Microsoft } from "./Microsoft.tsx"

const route = getRouteApi("/accounts/$id/")

/** An account: who it is, where it lies, the people there, and all that belongs to it. */
export const AccountPage = () => {
  const { id } = route.useParams()
  const { cursor, show = "overview" } = route.useSearch()
  const navigate = route.useNavigate()
  const account = useRead("GET /v1/accounts/:id", { params: { id } })
  const mayWrite = useMay("accounts:write")
  const onGo = (cursor: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, cursor }) })
  return (
    <Shown of={account} title="Account">
      {(account) => (
        <>
          <PageHead title={account.name} above={<AccountPath account={account} />}>
            {mayWrite && (
              <Button variant="default" component={Link} to={`/accounts/${id}/edit`}>
                Edit
              </Button>
            )}
            <AccountActions key={id} account={account} />
          </PageHead>
          <Tabs
            key={id}
            keepMounted={false}
            value={show}
            onChange={(value) =>
              void navigate({ search: { show: nameIn({ value }, "value", sectionNames) } })
            }
          >
            <Tabs.List mb="sm">
              {Object.entries(sectionNames).map(([value, label]) => (
                <Tabs.Tab key={value} value={value}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="overview">
              <Stack gap="lg">
                <Facts account={account} />
                <Contacts account={account} />
                {account.kind !== "affiliate" && (
                  <AccountsBelow account={account} cursor={cursor} onGo={onGo} />
                )}
              </Stack>
            </Tabs.Panel>
            <Tabs.Panel value="microsoft">
              <Microsoft account={account} />
            </Tabs.Panel>
            <Tabs.Panel value="subscriptions">
              <SubscriptionsOf account={id} cursor={cursor} onGo={onGo} />
            </Tabs.Panel>
            <Tabs.Panel value="agreements">
              <AgreementsOf account={id} cursor={cursor} onGo={onGo} />
            </Tabs.Panel>
            <Tabs.Panel value="mails">
              <MailsOf account={id} cursor={cursor} onGo={onGo} />
            </Tabs.Panel>
          </Tabs>
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
  const { address, billToId, code, edition, email, kind, mpnId, phone, taxId } = account
  const own = Object.entries(account.customFields)
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }}>
      <Fact label="Kind">
        <Group gap="xs">
          {kindNames[kind]}
          {edition !== null && <State tone="neutral">{editionNames[edition]}</State>}
          {!account.active && <State tone="neutral">inactive</State>}
        </Group>
      </Fact>
      <Fact label="Code">{code}</Fact>
      {kind === "reseller" && <Fact label="Partner ID">{mpnId ?? "–"}</Fact>}
      <Fact label="E-mail">{email ?? "–"}</Fact>
      <Fact label="Telephone">{phone ?? "–"}</Fact>
      <Fact label="Address">{address === null ? "–" : <AddressText address={address} />}</Fact>
      <Fact label="Tax id">{taxId ?? "–"}</Fact>
      <Fact label="Language">{account.language ?? "as the account above"}</Fact>
      <Fact label="Currency">{account.currency ?? "as the account above"}</Fact>
      <Fact label="Credit limit">{creditText(account)}</Fact>
      <Fact label="Billed">
        {billToId === null ? "by purchase mode" : <AccountName id={billToId} />}
      </Fact>
      <Fact label="May order">
        {account.orderingEnabled ? "yes" : "no"}
        {account.resellingEnabled && ", also for end customers"}
      </Fact>
      <Fact label="Account manager">{account.managerEmail ?? "–"}</Fact>
      {own.map(([name, value]) => (
        <Fact key={name} label={name}>
          {value === "" ? "–" : value}
        </Fact>
      ))}
    </SimpleGrid>
  )
}
