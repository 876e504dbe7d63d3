import { containedKinds } from "@concordat/core/account/AccountTree"
import {
  Card,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput,
  type TextInputProps,
  Title
} from "@mantine/core"
import type { ReactNode } from "react"
import { useRead } from "../../api/hooks.ts"
import { useMay } from "../../api/Session.tsx"
import { InstanceSelect, useInstances } from "../instances/InstanceSelect.tsx"
import { AccountSelect } from "./AccountSelect.tsx"
import { AddressFields } from "./AddressFields.tsx"
import type { AccountDraft } from "./accountForm.ts"
import { editionNames, kindNames, kindOf, useAbove } from "./accounts.ts"
import { CustomFields } from "./CustomFields.tsx"
import { fitsRule } from "./countries.ts"
import { useCountryRules } from "./useCountryRules.ts"

const currencies = Intl.supportedValuesOf("currency")

/** The fields of an account's form, new or not. */
export const AccountFields = ({
  draft,
  onChange,
  errorOf,
  isNew,
  rulesOf,
  onRulesOf
}: {
  readonly draft: AccountDraft
  readonly onChange: (draft: AccountDraft) => void
  readonly errorOf: (field: string) => string | undefined
  readonly isNew: boolean
  /** The instance whose rules are shown; null: the first one that there is. */
  readonly rulesOf: string | null
  readonly onRulesOf: (instance: string | null) => void
}) => {
  const set = (change: Partial<AccountDraft>) => onChange({ ...draft, ...change })
  const mayReadInstances = useMay("instances:read")
  const instances = useInstances(mayReadInstances)
  const known = instances.data?.items ?? []
  const instance = rulesOf ?? known.find(({ disabled }) => !disabled)?.name ?? null
  const rules = useCountryRules(instance, draft.address.country, draft.parentId)
  const isReseller = draft.kind === "reseller"
  const text = (field: TextField, label: string, more: TextInputProps = {}) => (
    <TextInput
      label={label}
      value={draft[field]}
      error={errorOf(field)}
      onChange={({ currentTarget }) => set({ [field]: currentTarget.value })}
      {...more}
    />
  )
  return (
    <Stack gap="lg">
      <Section title="Who it is">
        {isNew && <Place draft={draft} set={set} errorOf={errorOf} />}
        {text("name", "Name", { required: true, maxLength: 400 })}
        {text("code", "Code", {
          description: isNew ? "Your own number for it; made when empty" : "Your own number for it"
        })}
        {isReseller &&
          text("mpnId", "Partner ID", {
            description: "The reseller's MPN id, which its end customers' subscriptions carry"
          })}
        {text("taxId", "Tax id")}
      </Section>
      <Section title="How it is reached">
        {text("email", "E-mail", {
          type: "text",
          inputMode: "email",
          description: "The corporate address, needed for a Microsoft tenant"
        })}
        {text("phone", "Telephone", {
          inputMode: "tel",
          description: fitsRule(rules?.of("phone"), draft.phone)
            ? (rules?.of("phone")?.hint ?? "Needed for a Microsoft tenant")
            : "Does not fit Microsoft's rule for the country"
        })}
        {text("language", "Language", {
          description: "Of mails to it, such as en-US; empty: as the account above"
        })}
        {text("managerEmail", "Account manager's e-mail", {
          description: "Who looks after it here"
        })}
      </Section>
      <Card withBorder component="section" aria-label="Address">
        <Title order={2} size="h4" mb="xs">
          Address
        </Title>
        <Stack gap="sm">
          {known.length > 1 && (
            <InstanceSelect
              label="Rules of"
              description="The instance whose Partner Center says what a country asks for"
              w={320}
              value={instance}
              onChange={onRulesOf}
            />
          )}
          <AddressFields
            value={draft.address}
            onChange={(address) => set({ address })}
            errorOf={errorOf}
            rules={rules}
            instance={instance}
          />
        </Stack>
      </Card>
      <Section title="Orders and money">
        <Switch
          label="May order"
          checked={draft.orderingEnabled}
          error={errorOf("orderingEnabled")}
          onChange={({ currentTarget }) => set({ orderingEnabled: currentTarget.checked })}
        />
        {isReseller && (
          <Switch
            label="May order for end customers"
            checked={draft.resellingEnabled}
            error={errorOf("resellingEnabled")}
            onChange={({ currentTarget }) => set({ resellingEnabled: currentTarget.checked })}
          />
        )}
        <Select
          label="Currency"
          description="Of its credit and invoices; empty: as the account above"
          searchable
          clearable
          clearButtonProps={{ "aria-label": "Clear the currency" }}
          data={
            draft.currency === "" || currencies.includes(draft.currency)
              ? currencies
              : [draft.currency, ...currencies]
          }
          limit={400}
          value={draft.currency === "" ? null : draft.currency}
          error={errorOf("currency")}
          onChange={(currency) => set({ currency: currency ?? "" })}
        />
        <BillTo draft={draft} set={set} errorOf={errorOf} />
        <Select
          label="Credit"
          allowDeselect={false}
          data={[
            { value: "limited", label: "Limited" },
            { value: "unlimited", label: "Unlimited" }
          ]}
          value={draft.credit}
          error={draft.credit === "unlimited" ? errorOf("creditLimit") : undefined}
          onChange={(value) => set({ credit: value === "unlimited" ? value : "limited" })}
        />
        {draft.credit === "limited" &&
          text("creditAmount", "Credit limit", {
            inputMode: "decimal",
            description: "How much it may owe, in its currency; 0: nothing",
            error: errorOf("creditLimit")
          })}
      </Section>
      <Card withBorder component="section" aria-label="Custom fields">
        <Title order={2} size="h4" mb="xs">
          Custom fields
        </Title>
        <CustomFields
          value={draft.customFields}
          onChange={(customFields) => set({ customFields })}
          errorOf={errorOf}
        />
      </Card>
    </Stack>
  )
}

