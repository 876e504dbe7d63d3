import {
  Alert,
  Anchor,
  Button,
  Checkbox,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import { Link } from "@tanstack/react-router"
import { type FormEvent, useRef, useState } from "react"
import { useCommand, useRead } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { issueOf } from "../../api/Problem.ts"
import { Instant } from "../../show/Instant.tsx"
import { State } from "../../show/State.tsx"
import { ProblemBox, Shown } from "../../show/States.tsx"
import type { Tone } from "../../show/tone.ts"
import { useShownError } from "../../show/useShownError.ts"
import { acceptanceTone } from "../agreements/agreements.ts"
import type { Account } from "./accounts.ts"

type Standing = Answer<"GET /v1/accounts/:id/agreement">
type Form = NonNullable<Standing["form"]>

const stateTone: Record<Standing["state"], Tone> = {
  "not-required": "neutral",
  accepted: "good",
  "on-its-way": "busy",
  needed: "warning"
}

/** Whether the account has accepted Microsoft's agreement. Microsoft is asked when somebody wants to know. */
export const AgreementStanding = ({
  account,
  instance
}: {
  readonly account: Account
  readonly instance: string
}) => {
  const [isAsked, setAsked] = useState(false)
  const standing = useRead(
    "GET /v1/accounts/:id/agreement",
    { params: { id: account.id }, query: { instance } },
    { enabled: isAsked }
  )
  return (
    <div>
      <Group gap="xs" mb={4}>
        <Title order={3} size="h5">
          Microsoft's agreement
        </Title>
        <Button
          size="compact-sm"
          variant="default"
          loading={isAsked && standing.isFetching}
          onClick={() => (isAsked ? void standing.refetch() : setAsked(true))}
        >
          {isAsked ? "Ask Microsoft again" : "Ask Microsoft"}
        </Button>
      </Group>
      {isAsked && (
        <Shown of={standing}>
          {(standing) => <Answered account={account} instance={instance} standing={standing} />}
        </Shown>
      )}
    </div>
  )
}

const Answered = ({
  account,
  instance,
  standing
}: {
  readonly account: Account
  readonly instance: string
  readonly standing: Standing
}) => {
  const [isOpen, { open, close }] = useDisclosure()
  const { accepted, acceptance, acceptedBy, form, state } = standing
  const contact = accepted?.contact ?? null
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <State tone={stateTone[state]}>{state}</State>
        {acceptedBy !== null && <Text size="sm">by the {acceptedBy}</Text>}
        {contact !== null && (
          <Text size="sm" className="foreign">
            {[contact.firstName, contact.lastName, contact.email]
              .filter((part) => part !== null)
              .join(" ")}
          </Text>
        )}
        {accepted?.agreedAt != null && (
          <Text size="sm">
            on <Instant at={accepted.agreedAt} />
          </Text>
        )}
      </Group>
      {acceptance !== null && (
        <Group gap="xs">
          <Text size="sm">Confirmed here by</Text>
          <Text size="sm" className="foreign">
            {acceptance.contact.firstName} {acceptance.contact.lastName}
          </Text>
          <State tone={acceptanceTone[acceptance.status]}>{acceptance.status}</State>
          {acceptance.problem !== null && (
            <Text size="sm" className="foreign">
              {acceptance.problem}
            </Text>
          )}
          <Anchor component={Link} to={`/agreements?account=${account.id}`} size="sm">
            Its log
          </Anchor>
        </Group>
      )}
      {form !== null && (
        <Group>
          <Button size="xs" onClick={open}>
            Confirm the agreement
          </Button>
        </Group>
      )}
      <Modal opened={isOpen} onClose={close} title="Confirm Microsoft's agreement" centered>
        {form !== null && (
          <Confirmation account={account} instance={instance} form={form} onDone={close} />
        )}
      </Modal>
    </Stack>
  )
}

const persons = [
  { field: "firstName", label: "First name", required: true },
  { field: "lastName", label: "Last name", required: true },
  { field: "email", label: "E-mail", required: true },
  { field: "phone", label: "Telephone", required: false }
] as const

