import { Select, type SelectProps } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useState } from "react"
import { useRead } from "../../api/hooks.ts"

/** Finds an account by what people know of it: name, code, domain, e-mail address. Nobody types an id. */
export const AccountSelect = ({
  value,
  onChange,
  ...props
}: {
  readonly value: string | null
  readonly onChange: (id: string | null) => void
} & Pick<SelectProps, "label" | "description" | "error" | "placeholder" | "required" | "w">) => {
  const [typed, setTyped] = useState("")
  const [asked] = useDebouncedValue(typed, 200)
  const chosen = useRead(
    "GET /v1/accounts/:id",
    { params: { id: value ?? "" } },
    { enabled: value !== null }
  )
  const name = value === null ? undefined : chosen.data?.name
  const found = useRead("GET /v1/accounts", {
    query: { q: asked === name ? "" : asked, limit: "20" }
  })
  const options = (found.data?.items ?? []).map(({ code, id, name, kind }) => ({
    value: id,
    label: `${name} (${code}, ${kind})`
  }))
  const isListed = options.some((option) => option.value === value)
  return (
    <Select
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Clear the account" }}
      maxLength={200}
      nothingFoundMessage={found.isFetching ? "Searching …" : "No account is called that"}
      placeholder="Name, code, domain …"
      data={value === null || isListed ? options : [{ value, label: name ?? value }, ...options]}
      // The server has searched already.
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      {...props}
    />
  )
}
