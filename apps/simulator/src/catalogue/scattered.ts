import type { Random } from "../Random.ts"
import { countries } from "./markets.ts"

/** Countries of an item: mostly all of them, of every eighth some are missing. */
export const scattered = (
  random: Random,
  onlyIn: ReadonlyArray<string> | null
): ReadonlyArray<string> => {
  if (onlyIn !== null) return onlyIn
  if (!random.chance(0.12)) return countries
  const missing = new Set(random.shuffle(countries).slice(0, random.between(1, 3)))
  return countries.filter((country) => !missing.has(country))
}