/** An instant as the browser's own field wants it: in the reader's zone, to the minute. */
const localText = (iso: string): string => {
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const roleText: Record<Form["role"], string> = {
  customer: "the customer, for itself",
  reseller: "the reseller, for its customer",
  "bss-user": "a user of the BSS, for the customer"
}

/** Who accepted, when, and that they did: filled in from the contacts of whoever signs, and all of it to be changed. */
const Confirmation = ({
  account,
  instance,
  form,
  onDone
}: {
  readonly account: Account
  readonly instance: string
  readonly form: Form
  readonly onDone: () => void
}) => {
  const element = useRef<HTMLFormElement>(null)
  // What was shown at first: an answer that comes meanwhile must not change what is being signed.
  const [shown] = useState(form)
  const begun = localText(shown.agreedAt)
  const [person, setPerson] = useState({
    firstName: shown.contact.firstName ?? "",
    lastName: shown.contact.lastName ?? "",
    email: shown.contact.email ?? "",
    phone: shown.contact.phone ?? ""
  })
  const [agreedAt, setAgreedAt] = useState(begun)
  const [confirmed, setConfirmed] = useState(false)
  const confirm = useCommand("POST /v1/accounts/:id/agreement", [
    "GET /v1/accounts/:id/agreement",
    "GET /v1/agreements"
  ])
  useShownError(element, confirm.error)
  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    confirm.mutate(
      {
        parts: {
          params: { id: account.id },
          payload: {
            instance,
            templateId: shown.templateId,
            confirmed,
            firstName: person.firstName.trim(),
            lastName: person.lastName.trim(),
            email: person.email.trim(),
            phone: person.phone.trim() === "" ? null : person.phone.trim(),
            ...(agreedAt === begun || agreedAt === ""
              ? {}
              : { agreedAt: new Date(agreedAt).toISOString() })
          }
        }
      },
      { onSuccess: onDone }
    )
  }
  return (
    <form ref={element} noValidate onSubmit={submit}>
      <Stack>
        <Text size="sm">
          Signed by{" "}
          <Anchor component={Link} to={`/accounts/${shown.signer.id}`} className="foreign">
            {shown.signer.name}
          </Anchor>{" "}
          as {roleText[shown.role]}.
        </Text>
        {shown.document !== null ? (
          <Group gap="xs">
            <Anchor href={shown.document.displayUrl} target="_blank" rel="noreferrer">
              Read the agreement ({shown.document.country}, {shown.document.language})
            </Anchor>
            <Text size="sm" c="dimmed">
              the link works until <Instant at={shown.document.validUntil} />
            </Text>
          </Group>
        ) : (
          shown.link !== null && (
            <Anchor href={shown.link} target="_blank" rel="noreferrer">
              About the agreement
            </Anchor>
          )
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {persons.map(({ field, label, required }) => (
            <TextInput
              key={field}
              label={label}
              required={required}
              autoComplete="off"
              value={person[field]}
              error={issueOf(confirm.error, field)}
              onChange={({ currentTarget: { value } }) =>
                setPerson((before) => ({ ...before, [field]: value }))
              }
            />
          ))}
          <TextInput
            type="datetime-local"
            label="Accepted"
            value={agreedAt}
            error={issueOf(confirm.error, "agreedAt")}
            onChange={({ currentTarget }) => setAgreedAt(currentTarget.value)}
          />
        </SimpleGrid>
        <Checkbox
          label="This person has accepted the agreement"
          checked={confirmed}
          error={issueOf(confirm.error, "confirmed")}
          onChange={({ currentTarget }) => setConfirmed(currentTarget.checked)}
        />
        {confirm.error !== null && <ProblemBox problem={confirm.error} onRetry={submit} />}
        <Alert color="gray">
          It is logged with who confirmed it, when and from where, and Microsoft is told as soon as
          the tenant is there.
        </Alert>
        <Button type="submit" disabled={!confirmed} loading={confirm.isPending}>
          Confirm it
        </Button>
      </Stack>
    </form>
  )
}
