import { Anchor, Button, Modal, PasswordInput, Select, Stack, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Link, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Item, Payload } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { ConsentLine } from "./ConsentLine.tsx"
import { useInstances } from "./InstanceSelect.tsx"

export type InstanceItem = Item<"GET /v1/instances">
type NewInstance = Payload<"POST /v1/instances">

/** The Partner Center accounts that are connected. */
export const Instances = () => {
  const instances = useInstances()
  const mayWrite = useMay("instances:write")
  const [isAdding, { open, close }] = useDisclosure()
  return (
    <>
      <PageHead title="Instances">
        {mayWrite && <Button onClick={open}>Connect an account</Button>}
      </PageHead>
      <Modal opened={isAdding} onClose={close} title="Connect a Partner Center account" centered>
        <Connect />
      </Modal>
      <Shown of={instances}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No instance yet">Connect a Partner Center account to begin.</Empty>
          ) : (
            <DataTable label="Instances" rows={items} columns={columns} keyOf={({ id }) => id} />
          )
        }
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<InstanceItem>> = [
  {
    id: "name",
    header: "Name",
    cell: ({ name }) => (
      <Anchor component={Link} to={`/instances/${name}`}>
        {name}
      </Anchor>
    )
  },
  { id: "cloud", header: "Cloud", cell: ({ cloud }) => cloud },
  { id: "csp", header: "CSP status", cell: ({ cspStatus }) => cspStatus },
  {
    id: "live",
    header: "Live account",
    cell: ({ environment }) => (
      <State tone={environment === "sandbox" ? "warning" : "good"}>{environment}</State>
    )
  },
  { id: "consent", header: "Consent", cell: ({ name }) => <ConsentLine name={name} /> },
  {
    id: "disabled",
    header: "Enabled",
    cell: ({ disabled }) =>
      disabled ? <State tone="bad">disabled</State> : <State tone="good">enabled</State>
  }
]

const clouds: Record<NewInstance["cloud"], string> = {
  global: "Global",
  "us-government": "US Government",
  china: "China (21Vianet)",
  germany: "Germany (historical)",
  custom: "Custom addresses"
}
const statuses: Record<NewInstance["cspStatus"], string> = {
  direct: "Direct partner",
  indirect: "Indirect provider"
}

const texts = [
  { field: "name", label: "Name", description: "Such as contoso-eu" },
  { field: "tenantId", label: "Account id", description: "Your own Microsoft tenant" },
  { field: "appId", label: "Application (client) id", description: "" }
] as const
const addresses = [
  { field: "api", label: "Address of the REST API" },
  { field: "login", label: "Address of the sign-in" },
  { field: "resource", label: "Audience of the token" }
] as const

const Connect = () => {
  const navigate = useNavigate()
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({})
  const [cloud, setCloud] = useState<NewInstance["cloud"]>("global")
  const [cspStatus, setCspStatus] = useState<NewInstance["cspStatus"]>("indirect")
  const connect = useCommand("POST /v1/instances", ["GET /v1/instances"])
  const of = (field: string): string => given[field]?.trim() ?? ""
  const take =
    (field: string) =>
    ({ currentTarget: { value } }: { readonly currentTarget: { readonly value: string } }) =>
      setGiven((before) => ({ ...before, [field]: value }))
  const needsAddresses = cloud === "custom" || cloud === "germany"
  const submit = () =>
    connect.mutate(
      {
        parts: {
          payload: {
            name: of("name"),
            cloud,
            tenantId: of("tenantId"),
            appId: of("appId"),
            secret: given["secret"] ?? "",
            cspStatus,
            ...(needsAddresses
              ? { endpoints: { api: of("api"), login: of("login"), resource: of("resource") } }
              : {})
          }
        }
      },
      { onSuccess: ({ name }) => void navigate({ to: "/instances/$name", params: { name } }) }
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <Select
          label="Cloud"
          allowDeselect={false}
          data={Object.entries(clouds).map(([value, label]) => ({ value, label }))}
          value={cloud}
          onChange={(value) => setCloud(nameIn({ value }, "value", clouds) ?? "global")}
        />
        {texts.map(({ description, field, label }) => (
          <TextInput
            key={field}
            required
            label={label}
            description={description}
            value={given[field] ?? ""}
            error={issueOf(connect.error, field)}
            onChange={take(field)}
          />
        ))}
        <PasswordInput
          required
          label="Secret of the application"
          description="Encrypted at rest, and never shown again"
          autoComplete="off"
          value={given["secret"] ?? ""}
          error={issueOf(connect.error, "secret")}
          onChange={take("secret")}
        />
        <Select
          label="CSP status"
          allowDeselect={false}
          data={Object.entries(statuses).map(([value, label]) => ({ value, label }))}
          value={cspStatus}
          onChange={(value) => setCspStatus(nameIn({ value }, "value", statuses) ?? "indirect")}
        />
        {needsAddresses &&
          addresses.map(({ field, label }) => (
            <TextInput
              key={field}
              required
              label={label}
              value={given[field] ?? ""}
              onChange={take(field)}
            />
          ))}
        {connect.error !== null && <ProblemBox problem={connect.error} onRetry={submit} />}
        <Button type="submit" loading={connect.isPending}>
          Connect
        </Button>
      </Stack>
    </form>
  )
}
