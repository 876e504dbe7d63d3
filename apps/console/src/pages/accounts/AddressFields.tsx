import { Alert, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core"
import { useCommand } from "../../api/hooks.ts"
import type { Answer } from "../../api/Operations.ts"
import { ProblemBox } from "../../show/States.tsx"
import { type Address, AddressText, addressText } from "./AddressText.tsx"
import { type AddressDraft, addressDraft, addressOf } from "./accountForm.ts"
import { countryChoices, countryName, fitsRule } from "./countries.ts"
import type { CountryRules } from "./useCountryRules.ts"

const parts = [
  { part: "line1", label: "Street and number", autoComplete: "off" },
  { part: "line2", label: "More of the address", autoComplete: "off" },
  { part: "postalCode", label: "Post code", autoComplete: "off" },
  { part: "city", label: "City", autoComplete: "off" }
] as const

/** Where an account is. What the country asks for is said while it is typed, and Microsoft can be asked about it. */
export const AddressFields = ({
  value,
  onChange,
  errorOf,
  rules,
  instance
}: {
  readonly value: AddressDraft
  readonly onChange: (address: AddressDraft) => void
  readonly errorOf: (field: string) => string | undefined
  readonly rules: CountryRules | undefined
  /** Through which Microsoft is asked; null: it is not. */
  readonly instance: string | null
}) => {
  const set = (change: Partial<AddressDraft>) => onChange({ ...value, ...change })
  const states = rules?.of("address.state")?.choices ?? []
  const state = {
    label: "State or province",
    description: hintOf(rules, "state", value),
    error: errorOf("address.state")
  }
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label="Country"
          searchable
          clearable
          clearButtonProps={{ "aria-label": "Clear the country" }}
          placeholder="Choose"
          data={countryChoices}
          limit={300}
          value={value.country === "" ? null : value.country}
          description={
            rules?.isServed === false
              ? `Partner Center has no customers in ${countryName(value.country)}`
              : undefined
          }
          error={errorOf("address.country")}
          onChange={(country) => set({ country: country ?? "" })}
        />
        {parts.map(({ part, label, autoComplete }) => (
          <TextInput
            key={part}
            label={label}
            autoComplete={autoComplete}
            description={hintOf(rules, part, value)}
            error={errorOf(`address.${part}`)}
            value={value[part]}
            onChange={({ currentTarget }) => set({ [part]: currentTarget.value })}
          />
        ))}
        {states.length === 0 ? (
          <TextInput
            {...state}
            value={value.state}
            onChange={({ currentTarget }) => set({ state: currentTarget.value })}
          />
        ) : (
          <Select
            {...state}
            searchable
            clearable
            clearButtonProps={{ "aria-label": "Clear the state" }}
            placeholder="Choose"
            data={
              value.state === "" || states.includes(value.state) ? states : [value.state, ...states]
            }
            value={value.state === "" ? null : value.state}
            onChange={(state) => set({ state: state ?? "" })}
          />
        )}
      </SimpleGrid>
      {instance !== null && <AskMicrosoft value={value} instance={instance} onTake={onChange} />}
    </Stack>
  )
}

/** What the country says about a part of the address as it is typed. */
const hintOf = (
  rules: CountryRules | undefined,
  part: keyof AddressDraft,
  value: AddressDraft
): string | undefined => {
  const rule = rules?.of(`address.${part}`)
  if (rule === undefined) return undefined
  if (!fitsRule(rule, value[part]))
    return `Does not fit Microsoft's rule for ${countryName(value.country)}`
  return rule.required && value[part].trim() === "" && part !== "country"
    ? "Needed for a Microsoft tenant"
    : undefined
}

type Verdict = Answer<"POST /v1/customerforms/addresses">

const verdictText: Record<Verdict["status"], string> = {
  VerifiedShippable: "Microsoft knows the address.",
  Verified: "Microsoft knows the address.",
  InteractionRequired: "Microsoft would write it differently.",
  StreetPartial: "Microsoft knows the street, but not this number.",
  PremisesPartial: "Microsoft knows the building, but not this part of it.",
  Multiple: "Microsoft knows several such addresses.",
  None: "Microsoft does not know the address.",
  NotValidated: "Microsoft cannot check addresses there."
}

const AskMicrosoft = ({
  value,
  instance,
  onTake
}: {
  readonly value: AddressDraft
  readonly instance: string
  readonly onTake: (address: AddressDraft) => void
}) => {
  const ask = useCommand("POST /v1/customerforms/addresses", [])
  const address = addressOf(value)
  // An answer about another address says nothing about this one.
  const asked = ask.variables?.parts.payload.address
  const isOfThis = JSON.stringify(asked) === JSON.stringify(address)
  const verdict = isOfThis ? ask.data : undefined
  const isAnother = (suggestion: Address) =>
    addressText(suggestion) !== addressText(asked ?? suggestion)
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          size="xs"
          loading={ask.isPending}
          disabled={address === null || address.country === "" || address.line1 === ""}
          onClick={() =>
            address !== null && ask.mutate({ parts: { payload: { instance, address } } })
          }
        >
          Ask Microsoft about the address
        </Button>
      </Group>
      {isOfThis && ask.error !== null && <ProblemBox problem={ask.error} />}
      {verdict !== undefined && (
        <Alert
          role="status"
          color={verdict.status.startsWith("Verified") ? "gray" : "yellow"}
          title={verdictText[verdict.status]}
        >
          <Stack gap="xs">
            {verdict.text !== null && (
              <Text size="sm" className="foreign">
                {verdict.text}
              </Text>
            )}
            {verdict.suggestions.filter(isAnother).map((suggestion) => (
              <Group key={JSON.stringify(suggestion)} gap="xs">
                <Text size="sm">
                  <AddressText address={suggestion} />
                </Text>
                <Button
                  size="compact-sm"
                  variant="default"
                  onClick={() => onTake(addressDraft(suggestion))}
                  aria-label={`Take it: ${addressText(suggestion)}`}
                >
                  Take it
                </Button>
              </Group>
            ))}
          </Stack>
        </Alert>
      )}
    </Stack>
  )
}
