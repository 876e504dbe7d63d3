import { Effect } from "effect"
import { Accounts } from "../account/Accounts.ts"
import type { Instance } from "../instance/Instance.ts"
import { Language, languageDefault } from "../mail/Template.ts"
import { writeMail } from "../mail/writeMail.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import type { NewNotification } from "./Notification.ts"
import { Notifications } from "./Notifications.ts"

/**
 * Tells operators: raises the notification, and the first time writes its mail to the organisation, both or neither.
 * True when it is new. An organisation without an e-mail address has a mail that failed, with the way out.
 */
export const notifyOperators = Effect.fn("notifyOperators")(function* (
  instance: Pick<Instance, "name">,
  notification: NewNotification
) {
  const { within } = yield* UnitOfWork
  const notifications = yield* Notifications
  return yield* within(
    Effect.gen(function* () {
      const isNew = yield* notifications.raise(notification)
      if (isNew) yield* mail(instance, notification)
      return isNew
    })
  )
})

const mail = Effect.fnUntraced(function* (
  instance: Pick<Instance, "name">,
  { key, kind, subject, text }: NewNotification
) {
  const accounts = yield* Accounts
  const { items } = yield* accounts.search(
    undefined,
    null,
    { cursor: undefined, limit: 50 },
    { kind: "organisation" }
  )
  const organisation = items.find(({ parentId }) => parentId === null)
  yield* writeMail({
    kind,
    key,
    accounts: organisation === undefined ? [] : [organisation.id],
    language: Language.make((organisation?.language ?? languageDefault).split("-", 1)[0] ?? "en"),
    values: {
      "Organisation.Name": organisation?.name ?? "",
      "Organisation.Email": organisation?.email ?? "",
      "Instances.Name": instance.name,
      "Notifications.Subject": subject,
      "Notifications.Text": text
    }
  })
})
