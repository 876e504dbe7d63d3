import type { Role, Scope } from "@concordat/core/actor/Actor"
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query"
import type { Answer } from "./Operations.ts"
import type { Problem } from "./Problem.ts"
import { read } from "./request.ts"

/** Who is signed in, and what that operator may do. The API decides again with each request. */
export type Session = NonNullable<Answer<"GET /v1/session">>

/** The session; null when nobody is signed in. */
export const sessionQuery = queryOptions<Session | null, Problem>({
  queryKey: ["session"],
  queryFn: ({ signal }) => read("GET /v1/session", {}, signal),
  staleTime: 60_000
})

export const useSession = (): Session | null => useQuery(sessionQuery).data ?? null

/** Whether the page may offer what needs the scope. */
export const useMay = (scope: Scope): boolean => useSession()?.scopes.includes(scope) ?? false

/** Takes the session that a sign-in or a change of it has answered; null ends it and forgets all that was read. */
export const useTakeSession = () => {
  const client = useQueryClient()
  return (session: Session | null) => {
    if (session === null)
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" })
    client.setQueryData(sessionQuery.queryKey, session)
  }
}

export const roleNames: Record<Role, string> = {
  "operator-admin": "Operator, administrator",
  operator: "Operator",
  "read-only": "Read only",
  reseller: "Reseller",
  customer: "Customer"
}
