import type { NotificationView } from "@concordat/contracts/notifications"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { connect } from "../Api.ts"
import { limitFlag } from "../pages.ts"
import { printable } from "../Table.ts"

const textOf = ({ raisedAt, severity, subject, text }: NotificationView): string =>
  `${toIso(raisedAt).slice(0, 16).replace("T", " ")} UTC  ${severity.toUpperCase()}  ${printable(subject)}\n  ${printable(text)}`

const list = Command.make(
  "list",
  {
    limit: limitFlag(20)
  },
  Effect.fnUntraced(function* ({ limit }) {
    const api = yield* connect()
    const { items, next } = yield* api.client.notifications
      .list({ query: { limit } })
      .pipe(Effect.mapError(api.explained))
    yield* Console.log(
      items.length === 0 ? "There are no notifications." : items.map(textOf).join("\n\n")
    )
    if (next !== null) yield* Console.error(`There are more; the newest ${items.length} are shown.`)
  })
).pipe(Command.withDescription("List what operators should know, newest first"))

/** `concordat notification …` */
export const notification = Command.make("notification").pipe(
  Command.withDescription("What operators should know without having asked"),
  Command.withSubcommands([list])
)
