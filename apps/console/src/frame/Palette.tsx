import { Text } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { createSpotlight, Spotlight } from "@mantine/spotlight"
import {
  IconBuilding,
  IconCloud,
  IconCloudDataConnection,
  IconLicense,
  IconScale,
  IconSearch,
  type TablerIcon
} from "@tabler/icons-react"
import { useNavigate } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { useRead } from "../api/hooks.ts"
import type { Answer } from "../api/Operations.ts"
import { Instant } from "../show/Instant.tsx"
import type { Place } from "./navigation.ts"

const [store, { open }] = createSpotlight()

export const openPalette = open

/** How long typing rests before the server is asked. */
const restMs = 150

const nothing: Answer<"GET /v1/search"> = {
  accounts: [],
  tenants: [],
  subscriptions: [],
  instances: [],
  reconciliations: []
}

/** Goes to any page or thing by typing: names, numbers, domains, references and ids. */
export const Palette = ({
  places,
  maySearch
}: {
  readonly places: ReadonlyArray<Place>
  readonly maySearch: boolean
}) => {
  const [query, setQuery] = useState("")
  const typed = query.trim()
  const [asked] = useDebouncedValue(typed, restMs)
  const navigate = useNavigate()
  const isAsking = maySearch && asked.length > 1
  const answer = useRead("GET /v1/search", { query: { q: asked } }, { enabled: isAsking })
  const found = isAsking ? (answer.data ?? nothing) : nothing
  const fitting = places.filter(({ label }) => label.toLowerCase().includes(typed.toLowerCase()))
  const count = fitting.length + Object.values(found).flat().length
  const isPending = isAsking && (answer.isPending || typed !== asked)
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={["mod + K", "/"]}
      scrollable
      maxHeight={440}
      title="Search everything"
      classNames={{ header: "unseen" }}
    >
      <Spotlight.Search
        placeholder="Page, account, domain, subscription, id …"
        aria-label="Search"
        maxLength={200}
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {fitting.length > 0 && (
          <Spotlight.ActionsGroup label="Pages">
            {fitting.map(({ icon: Icon, label, to }) => (
              <Spotlight.Action
                key={to}
                label={label}
                leftSection={<Icon size={18} aria-hidden />}
                onClick={() => void navigate({ to })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.accounts.length > 0 && (
          <Spotlight.ActionsGroup label="Accounts">
            {found.accounts.map(({ code, id, kind, name }) => (
              <Hit
                key={id}
                icon={IconBuilding}
                name={name}
                about={`${kind} · ${code}`}
                onClick={() => void navigate({ to: "/accounts/$id", params: { id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.tenants.length > 0 && (
          <Spotlight.ActionsGroup label="Tenants">
            {found.tenants.map(({ account, domain, instance, tenantId }) => (
              <Hit
                key={`${instance} ${tenantId}`}
                icon={IconCloud}
                name={domain ?? tenantId}
                about={`${account.name} · ${instance} · ${tenantId}`}
                onClick={() => void navigate({ to: "/accounts/$id", params: { id: account.id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.subscriptions.length > 0 && (
          <Spotlight.ActionsGroup label="Subscriptions">
            {found.subscriptions.map(({ account, id, instance, microsoftId, name, reference }) => (
              <Hit
                key={id}
                icon={IconLicense}
                name={`${name} · ${reference}`}
                about={[account.name, instance, microsoftId ?? "no Microsoft id"].join(" · ")}
                onClick={() => void navigate({ to: "/subscriptions/$id", params: { id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.instances.length > 0 && (
          <Spotlight.ActionsGroup label="Instances">
            {found.instances.map(({ name, tenantId }) => (
              <Hit
                key={name}
                icon={IconCloudDataConnection}
                name={name}
                about={tenantId}
                onClick={() => void navigate({ to: "/instances/$name", params: { name } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {found.reconciliations.length > 0 && (
          <Spotlight.ActionsGroup label="Reconciliations">
            {found.reconciliations.map(({ createdAt, id, instance, status }) => (
              <Hit
                key={id}
                icon={IconScale}
                name={
                  <>
                    {instance}, <Instant at={createdAt} />
                  </>
                }
                about={`${status} · ${id}`}
                onClick={() => void navigate({ to: "/reconciliations/$id", params: { id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {count === 0 && (
          <Spotlight.Empty>
            {answer.error !== null && isAsking
              ? answer.error.message
              : isPending
                ? "Searching …"
                : "Nothing is called that"}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

const Hit = ({
  icon: Icon,
  name,
  about,
  onClick
}: {
  readonly icon: TablerIcon
  readonly name: ReactNode
  readonly about: string
  readonly onClick: () => void
}) => (
  <Spotlight.Action leftSection={<Icon size={18} aria-hidden />} onClick={onClick}>
    <div>
      <Text className="foreign">{name}</Text>
      <Text size="xs" c="dimmed" className="foreign">
        {about}
      </Text>
    </div>
  </Spotlight.Action>
)
