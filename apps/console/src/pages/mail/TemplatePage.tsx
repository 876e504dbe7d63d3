import { Anchor, Autocomplete, Group, Stack, Tabs, Text } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { AccountSelect } from "../accounts/AccountSelect.tsx"
import { TemplateEditor } from "./TemplateEditor.tsx"
import { TemplateVersions } from "./TemplateVersions.tsx"
import { isLanguage, type Occasion, templateSearch, whereOf } from "./templates.ts"

const route = getRouteApi("/templates/$kind")

/** The texts of an occasion, of one organisation or all, in one language. */
export const TemplatePage = () => {
  const { kind } = route.useParams()
  const occasions = useRead("GET /v1/notifications/templates", { query: { limit: "200" } })
  return (
    <Shown of={occasions} title="Template">
      {({ items }) => {
        const occasion = items.find((item) => item.kind === kind)
        if (occasion === undefined) return <PageHead title="There is no such occasion" />
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
            <Which occasion={occasion} />
            <TemplateOf occasion={occasion} />
          </>
        )
      }}
    </Shown>
  )
}

const languages = ["en", "de", "fr", "it", "es", "nl", "pl", "pt"]

const Which = ({ occasion }: { readonly occasion: Occasion }) => {
  const { language, organisation } = route.useSearch()
  const navigate = route.useNavigate()
  const mayAccounts = useMay("accounts:read")
  return (
    <Stack gap="xs" mb="md">
      <Group gap="xs" component="nav" aria-label="Templates of the occasion">
        {occasion.templates.map(({ active, language, organisationId, version }) => (
          <Group key={`${organisationId} ${language}`} gap={4}>
            <Anchor
              component={Link}
              size="sm"
              to={`/templates/${occasion.kind}?language=${language}${organisationId === null ? "" : `&organisation=${organisationId}`}`}
            >
              {language}
              {organisationId === null ? "" : ", of an organisation"}
            </Anchor>
            {!active && <State tone="neutral">inactive</State>}
            {version === 0 && <State tone="neutral">built in</State>}
          </Group>
        ))}
      </Group>
      <Group align="end">
        <Autocomplete
          label="Language"
          description="Such as de, or de-CH"
          w={160}
          maxLength={6}
          data={languages}
          defaultValue={language}
          key={language}
          onChange={(typed) => {
            if (isLanguage(typed) && typed !== language)
              void navigate({ search: { language: typed, organisation } })
          }}
        />
        {mayAccounts && (
          <AccountSelect
            label="Of the organisation"
            description="Empty: for all that have none of their own"
            w={300}
            value={organisation ?? null}
            onChange={(id) =>
              void navigate({ search: { language, organisation: id ?? undefined } })
            }
          />
        )}
      </Group>
    </Stack>
  )
}

const TemplateOf = ({ occasion }: { readonly occasion: Occasion }) => {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { kind } = occasion
  const { show = "texts" } = search
  const template = useRead("GET /v1/notifications/templates/:kind", {
    params: { kind },
    query: whereOf(search)
  })
  return (
    <Shown of={template}>
      {(read) => (
        <>
          <Tabs
            value={show}
            onChange={(value) =>
              void navigate({
                search: templateSearch({ ...whereOf(search), show: value ?? undefined })
              })
            }
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="texts">Texts</Tabs.Tab>
              <Tabs.Tab value="versions">Versions</Tabs.Tab>
            </Tabs.List>
          </Tabs>
          {read.version === 0 && (
            <Text size="sm" mb="sm">
              Nobody has written one for exactly this: what stands here is used instead. Saving it
              makes one.
            </Text>
          )}
          {show === "versions" ? (
            <TemplateVersions current={read} />
          ) : (
            <TemplateEditor
              key={`${read.organisationId} ${read.language}`}
              occasion={occasion}
              template={read}
            />
          )}
        </>
      )}
    </Shown>
  )
}
