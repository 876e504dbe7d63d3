import { Button, Stack, Text } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { WhichSheet, whichFirst, whichOf } from "./WhichSheet.tsx"

/** Microsoft's sheet, fetched by a reconciler in the name of the user who consented. */
export const DownloadSheet = ({ first }: { readonly first: string | null }) => {
  const navigate = useNavigate()
  const [instance, setInstance] = useState(first)
  const download = useCommand("POST /v1/catalogue/pricesheets/download", [
    "GET /v1/catalogue/pricesheets"
  ])
  const form = useTexts(whichFirst, download.error)
  const submit = () => {
    if (instance !== null)
      download.mutate(
        {
          parts: {
            payload: { instance, ...whichOf(form.texts), dryRun: form.texts.dryRun === "true" }
          }
        },
        { onSuccess: ({ id }) => void navigate({ to: "/price-sheets/$id", params: { id } }) }
      )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <Text size="sm">
          Microsoft gives price sheets only to a user: the instance must have been authenticated.
        </Text>
        <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
        <WhichSheet form={form} />
        {download.error !== null && <ProblemBox problem={download.error} onRetry={submit} />}
        <Button type="submit" disabled={instance === null} loading={download.isPending}>
          Download it
        </Button>
      </Stack>
    </form>
  )
}
