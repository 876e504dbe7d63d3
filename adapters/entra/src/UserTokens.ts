import type { Accounts } from "@concordat/core/account/Accounts"
import type { Consents } from "@concordat/core/consent/Consents"
import { mfaMissing } from "@concordat/core/consent/mfaMissing"
import type { SignIn } from "@concordat/core/consent/SignIn"
import { UserTokens } from "@concordat/core/consent/UserTokens"
import { userToken } from "@concordat/core/consent/userToken"
import type { Instances } from "@concordat/core/instance/Instances"
import type { Outbox } from "@concordat/core/mail/Outbox"
import type { Templates } from "@concordat/core/mail/Templates"
import type { Notifications } from "@concordat/core/notification/Notifications"
import type { Identifiers } from "@concordat/core/work/Identifiers"
import type { UnitOfWork } from "@concordat/core/work/UnitOfWork"
import { Effect, Layer } from "effect"

type Needed =
  | Consents
  | SignIn
  | Instances
  | Identifiers
  | Notifications
  | Accounts
  | Outbox
  | Templates
  | UnitOfWork

/** Tokens of users from the consents that are kept. It holds nothing in memory: processes share what the database has. */
export const userTokensLayer: Layer.Layer<UserTokens, never, Needed> = Layer.effect(
  UserTokens,
  Effect.map(Effect.context<Needed>(), (context) =>
    UserTokens.of({
      get: (instance, resource, unlike) =>
        userToken(instance, resource, unlike).pipe(Effect.provideContext(context)),
      mfaMissing: (instance, refusal) =>
        mfaMissing(instance, refusal).pipe(Effect.provideContext(context))
    })
  )
)
