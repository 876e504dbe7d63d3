import { Api } from "@concordat/contracts/Api"
import { Notifications } from "@concordat/core/notification/Notifications"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { pageOf } from "../Cursors.ts"

/** What operators are told. */
export const notificationsLayer = HttpApiBuilder.group(
  Api,
  "notifications",
  Effect.fnUntraced(function* (handlers) {
    const notifications = yield* Notifications
    return handlers.handleAll({
      list: ({ query }) => pageOf("notifications", query, notifications.list)
    })
  })
)
