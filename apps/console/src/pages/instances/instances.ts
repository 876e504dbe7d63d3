import type { Item, Payload, Reading } from "../../api/Operations.ts"
import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"

export type InstanceItem = Item<"GET /v1/instances">
export type NewInstance = Payload<"POST /v1/instances">
export type InstancePatch = Payload<"PATCH /v1/instances/:name">

export const cloudNames: Record<InstanceItem["cloud"], string> = {
  global: "Global",
  "us-government": "US Government",
  china: "China (21Vianet)",
  germany: "Germany (historical)",
  custom: "Custom addresses"
}
export const cspStatusNames: Record<InstanceItem["cspStatus"], string> = {
  direct: "Direct partner",
  indirect: "Indirect provider"
}
export const productNamesNames: Record<InstanceItem["productNames"], string> = {
  keep: "Keep names edited by hand",
  update: "Update them to Microsoft's with each run"
}
export const environmentNames: Record<InstanceItem["environment"], string> = {
  primary: "primary account",
  sandbox: "integration sandbox"
}

/** What the list's address says: what is being done there. */
export interface InstancesSearch {
  readonly do?: "connect" | "import" | undefined
}
export const instancesSearch = (raw: RawSearch): InstancesSearch => ({
  do: nameIn(raw, "do", { connect: 1, import: 1 })
})

/** What an instance's page shows. */
export const sectionNames = {
  state: "State",
  settings: "Settings",
  sandbox: "Sandbox",
  log: "Log"
} as const

export interface InstanceSearch {
  readonly show?: keyof typeof sectionNames | undefined
  readonly cursor?: string | undefined
}
export const instanceSearch = (raw: RawSearch): InstanceSearch => ({
  show: nameIn(raw, "show", sectionNames),
  cursor: textIn(raw, "cursor")
})

/** What is read again after an instance was changed. */
export const instanceReadings: ReadonlyArray<Reading> = [
  "GET /v1/instances",
  "GET /v1/instances/:name",
  "GET /v1/instances/:name/budget",
  "GET /v1/instances/:name/consent",
  "GET /v1/instances/:name/events"
]
