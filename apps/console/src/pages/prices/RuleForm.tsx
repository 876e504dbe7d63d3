import { Button, Fieldset, Group, Select, TextInput } from "@mantine/core"
import { useState } from "react"
import { nameIn } from "../../frame/search.ts"
import { ProductSelect } from "../catalogue/ProductSelect.tsx"
import { cycleNames } from "../catalogue/products.ts"
import { termNames } from "../reconciliations/values.ts"
import { type Entry, type PriceGroup, ruleNames } from "./priceLists.ts"

const subjectNames: Record<Entry["subject"]["kind"], string> = {
  all: "All products",
  product: "One product",
  group: "A price group"
}

const optionsOf = (names: Readonly<Record<string, string>>) =>
  Object.entries(names).map(([value, label]) => ({ value, label }))

const any = "any"

/** A rule to add, or one that is being changed. */
export const RuleForm = ({
  instance,
  groups,
  edited,
  isBusy,
  onKeep,
  onLeave
}: {
  readonly instance: string
  readonly groups: ReadonlyArray<PriceGroup>
  readonly edited: Entry | null
  readonly isBusy: boolean
  readonly onKeep: (entry: Entry, onKept: () => void) => void
  readonly onLeave: () => void
}) => {
  const [kind, setKind] = useState<Entry["subject"]["kind"]>(edited?.subject.kind ?? "all")
  const [offer, setOffer] = useState(
    edited?.subject.kind === "product" ? edited.subject.offer : null
  )
  const [group, setGroup] = useState(
    edited?.subject.kind === "group" ? edited.subject.groupId : null
  )
  const [term, setTerm] = useState<Entry["term"]>(edited?.term ?? null)
  const [cycle, setCycle] = useState<Entry["billingCycle"]>(edited?.billingCycle ?? null)
  const [rule, setRule] = useState<Entry["rule"]["kind"]>(edited?.rule.kind ?? "markup")
  const [value, setValue] = useState(edited?.rule.value ?? "")
  const subject = subjectOf(kind, offer, group)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (subject !== null)
          onKeep(
            { subject, term, billingCycle: cycle, rule: { kind: rule, value: value.trim() } },
            () => setValue("")
          )
      }}
    >
      <Fieldset legend={edited === null ? "Another rule" : "Change the rule"}>
        <Group align="end">
          <Select
            label="Of"
            allowDeselect={false}
            w={160}
            data={optionsOf(subjectNames)}
            value={kind}
            onChange={(value) => setKind(nameIn({ value }, "value", subjectNames) ?? "all")}
          />
          {kind === "product" && (
            <ProductSelect
              label="Product"
              required
              w={320}
              instance={instance}
              value={offer}
              onChange={setOffer}
            />
          )}
          {kind === "group" && (
            <Select
              label="Price group"
              required
              searchable
              w={220}
              placeholder={groups.length === 0 ? "There is none yet" : "Choose"}
              data={groups.map(({ id, name }) => ({ value: id, label: name }))}
              value={group}
              onChange={setGroup}
            />
          )}
          <Select
            label="Commitment"
            allowDeselect={false}
            w={140}
            data={optionsOf({ [any]: "Any", ...termNames })}
            value={term ?? any}
            onChange={(value) => setTerm(nameIn({ value }, "value", termNames) ?? null)}
          />
          <Select
            label="Billing cycle"
            allowDeselect={false}
            w={170}
            data={optionsOf({ [any]: "Any", ...cycleNames })}
            value={cycle ?? any}
            onChange={(value) => setCycle(nameIn({ value }, "value", cycleNames) ?? null)}
          />
          <Select
            label="Rule"
            allowDeselect={false}
            w={150}
            data={optionsOf(ruleNames)}
            value={rule}
            onChange={(value) => setRule(nameIn({ value }, "value", ruleNames) ?? "markup")}
          />
          <TextInput
            label="Value"
            required
            w={120}
            inputMode="decimal"
            value={value}
            onChange={({ currentTarget }) => setValue(currentTarget.value)}
          />
          <Button type="submit" disabled={subject === null} loading={isBusy}>
            {edited === null ? "Add the rule" : "Save the rule"}
          </Button>
          {edited !== null && (
            <Button variant="default" onClick={onLeave}>
              Leave it
            </Button>
          )}
        </Group>
      </Fieldset>
    </form>
  )
}

/** null while what it is about has not been chosen. */
const subjectOf = (
  kind: Entry["subject"]["kind"],
  offer: string | null,
  groupId: string | null
): Entry["subject"] | null => {
  if (kind === "all") return { kind }
  if (kind === "product") return offer === null ? null : { kind, offer }
  return groupId === null ? null : { kind, groupId }
}