type TextField =
  | "name"
  | "code"
  | "mpnId"
  | "taxId"
  | "email"
  | "phone"
  | "language"
  | "managerEmail"
  | "creditAmount"

interface PartProps {
  readonly draft: AccountDraft
  readonly set: (change: Partial<AccountDraft>) => void
  readonly errorOf: (field: string) => string | undefined
}

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <Card withBorder component="section" aria-label={title}>
    <Title order={2} size="h4" mb="xs">
      {title}
    </Title>
    <SimpleGrid cols={{ base: 1, sm: 2 }}>{children}</SimpleGrid>
  </Card>
)

/** Where a new account lies, what it is there, and what follows from that. */
const Place = ({ draft, set, errorOf }: PartProps) => {
  const { parentId, kind } = draft
  const parent = useRead(
    "GET /v1/accounts/:id",
    { params: { id: parentId ?? "" } },
    { enabled: parentId !== null }
  )
  const above = parentId === null || parent.data?.id !== parentId ? undefined : parent.data
  // Nothing chosen is the root of what somebody sees: an organisation for operators.
  const kinds = containedKinds[above?.kind ?? "organisation"]
  const below = kindOf(kind) ?? "customer"
  return (
    <>
      <AccountSelect
        label="Below"
        description="The root of what you see, when empty"
        value={parentId}
        error={errorOf("parentId")}
        onChange={(parentId) => set({ parentId, billToId: null })}
      />
      <Select
        label="Kind"
        required
        allowDeselect={false}
        description={above === undefined ? modeText(below, null) : modeText(below, above.kind)}
        data={(kinds.includes(kind) ? kinds : [...kinds, kind]).map((value) => ({
          value,
          label: kindNames[value]
        }))}
        value={kind}
        error={
          kinds.includes(kind)
            ? errorOf("kind")
            : `Below ${above?.name ?? "the root"} lie: ${kinds.map((one) => kindNames[one]).join(", ") || "no accounts"}`
        }
        onChange={(value) => set({ kind: kindOf(value) ?? "customer" })}
      />
      {kind === "reseller" && (
        <Select
          label="Edition"
          description="What the reseller has bought; it can be changed later"
          allowDeselect={false}
          data={Object.entries(editionNames).map(([value, label]) => ({ value, label }))}
          value={draft.edition}
          error={errorOf("edition")}
          onChange={(value) =>
            set({
              edition: value === "standard" || value === "professional" ? value : "basic"
            })
          }
        />
      )}
    </>
  )
}

/** For whom things are bought for such an account, and who is billed (its purchase mode). */
const modeText = (kind: AccountDraft["kind"], above: AccountDraft["kind"] | null): string => {
  switch (kind) {
    case "affiliate":
      return "A unit of the account above, which is billed: affiliate account"
    case "customer":
      return above === "reseller"
        ? "Its reseller buys for it and is billed: end customer"
        : "It buys for itself and is billed: personal usage"
    case "reseller":
      return "It buys for itself and for its end customers"
    case "organisation":
      return "A country tenant of the organisation"
  }
}

const BillTo = ({ draft, set, errorOf }: PartProps) => {
  const above = useAbove(draft.parentId)
  const choices = (above.data ?? []).map(({ id, name, code }) => ({
    value: id,
    label: `${name} (${code})`
  }))
  return (
    <Select
      label="Billed"
      description="An account above it; empty: whoever the purchase mode names"
      clearable
      clearButtonProps={{ "aria-label": "Clear who is billed" }}
      placeholder="By purchase mode"
      data={
        draft.billToId === null || choices.some(({ value }) => value === draft.billToId)
          ? choices
          : [{ value: draft.billToId, label: draft.billToId }, ...choices]
      }
      value={draft.billToId}
      error={errorOf("billToId")}
      onChange={(billToId) => set({ billToId })}
    />
  )
}
