import { Alert, Button, Group, Stack } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { useCommand } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { NoPermission, ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { type InstanceItem, instanceReadings } from "./instances.ts"
import { SettingFields } from "./SettingFields.tsx"
import { patchOf, settingsOf } from "./settings.ts"

/** Every setting of an instance, to be changed. */
export const EditSettings = ({ instance }: { readonly instance: InstanceItem }) => {
  const navigate = useNavigate()
  const change = useCommand("PATCH /v1/instances/:name", instanceReadings)
  const form = useTexts(settingsOf(instance), change.error)
  const patch = patchOf(form)
  const isUnchanged = Object.keys(patch).length === 0
  const submit = () =>
    change.mutate(
      {
        parts: { params: { name: instance.name }, payload: patch },
        version: instance.version
      },
      {
        onSuccess: (kept) => {
          form.restart(settingsOf(kept))
          if (kept.name !== instance.name)
            void navigate({
              to: "/instances/$name",
              params: { name: kept.name },
              search: { show: "settings" },
              replace: true
            })
        }
      }
    )
  if (!useMay("instances:write")) return <NoPermission scope="instances:write" />
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <SettingFields form={form} hasKey />
        {change.error !== null && <ProblemBox problem={change.error} onRetry={submit} />}
        {change.isSuccess && isUnchanged && <Alert color="teal" role="status" title="Saved" />}
        <Group>
          <Button type="submit" disabled={isUnchanged} loading={change.isPending}>
            Save
          </Button>
          {!isUnchanged && (
            <Button variant="default" onClick={() => form.restart(settingsOf(instance))}>
              Undo the changes
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
