import { Select, type SelectProps } from "@mantine/core"
import { useRead } from "../../api/hooks.ts"

/** The instances by name; there are few. */
export const useInstances = (enabled = true) =>
  useRead("GET /v1/instances", { query: { limit: "200" } }, { enabled })

export const InstanceSelect = ({
  value,
  onChange,
  ...props
}: {
  readonly value: string | null
  readonly onChange: (name: string | null) => void
} & Pick<SelectProps, "label" | "description" | "error" | "required" | "clearable" | "w">) => {
  const instances = useInstances()
  return (
    <Select
      placeholder="Choose"
      data={(instances.data?.items ?? []).map(({ name }) => name)}
      value={value}
      onChange={onChange}
      clearButtonProps={{ "aria-label": "Clear the instance" }}
      {...props}
    />
  )
}
