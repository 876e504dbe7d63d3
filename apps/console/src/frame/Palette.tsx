import { Text } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { createSpotlight, Spotlight } from "@mantine/spotlight"
import { IconBuilding, IconSearch } from "@tabler/icons-react"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useRead } from "../api/hooks.ts"
import type { Place } from "./navigation.ts"

const [store, { open }] = createSpotlight()

export const openPalette = open

/** So many accounts are offered. */
const accountsMax = "8"

/** Goes to any page or account by typing: names, codes, domains, e-mail addresses and tenant ids. */
export const Palette = ({
  places,
  mayReadAccounts
}: {
  readonly places: ReadonlyArray<Place>
  readonly mayReadAccounts: boolean
}) => {
  const [query, setQuery] = useState("")
  const [asked] = useDebouncedValue(query.trim(), 150)
  const navigate = useNavigate()
  const accounts = useRead(
    "GET /v1/accounts",
    { query: { q: asked, limit: accountsMax } },
    { enabled: mayReadAccounts && asked.length > 1 }
  )
  const found = asked.length > 1 ? (accounts.data?.items ?? []) : []
  const fitting = places.filter(({ label }) =>
    label.toLowerCase().includes(query.trim().toLowerCase())
  )
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={["mod + K", "/"]}
    >
      <Spotlight.Search
        placeholder="Page, account, domain, tenant id …"
        aria-label="Search"
        maxLength={200}
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {fitting.map(({ icon: Icon, label, to }) => (
          <Spotlight.Action
            key={to}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            onClick={() => void navigate({ to })}
          />
        ))}
        {found.map(({ code, id, kind, name }) => (
          <Spotlight.Action
            key={id}
            leftSection={<IconBuilding size={18} aria-hidden />}
            onClick={() => void navigate({ to: "/accounts/$id", params: { id } })}
          >
            <div>
              <Text className="foreign">{name}</Text>
              <Text size="xs" c="dimmed">
                {kind} · {code}
              </Text>
            </div>
          </Spotlight.Action>
        ))}
        {fitting.length + found.length === 0 && (
          <Spotlight.Empty>Nothing is called that</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}
