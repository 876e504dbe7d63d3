import { Anchor, Button, FileInput, Group, Progress, Stack, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Link, useNavigate } from "@tanstack/react-router"
import { useEffect, useRef, useState } from "react"
import type { Answer } from "../../api/Operations.ts"
import type { Problem } from "../../api/Problem.ts"
import { newIdempotencyKey } from "../../api/request.ts"
import { useSession } from "../../api/Session.tsx"
import { upload } from "../../api/upload.ts"
import { ProblemBox } from "../../show/States.tsx"
import { useTexts } from "../../show/useTexts.ts"
import { InstanceSelect } from "../instances/InstanceSelect.tsx"
import { WhichSheet, whichFirst, whichOf } from "./WhichSheet.tsx"

type Taken = Answer<"POST /v1/catalogue/pricesheets">

interface Given {
  readonly instance: string
  readonly which: ReturnType<typeof whichOf>
  readonly isDryRun: boolean
  readonly file: File
}

/** A sheet as it was exported from Partner Center: every line is checked, and all of it counts, or nothing. */
export const UploadSheet = ({ first }: { readonly first: string | null }) => {
  const navigate = useNavigate()
  const client = useQueryClient()
  const csrfToken = useSession()?.csrfToken ?? null
  const [instance, setInstance] = useState(first)
  const [file, setFile] = useState<File | null>(null)
  const [sent, setSent] = useState(0)
  const stop = useRef<AbortController>(null)
  // Whoever closes the dialogue stops what is being sent.
  useEffect(() => () => stop.current?.abort(), [])
  const send = useMutation<Taken, Problem, Given>({
    mutationFn: ({ file, instance, isDryRun, which }) => {
      stop.current = new AbortController()
      setSent(0)
      return upload(
        "POST /v1/catalogue/pricesheets",
        {
          query: { instance, ...which, dryRun: isDryRun ? "true" : "false" }
        },
        file,
        {
          csrfToken,
          idempotencyKey: newIdempotencyKey(),
          onProgress: setSent,
          signal: stop.current.signal
        }
      )
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["GET /v1/catalogue/pricesheets"] })
  })
  const form = useTexts(whichFirst, send.error)
  const submit = () => {
    if (instance !== null && file !== null)
      send.mutate(
        { instance, file, which: whichOf(form.texts), isDryRun: form.texts.dryRun === "true" },
        { onSuccess: ({ id }) => void navigate({ to: "/price-sheets/$id", params: { id } }) }
      )
  }
  const refused = send.error?.name === "price-sheet-invalid" ? send.error.about : null
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Stack>
        <InstanceSelect label="Instance" required value={instance} onChange={setInstance} />
        <FileInput
          label="Price sheet"
          description="The CSV as it was exported, or the zip with it"
          required
          clearable
          accept=".csv,.zip,text/csv,application/zip"
          placeholder="Choose a file"
          clearButtonProps={{ "aria-label": "Clear the file" }}
          value={file}
          onChange={setFile}
        />
        <WhichSheet form={form} />
        {send.isPending && (
          <div>
            <Progress aria-label="Sent" value={100 * sent} />
            <Text size="xs" c="dimmed" role="status">
              {sent < 1 ? `${Math.floor(100 * sent)} % sent` : "Sent; every line is being checked"}
            </Text>
          </div>
        )}
        {send.error !== null && <ProblemBox problem={send.error} />}
        {refused !== null && (
          <Text size="sm">
            <Anchor component={Link} to={`/price-sheets/${refused}`}>
              Every line that is wrong
            </Anchor>
          </Text>
        )}
        <Group>
          <Button
            type="submit"
            disabled={instance === null || file === null}
            loading={send.isPending}
          >
            Import it
          </Button>
          {send.isPending && (
            <Button variant="default" onClick={() => stop.current?.abort()}>
              Stop
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}
