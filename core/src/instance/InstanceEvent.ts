import { Schema } from "effect"
import { Instant } from "../time/Instant.ts"

/** A setting's value as the log of changes shows it; null = none, or a secret, which is never shown. */
export const SettingValue = Schema.Union([
  Schema.String,
  Schema.Number,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.String)
])
export type SettingValue = typeof SettingValue.Type

/** One setting that changed. Of a secret only that it changed. */
export class SettingChange extends Schema.Opaque<SettingChange>()(
  Schema.Struct({ field: Schema.String, before: SettingValue, after: SettingValue })
) {}

/**
 * `registered`: it is there now. `changed`: settings or credentials. `switched`: another environment is live, which
 * decides whether orders are real.
 */
export const InstanceEventKind = Schema.Literals(["registered", "changed", "switched"])
export type InstanceEventKind = typeof InstanceEventKind.Type

/** What somebody did to an instance. Events are appended and never changed. */
export class InstanceEvent extends Schema.Opaque<InstanceEvent>()(
  Schema.Struct({
    id: Schema.Int,
    at: Instant,
    actor: Schema.String,
    correlationId: Schema.String,
    kind: InstanceEventKind,
    /** Why, in the words of whoever did it; null where nobody was asked. */
    reason: Schema.NullOr(Schema.String),
    changes: Schema.Array(SettingChange)
  })
) {}

/** Who acts, and why. */
export interface Act {
  readonly actor: string
  readonly correlationId: string
  readonly reason?: string | undefined
}
