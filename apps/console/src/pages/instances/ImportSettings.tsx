import { Button, FileInput, Group, Stack, Text } from "@mantine/core"
import { useRef, useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Answer, Payload } from "../../api/Operations.ts"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"

type SettingsFile = Payload<"POST /v1/instances/import">
type Imported = Answer<"POST /v1/instances/import">["instances"][number]

const outcomeTone: Record<Imported["outcome"], Tone> = {
  added: "good",
  changed: "busy",
  unchanged: "neutral"
}

const columns: ReadonlyArray<Column<Imported>> = [
  { id: "name", header: "Instance", cell: ({ name }) => name },
  {
    id: "outcome",
    header: "Outcome",
    cell: ({ outcome }) => <State tone={outcomeTone[outcome]}>{outcome}</State>
  },
  {
    id: "fields",
    header: "Settings",
    cell: ({ fields }) => <span className="foreign">{fields.join(", ") || "–"}</span>
  },
  {
    id: "purged",
    header: "Retired fields, dropped",
    cell: ({ purged }) => <span className="foreign">{purged.join(", ") || "–"}</span>
  }
]

/** So large is no settings file: a hundred instances take a twentieth of it. */
const bytesMax = 1024 * 1024

/** The API has the last word on what the file holds; here it only has to be an object. */
const isSettingsFile = (value: unknown): value is SettingsFile =>
  typeof value === "object" && value !== null && "instances" in value

const settingsIn = (text: string): SettingsFile | string => {
  try {
    const value: unknown = JSON.parse(text)
    return isSettingsFile(value)
      ? value
      : 'The file has no "instances": npx concordat instance template shows how one looks.'
  } catch (cause) {
    return `This is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}

/** A settings file: what it would change is told first, and then kept. */
export const ImportSettings = () => {
  const [settings, setSettings] = useState<SettingsFile | string | null>(null)
  const chosen = useRef(0)
  const check = useCommand("POST /v1/instances/import", [])
  const keep = useCommand("POST /v1/instances/import", ["GET /v1/instances"])
  const take = async (file: File | null) => {
    chosen.current += 1
    const mine = chosen.current
    check.reset()
    keep.reset()
    setSettings(null)
    if (file === null) return
    const given =
      file.size > bytesMax ? "The file has more than 1 MiB." : settingsIn(await file.text())
    // Somebody may have chosen another file meanwhile.
    if (mine !== chosen.current) return
    setSettings(given)
    if (typeof given !== "string")
      check.mutate({ parts: { payload: given, query: { dryRun: "true" } } })
  }
  const problem = keep.error ?? check.error
  const told = keep.data ?? check.data
  return (
    <Stack>
      <Text size="sm">
        A settings file in JSON, all of it or nothing. New names are added, known ones changed, and
        what the file does not name stays. YAML can be imported with{" "}
        <span className="foreign">npx concordat instance import</span>.
      </Text>
      <FileInput
        label="Settings file"
        accept="application/json,.json"
        clearable
        placeholder="Choose a file"
        error={typeof settings === "string" ? settings : undefined}
        clearButtonProps={{ "aria-label": "Clear the file" }}
        onChange={(file) => void take(file)}
      />
      {problem !== null && <ProblemBox problem={problem} />}
      {told !== undefined && (
        <>
          <Text size="sm" role="status">
            {told.dryRun ? "This would be done; nothing was kept yet." : "This was done."}
          </Text>
          <DataTable
            label="What the file says"
            rows={told.instances}
            columns={columns}
            keyOf={({ name }) => name}
          />
        </>
      )}
      {check.data !== undefined && keep.data === undefined && (
        <Group>
          <Button
            loading={keep.isPending}
            onClick={() => {
              if (settings !== null && typeof settings !== "string")
                keep.mutate({ parts: { payload: settings, query: { dryRun: "false" } } })
            }}
          >
            Import it
          </Button>
        </Group>
      )}
    </Stack>
  )
}
