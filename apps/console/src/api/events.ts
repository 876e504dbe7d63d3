import { useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import type { Reading } from "./Operations.ts"

/** What is read again when the API tells that something of a kind has changed. */
const readings: Readonly<Record<string, ReadonlyArray<Reading>>> = {
  reconciliation: ["GET /v1/reconciliations", "GET /v1/reconciliations/:id"],
  "catalogue-run": [
    "GET /v1/catalogue/runs",
    "GET /v1/catalogue/runs/:id",
    "GET /v1/catalogue/runs/:id/changes",
    "GET /v1/catalogue/runs/:id/log"
  ],
  notification: ["GET /v1/notifications"],
  mail: ["GET /v1/outbox", "GET /v1/outbox/:id"],
  synchronization: ["GET /v1/accounts/:id/synchronization"]
}

/**
 * Read again as well, but no sooner than so long after the last time: a run tells of its progress many times a second,
 * and these say nothing of that.
 */
const calmReadings: Readonly<Record<string, ReadonlyArray<Reading>>> = {
  reconciliation: ["GET /v1/overview"]
}
const calmMs = 10_000

/** The kind of an event; `all` after a connection was made anew, when anything may have changed. */
const kindOf = (data: unknown): string => {
  try {
    const event: unknown = JSON.parse(String(data))
    return typeof event === "object" && event !== null && "kind" in event ? String(event.kind) : ""
  } catch {
    return ""
  }
}

/**
 * Keeps what is shown up to date: the API says which kind of thing has changed, and what is shown of it is read again.
 * The browser connects anew by itself; meanwhile the pages' own intervals do.
 */
export const useEvents = (): void => {
  const client = useQueryClient()
  useEffect(() => {
    let isFirst = true
    let calm: ReturnType<typeof setTimeout> | undefined
    const readCalmly = (names: ReadonlyArray<Reading>) => {
      calm ??= setTimeout(() => {
        calm = undefined
        void client.invalidateQueries({
          predicate: ({ queryKey: [read] }) => names.some((name) => name === read)
        })
      }, calmMs)
    }
    const source = new EventSource("/v1/events")
    source.onmessage = ({ data }) => {
      const kind = kindOf(data)
      // At first the page is reading everything anyway.
      const isKnown = isFirst && kind === "all"
      isFirst = false
      if (isKnown) return
      const changed = readings[kind] ?? []
      const calmly = calmReadings[kind]
      if (calmly !== undefined) readCalmly(calmly)
      void client.invalidateQueries({
        predicate: ({ queryKey: [read] }) =>
          kind === "all" ? read !== "session" : changed.some((name) => name === read)
      })
    }
    return () => {
      clearTimeout(calm)
      source.close()
    }
  }, [client])
}
