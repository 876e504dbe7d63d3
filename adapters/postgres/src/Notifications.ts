import { randomUUID } from "node:crypto"
import { NotificationId } from "@concordat/core/notification/Notification"
import { Notifications } from "@concordat/core/notification/Notifications"
import { Effect, Layer } from "effect"
import { newestFirst } from "./Keyset.ts"
import { statements } from "./Statements.ts"

const byAge = newestFirst("notification", "raised_at", NotificationId)

/** What operators are told, in Postgres. */
export const notificationsLayer = Layer.effect(
  Notifications,
  Effect.gen(function* () {
    const { run } = yield* statements

    const raise = Effect.fn("Notifications.raise")(function* (
      given: Parameters<Notifications["Service"]["raise"]>[0]
    ) {
      const raised = yield* run("Notifications.raise", (db) =>
        db
          .insertInto("notification")
          .values({
            id: NotificationId.make(randomUUID()),
            key: given.key,
            kind: given.kind,
            severity: given.severity,
            instance_id: given.instanceId,
            subject: given.subject,
            text: given.text,
            raised_at: new Date(given.raisedAt)
          })
          .onConflict((conflict) => conflict.column("key").doNothing())
          .returning("id")
          .executeTakeFirst()
      )
      return raised !== undefined
    })

    const list = Effect.fn("Notifications.list")(function* (
      page: Parameters<Notifications["Service"]["list"]>[0]
    ) {
      const after = yield* byAge.after(page)
      const rows = yield* run("Notifications.list", (db) =>
        db
          .selectFrom("notification")
          .leftJoin("instance", "instance.id", "notification.instance_id")
          .select([
            "notification.id",
            "notification.kind",
            "notification.severity",
            "notification.subject",
            "notification.text",
            "notification.raised_at",
            "instance.name as instance"
          ])
          .where(byAge.isAfter(after))
          .orderBy("notification.raised_at", "desc")
          .orderBy("notification.id", "desc")
          .limit(page.limit + 1)
          .execute()
      )
      return byAge.page(
        rows,
        page,
        ({ id, kind, severity, instance, subject, text, raised_at }) => ({
          id,
          kind,
          severity,
          instance,
          subject,
          text,
          raisedAt: raised_at
        })
      )
    })

    return Notifications.of({ raise, list })
  })
)
