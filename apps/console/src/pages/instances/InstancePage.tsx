import { Anchor, Button, Tabs } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"
import { PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { EditSettings } from "./EditSettings.tsx"
import { InstanceLog } from "./InstanceLog.tsx"
import { InstanceState } from "./InstanceState.tsx"
import { type InstanceItem, instanceReadings, sectionNames } from "./instances.ts"
import { Sandbox } from "./Sandbox.tsx"

const route = getRouteApi("/instances/$name")

/** One Partner Center account: its settings, its consent, and what was done to it. */
export const InstancePage = () => {
  const { name } = route.useParams()
  const { show = "state" } = route.useSearch()
  const navigate = route.useNavigate()
  const instance = useRead("GET /v1/instances/:name", { params: { name } })
  return (
    <Shown of={instance} title="Instance">
      {(instance) => (
        <>
          <PageHead
            title={instance.name}
            above={
              <Anchor component={Link} to="/instances" size="sm">
                Instances
              </Anchor>
            }
          >
            <Switchable instance={instance} />
          </PageHead>
          <Tabs
            keepMounted={false}
            value={show}
            onChange={(value) =>
              void navigate({ search: { show: nameIn({ value }, "value", sectionNames) } })
            }
          >
            <Tabs.List mb="md">
              {Object.entries(sectionNames).map(([value, label]) => (
                <Tabs.Tab key={value} value={value}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="state">
              <InstanceState instance={instance} />
            </Tabs.Panel>
            <Tabs.Panel value="settings">
              <EditSettings key={instance.id} instance={instance} />
            </Tabs.Panel>
            <Tabs.Panel value="sandbox">
              <Sandbox key={instance.id} instance={instance} />
            </Tabs.Panel>
            <Tabs.Panel value="log">
              <InstanceLog name={name} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Shown>
  )
}

const Switchable = ({ instance }: { readonly instance: InstanceItem }) => {
  const mayWrite = useMay("instances:write")
  const change = useCommand("PATCH /v1/instances/:name", instanceReadings)
  if (!mayWrite) return null
  return (
    <>
      {change.error !== null && <ProblemBox problem={change.error} />}
      <Button
        variant="default"
        loading={change.isPending}
        onClick={() =>
          change.mutate({
            parts: { params: { name: instance.name }, payload: { disabled: !instance.disabled } },
            version: instance.version
          })
        }
      >
        {instance.disabled ? "Enable it" : "Disable it"}
      </Button>
    </>
  )
}
