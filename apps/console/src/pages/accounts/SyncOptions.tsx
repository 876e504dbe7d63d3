import { Alert, Anchor, Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { Link } from "@tanstack/react-router"
import { type FormEvent, type ReactNode, useRef, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Answer, Payload } from "../../api/Operations.ts"
import { issueOf, type Problem } from "../../api/Problem.ts"
import { ProblemBox } from "../../show/States.tsx"
import { useShownError } from "../../show/useShownError.ts"

export type SyncOptionsView = Answer<"GET /v1/accounts/:id/syncoptions">
type Name = SyncOptionsView["fields"][number]["name"]

/** The options as they are typed. */
export type OptionsDraft = Readonly<Record<Name, string>>

const draftOf = (options: SyncOptionsView): OptionsDraft => ({
  userName: options.userName ?? "",
  domainPrefix: options.domainPrefix ?? "",
  mpnId: options.mpnId ?? "",
  taxId: options.taxId ?? ""
})

/** What is sent: all options that the account has here; what is empty is not said. */
export const optionsOf = (
  draft: OptionsDraft,
  fields: SyncOptionsView["fields"]
): Payload<"PUT /v1/accounts/:id/syncoptions"> =>
  Object.fromEntries(
    fields.flatMap(({ name }) => {
      const text = draft[name].trim()
      return text === "" ? [] : [[name, text]]
    })
  )

/**
 * What an account says before it becomes a tenant of one instance. What is wrong stands at its field. `children` are
 * the buttons; `after` is told what was kept.
 */
export const SyncOptionsForm = ({
  account,
  options,
  checksPrefix,
  problem = null,
  children,
  onDraft,
  after
}: {
  readonly account: string
  readonly options: SyncOptionsView
  /** Whether the prefix is one for a new tenant, which must be free. */
  readonly checksPrefix: boolean
  /** What was said about the options elsewhere, such as by a refused synchronisation. */
  readonly problem?: Problem | null
  readonly children: (saving: { readonly isPending: boolean }) => ReactNode
  readonly onDraft?: (draft: OptionsDraft) => void
  readonly after: () => void
}) => {
  const [read] = useState(options)
  const [draft, setDraft] = useState(() => draftOf(options))
  const [version, setVersion] = useState(options.version)
  const form = useRef<HTMLFormElement>(null)
  const put = useCommand("PUT /v1/accounts/:id/syncoptions", ["GET /v1/accounts/:id/syncoptions"])
  const shown = put.error ?? problem
  useShownError(form, shown)
  const set = (name: Name, text: string) => {
    const next = { ...draft, [name]: text }
    setDraft(next)
    onDraft?.(next)
  }
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    const kept = JSON.stringify(optionsOf(draftOf(read), read.fields))
    const payload = optionsOf(draft, read.fields)
    if (version === read.version && version > 0 && JSON.stringify(payload) === kept) return after()
    put.mutate(
      {
        parts: { params: { id: account }, query: { instance: read.instance }, payload },
        version
      },
      {
        onSuccess: (saved) => {
          setVersion(saved.version)
          after()
        }
      }
    )
  }
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {read.fields.map(({ hint, label, lengthMax, name, required, suffix }) => (
            <Stack key={name} gap={4}>
              <TextInput
                label={label}
                required={required}
                description={hint}
                maxLength={lengthMax}
                autoComplete="off"
                value={draft[name]}
                error={issueOf(shown, name)}
                rightSection={
                  suffix === null ? undefined : (
                    <Text size="sm" c="dimmed">
                      {suffix}
                    </Text>
                  )
                }
                {...(suffix === null ? {} : { rightSectionWidth: `${suffix.length * 0.6 + 1}em` })}
                onChange={({ currentTarget }) => set(name, currentTarget.value)}
              />
              {name === "domainPrefix" && checksPrefix && (
                <PrefixVerdict
                  prefix={draft.domainPrefix.trim()}
                  instance={read.instance}
                  onTake={(prefix) => set("domainPrefix", prefix)}
                />
              )}
            </Stack>
          ))}
        </SimpleGrid>
        {put.error !== null && <ProblemBox problem={put.error} onRetry={submit} />}
        <Group>{children({ isPending: put.isPending })}</Group>
      </Stack>
    </form>
  )
}

/** An instance has its sync options since its first catalogue run. */
export const NoSyncOptions = ({ instance }: { readonly instance: string }) => (
  <Text size="sm">
    {instance} has no sync options yet: they are made by its first catalogue run.{" "}
    <Anchor component={Link} to={`/catalogue-runs?instance=${encodeURIComponent(instance)}`}>
      Update the catalogue first
    </Anchor>
  </Text>
)

/** How long typing rests before Microsoft is asked. */
const restMs = 400

/** Whether a prefix is free, and what is instead. */
const PrefixVerdict = ({
  prefix,
  instance,
  onTake
}: {
  readonly prefix: string
  readonly instance: string
  readonly onTake: (prefix: string) => void
}) => {
  const [asked] = useDebouncedValue(prefix, restMs)
  const isPrefix = /^[A-Za-z0-9]{3,27}$/u.test(asked)
  const verdict = useRead(
    "GET /v1/customerforms/domains/:prefix",
    { params: { prefix: asked }, query: { instance } },
    { enabled: isPrefix }
  )
  const isCurrent = isPrefix && asked === prefix && !verdict.isPlaceholderData
  return (
    <div role="status">
      {isCurrent && verdict.error !== null && (
        <Text size="sm">Partner Center cannot be asked now: {verdict.error.title}.</Text>
      )}
      {isCurrent &&
        verdict.data !== undefined &&
        (verdict.data.isFree ? (
          <Text size="sm" className="tone-good">
            {verdict.data.domain} is free.
          </Text>
        ) : (
          <Alert color="yellow" p="xs" title={`${verdict.data.domain} is taken`}>
            <Text size="sm">
              By another customer, here or under another partner.{" "}
              {verdict.data.suggestions.length > 0 && "Free are:"}
            </Text>
            <Group gap="xs" mt={4}>
              {verdict.data.suggestions.map((free) => (
                <Button key={free} size="compact-sm" variant="default" onClick={() => onTake(free)}>
                  {free}
                </Button>
              ))}
            </Group>
          </Alert>
        ))}
    </div>
  )
}
