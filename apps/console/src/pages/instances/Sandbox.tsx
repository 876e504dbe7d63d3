import {
  Alert,
  Button,
  Card,
  Group,
  PasswordInput,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { IconAlertTriangle } from "@tabler/icons-react"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { Confirm } from "../../show/Confirm.tsx"
import { NoPermission, ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { environmentNames, type InstanceItem, instanceReadings } from "./instances.ts"

/** The integration sandbox: its credentials, and which of the two accounts is live. */
export const Sandbox = ({ instance }: { readonly instance: InstanceItem }) => {
  if (!useMay("instances:write")) return <NoPermission scope="instances:write" />
  return (
    <Stack>
      <Credentials instance={instance} />
      {instance.credentials.sandbox !== null && <Switch instance={instance} />}
    </Stack>
  )
}

const textsOf = ({ credentials: { sandbox } }: InstanceItem) => ({
  tenantId: sandbox?.tenantId ?? "",
  tenantDomain: sandbox?.tenantDomain ?? "",
  appId: sandbox?.appId ?? "",
  secret: ""
})

const Credentials = ({ instance }: { readonly instance: InstanceItem }) => {
  const { name, version } = instance
  const hasSandbox = instance.credentials.sandbox !== null
  const [isRemoving, { open, close }] = useDisclosure()
  const keep = useCommand("PUT /v1/instances/:name/sandbox", instanceReadings)
  const remove = useCommand("PATCH /v1/instances/:name", instanceReadings)
  const form = useTexts(textsOf(instance), keep.error)
  const { appId, secret, tenantDomain, tenantId } = form.texts
  const submit = () =>
    keep.mutate(
      {
        parts: {
          params: { name },
          payload: {
            tenantId: tenantId.trim(),
            appId: appId.trim(),
            ...(tenantDomain.trim() === "" ? {} : { tenantDomain: tenantDomain.trim() }),
            ...(secret === "" ? {} : { secret })
          }
        },
        version
      },
      { onSuccess: (kept) => form.restart(textsOf(kept)) }
    )
  return (
    <Card withBorder component="section" aria-label="Credentials of the sandbox">
      <Title order={2} size="h4" mb="xs">
        Credentials of the sandbox
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        An account of its own, where nothing that is ordered is billed. Its book, mirror and reports
        never meet those of the primary account.
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <TextInput
            required
            label="Account id of the sandbox"
            description="The sandbox's own Microsoft tenant"
            {...form.text("tenantId")}
          />
          <TextInput
            label="Default domain of its tenant"
            description="So that people know which tenant it is"
            {...form.text("tenantDomain")}
          />
          <TextInput
            required
            label="Application (client) id in the sandbox"
            description="The application that signs in there"
            {...form.text("appId")}
          />
          <PasswordInput
            required={!hasSandbox}
            label={hasSandbox ? "Another key of that application" : "Key of that application"}
            description={
              hasSandbox
                ? "Empty: the one that is kept stays. It is never shown."
                : "Encrypted at rest, and never shown again"
            }
            autoComplete="off"
            {...form.text("secret")}
          />
        </SimpleGrid>
        {keep.error !== null && <ProblemBox problem={keep.error} onRetry={submit} />}
        {remove.error !== null && <ProblemBox problem={remove.error} />}
        <Group mt="md">
          <Button type="submit" loading={keep.isPending}>
            Save the sandbox
          </Button>
          {hasSandbox && (
            <Button variant="default" onClick={open}>
              Remove the sandbox
            </Button>
          )}
        </Group>
      </form>
      <Confirm
        opened={isRemoving}
        onClose={close}
        title="Remove the sandbox"
        action="Remove it"
        isBusy={remove.isPending}
        onConfirm={() =>
          remove.mutate(
            { parts: { params: { name }, payload: { sandbox: null } }, version },
            {
              onSuccess: () =>
                form.restart({ tenantId: "", tenantDomain: "", appId: "", secret: "" }),
              onSettled: close
            }
          )
        }
      >
        Its credentials are deleted. It is refused while the sandbox is live or holds data.
      </Confirm>
    </Card>
  )
}

const warnings: Record<InstanceItem["environment"], string> = {
  primary:
    "From then on everything goes to the real account: what is ordered there is real and is billed.",
  sandbox:
    "From then on nothing reaches the real account: its customers are no longer looked at, and what is ordered goes to the sandbox only."
}

const Switch = ({ instance: { environment, name } }: { readonly instance: InstanceItem }) => {
  const other = environment === "primary" ? "sandbox" : "primary"
  const [reason, setReason] = useState("")
  const [isSwitching, { open, close }] = useDisclosure()
  const change = useCommand("POST /v1/instances/:name/environment", instanceReadings)
  return (
    <Card withBorder component="section" aria-label="Which account is live">
      <Title order={2} size="h4" mb="xs">
        Which account is live
      </Title>
      <Text size="sm" mb="sm">
        The {environmentNames[environment]} is live.
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          open()
        }}
      >
        <Stack>
          <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title="Before you switch">
            {warnings[other]} It is kept in the log with its reason, and refused while a
            reconciliation is under way.
          </Alert>
          <TextInput
            label="Why"
            description="For the log; at least three characters"
            required
            minLength={3}
            maxLength={500}
            value={reason}
            error={issueOf(change.error, "reason")}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          {change.error !== null && <ProblemBox problem={change.error} />}
          <Group>
            <Button type="submit" color="red" loading={change.isPending}>
              Make the {environmentNames[other]} live
            </Button>
          </Group>
        </Stack>
      </form>
      <Confirm
        opened={isSwitching}
        onClose={close}
        title={`Make the ${environmentNames[other]} of ${name} live`}
        action="Switch"
        isBusy={change.isPending}
        onConfirm={() =>
          change.mutate(
            { parts: { params: { name }, payload: { environment: other, reason } } },
            { onSuccess: () => setReason(""), onSettled: close }
          )
        }
      >
        {warnings[other]}
      </Confirm>
    </Card>
  )
}
