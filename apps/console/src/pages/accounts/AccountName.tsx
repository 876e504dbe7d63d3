import { Anchor, Code } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { useRead } from "../../api/hooks.ts"

/** An account by its name, with the way to it; its id where the name cannot be read. */
export const AccountName = ({ id }: { readonly id: string }) => {
  const account = useRead("GET /v1/accounts/:id", { params: { id } })
  return (
    <Anchor component={Link} to={`/accounts/${id}`} className="foreign">
      {account.data?.name ?? <Code>{id}</Code>}
    </Anchor>
  )
}
