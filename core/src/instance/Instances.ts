import { Context, type Effect, type Redacted, Schema } from "effect"
import type { Page, PageRequest } from "../page/Page.ts"
import { type Instance, type InstanceId, InstanceName } from "./Instance.ts"

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

/** What can be changed about an instance; what is absent stays as it is. */
export interface InstanceChange {
  readonly requestsPerMinute?: number | undefined
  readonly disabled?: boolean | undefined
  readonly secret?: Redacted.Redacted | undefined
}

/** The Partner Center accounts we are connected to. */
export class Instances extends Context.Service<
  Instances,
  {
    readonly list: (page: PageRequest) => Effect.Effect<Page<Instance>>
    readonly get: (id: InstanceId) => Effect.Effect<Instance, InstanceNotFound>
    readonly byName: (name: string) => Effect.Effect<Instance, InstanceNotFound>
    /** Keeps the instance and its sealed secret, both or neither. */
    readonly add: (
      instance: Instance,
      secret: Redacted.Redacted
    ) => Effect.Effect<void, InstanceNameTaken>
    /** Writes the change and the next version, or nothing when the version is not the expected one. */
    readonly update: (
      id: InstanceId,
      expectedVersion: number,
      change: InstanceChange
    ) => Effect.Effect<Instance, InstanceNotFound | StaleVersion>
    /** The application's key, opened for the one call that needs it. */
    readonly secret: (id: InstanceId) => Effect.Effect<Redacted.Redacted, InstanceNotFound>
  }
>()("core/instance/Instances") {}
