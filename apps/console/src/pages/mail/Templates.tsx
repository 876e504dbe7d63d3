import { Anchor, Stack } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { type Column, DataTable } from "../../show/DataTable.tsx"
import { State } from "../../show/State.tsx"
import { PageHead, Shown } from "../../show/States.tsx"
import { AccountName } from "../accounts/AccountName.tsx"
import type { Occasion } from "./templates.ts"

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
    cell: (occasion) => <Those occasion={occasion} />
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

/** Each template of an occasion, by its language and whose it is. */
const Those = ({ occasion: { kind, templates } }: { readonly occasion: Occasion }) => {
  const mayAccounts = useMay("accounts:read")
  return (
    <Stack gap={2}>
      {templates.map(({ language, organisationId, version }) => (
        <span key={`${organisationId} ${language}`}>
          <Anchor
            component={Link}
            to={`/templates/${kind}?language=${language}${organisationId === null ? "" : `&organisation=${organisationId}`}`}
          >
            {language}
          </Anchor>{" "}
          {version === 0 ? "built in" : `version ${version}`}
          {organisationId !== null && (
            <>, of {mayAccounts ? <AccountName id={organisationId} /> : "an organisation"}</>
          )}
        </span>
      ))}
    </Stack>
  )
}
