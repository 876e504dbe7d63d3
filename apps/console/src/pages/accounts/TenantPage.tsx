import { Alert, Anchor, Button, Card, Group, List, Radio, Stack, Text, Title } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { Empty, NoPermission, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { AccountPath } from "./AccountTree.tsx"
import { AddressText } from "./AddressText.tsx"
import type { Account } from "./accounts.ts"
import { modeOf, type SyncMode } from "./accounts.ts"
import {
  NoSyncOptions,
  type OptionsDraft,
  optionsOf,
  SyncOptionsForm,
  type SyncOptionsView
} from "./SyncOptions.tsx"
import { SyncProgress } from "./SyncProgress.tsx"
import { SyncSteps } from "./SyncSteps.tsx"
import { type SyncState, syncReadings, useSyncStates } from "./sync.ts"

const route = getRouteApi("/accounts/$id/tenant")

/** Makes an account a tenant of an instance, or links the one that it has: all that is asked, and then what happens. */
export const TenantPage = () => {
  const { id } = route.useParams()
  const account = useRead("GET /v1/accounts/:id", { params: { id } })
  const mayWrite = useMay("accounts:write")
  if (!mayWrite) return <NoPermission scope="accounts:write" />
  return (
    <Shown of={account} title="Microsoft tenant">
      {(account) => (
        <>
          <PageHead
            title={`Microsoft tenant of ${account.name}`}
            above={
              <Group gap="xs">
                <AccountPath account={account} />
                <Anchor component={Link} to={`/accounts/${id}?show=microsoft`} size="sm">
                  Back to the account
                </Anchor>
              </Group>
            }
          />
          <Wizard account={account} />
        </>
      )}
    </Shown>
  )
}

const Wizard = ({ account }: { readonly account: Account }) => {
  const { instance } = route.useSearch()
  const navigate = route.useNavigate()
  const states = useSyncStates(account.id)
  return (
    <Shown of={states}>
      {({ items }) => {
        const chosen =
          items.length === 1 ? items[0] : items.find((one) => one.instance === instance)
        return (
          <Stack>
            {items.length === 0 && <Empty title="No instance yet" />}
            {items.length > 1 && (
              <Card withBorder>
                <Radio.Group
                  label="In which instance"
                  value={chosen?.instance ?? null}
                  onChange={(instance) =>
                    void navigate({ search: (before) => ({ ...before, instance }) })
                  }
                >
                  <Stack gap="xs" mt="xs">
                    {items.map(({ instance, status }) => (
                      <Radio key={instance} value={instance} label={`${instance} (${status})`} />
                    ))}
                  </Stack>
                </Radio.Group>
              </Card>
            )}
            {chosen !== undefined && <State account={account} state={chosen} />}
          </Stack>
        )
      }}
    </Shown>
  )
}

/** What is shown follows from how far it is: nothing is remembered that the API would not say again. */
const State = ({ account, state }: { readonly account: Account; readonly state: SyncState }) => {
  const mayReadMails = useMay("outbox:read")
  const isUnderWay = state.status === "in-progress"
  const isDone = state.status === "synchronised"
  const isBusy = isUnderWay && state.waitsFor === null
  const wasTried = state.mode !== null
  return (
    <>
      {(isUnderWay || isDone || wasTried) && (
        <Card withBorder component="section" aria-label="How far it is">
          <Title order={2} size="h4" mb="xs">
            {isDone ? "The tenant is there" : "How far it is"}
          </Title>
          <Stack gap="xs">
            <SyncProgress account={account} state={state} />
            {isDone && (
              <Group gap="md">
                <Anchor component={Link} to={`/accounts/${account.id}?show=microsoft`}>
                  To the account
                </Anchor>
                {mayReadMails && (
                  <Anchor component={Link} to={`/outbox?account=${account.id}`}>
                    {state.mode === "create"
                      ? "The Welcome mail, with the first password"
                      : "Mails about it"}
                  </Anchor>
                )}
              </Group>
            )}
            <SyncSteps account={account.id} instance={state.instance} />
          </Stack>
        </Card>
      )}
      {!isDone && !isBusy && <Form account={account} state={state} />}
    </>
  )
}

const Form = ({ account, state }: { readonly account: Account; readonly state: SyncState }) => {
  const { instance } = state
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const mode: SyncMode = search.mode ?? state.mode ?? "create"
  const options = useRead("GET /v1/accounts/:id/syncoptions", {
    params: { id: account.id },
    query: { instance }
  })
  return (
    <Card withBorder component="section" aria-label="What is asked for">
      <Title order={2} size="h4" mb="xs">
        {state.mode === null ? "What is asked for" : "Ask again, or for something else"}
      </Title>
      <Stack>
        <Radio.Group
          label="The customer's tenant"
          value={mode}
          onChange={(value) =>
            void navigate({ search: (before) => ({ ...before, mode: modeOf(value) }) })
          }
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="create"
              label="Make a new one"
              description="The customer does not use Microsoft's cloud yet"
            />
            <Radio
              value="link"
              label="Link the one that it has"
              description="The customer uses it already and owns its domain; nobody is made in it"
            />
          </Stack>
        </Radio.Group>
        <Shown of={options}>
          {(options) =>
            options.fields.length === 0 ? (
              <NoSyncOptions instance={instance} />
            ) : (
              <Synchronize key={options.instance} account={account} options={options} mode={mode} />
            )
          }
        </Shown>
      </Stack>
    </Card>
  )
}

/** Saves the options and begins; before, everything can be checked at once without anything being kept. */
const Synchronize = ({
  account,
  options,
  mode
}: {
  readonly account: Account
  readonly options: SyncOptionsView
  readonly mode: SyncMode
}) => {
  const [draft, setDraft] = useState<OptionsDraft>()
  const contacts = useRead("GET /v1/accounts/:id/contacts", { params: { id: account.id } })
  const check = useCommand("POST /v1/customerforms/validation", [])
  const go = useCommand("POST /v1/accounts/:id/synchronization", syncReadings)
  const { instance } = options
  const ask = () => {
    go.reset()
    const { domainPrefix, mpnId, taxId, userName } =
      draft === undefined ? options : optionsOf(draft, options.fields)
    const primary = contacts.data?.contacts.find(({ roles }) => roles.includes("primary"))
    check.mutate({
      parts: {
        payload: {
          instance,
          mode,
          ...(account.parentId === null ? {} : { parentId: account.parentId }),
          name: account.name,
          email: account.email,
          phone: account.phone,
          contact: primary?.name ?? null,
          address: account.address,
          language: account.language,
          syncOptions: {
            userName: userName ?? null,
            domainPrefix: domainPrefix ?? null,
            mpnId: mpnId ?? null,
            taxId: taxId ?? account.taxId
          }
        }
      }
    })
  }
  return (
    <Stack>
      <SyncOptionsForm
        account={account.id}
        options={options}
        checksPrefix={mode === "create"}
        problem={go.error}
        onDraft={(draft) => {
          setDraft(draft)
          check.reset()
        }}
        after={() =>
          go.mutate({ parts: { params: { id: account.id }, payload: { instance, mode } } })
        }
      >
        {({ isPending }) => (
          <>
            <Button type="submit" loading={isPending || go.isPending}>
              Save and synchronise
            </Button>
            <Button variant="default" loading={check.isPending} onClick={ask}>
              Check everything first
            </Button>
          </>
        )}
      </SyncOptionsForm>
      {check.error !== null && <ProblemBox problem={check.error} onRetry={ask} />}
      {check.data !== undefined && <Checked account={account} verdict={check.data} />}
      {go.error !== null && (
        <>
          <ProblemBox problem={go.error} />
          {go.error.issues.some(({ path: [, field] }) => isOfAccount(field)) && (
            <EditLink account={account} />
          )}
        </>
      )}
    </Stack>
  )
}

const accountFields: ReadonlySet<unknown> = new Set([
  "name",
  "email",
  "phone",
  "address",
  "contact"
])
const isOfAccount = (field: unknown): boolean => accountFields.has(field)

const EditLink = ({ account }: { readonly account: Account }) => (
  <Anchor component={Link} to={`/accounts/${account.id}/edit`}>
    Change the account
  </Anchor>
)

const uncheckedText = {
  countryRules: "the country's rules",
  domain: "the domain",
  address: "the address"
} as const

/** Everything that keeps the tenant from being made, at once, and what Microsoft makes of the rest. */
const Checked = ({
  account,
  verdict
}: {
  readonly account: Account
  readonly verdict: Answer<"POST /v1/customerforms/validation">
}) => (
  <Alert
    role="status"
    color={verdict.valid ? "gray" : "red"}
    title={verdict.valid ? "Nothing is wrong" : "Not yet"}
  >
    <Stack gap="xs">
      {verdict.problems.length > 0 && (
        <List size="sm">
          {verdict.problems.map(({ field, problem }) => (
            <List.Item key={`${field} ${problem}`} className="foreign">
              {field}: {problem}
            </List.Item>
          ))}
        </List>
      )}
      {verdict.problems.some(({ field }) => isOfAccount(field.split(".", 1)[0])) && (
        <EditLink account={account} />
      )}
      {verdict.domain !== null && (
        <Text size="sm">
          The domain is <span className="foreign">{verdict.domain}</span>.
        </Text>
      )}
      {verdict.suggestions.length > 0 && (
        <Text size="sm">Free instead: {verdict.suggestions.join(", ")}</Text>
      )}
      {verdict.address?.status === "InteractionRequired" && (
        <>
          <Text size="sm">Microsoft would write the address differently:</Text>
          <List size="sm">
            {verdict.address.suggestions.map((suggestion) => (
              <List.Item key={JSON.stringify(suggestion)}>
                <AddressText address={suggestion} />
              </List.Item>
            ))}
          </List>
        </>
      )}
      {verdict.unchecked.length > 0 && (
        <Text size="sm">
          Partner Center could not be asked about{" "}
          {verdict.unchecked.map((what) => uncheckedText[what]).join(" and ")}; it is asked when the
          tenant is made.
        </Text>
      )}
    </Stack>
  </Alert>
)
