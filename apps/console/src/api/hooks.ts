import {
  keepPreviousData,
  type QueryKey,
  useMutation,
  useQuery,
  useQueryClient
} from "@tanstack/react-query"
import { useRef } from "react"
import type { Answer, Command, Name, Parts, Reading } from "./Operations.ts"
import type { Problem } from "./Problem.ts"
import { command, newIdempotencyKey, read } from "./request.ts"
import { useSession } from "./Session.tsx"

interface ReadOptions<A> {
  readonly enabled?: boolean
  /** How soon to look again while no event tells; false: never. */
  readonly everyMs?: (answer: A | undefined) => number | false
}

const keyOf = <N extends Name>(name: N, parts: Parts<N>): QueryKey => [name, parts]

/** Reads, and keeps showing the page before while the next one is on its way. */
export const useRead = <N extends Reading>(
  name: N,
  parts: Parts<N>,
  { enabled = true, everyMs = () => false }: ReadOptions<Answer<N>> = {}
) =>
  useQuery<Answer<N>, Problem>({
    queryKey: keyOf(name, parts),
    queryFn: ({ signal }) => read(name, parts, signal),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => everyMs(state.data)
  })

/** What is sent with a command, and the version that was read of what several may edit. */
export interface Sent<N extends Command> {
  readonly parts: Parts<N>
  readonly version?: number
}

/**
 * Does something. What is sent again after silence carries the same key, so that it happens once. Afterwards what the
 * names in `changes` have read is read again.
 */
export const useCommand = <N extends Command>(name: N, changes: ReadonlyArray<Reading>) => {
  const client = useQueryClient()
  const csrfToken = useSession()?.csrfToken ?? null
  const intention = useRef<{ readonly of: string; readonly key: string }>(null)
  return useMutation<Answer<N>, Problem, Sent<N>>({
    mutationFn: ({ parts, version }) => {
      const of = JSON.stringify([parts, version])
      const key = intention.current?.of === of ? intention.current.key : newIdempotencyKey()
      intention.current = { of, key }
      return command(name, parts, { csrfToken, version, idempotencyKey: key })
    },
    onSettled: (_answer, problem) => {
      // Anything but silence is an answer: the next time is another intention.
      if (problem === null || problem.status !== 0) intention.current = null
      return client.invalidateQueries({
        predicate: ({ queryKey: [read] }) => changes.some((changed) => changed === read)
      })
    }
  })
}
