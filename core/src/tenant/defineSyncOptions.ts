import { Effect } from "effect"
import type { Instance } from "../instance/Instance.ts"
import { definedSyncOptions, type SyncOptionName } from "./SyncOption.ts"
import { SyncOptions } from "./SyncOptions.ts"

type Settings = Pick<Instance, "id" | "cspStatus" | "countries">

/**
 * Makes the instance's sync options, as "Get Services Definitions" does (domain.md §5, §7), and returns the names of
 * those that are new. Nothing that accounts have said is touched.
 */
export const defineSyncOptions = Effect.fn("defineSyncOptions")(function* (instance: Settings) {
  const { define, definitions } = yield* SyncOptions
  const before = yield* definitions(instance.id)
  const defined = definedSyncOptions(instance, before)
  yield* define(instance.id, defined)
  return defined.flatMap(
    ({ name }): ReadonlyArray<SyncOptionName> =>
      before.some((one) => one.name === name) ? [] : [name]
  )
})

/**
 * After the instance's settings were saved: the options follow, such as the tax id with a country that asks for one
 * (domain.md §8c). An instance whose catalogue was never read has none, and gets them with that.
 */
export const redefineSyncOptions = Effect.fn("redefineSyncOptions")(function* (instance: Settings) {
  const { definitions } = yield* SyncOptions
  if ((yield* definitions(instance.id)).length > 0) yield* defineSyncOptions(instance)
})
