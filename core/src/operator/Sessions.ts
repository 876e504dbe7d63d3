import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { Operator, OperatorId } from "./Operator.ts"
import type { Session, SessionId } from "./Session.ts"

export class SessionNotFound extends Schema.TaggedError<SessionNotFound>()("SessionNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no session "${this.id}" of yours.`
  }
}

/** Where a session begins. */
export interface Origin {
  readonly address: string | null
  readonly userAgent: string | null
}

/** Who a token stands for at this moment: the operator is read with it, so that a change counts at once. */
export interface SignedIn {
  readonly session: Session
  readonly operator: Operator
}

/**
 * Who is signed in. A token is 256 random bits, of which only a hash is kept. A session that is over, or whose
 * operator is not active, is not found.
 */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** Always a new session with a new token, whatever the browser sent before: nobody can plant one. */
    readonly open: (
      operatorId: OperatorId,
      from: Origin
    ) => Effect.Effect<{ readonly session: Session; readonly token: Redacted.Redacted }>
    /** Who is signed in; it does not count as use. */
    readonly find: (token: Redacted.Redacted) => Effect.Effect<Option.Option<SignedIn>>
    /**
     * The same, counted as use. `renewed` is the token under which the session goes on, when it is time for
     * another: the former is taken until the new one was used, and for 30 seconds after.
     */
    readonly use: (
      token: Redacted.Redacted
    ) => Effect.Effect<
      Option.Option<SignedIn & { readonly renewed: Option.Option<Redacted.Redacted> }>
    >
    /** The operator's sessions that are not over, the newest first: at most 100. */
    readonly list: (operatorId: OperatorId) => Effect.Effect<ReadonlyArray<Session>>
    readonly end: (operatorId: OperatorId, id: SessionId) => Effect.Effect<void, SessionNotFound>
    /** Ends every session of the operator. */
    readonly endAll: (operatorId: OperatorId) => Effect.Effect<void>
  }
>()("core/operator/Sessions") {}

/** A list of one's own sessions is short; older ones than these are not worth a page. */
export const sessionsListedMax = 100
