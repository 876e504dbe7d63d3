import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useState } from "react"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { Empty, Shown } from "../../show/States.tsx"
import { AgreementStanding } from "./AgreementStanding.tsx"
import { type Account, useAbove } from "./accounts.ts"
import { MpnVerdict } from "./MpnVerdict.tsx"
import { NoSyncOptions, SyncOptionsForm, type SyncOptionsView } from "./SyncOptions.tsx"
import { SyncProgress } from "./SyncProgress.tsx"
import { SyncSteps } from "./SyncSteps.tsx"
import { type SyncState, useSyncStates } from "./sync.ts"

/** An account at Microsoft, instance by instance: its tenants, sync options, partner of record and agreement. */
export const Microsoft = ({ account }: { readonly account: Account }) => {
  const states = useSyncStates(account.id)
  return (
    <Shown of={states}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No instance yet">
            <Anchor component={Link} to="/instances">
              Connect a Partner Center
            </Anchor>
          </Empty>
        ) : (
          <Stack>
            {items.map((state) => (
              <Instance key={state.instanceId} account={account} state={state} />
            ))}
          </Stack>
        )
      }
    </Shown>
  )
}

const Instance = ({ account, state }: { readonly account: Account; readonly state: SyncState }) => {
  const { instance, status } = state
  const mayWrite = useMay("accounts:write")
  const options = useRead("GET /v1/accounts/:id/syncoptions", {
    params: { id: account.id },
    query: { instance }
  })
  const canBeTenant = account.kind !== "organisation"
  const isOpen = status === "not-synchronised" || status === "failed" || state.waitsFor !== null
  return (
    <Card withBorder component="section" aria-label={instance}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {instance}
        </Title>
        {mayWrite && canBeTenant && isOpen && (
          <Button
            size="xs"
            component={Link}
            to={`/accounts/${account.id}/tenant?instance=${encodeURIComponent(instance)}`}
          >
            {status === "failed" ? "Try again" : "Make or link a tenant"}
          </Button>
        )}
      </Group>
      <Stack gap="md">
        <SyncProgress account={account} state={state} />
        <SyncSteps account={account.id} instance={instance} />
        {canBeTenant && (
          <Shown of={options}>
            {(options) => (
              <>
                <Options account={account.id} options={options} />
                <PartnerOfRecord account={account} options={options} />
              </>
            )}
          </Shown>
        )}
        {canBeTenant && <AgreementStanding account={account} instance={instance} />}
      </Stack>
    </Card>
  )
}

/** The sync options, to read and to change. */
const Options = ({
  account,
  options
}: {
  readonly account: string
  readonly options: SyncOptionsView
}) => {
  const mayWrite = useMay("accounts:write")
  const [isEdited, setEdited] = useState(false)
  return (
    <div>
      <Group gap="xs" mb={4}>
        <Title order={3} size="h5">
          Sync options
        </Title>
        {mayWrite && !isEdited && options.fields.length > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => setEdited(true)}>
            Change them
          </Button>
        )}
      </Group>
      {options.fields.length === 0 && <NoSyncOptions instance={options.instance} />}
      {isEdited ? (
        <SyncOptionsForm
          account={account}
          options={options}
          checksPrefix={false}
          after={() => setEdited(false)}
        >
          {({ isPending }) => (
            <>
              <Button type="submit" size="xs" loading={isPending}>
                Save the options
              </Button>
              <Button size="xs" variant="default" onClick={() => setEdited(false)}>
                Leave them
              </Button>
            </>
          )}
        </SyncOptionsForm>
      ) : (
        <Group gap="lg">
          {options.fields.map(({ label, name }) => (
            <Text key={name} size="sm">
              {label}: <span className="foreign">{options[name] ?? "–"}</span>
            </Text>
          ))}
        </Group>
      )}
    </div>
  )
}

/** The Partner ID that subscriptions would carry here: the option's, else that of the nearest reseller. */
const PartnerOfRecord = ({
  account,
  options
}: {
  readonly account: Account
  readonly options: SyncOptionsView
}) => {
  const isIndirect = options.fields.some(({ name }) => name === "mpnId")
  const above = useAbove(isIndirect ? account.id : null)
  const mpnId =
    options.mpnId ?? (above.data ?? []).findLast((one) => one.kind === "reseller")?.mpnId ?? null
  return !isIndirect || mpnId === null ? null : (
    <MpnVerdict instance={options.instance} mpnId={mpnId} />
  )
}
