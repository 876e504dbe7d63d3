import { randomUUID } from "node:crypto"
import type { MpnIdView } from "@concordat/contracts/mpnids"
import { InstanceName, MpnId } from "@concordat/core/instance/Instance"
import { toIso } from "@concordat/core/time/Instant"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connect } from "../Api.ts"
import { printable } from "../Table.ts"

/** `concordat instance mpn` */
export const mpn = Command.make(
  "mpn",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("The instance's name, as instance list shows it"),
      Argument.withSchema(InstanceName)
    ),
    mpnId: Argument.String("mpn-id").pipe(
      Argument.withDescription("The MPN id (Partner ID) of a reseller: a number"),
      Argument.withSchema(MpnId)
    ),
    now: Flag.Boolean("now").pipe(
      Flag.withDescription("Ask Partner Center whatever the age of the verdict"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ name, mpnId, now }) {
    const api = yield* connect()
    const params = { name, mpnId }
    const view = yield* (
      now
        ? api.client.mpnids.check({
            params,
            headers: { "idempotency-key": randomUUID() },
            query: {}
          })
        : api.client.mpnids.get({ params, query: {} })
    ).pipe(Effect.mapError(api.explained))
    yield* Console.log(linesOf(view).join("\n"))
  })
).pipe(
  Command.withDescription(
    "Show whether a reseller's MPN id can be partner of record. Partner Center is asked when the verdict is older than a day."
  ),
  Command.withShortDescription("Check a reseller's MPN id")
)

const linesOf = (view: MpnIdView): ReadonlyArray<string> => {
  const { ageSeconds, checkedAt, failure, partnerName, reason, verdict } = view
  const rows: ReadonlyArray<readonly [string, string | null]> = [
    ["Partner", partnerName],
    ["Reason", reason],
    ["Checked", checkedAt === null ? null : `${toIso(checkedAt)} (${ageOf(ageSeconds ?? 0)} ago)`],
    ["Not asked", failure === null ? null : `${toIso(failure.at)}: ${failure.text}`]
  ]
  return [
    `${view.mpnId}: ${verdict}`,
    ...rows.flatMap(([heading, text]) =>
      text === null ? [] : [`  ${heading.padEnd(10)}${printable(text)}`]
    )
  ]
}

/** In the largest unit of which there are two. */
const ageOf = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.floor(seconds / 60)} min`
      : seconds < 172_800
        ? `${Math.floor(seconds / 3_600)} h`
        : `${Math.floor(seconds / 86_400)} days`
