import { InstanceName } from "@concordat/core/instance/Instance"
import {
  NotificationId,
  NotificationKind,
  Severity
} from "@concordat/core/notification/Notification"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, timestamp } from "./Field.ts"
import { pageOf, pageQuery } from "./Page.ts"

/** Something that an operator should know without having asked. */
export const NotificationView = Schema.Struct({
  id: guid(NotificationId, "The notification."),
  kind: described(
    NotificationKind,
    "What happened. consent-expiring: nobody has used it for long. consent-ended: the instance's work waits. consent-failing: Microsoft refuses to renew it."
  ),
  severity: described(
    Severity,
    "How urgent it is. critical: something has stopped. warning: it will."
  ),
  instance: described(Schema.NullOr(InstanceName), "The instance that it is about, if any."),
  subject: Schema.String.annotate({ description: "In one line." }),
  text: Schema.String.annotate({ description: "What happened and what to do." }),
  raisedAt: timestamp("When.")
}).annotate({
  identifier: "Notification",
  description: "Something that an operator should know without having asked."
})
export type NotificationView = typeof NotificationView.Type

/** What operators are told. */
export class NotificationsGroup extends HttpApiGroup.make("notifications")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: pageQuery,
      success: pageOf(NotificationView, "NotificationPage")
    })
      .annotate(OpenApi.Summary, "List notifications, newest first")
      .annotateMerge(requires("notifications:read"))
  )
  .middleware(Bearer)
  .prefix("/v1/notifications")
  .annotateMerge(
    OpenApi.annotations({
      title: "Notifications",
      description: "What operators should know without having asked."
    })
  ) {}
