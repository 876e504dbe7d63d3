import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { AccountId } from "../account/Account.ts"
import { Guid } from "../instance/Guid.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { Actor, Role, Scope } from "./Actor.ts"

export const ApiKeyId = Guid.pipe(Schema.brand("ApiKeyId"))
export type ApiKeyId = typeof ApiKeyId.Type

/** A key as it is listed: never the key itself. */
export interface ApiKey {
  readonly id: ApiKeyId
  readonly name: string
  readonly role: Role
  readonly scopes: ReadonlyArray<Scope>
  readonly branch: AccountId | null
  readonly createdAt: Instant
  readonly revokedAt: Instant | null
}

export class ApiKeyNotFound extends Schema.TaggedError<ApiKeyNotFound>()("ApiKeyNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no API key "${this.id}".`
  }
}

/** Bearer keys. Only a hash is kept; a key is shown once, when it is made. */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    readonly make: (key: {
      readonly name: string
      readonly role: Role
      readonly scopes: ReadonlyArray<Scope>
      readonly branch: AccountId | null
    }) => Effect.Effect<{ readonly id: ApiKeyId; readonly key: Redacted.Redacted }>
    /** None for a key that is unknown or revoked. */
    readonly authenticate: (key: Redacted.Redacted) => Effect.Effect<Option.Option<Actor>>
    readonly list: (page: PageRequest) => Effect.Effect<Page<ApiKey>>
    readonly revoke: (id: ApiKeyId) => Effect.Effect<void, ApiKeyNotFound>
  }
>()("core/actor/ApiKeys") {}
