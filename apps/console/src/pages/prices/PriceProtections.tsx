import { Alert, Anchor, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Answer, Payload } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { Confirm } from "../../show/Confirm.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { countText, Money } from "../../show/Money.tsx"
import { State } from "../../show/State.tsx"
import { Empty, NoPermission, PageHead, ProblemBox } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { ProductSelect } from "../catalogue/ProductSelect.tsx"
import { planText } from "../catalogue/products.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { scopeNames } from "./priceProtections.ts"

const route = getRouteApi("/price-protections/")

type Asked = Payload<"POST /v1/subscriptions/price-protections">
type Told = Answer<"POST /v1/subscriptions/price-protections">
type Outcome = Told["items"][number]

/** So many subscriptions are told of, and protected, at once. */
const atOnce = 200

const outcomeNames: Record<Outcome["outcome"], string> = {
  protected: "would be protected",
  "protected-already": "protected already",
  "not-live": "has ended",
  sandbox: "in the sandbox",
  "no-plan": "no plan in the book",
  "no-price": "no price",
  "no-months": "no months"
}
const toneOf = (outcome: Outcome["outcome"]): Tone =>
  outcome === "protected" ? "good" : outcome === "protected-already" ? "busy" : "neutral"

/** Which subscriptions keep their price, and until when: told first, and then activated. */
export const PriceProtections = () => {
  const search = route.useSearch()
  const { account, instance, months, offer, scope = "account" } = search
  const navigate = route.useNavigate()
  const tell = useCommand("POST /v1/subscriptions/price-protections", [])
  const [asked, setAsked] = useState<Asked | null>(null)
  const set = (change: typeof search) => {
    setAsked(null)
    tell.reset()
    void navigate({ search: (before) => ({ ...before, ...change }) })
  }
  const request = requestOf(search)
  const show = (request: Asked) => {
    setAsked(request)
    tell.mutate({ parts: { payload: request } })
  }
  if (!useMay("price-lists:write")) return <NoPermission scope="price-lists:write" />
  return (
    <>
      <PageHead
        title="Price protection"
        above={
          <Anchor component={Link} to="/price-lists" size="sm">
            Price lists
          </Anchor>
        }
      />
      <Stack>
        <Text size="sm">
          A protected subscription keeps the price that its account's lists give it now, whatever
          they say later. What is protected already stays as it is.
        </Text>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (request !== null) show(request)
          }}
        >
          <Group align="end">
            <InstanceSelect
              label="Instance"
              required
              w={200}
              value={instance ?? null}
              onChange={(name) => set({ instance: name ?? undefined, offer: undefined })}
            />
            <Select
              label="Of"
              allowDeselect={false}
              w={230}
              data={Object.entries(scopeNames).map(([value, label]) => ({ value, label }))}
              value={scope}
              onChange={(value) => set({ scope: nameIn({ value }, "value", scopeNames) })}
            />
            {scope === "account" && (
              <AccountSelect
                label="Account"
                required
                w={300}
                value={account ?? null}
                onChange={(id) => set({ account: id ?? undefined })}
              />
            )}
            {scope === "product" && instance !== undefined && (
              <ProductSelect
                label="Product"
                required
                w={320}
                instance={instance}
                value={offer ?? null}
                onChange={(offer) => set({ offer: offer ?? undefined })}
              />
            )}
            <TextInput
              label="Months"
              placeholder="As each product says"
              w={180}
              inputMode="numeric"
              pattern="[1-9][0-9]*"
              title="A whole number"
              value={months ?? ""}
              onChange={({ currentTarget: { value } }) =>
                set({ months: value === "" ? undefined : value })
              }
            />
            <Button type="submit" disabled={request === null} loading={tell.isPending}>
              Tell what would be
            </Button>
          </Group>
        </form>
        {tell.error !== null && <ProblemBox problem={tell.error} />}
        {asked !== null && tell.data !== undefined && (
          <Outcomes
            key={JSON.stringify(asked)}
            asked={asked}
            told={tell.data}
            onNext={(cursor) => show({ ...asked, cursor })}
          />
        )}
      </Stack>
    </>
  )
}

