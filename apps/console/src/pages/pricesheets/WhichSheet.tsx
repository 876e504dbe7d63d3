import { Select, SimpleGrid, Switch, TextInput } from "@mantine/core"
import { nameIn } from "../../frame/search.ts"
import type { Texts } from "../../show/useTexts.ts"
import { timelineNames } from "./priceSheets.ts"

/** Which sheet of which market and month, and whether it shall count. */
export type WhichField = "market" | "timeline" | "month" | "dryRun"

export const whichFirst: Readonly<Record<WhichField, string>> = {
  market: "",
  timeline: "current",
  month: "",
  dryRun: "true"
}

/** As the API takes it. */
export const whichOf = ({ market, month, timeline }: Readonly<Record<WhichField, string>>) => ({
  market: market.trim().toUpperCase(),
  timeline: nameIn({ timeline }, "timeline", timelineNames) ?? "current",
  ...(month.trim() === "" ? {} : { month: month.trim() })
})

export const WhichSheet = ({ form }: { readonly form: Texts<WhichField> }) => (
  <>
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <TextInput
        required
        label="Market"
        description="Two letters, such as DE"
        maxLength={2}
        {...form.text("market")}
      />
      <Select
        label="Sheet"
        description="Future: only what will change"
        allowDeselect={false}
        data={Object.entries(timelineNames).map(([value, label]) => ({ value, label }))}
        {...form.choice("timeline")}
      />
      <TextInput type="month" label="Month" description="Empty: this one" {...form.text("month")} />
    </SimpleGrid>
    <Switch
      label="Dry run"
      description="Checks and compares everything, and changes no price"
      checked={form.texts.dryRun === "true"}
      onChange={({ currentTarget }) => form.put("dryRun", String(currentTarget.checked))}
    />
  </>
)
