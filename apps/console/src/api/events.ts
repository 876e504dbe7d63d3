import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import type { Reading } from "./Operations.ts"

/** What is read again when the API tells that something of a kind has changed. */
const readings: Readonly<Record<string, ReadonlyArray<Reading>>> = {
  reconciliation: ["GET /v1/reconciliations", "GET /v1/reconciliations/:id"],
  catalogueRun: [
    "GET /v1/catalogue/runs",
    "GET /v1/catalogue/runs/:id",
    "GET /v1/catalogue/runs/:id/log"
  ],
  notification: ["GET /v1/notifications"],
  mail: ["GET /v1/outbox"],
  synchronization: ["GET /v1/accounts/:id/synchronization"]
}

/**
 * Keeps what is shown up to date: the API says which kind of thing has changed, and what was read of it is read again.
 * The browser connects anew by itself; meanwhile the pages' own intervals do.
 */
export const useEvents = (): void => {
  const client = useQueryClient()
  useEffect(() => {
    const source = new EventSource("/v1/events")
    const forget = (kind: string) => () => {
      const changed = readings[kind] ?? []
      void client.invalidateQueries({
        predicate: ({ queryKey: [read] }) => changed.some((name) => name === read)
      })
    }
    for (const kind of Object.keys(readings)) source.addEventListener(kind, forget(kind))
    return () => source.close()
  }, [client])
}
