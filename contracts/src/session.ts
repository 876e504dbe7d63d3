import { AccountId } from "@concordat/core/account/Account"
import { Role, Scope } from "@concordat/core/actor/Actor"
import { OperatorId, OperatorName, passwordLengthMax } from "@concordat/core/operator/Operator"
import { SessionId } from "@concordat/core/operator/Session"
import { sessionsListedMax } from "@concordat/core/operator/Sessions"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { openTo, SignedIn } from "./Auth.ts"
import { described, guid, line, timestamp } from "./Field.ts"
import { newPassword } from "./operators.ts"
import { noQuery } from "./Page.ts"
import {
  BodyTooLarge,
  CrossSiteRefused,
  MediaTypeUnsupported,
  SessionNotFound,
  SignInRefused,
  TooManyAttempts
} from "./Problem.ts"

/** Who is signed in, and what a page must know of it. */
export const SessionView = Schema.Struct({
  id: guid(SessionId, "The session's id, for ending it from elsewhere. It opens nothing."),
  operator: Schema.Struct({
    id: guid(OperatorId, "The operator's id."),
    name: described(OperatorName, "What the operator signs in with."),
    role: described(Role, "What the operator is."),
    branch: described(
      Schema.NullOr(guid(AccountId, "The account.")),
      "The account whose branch the operator sees; null = everything."
    )
  }).annotate({ identifier: "SessionOperator", description: "Who is signed in." }),
  scopes: described(Schema.Array(Scope), "What the operator may do: what a page should show."),
  csrfToken: Schema.String.annotate({
    description:
      "To be sent as X-CSRF-Token with every request of this session but GET and HEAD. It is another one after each sign-in."
  }),
  idleEndsAt: timestamp("When the session ends unless something is asked before."),
  endsAt: timestamp("When it ends in any case.")
}).annotate({ identifier: "Session", description: "Who is signed in, in this browser." })
export type SessionView = typeof SessionView.Type

const OwnSession = Schema.Struct({
  id: guid(SessionId, "The session's id."),
  startedAt: timestamp("When it began."),
  seenAt: timestamp("When it was last used, to the minute."),
  address: described(
    Schema.NullOr(Schema.String),
    "The address it began from; null where that is not known."
  ),
  userAgent: described(
    Schema.NullOr(Schema.String),
    "The browser, as it calls itself; null where it does not."
  ),
  current: Schema.Boolean.annotate({ description: "Whether it is the one that asks." })
}).annotate({ identifier: "OwnSession", description: "A browser in which one is signed in." })

/** A password as it is typed at the door: one that is too short is wrong, not malformed. */
const typed = (description: string) =>
  Schema.RedactedFromValue(
    Schema.String.check(Schema.isMaxLength(passwordLengthMax)).annotate({ description })
  )

/** Signing in and out, and one's own sessions. */
export class SessionGroup extends HttpApiGroup.make("session")
  .add(
    HttpApiEndpoint.post("signIn", "/session", {
      query: noQuery,
      payload: Schema.Struct({
        name: line("The operator's name; capitals do not matter.", { min: 1, max: 100 }),
        password: typed("The password.")
      }).annotate({ identifier: "SignIn", description: "A name and its password." }),
      success: SessionView,
      error: [SignInRefused, CrossSiteRefused, TooManyAttempts, BodyTooLarge, MediaTypeUnsupported]
    })
      .annotate(OpenApi.Summary, "Sign in by name and password")
      .annotate(
        OpenApi.Description,
        "Always begins a new session, whatever cookie is sent, and sets its cookie: `HttpOnly`, `SameSite=Strict`, and `Secure` over https. After some failures a name or an address has to wait, longer each time (429, `Retry-After`), never for good."
      )
      .annotateMerge(openTo("anybody")),
    HttpApiEndpoint.get("current", "/session", {
      query: noQuery,
      success: [SessionView, HttpApiSchema.NoContent]
    })
      .annotate(OpenApi.Summary, "Get who is signed in in this browser")
      .annotate(OpenApi.Description, "Answers 204 when nobody is, or the session is over.")
      .annotateMerge(openTo("anybody")),
    HttpApiEndpoint.delete("signOut", "/session", {
      query: noQuery,
      success: HttpApiSchema.NoContent
    })
      .middleware(SignedIn)
      .annotate(OpenApi.Summary, "Sign out")
      .annotateMerge(openTo("session")),
    HttpApiEndpoint.put("changePassword", "/session/password", {
      query: noQuery,
      payload: Schema.Struct({
        current: typed("The present password."),
        next: newPassword("The new one.")
      }).annotate({ identifier: "PasswordChange", description: "One's own new password." }),
      success: SessionView,
      error: [SignInRefused, TooManyAttempts, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(SignedIn)
      .annotate(OpenApi.Summary, "Change one's own password")
      .annotate(
        OpenApi.Description,
        "Ends all sessions of the operator; this browser goes on in a new one, with another cookie and `csrfToken`."
      )
      .annotateMerge(openTo("session")),
    HttpApiEndpoint.get("list", "/sessions", {
      query: noQuery,
      success: Schema.Struct({
        items: Schema.Array(OwnSession).annotate({
          description: `Where one is signed in, the newest first, at most ${sessionsListedMax}.`
        })
      }).annotate({ identifier: "OwnSessions", description: "Where one is signed in." })
    })
      .middleware(SignedIn)
      .annotate(OpenApi.Summary, "List where one is signed in")
      .annotateMerge(openTo("session")),
    HttpApiEndpoint.delete("end", "/sessions/:id", {
      params: { id: guid(SessionId, "The session's id.") },
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: SessionNotFound
    })
      .middleware(SignedIn)
      .annotate(OpenApi.Summary, "Sign out in another browser")
      .annotateMerge(openTo("session"))
  )
  .prefix("/v1")
  .annotateMerge(
    OpenApi.annotations({
      title: "Session",
      description: "Signing in to the console by name and password, and signing out."
    })
  ) {}
