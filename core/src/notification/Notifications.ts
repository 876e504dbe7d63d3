import { Context, type Effect } from "effect"
import type { Page, PageRequest } from "../page/Page.ts"
import type { NewNotification, Notification } from "./Notification.ts"

/** What operators are told. */
export class Notifications extends Context.Service<
  Notifications,
  {
    /** Keeps it, once for each key; false when it was raised before. */
    readonly raise: (notification: NewNotification) => Effect.Effect<boolean>
    /** Newest first. */
    readonly list: (page: PageRequest) => Effect.Effect<Page<Notification>>
  }
>()("core/notification/Notifications") {}
