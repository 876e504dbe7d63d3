import { Select, type SelectProps } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useState } from "react"
import { useRead } from "../../api/hooks.ts"

/** Finds a product of an instance by its name, code or offer; the choice is its offer. */
export const ProductSelect = ({
  instance,
  value,
  onChange,
  ...props
}: {
  readonly instance: string
  readonly value: string | null
  readonly onChange: (offer: string | null) => void
} & Pick<SelectProps, "label" | "description" | "error" | "required" | "disabled" | "w">) => {
  const [typed, setTyped] = useState("")
  const [asked] = useDebouncedValue(typed, 200)
  const found = useRead("GET /v1/catalogue/products", {
    query: { instance, q: /\(([^()]+)\)$/u.exec(asked)?.[1] ?? asked, limit: "20" }
  })
  const options = (found.data?.items ?? []).map(({ name, offer }) => ({
    value: offer,
    label: `${name} (${offer})`
  }))
  const isListed = options.some((option) => option.value === value)
  return (
    <Select
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Clear the product" }}
      maxLength={200}
      nothingFoundMessage={found.isFetching ? "Searching …" : "No product is called that"}
      placeholder="Name, code, offer …"
      data={value === null || isListed ? options : [{ value, label: value }, ...options]}
      // The server has searched already.
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      {...props}
    />
  )
}
