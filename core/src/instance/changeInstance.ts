import { Effect } from "effect"
import { redefineSyncOptions } from "../tenant/defineSyncOptions.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import type { InstanceId } from "./Instance.ts"
import type { InstanceChange } from "./InstanceChange.ts"
import type { Act } from "./InstanceEvent.ts"
import { Instances } from "./Instances.ts"

/** Changes the version of an instance that was read, with all that follows its settings, or nothing. */
export const changeInstance = Effect.fn("changeInstance")(function* (
  id: InstanceId,
  expectedVersion: number,
  change: InstanceChange,
  act: Act
) {
  const { update } = yield* Instances
  const { within } = yield* UnitOfWork
  return yield* within(Effect.tap(update(id, expectedVersion, change, act), redefineSyncOptions))
})
