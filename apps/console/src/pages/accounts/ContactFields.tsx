import { ActionIcon, Button, Checkbox, Group, Stack, TextInput } from "@mantine/core"
import { IconTrash } from "@tabler/icons-react"
import type { Answer } from "../../api/Operations.ts"

type Contact = Answer<"GET /v1/accounts/:id/contacts">["contacts"][number]

/** A person as typed; `key` tells the rows apart. */
export interface ContactDraft {
  readonly key: number
  readonly name: string
  readonly email: string
  readonly phone: string
  readonly roles: ReadonlyArray<Contact["roles"][number]>
}

export const roleNames: Record<Contact["roles"][number], string> = {
  primary: "Primary",
  "bill-to": "Bill-to",
  "storefront-user": "Storefront user"
}

const roles = ["primary", "bill-to", "storefront-user"] as const

export const contactDrafts = (contacts: ReadonlyArray<Contact>): ReadonlyArray<ContactDraft> =>
  contacts.map(({ phone, ...rest }, key) => ({ ...rest, key, phone: phone ?? "" }))

/** The people as they are sent. A row that nobody has filled in is nobody. */
export const contactsOf = (drafts: ReadonlyArray<ContactDraft>): ReadonlyArray<Contact> =>
  filled(drafts).map(({ name, email, phone, roles }) => ({
    name: name.trim(),
    email: email.trim(),
    phone: phone.trim() === "" ? null : phone.trim(),
    roles
  }))

const filled = (drafts: ReadonlyArray<ContactDraft>) =>
  drafts.filter(({ email, name, phone }) => `${email}${name}${phone}`.trim() !== "")

/** The people at an account, row by row. */
export const ContactFields = ({
  value,
  onChange,
  errorOf
}: {
  readonly value: ReadonlyArray<ContactDraft>
  readonly onChange: (contacts: ReadonlyArray<ContactDraft>) => void
  readonly errorOf: (field: string) => string | undefined
}) => {
  const set = (key: number, change: Partial<ContactDraft>) =>
    onChange(value.map((one) => (one.key === key ? { ...one, ...change } : one)))
  const next = Math.max(-1, ...value.map(({ key }) => key)) + 1
  const sent = filled(value).map(({ key }) => key)
  return (
    <Stack gap="sm">
      {value.map((contact, at) => {
        const error = (part: string) => {
          const place = sent.indexOf(contact.key)
          return place === -1 ? undefined : errorOf(`contacts.${place}.${part}`)
        }
        const who = `of contact ${at + 1}`
        return (
          <Stack key={contact.key} gap={6}>
            <Group align="start">
              {(["name", "email", "phone"] as const).map((part) => (
                <TextInput
                  key={part}
                  flex="1 1 11rem"
                  label={`${partNames[part]} ${who}`}
                  value={contact[part]}
                  error={error(part)}
                  onChange={({ currentTarget }) =>
                    set(contact.key, { [part]: currentTarget.value })
                  }
                />
              ))}
              <ActionIcon
                mt={26}
                size="lg"
                variant="default"
                aria-label={`Remove contact ${at + 1}`}
                onClick={() => onChange(value.filter(({ key }) => key !== contact.key))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Group>
            <Group gap="md">
              {roles.map((role) => (
                <Checkbox
                  key={role}
                  label={roleNames[role]}
                  aria-label={`${roleNames[role]}, ${who}`}
                  checked={contact.roles.includes(role)}
                  onChange={({ currentTarget }) =>
                    set(contact.key, {
                      roles: roles.filter((one) =>
                        one === role ? currentTarget.checked : contact.roles.includes(one)
                      )
                    })
                  }
                />
              ))}
            </Group>
          </Stack>
        )
      })}
      <Group>
        <Button
          size="xs"
          variant="default"
          onClick={() =>
            onChange([
              ...value,
              {
                key: next,
                name: "",
                email: "",
                phone: "",
                roles: value.length === 0 ? ["primary", "bill-to"] : []
              }
            ])
          }
        >
          Add a contact
        </Button>
      </Group>
    </Stack>
  )
}

const partNames = { name: "Name", email: "E-mail", phone: "Telephone" } as const
