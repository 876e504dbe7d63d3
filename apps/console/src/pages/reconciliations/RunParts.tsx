import { Progress, Text } from "@mantine/core"
import { countText } from "../../show/Money.tsx"
import { AccountName } from "../accounts/AccountName.tsx"
import type { Run } from "./runs.ts"

/** What a run compares. */
export const ScopeText = ({ run: { scope } }: { readonly run: Run }) => {
  if (scope.kind === "organisation") return <span>everything</span>
  return scope.kind === "account" ? <AccountName id={scope.id} /> : <span>one subscription</span>
}

/** How far a run is that is under way. */
export const RunProgress = ({ run: { progress, status } }: { readonly run: Run }) => {
  const done = progress.observed + progress.failed
  const share = progress.customers === 0 ? 0 : (100 * done) / progress.customers
  return (
    <div>
      <Progress
        value={status === "comparing" ? 100 : share}
        aria-label="Customers fetched"
        animated
        striped
      />
      <Text size="xs" c="dimmed">
        {countText(done)} of {countText(progress.customers)} customers
        {progress.failed > 0 && `, ${countText(progress.failed)} could not be fetched`}
      </Text>
    </div>
  )
}
