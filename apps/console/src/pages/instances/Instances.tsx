import { Anchor, Button, Modal } from "@mantine/core"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { useCommand } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { ConsentLine } from "./ConsentLine.tsx"
import { ImportSettings } from "./ImportSettings.tsx"
import { useInstances } from "./InstanceSelect.tsx"
import { cloudNames, cspStatusNames, type InstanceItem } from "./instances.ts"
import { SettingFields } from "./SettingFields.tsx"
import { newInstanceOf, noSettings } from "./settings.ts"

const route = getRouteApi("/instances/")

/** The Partner Center accounts that are connected. */
export const Instances = () => {
  const { do: doing } = route.useSearch()
  const navigate = route.useNavigate()
  const instances = useInstances()
  const mayWrite = useMay("instances:write")
  const go = (doing?: "connect" | "import") => void navigate({ search: { do: doing } })
  return (
    <>
      <PageHead title="Instances">
        {mayWrite && (
          <>
            <Button variant="default" onClick={() => go("import")}>
              Import settings
            </Button>
            <Button onClick={() => go("connect")}>Connect an account</Button>
          </>
        )}
      </PageHead>
      <Modal
        opened={mayWrite && doing === "connect"}
        onClose={() => go()}
        title="Connect a Partner Center account"
        size="xl"
      >
        <Connect />
      </Modal>
      <Modal
        opened={mayWrite && doing === "import"}
        onClose={() => go()}
        title="Import settings"
        size="lg"
      >
        <ImportSettings />
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
  { id: "cloud", header: "Cloud", cell: ({ cloud }) => cloudNames[cloud] },
  { id: "csp", header: "CSP status", cell: ({ cspStatus }) => cspStatusNames[cspStatus] },
  { id: "countries", header: "Countries", cell: ({ countries }) => countries.join(", ") },
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

const Connect = () => {
  const navigate = useNavigate()
  const connect = useCommand("POST /v1/instances", ["GET /v1/instances"])
  const form = useTexts(noSettings, connect.error)
  const submit = () =>
    connect.mutate(
      { parts: { payload: newInstanceOf(form.texts) } },
      { onSuccess: ({ name }) => void navigate({ to: "/instances/$name", params: { name } }) }
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <SettingFields form={form} hasKey={false} />
      {connect.error !== null && <ProblemBox problem={connect.error} onRetry={submit} />}
      <Button type="submit" mt="md" loading={connect.isPending}>
        Connect
      </Button>
    </form>
  )
}
