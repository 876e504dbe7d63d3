import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { type InstanceId, InstanceName } from "../instance/Instance.ts"
import { Instant } from "../time/Instant.ts"

export const NotificationId = Guid.pipe(Schema.brand("NotificationId"))
export type NotificationId = typeof NotificationId.Type

/** `consent-expiring`: its 90 idle days are running out. `consent-ended`: work waits. `consent-failing`: a use was refused. */
export const NotificationKind = Schema.Literals([
  "consent-expiring",
  "consent-ended",
  "consent-failing"
])
export type NotificationKind = typeof NotificationKind.Type

/** `critical`: something has stopped. `warning`: it will, unless somebody acts. */
export const Severity = Schema.Literals(["info", "warning", "critical"])
export type Severity = typeof Severity.Type

/** Something that an operator should know without having asked. */
export class Notification extends Schema.Opaque<Notification>()(
  Schema.Struct({
    id: NotificationId,
    kind: NotificationKind,
    severity: Severity,
    /** The instance it is about; null when it is about none. */
    instance: Schema.NullOr(InstanceName),
    subject: Schema.String,
    /** What happened and what to do. */
    text: Schema.String,
    raisedAt: Instant
  }).annotate({ identifier: "Notification" })
) {}

/** What to raise. Two with the same key are one: raising it again changes nothing. */
export interface NewNotification extends Omit<Notification, "id" | "instance"> {
  readonly key: string
  readonly instanceId: InstanceId | null
}