/** null while something is missing. */
const requestOf = ({
  account,
  instance,
  months,
  offer,
  scope = "account"
}: ReturnType<typeof route.useSearch>): Asked | null => {
  if (instance === undefined) return null
  const common = {
    instance,
    dryRun: true,
    limit: atOnce,
    ...(months === undefined ? {} : { months: Number(months) })
  }
  if (scope === "all") return { ...common, scope: { kind: "all" } }
  if (scope === "account")
    return account === undefined ? null : { ...common, scope: { kind: "account", id: account } }
  return offer === undefined ? null : { ...common, scope: { kind: "product", offer } }
}

const columns: ReadonlyArray<Column<Outcome>> = [
  {
    id: "subscription",
    header: "Subscription",
    cell: ({ name, reference }) => (
      <span className="foreign">
        {name} ({reference})
      </span>
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
    id: "outcome",
    header: "Outcome",
    cell: ({ outcome }) => <State tone={toneOf(outcome)}>{outcomeNames[outcome]}</State>
  },
  {
    id: "price",
    header: "Price",
    align: "right",
    cell: ({ protection }) => <Money value={protection?.price ?? null} />
  },
  {
    id: "plan",
    header: "Plan",
    cell: ({ protection }) => (protection === null ? "–" : planText(protection))
  },
  {
    id: "until",
    header: "Until",
    cell: ({ protection }) => <Instant at={protection?.validTo ?? null} />
  },
  {
    id: "why",
    header: "Why not",
    cell: ({ reason }) => <span className="foreign">{reason ?? "–"}</span>
  }
]

/** What one page of the scope would get, and the button that gives it. */
const Outcomes = ({
  asked,
  told,
  onNext
}: {
  readonly asked: Asked
  readonly told: Told
  readonly onNext: (cursor: string) => void
}) => {
  const protect = useCommand("POST /v1/subscriptions/price-protections", [])
  const [isSure, setSure] = useState(false)
  const { items, next, summary } = told
  const done = protect.data
  if (items.length === 0)
    return <Empty title="No subscription fits">There is none of this scope in the book.</Empty>
  return (
    <Stack gap="sm">
      <Text size="sm" role="status">
        Of {countText(items.length)} subscriptions {countText(summary.protected)} would be
        protected, {countText(summary.protectedAlready)} are so already and{" "}
        {countText(summary.refused)} cannot be.
      </Text>
      {protect.error !== null && <ProblemBox problem={protect.error} />}
      {done !== undefined && (
        <Alert color="teal" role="status" title="Done">
          {countText(done.summary.protected)} subscriptions of this page keep their price from now
          on.
        </Alert>
      )}
      <Group>
        <Button
          disabled={summary.protected === 0 || done !== undefined}
          loading={protect.isPending}
          onClick={() => setSure(true)}
        >
          Protect these {countText(summary.protected)}
        </Button>
        {next !== null && (
          <Button variant="default" onClick={() => onNext(next)}>
            Next {countText(atOnce)}
          </Button>
        )}
      </Group>
      <DataTable
        label="Price protection"
        rows={items}
        columns={columns}
        keyOf={({ subscriptionId }) => subscriptionId}
      />
      <Confirm
        opened={isSure}
        onClose={() => setSure(false)}
        title="Protect prices"
        action="Protect them"
        isBusy={protect.isPending}
        onConfirm={() =>
          protect.mutate(
            { parts: { payload: { ...asked, dryRun: false } } },
            { onSettled: () => setSure(false) }
          )
        }
      >
        {countText(summary.protected)} subscriptions keep the price shown, until the day shown. A
        protection is never changed and never taken away.
      </Confirm>
    </Stack>
  )
}
