import { Button, Group, Select, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core"
import { type ChangeEvent, type SyntheticEvent, useRef, useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { ProblemBox } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { MailFrame } from "./MailFrame.tsx"
import { blocks, lines, type Occasion, type Template, type TextField } from "./templates.ts"

/** Where the next merge field goes: the text that was last written in, from there to there. */
interface Caret {
  readonly field: TextField
  readonly from: number
  readonly to: number
}

/** Texts with their merge fields, and beside them the mail that they would make. */
export const TemplateEditor = ({
  occasion,
  template
}: {
  readonly occasion: Occasion
  readonly template: Template
}) => {
  const [read, setRead] = useState(template)
  const [texts, setTexts] = useState(template)
  const [account, setAccount] = useState<string | null>(null)
  const caret = useRef<Caret>({
    field: "text",
    from: template.text.length,
    to: template.text.length
  })
  const mayWrite = useMay("templates:write")
  const mayAccounts = useMay("accounts:read")
  const save = useCommand("PUT /v1/notifications/templates/:kind", [
    "GET /v1/notifications/templates",
    "GET /v1/notifications/templates/:kind",
    "GET /v1/notifications/templates/:kind/versions"
  ])
  const preview = useCommand("POST /v1/notifications/templates/:kind/preview", [])
  const { active, bcc, cc, html, kind, language, organisationId, subject, text, to } = texts
  const payload = { active, bcc, cc, html, subject, text, to }
  const where = organisationId === null ? { language } : { language, organisation: organisationId }
  const set = (field: TextField, value: string) =>
    setTexts((before) => ({ ...before, [field]: value }))
  const errorOf = (field: TextField) => issueOf(save.error, field) ?? issueOf(preview.error, field)
  const note =
    (field: TextField) =>
    ({
      currentTarget: { selectionEnd, selectionStart, value }
    }: SyntheticEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      caret.current = {
        field,
        from: selectionStart ?? value.length,
        to: selectionEnd ?? value.length
      }
    }
  /** What every field of text has. */
  const fieldOf = (field: TextField) => ({
    readOnly: !mayWrite,
    value: texts[field],
    error: errorOf(field),
    onSelect: note(field),
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      note(field)(event)
      set(field, event.currentTarget.value)
    }
  })
  const insert = (name: string) => {
    const { field, from, to } = caret.current
    const written = `{#${name}#}`
    set(field, texts[field].slice(0, from) + written + texts[field].slice(to))
    caret.current = { field, from: from + written.length, to: from + written.length }
  }
  return (
    <Stack>
      <Switch
        label="Mails are written"
        description={active ? undefined : "The occasion passes in silence."}
        checked={active}
        disabled={!mayWrite}
        onChange={({ currentTarget: { checked } }) =>
          setTexts((before) => ({ ...before, active: checked }))
        }
      />
      {mayWrite && (
        <Select
          label="Insert a merge field"
          description="Where you have last written. Its value stands in its place in each mail."
          searchable
          maw={520}
          placeholder="Field, or what it says"
          data={occasion.fields.map(({ description, example, name }) => ({
            value: name,
            label: `${name}: ${description} Such as: ${example}`
          }))}
          value={null}
          onChange={(name) => {
            if (name !== null) insert(name)
          }}
        />
      )}
      {lines.map(({ field, label }) => (
        <TextInput key={field} label={label} {...fieldOf(field)} />
      ))}
      {blocks.map(({ field, label }) => (
        <Textarea
          key={field}
          label={label}
          rows={8}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          {...fieldOf(field)}
        />
      ))}
      {save.error !== null && <ProblemBox problem={save.error} />}
      {preview.error !== null && <ProblemBox problem={preview.error} />}
      <Group align="end">
        {mayWrite && (
          <Button
            loading={save.isPending}
            onClick={() =>
              save.mutate(
                { parts: { params: { kind }, query: where, payload }, version: read.version },
                { onSuccess: (saved) => setRead(saved) }
              )
            }
          >
            Save
          </Button>
        )}
        {mayAccounts && (
          <AccountSelect
            label="With the data of"
            placeholder="Examples"
            w={280}
            value={account}
            onChange={setAccount}
          />
        )}
        <Button
          variant="default"
          loading={preview.isPending}
          onClick={() =>
            preview.mutate({
              parts: {
                params: { kind },
                query: account === null ? {} : { account },
                payload
              }
            })
          }
        >
          Preview
        </Button>
        {save.isSuccess && <Text role="status">Saved as version {read.version}.</Text>}
      </Group>
      {preview.data !== undefined && preview.error === null && (
        <>
          <Text size="sm" className="foreign">
            To {[...preview.data.to, ...preview.data.cc, ...preview.data.bcc].join(", ")}:{" "}
            {preview.data.subject}
          </Text>
          <MailFrame {...preview.data} />
        </>
      )}
    </Stack>
  )
}
