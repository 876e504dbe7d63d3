import { Anchor, Button, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Item } from "../../api/Operations.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { Instant } from "../../show/Instant.tsx"
import { Pager } from "../../show/Pager.tsx"
import { Empty, ProblemBox, Shown } from "../../show/States.tsx"
import { blocks, lines, type Template, whereOf } from "./templates.ts"

const route = getRouteApi("/templates/$kind")

type Version = Item<"GET /v1/notifications/templates/:kind/versions">

/** What the template said before, beside what it says now, and the way back. */
export const TemplateVersions = ({ current }: { readonly current: Template }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { cursor, version } = search
  const versions = useRead("GET /v1/notifications/templates/:kind/versions", {
    params: { kind: current.kind },
    query: { ...whereOf(search), ...(cursor === undefined ? {} : { cursor }) }
  })
  const columns: ReadonlyArray<Column<Version>> = [
    {
      id: "version",
      header: "Version",
      cell: ({ template }) =>
        template.version === current.version ? `${template.version}, in use` : template.version
    },
    { id: "at", header: "Made", cell: ({ at }) => <Instant at={at} /> },
    { id: "actor", header: "By", cell: ({ actor }) => <span className="foreign">{actor}</span> },
    {
      id: "subject",
      header: "Subject",
      cell: ({ template }) => <span className="foreign">{template.subject}</span>
    },
    {
      id: "compare",
      header: "Compare",
      cell: ({ template }) =>
        template.version === current.version ? (
          "–"
        ) : (
          <Anchor
            component="button"
            type="button"
            onClick={() =>
              void navigate({ search: { ...search, version: String(template.version) } })
            }
          >
            Compare version {template.version}
          </Anchor>
        )
    }
  ]
  return (
    <Shown of={versions}>
      {({ items, next }) => {
        const other = items.find(({ template }) => String(template.version) === version)
        if (items.length === 0)
          return <Empty title="No version yet">The built-in text is in use.</Empty>
        return (
          <Stack>
            <div>
              <DataTable
                label="Versions"
                rows={items}
                columns={columns}
                keyOf={({ template }) => String(template.version)}
              />
              <Pager
                shown={items.length}
                next={next}
                cursor={cursor}
                onGo={(cursor) => void navigate({ search: { ...search, cursor } })}
              />
            </div>
            {other !== undefined && <Comparison current={current} before={other.template} />}
          </Stack>
        )
      }}
    </Shown>
  )
}

const Comparison = ({
  before,
  current
}: {
  readonly before: Version["template"]
  readonly current: Template
}) => {
  const different = [...lines, ...blocks].filter(({ field }) => before[field] !== current[field])
  return (
    <section aria-label={`Version ${before.version} and now`}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Version {before.version} and now
        </Title>
        <Restore before={before} current={current} />
      </Group>
      {different.length === 0 && before.active === current.active && (
        <Text>They say the same.</Text>
      )}
      {before.active !== current.active && (
        <Text>
          Mails were {before.active ? "" : "not "}written; now they are{" "}
          {current.active ? "" : "not"}.
        </Text>
      )}
      <Stack>
        {different.map(({ field, label }) => (
          <div key={field}>
            <Text fw={600}>{label}</Text>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Said as={`Version ${before.version}`} text={before[field]} />
              <Said as="Now" text={current[field]} />
            </SimpleGrid>
          </div>
        ))}
      </Stack>
    </section>
  )
}

const Said = ({ as, text }: { readonly as: string; readonly text: string }) => (
  <div>
    <Text size="xs" c="dimmed">
      {as}
    </Text>
    <Text component="pre" size="sm" className="foreign wrapped">
      {text === "" ? "–" : text}
    </Text>
  </div>
)

/** Makes what was said before the newest version: nothing is lost. */
const Restore = ({
  before,
  current
}: {
  readonly before: Version["template"]
  readonly current: Template
}) => {
  const search = route.useSearch()
  const mayWrite = useMay("templates:write")
  const save = useCommand("PUT /v1/notifications/templates/:kind", [
    "GET /v1/notifications/templates",
    "GET /v1/notifications/templates/:kind",
    "GET /v1/notifications/templates/:kind/versions"
  ])
  if (!mayWrite) return null
  const { active, bcc, cc, html, subject, text, to } = before
  return (
    <>
      <Button
        size="xs"
        loading={save.isPending}
        onClick={() =>
          save.mutate({
            parts: {
              params: { kind: current.kind },
              query: whereOf(search),
              payload: { active, bcc, cc, html, subject, text, to }
            },
            version: current.version
          })
        }
      >
        Restore version {before.version}
      </Button>
      {save.error !== null && <ProblemBox problem={save.error} />}
    </>
  )
}
