import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { type FormEvent, useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { ProblemBox } from "../../show/States.tsx"
import { type Job, kindNames } from "./jobs.ts"

const lists = ["GET /v1/jobs", "GET /v1/jobs/counts", "GET /v1/jobs/discarded"] as const

/** What a person can do about a job: try it now, or take it away with a word. */
export const JobActions = ({ job }: { readonly job: Job }) => {
  const { about, id, kind, needed, state } = job
  const name = about === null ? kindNames[kind] : `${kindNames[kind]}: ${about}`
  const [isAsking, { open, close }] = useDisclosure()
  const retry = useCommand("POST /v1/jobs/:id/retry", lists)
  const mayTry = needed && (state === "delayed" || state === "failed")
  return (
    <>
      <Group gap="xs" wrap="nowrap">
        {mayTry && (
          <Button
            size="compact-xs"
            variant="default"
            loading={retry.isPending}
            aria-label={`Try now: ${name}`}
            onClick={() => retry.mutate({ parts: { params: { id } } })}
          >
            Try now
          </Button>
        )}
        {state !== "running" && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Discard: ${name}`}
            onClick={open}
          >
            Discard
          </Button>
        )}
      </Group>
      {retry.error !== null && <ProblemBox problem={retry.error} />}
      <Modal opened={isAsking} onClose={close} title="Discard the job?" centered>
        <DiscardForm job={job} onDone={close} />
      </Modal>
    </>
  )
}

/** What becomes of that which waits for the job. */
const consequences: Record<Job["kind"], string> = {
  "list-customers": "The reconciliation fails with your note.",
  "observe-customer":
    "Reconciliations that wait for the customer go on without it, and say nothing about it.",
  "compare-run": "The reconciliation fails with your note; there is no report.",
  "send-mail": "The mail is not sent. It stays in the outbox, and can be sent again from there.",
  "catalogue-run": "The catalogue run fails with your note; nothing was changed.",
  "synchronize-tenant":
    "The synchronisation fails with your note. What Microsoft was asked for stays asked for; the next try looks for it.",
  "price-sheet": "The price sheet fails with your note; prices stay as they are.",
  "customer-import": "The import stops; customers that still wait are not imported.",
  "send-acceptance":
    "Microsoft must be told of what a customer has accepted: only one that is settled already can be discarded."
}

const DiscardForm = ({ job, onDone }: { readonly job: Job; readonly onDone: () => void }) => {
  const [note, setNote] = useState("")
  const discard = useCommand("POST /v1/jobs/:id/discard", lists)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    discard.mutate(
      { parts: { params: { id: job.id }, payload: { note } } },
      { onSuccess: () => onDone() }
    )
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          {job.needed ? consequences[job.kind] : "Nothing waits for it any more."}
        </Text>
        <TextInput
          label="Why"
          description="Kept with your name."
          required
          maxLength={500}
          data-autofocus
          value={note}
          error={issueOf(discard.error, "note")}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        {discard.error !== null && <ProblemBox problem={discard.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Leave it
          </Button>
          <Button type="submit" color="red" loading={discard.isPending}>
            Discard it
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
