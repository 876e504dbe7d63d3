import { Tabs } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useMay } from "../../api/Session.tsx"
import { PageHead } from "../../show/States.tsx"
import { Health } from "./Health.tsx"
import { Keys } from "./Keys.tsx"
import { Operators } from "./Operators.tsx"
import { Secrets } from "./Secrets.tsx"
import { systemSearch } from "./system.ts"

const route = getRouteApi("/system/")

/** Whether all parts are there, and who may do what. */
export const System = () => {
  const { cursor, show = "health" } = route.useSearch()
  const navigate = route.useNavigate()
  const mayKeys = useMay("keys:write")
  const mayOperators = useMay("operators:write")
  const maySecrets = useMay("instances:write")
  const onGo = (cursor: string | undefined) => void navigate({ search: { show, cursor } })
  return (
    <>
      <PageHead title="System" />
      <Tabs
        value={show}
        onChange={(value) => void navigate({ search: systemSearch({ show: value ?? undefined }) })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="health">Health</Tabs.Tab>
          {mayOperators && <Tabs.Tab value="operators">Operators</Tabs.Tab>}
          {mayKeys && <Tabs.Tab value="keys">API keys</Tabs.Tab>}
          {maySecrets && <Tabs.Tab value="secrets">Secrets</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="health">{show === "health" && <Health />}</Tabs.Panel>
        {mayOperators && (
          <Tabs.Panel value="operators">
            {show === "operators" && <Operators cursor={cursor} onGo={onGo} />}
          </Tabs.Panel>
        )}
        {mayKeys && (
          <Tabs.Panel value="keys">
            {show === "keys" && <Keys cursor={cursor} onGo={onGo} />}
          </Tabs.Panel>
        )}
        {maySecrets && <Tabs.Panel value="secrets">{show === "secrets" && <Secrets />}</Tabs.Panel>}
      </Tabs>
    </>
  )
}
