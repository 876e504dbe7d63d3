import { ActionIcon, Button, Group, Stack, TextInput } from "@mantine/core"
import { IconTrash } from "@tabler/icons-react"
import { type CustomFieldDraft, customFieldProblems } from "./accountForm.ts"

/** The CSP's own fields of an account: names and values, row by row. */
export const CustomFields = ({
  value,
  onChange,
  errorOf
}: {
  readonly value: ReadonlyArray<CustomFieldDraft>
  readonly onChange: (fields: ReadonlyArray<CustomFieldDraft>) => void
  readonly errorOf: (field: string) => string | undefined
}) => {
  const problems = customFieldProblems(value)
  const set = (key: number, change: Partial<CustomFieldDraft>) =>
    onChange(value.map((field) => (field.key === key ? { ...field, ...change } : field)))
  const next = Math.max(-1, ...value.map(({ key }) => key)) + 1
  return (
    <Stack gap="sm">
      {value.map((field, at) => (
        <Group key={field.key} align="start" wrap="nowrap">
          <TextInput
            flex={1}
            label={`Name of field ${at + 1}`}
            value={field.name}
            error={problems.get(field.key) ?? errorOf(`customFields.${field.name.trim()}`)}
            onChange={({ currentTarget }) => set(field.key, { name: currentTarget.value })}
          />
          <TextInput
            flex={2}
            label={`Value of field ${at + 1}`}
            value={field.value}
            onChange={({ currentTarget }) => set(field.key, { value: currentTarget.value })}
          />
          <ActionIcon
            mt={26}
            size="lg"
            variant="default"
            aria-label={`Remove field ${at + 1}`}
            onClick={() => onChange(value.filter(({ key }) => key !== field.key))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          onClick={() => onChange([...value, { key: next, name: "", value: "" }])}
        >
          Add a field
        </Button>
      </Group>
    </Stack>
  )
}
