import { Effect } from "effect"
import { type Credentials, type Instance, withLive } from "../instance/Instance.ts"
import { InstanceNotFound, Instances } from "../instance/Instances.ts"
import type { ConsentPlace } from "./Consent.ts"
import type { Application } from "./SignIn.ts"

/** An account of an instance, whether or not it is the live one, and the application that signs in to it. */
export interface Signing {
  /** With the tenant and application of that account. */
  readonly instance: Instance
  readonly application: Application
}

/** The application of an instance's account, with its key. A sandbox without credentials does not exist. */
export const signingOf = Effect.fnUntraced(function* ({ instanceId, environment }: ConsentPlace) {
  const instances = yield* Instances
  const found = yield* instances.get(instanceId)
  const given: Credentials | null = found.credentials[environment]
  if (given === null) return yield* new InstanceNotFound({ name: `${found.name} (sandbox)` })
  const instance = withLive({ ...found, environment })
  const secret = yield* instances.secret(instanceId, environment)
  const { tenantId, appId } = instance
  const signing: Signing = {
    instance,
    application: { login: instance.endpoints.login, tenantId, appId, secret }
  }
  return signing
})
