import { nameIn, type RawSearch, textIn } from "../../frame/search.ts"

const parts = { health: 1, operators: 1, keys: 1, secrets: 1 }

export interface SystemSearch {
  readonly show?: keyof typeof parts | undefined
  readonly cursor?: string | undefined
}

export const systemSearch = (raw: RawSearch): SystemSearch => ({
  show: nameIn(raw, "show", parts),
  cursor: textIn(raw, "cursor")
})
