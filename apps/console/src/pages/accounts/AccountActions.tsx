import { Alert, Button, List, Menu, Modal, Select, Stack, Text } from "@mantine/core"
import { IconDots } from "@tabler/icons-react"
import { useNavigate } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { useCommand } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import type { Problem } from "../../api/Problem.ts"
import { useMay } from "../../api/Session.tsx"
import { countText } from "../../show/Money.tsx"
import { ProblemBox } from "../../show/States.tsx"
import { AccountSelect } from "./AccountSelect.tsx"
import { type Account, editionNames } from "./accounts.ts"

const changed = [
  "GET /v1/accounts",
  "GET /v1/accounts/:id",
  "GET /v1/accounts/:id/contacts",
  "GET /v1/accounts/:id/synchronization"
] as const

type Act = "edition" | "move" | "merge" | "activity"

/** What else can be done with an account. Each says beforehand what it would change. */
export const AccountActions = ({ account }: { readonly account: Account }) => {
  const mayWrite = useMay("accounts:write")
  const [act, setAct] = useState<Act | null>(null)
  if (!mayWrite) return null
  const close = () => setAct(null)
  const titles: Record<Act, string> = {
    edition: `Edition of ${account.name}`,
    move: `Move ${account.name}`,
    merge: `Merge ${account.name} into another account`,
    activity: account.active ? `Deactivate ${account.name}` : `Activate ${account.name}`
  }
  const isRoot = account.parentId === null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconDots size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {account.kind === "reseller" && (
            <Menu.Item onClick={() => setAct("edition")}>Change the edition</Menu.Item>
          )}
          {!isRoot && <Menu.Item onClick={() => setAct("move")}>Move it</Menu.Item>}
          {!isRoot && account.kind !== "organisation" && (
            <Menu.Item onClick={() => setAct("merge")}>Merge it into another</Menu.Item>
          )}
          {!isRoot && (
            <Menu.Item onClick={() => setAct("activity")}>
              {account.active ? "Deactivate it" : "Activate it"}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={act !== null} onClose={close} title={act === null ? "" : titles[act]} centered>
        {act === "edition" && <ChangeEdition account={account} onDone={close} />}
        {act === "move" && <Move account={account} onDone={close} />}
        {act === "merge" && <Merge account={account} onDone={close} />}
        {act === "activity" && <Activity account={account} onDone={close} />}
      </Modal>
    </>
  )
}

interface ActProps {
  readonly account: Account
  readonly onDone: () => void
}

/** First what would change, then, when somebody agrees, the change itself. */
const Preview = ({
  isAsking,
  problem,
  children,
  label,
  isRed = false,
  isReady,
  isDoing,
  onDo
}: {
  readonly isAsking: boolean
  readonly problem: Problem | null
  readonly children: ReactNode
  readonly label: string
  readonly isRed?: boolean
  readonly isReady: boolean
  readonly isDoing: boolean
  readonly onDo: () => void
}) => (
  <>
    <div aria-live="polite" aria-busy={isAsking}>
      {problem === null ? children : <ProblemBox problem={problem} onRetry={onDo} />}
    </div>
    <Button
      disabled={!isReady}
      loading={isDoing}
      onClick={onDo}
      {...(isRed ? { color: "red" } : {})}
    >
      {label}
    </Button>
  </>
)

const capabilityNames: Record<Answer<"POST /v1/accounts/:id/edition">["gained"][number], string> = {
  "distributor-storefront": "the distributor's storefront",
  "own-storefront": "a storefront of its own",
  "own-look-and-feel": "its own look and feel",
  "own-prices": "its own prices",
  "marketplace-api": "the marketplace API",
  "manage-subscriptions": "managing subscriptions",
  "order-automation": "automated orders",
  "catalogue-updates": "catalogue updates",
  "own-bss": "a BSS of its own",
  "distributor-updates": "updates by the distributor",
  "back-ordering": "back-ordering"
}

const ChangeEdition = ({ account, onDone }: ActProps) => {
  const [edition, setEdition] = useState<NonNullable<Account["edition"]> | null>(null)
  const ask = useCommand("POST /v1/accounts/:id/edition", [])
  const change = useCommand("POST /v1/accounts/:id/edition", changed)
  const choose = (value: string | null) => {
    if (value !== "basic" && value !== "standard" && value !== "professional") return
    setEdition(value)
    ask.mutate({
      parts: { params: { id: account.id }, payload: { edition: value, dryRun: true } }
    })
  }
  const step = ask.data?.edition === edition ? ask.data : undefined
  return (
    <Stack>
      <Select
        label="Edition"
        allowDeselect={false}
        placeholder="Choose"
        data={Object.entries(editionNames)
          .filter(([value]) => value !== account.edition)
          .map(([value, label]) => ({ value, label }))}
        value={edition}
        onChange={choose}
      />
      <Preview
        isAsking={ask.isPending}
        problem={change.error ?? ask.error}
        label={edition === null ? "Change it" : `Change it to ${editionNames[edition]}`}
        isReady={step !== undefined}
        isDoing={change.isPending}
        onDo={() =>
          edition !== null &&
          change.mutate(
            { parts: { params: { id: account.id }, payload: { edition } } },
            { onSuccess: onDone }
          )
        }
      >
        {step !== undefined && (
          <>
            <Words title="Gained" words={step.gained.map((one) => capabilityNames[one])} />
            <Words
              title="Lost; what was made with it is kept, and is there again after a step back"
              words={step.lost.map((one) => capabilityNames[one])}
            />
          </>
        )}
      </Preview>
    </Stack>
  )
}

const Words = ({
  title,
  words
}: {
  readonly title: string
  readonly words: ReadonlyArray<string>
}) => (
  <>
    <Text size="sm" fw={600}>
      {title}
    </Text>
    {words.length === 0 ? (
      <Text size="sm" mb="xs">
        nothing
      </Text>
    ) : (
      <List size="sm" mb="xs">
        {words.map((word) => (
          <List.Item key={word}>{word}</List.Item>
        ))}
      </List>
    )}
  </>
)

type Path = Answer<"POST /v1/accounts/:id/move">["from"]
const pathText = (path: Path): string => path.map(({ name }) => name).join(" › ")

const resellerText = (
  before: { readonly id: string; readonly name: string } | null,
  after: { readonly id: string; readonly name: string } | null
): string =>
  before?.id === after?.id
    ? `Its reseller stays: ${before?.name ?? "none"}.`
    : `Its reseller changes from ${before?.name ?? "none"} to ${after?.name ?? "none"}, and with it whose Partner ID the subscriptions of end customers are to carry.`

const Move = ({ account, onDone }: ActProps) => {
  const [parentId, setParent] = useState<string | null>(null)
  const ask = useCommand("POST /v1/accounts/:id/move", [])
  const move = useCommand("POST /v1/accounts/:id/move", changed)
  const choose = (parentId: string | null) => {
    setParent(parentId)
    move.reset()
    if (parentId === null) return ask.reset()
    ask.mutate({ parts: { params: { id: account.id }, payload: { parentId, dryRun: true } } })
  }
  const isOfThis = ask.variables?.parts.payload.parentId === parentId
  const would = isOfThis ? ask.data : undefined
  return (
    <Stack>
      <AccountSelect label="Below" value={parentId} onChange={choose} />
      <Preview
        isAsking={ask.isPending}
        problem={move.error ?? (isOfThis ? ask.error : null)}
        label="Move it"
        isReady={would !== undefined}
        isDoing={move.isPending}
        onDo={() =>
          parentId !== null &&
          move.mutate(
            { parts: { params: { id: account.id }, payload: { parentId } } },
            { onSuccess: onDone }
          )
        }
      >
        {would !== undefined && (
          <List size="sm">
            <List.Item className="foreign">From {pathText(would.from)}</List.Item>
            <List.Item className="foreign">To {pathText(would.to)}</List.Item>
            <List.Item>
              {countText(would.accounts)} accounts move, with {countText(would.subscriptions)}{" "}
              subscriptions.
            </List.Item>
            <List.Item className="foreign">
              {resellerText(would.resellerBefore, would.resellerAfter)}
            </List.Item>
          </List>
        )}
      </Preview>
    </Stack>
  )
}

const Merge = ({ account, onDone }: ActProps) => {
  const navigate = useNavigate()
  const [into, setInto] = useState<string | null>(null)
  const ask = useCommand("POST /v1/accounts/:id/merge", [])
  const merge = useCommand("POST /v1/accounts/:id/merge", changed)
  const choose = (into: string | null) => {
    setInto(into)
    merge.reset()
    if (into === null) return ask.reset()
    ask.mutate({ parts: { params: { id: account.id }, payload: { into, dryRun: true } } })
  }
  const isOfThis = ask.variables?.parts.payload.into === into
  const would = isOfThis ? ask.data : undefined
  return (
    <Stack>
      <AccountSelect
        label="The account that stays"
        description="Of the same company: everything of this account becomes its own"
        value={into}
        onChange={choose}
      />
      <Preview
        isAsking={ask.isPending}
        problem={merge.error ?? (isOfThis ? ask.error : null)}
        label="Merge it"
        isRed
        isReady={would !== undefined && would.refusals.length === 0}
        isDoing={merge.isPending}
        onDo={() =>
          into !== null &&
          merge.mutate(
            { parts: { params: { id: account.id }, payload: { into } } },
            {
              onSuccess: () => {
                onDone()
                void navigate({ to: "/accounts/$id", params: { id: into } })
              }
            }
          )
        }
      >
        {would !== undefined && <WouldMerge would={would} />}
      </Preview>
    </Stack>
  )
}

const WouldMerge = ({ would }: { readonly would: Answer<"POST /v1/accounts/:id/merge"> }) => (
  <Stack gap="xs">
    {would.refusals.length > 0 && (
      <Alert color="red" title="They cannot be merged" role="alert">
        <List size="sm">
          {would.refusals.map(({ field, reason }) => (
            <List.Item key={`${field} ${reason}`} className="foreign">
              {reason}
            </List.Item>
          ))}
        </List>
      </Alert>
    )}
    <List size="sm">
      <List.Item>
        Moves: {countText(would.tenants)} tenants, {countText(would.subscriptions)} subscriptions,{" "}
        {countText(would.contacts)} contacts ({countText(would.contactsJoined)} are there already),{" "}
        {countText(would.accounts)} accounts below it, {countText(would.agreements)} agreements that
        are not sent yet.
      </List.Item>
      <List.Item>
        Filled in from it: {would.filled.length === 0 ? "nothing" : would.filled.join(", ")}.
      </List.Item>
      {would.conflicts.map(({ field, source, target }) => (
        <List.Item key={field} className="foreign">
          {field} stays {target ?? "empty"}, not {source}.
        </List.Item>
      ))}
      {would.priceListsLeft > 0 && (
        <List.Item>
          {countText(would.priceListsLeft)} price lists stay behind: assign them again where they
          are to count.
        </List.Item>
      )}
      {would.operators + would.keys > 0 && (
        <List.Item>
          {countText(would.operators)} operators and {countText(would.keys)} API keys that see its
          branch see the other one's from then on.
        </List.Item>
      )}
      <List.Item className="foreign">
        {resellerText(would.resellerBefore, would.resellerAfter)}
      </List.Item>
    </List>
  </Stack>
)

const Activity = ({ account, onDone }: ActProps) => {
  const activate = useCommand("POST /v1/accounts/:id/activate", changed)
  const deactivate = useCommand("POST /v1/accounts/:id/deactivate", changed)
  const parts = { parts: { params: { id: account.id } } }
  return (
    <Stack>
      <Preview
        isAsking={false}
        problem={account.active ? deactivate.error : activate.error}
        label={account.active ? "Deactivate it" : "Activate it"}
        isRed={account.active}
        isReady
        isDoing={activate.isPending || deactivate.isPending}
        onDo={() =>
          account.active
            ? deactivate.mutate(parts, { onSuccess: onDone })
            : activate.mutate(parts, { onSuccess: onDone })
        }
      >
        <Text size="sm">
          {account.active
            ? "Nothing can be made below it or ordered for it then. It is kept, with its history, and can be activated again. Its subscriptions have to be over, and the accounts below it inactive."
            : "It can be used again. The account above it has to be active."}
        </Text>
      </Preview>
    </Stack>
  )
}
