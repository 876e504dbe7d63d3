import type { Instance } from "../instance/Instance.ts"
import type { NewNotification } from "../notification/Notification.ts"
import { type Instant, toIso } from "../time/Instant.ts"
import { type Consent, idleDaysLeft, idleEndsAt } from "./Consent.ts"

type Named = Pick<Instance, "id" | "name">

/** How it is named: the primary account needs no word of its own. */
const nameOf = ({ name }: Named, { environment }: Consent): string =>
  environment === "sandbox" ? `${name} (sandbox)` : name

const again = ({ name }: Named): string =>
  `Authenticate it again: concordat instance authenticate ${name}, or POST /v1/instances/${name}/consent.`

/** One for each number of days of one idle time: after a use it counts anew. */
export const expiringNotification = (
  instance: Named,
  consent: Consent,
  days: number,
  now: Instant
): NewNotification => {
  const left = idleDaysLeft(consent, now)
  const name = nameOf(instance, consent)
  return {
    key: `consent-expiring ${consent.instanceId} ${consent.environment} ${consent.usedAt} ${days}`,
    kind: "consent-expiring",
    severity: days <= 7 ? "critical" : "warning",
    instanceId: consent.instanceId,
    subject: `The consent of ${name} ends in ${left === 1 ? "1 day" : `${left} days`}`,
    text: [
      `It was last used on ${day(consent.usedAt)} and ends on ${day(idleEndsAt(consent))}, unless it is used before.`,
      consent.problem === null
        ? "The daily use does not run: start a reconciler."
        : `The last use failed (${consent.problem.code ?? "no code"}): ${consent.problem.text} ${consent.problem.wayOut}`,
      `Or sign in again, which starts the 90 days anew: concordat instance authenticate ${instance.name}.`
    ].join(" "),
    raisedAt: now
  }
}

/** One for each consent that ends. */
export const endedNotification = (
  instance: Named,
  consent: Consent,
  now: Instant
): NewNotification => ({
  key: `consent-ended ${consent.instanceId} ${consent.environment} ${consent.consentedAt}`,
  kind: "consent-ended",
  severity: "critical",
  instanceId: consent.instanceId,
  subject: `${nameOf(instance, consent)} is paused: its consent has ended`,
  text: `${said(consent)} Its work waits and goes on by itself afterwards. ${again(instance)}`,
  raisedAt: now
})

/** One for each refusal that lasts, until it is another one. */
export const failingNotification = (
  instance: Named,
  consent: Consent,
  now: Instant
): NewNotification => ({
  key: `consent-failing ${consent.instanceId} ${consent.environment} ${consent.problem?.code ?? ""} ${consent.problem?.since ?? now}`,
  kind: "consent-failing",
  severity: "warning",
  instanceId: consent.instanceId,
  subject: `The consent of ${nameOf(instance, consent)} cannot be used`,
  text: `${said(consent)} Unless this is put right it ends on ${day(idleEndsAt(consent))}.`,
  raisedAt: now
})

const said = ({ problem }: Consent): string =>
  problem === null ? "" : `${problem.code ?? "Microsoft"}: ${problem.text} ${problem.wayOut}`

const day = (instant: Instant): string => toIso(instant).slice(0, 10)
