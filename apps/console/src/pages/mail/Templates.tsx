import {
  Anchor,
  Button,
  Code,
  Group,
  List,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
  Title
} from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { State } from "../../show/State.tsx"
import { Empty, PageHead, ProblemBox, Shown } from "../../show/States.tsx"
import { MailFrame } from "./MailFrame.tsx"

type Occasion = Item<"GET /v1/notifications/templates">
type Template = Occasion["templates"][number]

/** The occasions on which mails are written, with their texts. */
export const Templates = () => {
  const occasions = useRead("GET /v1/notifications/templates", { query: { limit: "200" } })
  return (
    <>
      <PageHead title="Templates" />
      <Shown of={occasions}>
        {({ items }) => (
          <DataTable label="Templates" rows={items} columns={columns} keyOf={({ kind }) => kind} />
        )}
      </Shown>
    </>
  )
}

const columns: ReadonlyArray<Column<Occasion>> = [
  {
    id: "name",
    header: "Occasion",
    cell: ({ kind, name }) => (
      <Anchor component={Link} to={`/templates/${kind}`}>
        {name}
      </Anchor>
    )
  },
  {
    id: "templates",
    header: "Templates",
    cell: ({ templates }) =>
      templates
        .map(
          ({ language, organisationId }) =>
            `${language}${organisationId === null ? "" : " (of an organisation)"}`
        )
        .join(", ")
  },
  {
    id: "active",
    header: "Sent",
    cell: ({ templates }) =>
      templates.some(({ active }) => active) ? (
        <State tone="good">active</State>
      ) : (
        <State tone="neutral">inactive</State>
      )
  }
]

const route = getRouteApi("/templates/$kind")

/** The texts of an occasion: edited beside the mail that they would make. */
export const TemplatePage = () => {
  const { kind } = route.useParams()
  const occasions = useRead("GET /v1/notifications/templates", { query: { limit: "200" } })
  return (
    <Shown of={occasions} title="Template">
      {({ items }) => {
        const occasion = items.find((item) => item.kind === kind)
        if (occasion === undefined) return <Empty title="There is no such occasion" />
        return (
          <>
            <PageHead
              title={occasion.name}
              above={
                <Anchor component={Link} to="/templates" size="sm">
                  Templates
                </Anchor>
              }
            />
            <Stack gap="xl">
              {occasion.templates.map((template) => (
                <Editor
                  key={`${template.language} ${template.organisationId}`}
                  template={template}
                />
              ))}
              <div>
                <Title order={2} size="h4" mb="xs">
                  Merge fields
                </Title>
                <List size="sm">
                  {occasion.fields.map(({ description, example, name }) => (
                    <List.Item key={name}>
                      <Code>{`{{${name}}}`}</Code> {description} Such as: {example}
                    </List.Item>
                  ))}
                </List>
              </div>
            </Stack>
          </>
        )
      }}
    </Shown>
  )
}

const lines = [
  { field: "to", label: "To" },
  { field: "cc", label: "Copy to" },
  { field: "bcc", label: "Blind copy to" },
  { field: "subject", label: "Subject" }
] as const
const blocks = [
  { field: "html", label: "HTML" },
  { field: "text", label: "Text" }
] as const

const Editor = ({ template }: { readonly template: Template }) => {
  const [read, setRead] = useState(template)
  const [texts, setTexts] = useState(template)
  const mayWrite = useMay("templates:write")
  const save = useCommand("PUT /v1/notifications/templates/:kind", [
    "GET /v1/notifications/templates"
  ])
  const preview = useCommand("POST /v1/notifications/templates/:kind/preview", [])
  const { active, bcc, cc, html, kind, language, organisationId, subject, text, to } = texts
  const payload = { active, bcc, cc, html, subject, text, to }
  const where = organisationId === null ? { language } : { language, organisation: organisationId }
  return (
    <Stack>
      <Title order={2} size="h4">
        {language}, version {read.version}
      </Title>
      <Switch
        label="Mails are written"
        checked={active}
        disabled={!mayWrite}
        onChange={({ currentTarget: { checked } }) =>
          setTexts((before) => ({ ...before, active: checked }))
        }
      />
      {lines.map(({ field, label }) => (
        <TextInput
          key={field}
          label={label}
          readOnly={!mayWrite}
          value={texts[field]}
          error={issueOf(save.error, field)}
          onChange={({ currentTarget: { value } }) =>
            setTexts((before) => ({ ...before, [field]: value }))
          }
        />
      ))}
      {blocks.map(({ field, label }) => (
        <Textarea
          key={field}
          label={label}
          readOnly={!mayWrite}
          rows={8}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={texts[field]}
          error={issueOf(save.error, field)}
          onChange={({ currentTarget: { value } }) =>
            setTexts((before) => ({ ...before, [field]: value }))
          }
        />
      ))}
      {save.error !== null && <ProblemBox problem={save.error} />}
      {preview.error !== null && <ProblemBox problem={preview.error} />}
      {mayWrite && (
        <Group>
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
          <Button
            variant="default"
            loading={preview.isPending}
            onClick={() => preview.mutate({ parts: { params: { kind }, payload } })}
          >
            Preview
          </Button>
          {save.isSuccess && <Text role="status">Saved.</Text>}
        </Group>
      )}
      {preview.data !== undefined && <MailFrame {...preview.data} />}
    </Stack>
  )
}
