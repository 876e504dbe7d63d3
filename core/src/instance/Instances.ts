import { Context, type Effect, type Redacted, Schema } from "effect"
import type { Page, PageRequest } from "../page/Page.ts"
import { type Environment, type Instance, type InstanceId, InstanceName } from "./Instance.ts"
import type { InstanceChange, InstanceSecrets } from "./InstanceChange.ts"
import type { Act, InstanceEvent } from "./InstanceEvent.ts"

export class InstanceNotFound extends Schema.TaggedError<InstanceNotFound>()("InstanceNotFound", {
  name: Schema.String
}) {
  override get message(): string {
    return `There is no instance "${this.name}".`
  }
}

/** Nothing is sent to Partner Center for a disabled instance. */
export class InstanceDisabled extends Schema.TaggedError<InstanceDisabled>()("InstanceDisabled", {
  name: InstanceName
}) {
  override get message(): string {
    return `Instance "${this.name}" is disabled; enable it first.`
  }
}

export class InstanceNameTaken extends Schema.TaggedError<InstanceNameTaken>()(
  "InstanceNameTaken",
  { name: InstanceName }
) {
  override get message(): string {
    return `An instance "${this.name}" exists already; choose another name.`
  }
}

/** Somebody changed the instance since it was read; nothing was written. */
export class StaleVersion extends Schema.TaggedError<StaleVersion>()("StaleVersion", {
  expected: Schema.Int,
  actual: Schema.Int
}) {
  override get message(): string {
    return `Version ${this.expected} was expected and version ${this.actual} is there; read it again.`
  }
}

/** The change would mix two accounts, or send a secret where it does not belong; nothing was written. */
export class InstanceChangeRefused extends Schema.TaggedError<InstanceChangeRefused>()(
  "InstanceChangeRefused",
  { name: InstanceName, field: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `${this.field} of instance "${this.name}" was not changed. ${this.reason}`
  }
}

/** The Partner Center accounts we are connected to. */
export class Instances extends Context.Service<
  Instances,
  {
    readonly list: (page: PageRequest) => Effect.Effect<Page<Instance>>
    readonly get: (id: InstanceId) => Effect.Effect<Instance, InstanceNotFound>
    readonly byName: (name: string) => Effect.Effect<Instance, InstanceNotFound>
    /** Keeps the instance, its sealed secrets and the event, all or nothing. */
    readonly add: (
      instance: Instance,
      secrets: InstanceSecrets,
      act: Act
    ) => Effect.Effect<void, InstanceNameTaken>
    /**
     * Writes the change, the next version and the event; nothing when the version is not the expected one or the
     * change is refused (`changeRefusal`). A change that makes no difference writes nothing. Joins the current
     * transaction.
     */
    readonly update: (
      id: InstanceId,
      expectedVersion: number,
      change: InstanceChange,
      act: Act
    ) => Effect.Effect<
      Instance,
      InstanceNotFound | StaleVersion | InstanceNameTaken | InstanceChangeRefused
    >
    /** The key of the live application, or of the environment that is named, opened for the one call that needs it. */
    readonly secret: (
      id: InstanceId,
      environment?: Environment
    ) => Effect.Effect<Redacted.Redacted, InstanceNotFound>
    /** What was done to the instance, newest first. */
    readonly events: (id: InstanceId, page: PageRequest) => Effect.Effect<Page<InstanceEvent>>
  }
>()("core/instance/Instances") {}
