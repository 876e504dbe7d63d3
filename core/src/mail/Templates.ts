import { Context, type Effect } from "effect"
import type { AccountId } from "../account/Account.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { Instant } from "../time/Instant.ts"
import type { Language, MailKind, Template } from "./Template.ts"

/** Which template: of an occasion, for an organisation (null: for all), in a language. */
export interface TemplateKey {
  readonly kind: MailKind
  readonly organisationId: AccountId | null
  readonly language: Language
}

/** A version of a template that was once in use, with who made it. */
export interface TemplateVersion {
  readonly template: Template
  readonly at: Instant
  readonly actor: string
}

/** The templates that were changed. Those that were not are built in. */
export class Templates extends Context.Service<
  Templates,
  {
    /** The newest versions for an occasion, whatever organisation and language. */
    readonly ofKind: (kind: MailKind) => Effect.Effect<ReadonlyArray<Template>>
    /** The versions of one template, newest first. */
    readonly versions: (key: TemplateKey, page: PageRequest) => Effect.Effect<Page<TemplateVersion>>
    /** Adds the next version, or nothing when the newest is not `expectedVersion` (0: there is none yet). */
    readonly put: (
      template: Omit<Template, "version">,
      expectedVersion: number,
      actor: string,
      at: Instant
    ) => Effect.Effect<Template, StaleVersion>
  }
>()("core/mail/Templates") {}
