import type { Role } from "@concordat/core/actor/Actor"
import { Select } from "@mantine/core"
import { roleNames } from "../../api/Session.tsx"
import { nameIn } from "../../frame/search.ts"

/** Resellers and customers see one branch of the accounts; the others everything. */
export const isBranchRole = (role: Role): boolean => role === "reseller" || role === "customer"

/** What somebody, or some program, is. */
export const RoleSelect = ({
  value,
  onChange
}: {
  readonly value: Role
  readonly onChange: (role: Role) => void
}) => (
  <Select
    label="Role"
    allowDeselect={false}
    data={Object.entries(roleNames).map(([value, label]) => ({ value, label }))}
    value={value}
    onChange={(value) => onChange(nameIn({ value }, "value", roleNames) ?? "read-only")}
  />
)
