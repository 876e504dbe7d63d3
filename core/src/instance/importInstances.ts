import { Effect, Schema } from "effect"
import { Identifiers } from "../work/Identifiers.ts"
import { UnitOfWork } from "../work/UnitOfWork.ts"
import { endpointsOf } from "./Cloud.ts"
import { changeInstance } from "./changeInstance.ts"
import { InstanceId, type InstanceName, newInstance } from "./Instance.ts"
import type { InstanceChange } from "./InstanceChange.ts"
import type { Act } from "./InstanceEvent.ts"
import { Instances } from "./Instances.ts"

/** An instance as a settings file has it: what the file does not name stays, or has its default. */
export interface ImportedInstance {
  readonly name: InstanceName
  readonly settings: InstanceChange
  /** Retired fields that the file held; they are dropped. */
  readonly purged: ReadonlyArray<string>
}

/** What an import made, or would make, of one instance. */
export interface ImportedOutcome {
  readonly name: InstanceName
  readonly outcome: "added" | "changed" | "unchanged"
  /** The settings that changed; all that are set, of one that was added. */
  readonly fields: ReadonlyArray<string>
  readonly purged: ReadonlyArray<string>
}

/** What is wrong with an instance of the file, by its place in it. */
export class ImportRefused extends Schema.TaggedError<ImportRefused>()("ImportRefused", {
  problems: Schema.Array(
    Schema.Struct({ index: Schema.Int, field: Schema.String, text: Schema.String })
  )
}) {
  override get message(): string {
    return `Nothing was imported: ${this.problems.map(({ field, text }) => `${field}: ${text}`).join(" · ")}`
  }
}

type Problem = ImportRefused["problems"][number]

/**
 * Makes the instances say what a settings file says: adds those whose names are new, changes the others, all or
 * nothing. Repeating it changes nothing. With `dryRun` everything is checked and told, and nothing kept. Which
 * environment is live is not imported: that is switched by a person, with a reason.
 */
export const importInstances = Effect.fn("importInstances")(function* (
  imported: ReadonlyArray<ImportedInstance>,
  options: { readonly dryRun: boolean; readonly act: Act }
) {
  const { trying } = yield* UnitOfWork
  const work = Effect.gen(function* () {
    const outcomes: Array<ImportedOutcome> = []
    const problems: Array<Problem> = twice(imported)
    for (const [index, one] of imported.entries()) {
      const outcome = yield* importOne(one, options.act).pipe(
        Effect.catchTag("Unfit", ({ field, text }) =>
          Effect.sync(() => {
            problems.push({ index, field, text })
          })
        )
      )
      if (outcome !== undefined) outcomes.push(outcome)
    }
    if (problems.length > 0) return yield* new ImportRefused({ problems })
    return outcomes
  })
  return yield* trying(work, () => !options.dryRun)
})

const twice = (imported: ReadonlyArray<ImportedInstance>): Array<Problem> => {
  const first = new Map<string, number>()
  return imported.flatMap(({ name }, index) => {
    const before = first.get(name)
    if (before === undefined) first.set(name, index)
    return before === undefined
      ? []
      : [{ index, field: "name", text: `"${name}" is there already, as number ${before + 1}` }]
  })
}

class Unfit extends Schema.TaggedError<Unfit>()("Unfit", {
  field: Schema.String,
  text: Schema.String
}) {}

const importOne = Effect.fnUntraced(function* (
  { name, settings, purged }: ImportedInstance,
  act: Act
) {
  const instances = yield* Instances
  const held = yield* instances
    .byName(name)
    .pipe(Effect.catchTag("InstanceNotFound", () => Effect.undefined))
  if (held === undefined) {
    yield* register(name, settings, act)
    const added: ImportedOutcome = { name, outcome: "added", fields: fieldsOf(settings), purged }
    return added
  }
  const after = yield* changeInstance(held.id, held.version, settings, act).pipe(
    Effect.catchTags({
      InstanceChangeRefused: ({ field, reason }) => new Unfit({ field, text: reason }),
      InstanceNotFound: ({ message }) => new Unfit({ field: "name", text: message }),
      InstanceNameTaken: ({ message }) => new Unfit({ field: "name", text: message }),
      StaleVersion: () =>
        new Unfit({ field: "name", text: "somebody is changing it now; import again" })
    })
  )
  if (after.version === held.version) {
    const unchanged: ImportedOutcome = { name, outcome: "unchanged", fields: [], purged }
    return unchanged
  }
  const { items } = yield* instances.events(held.id, { cursor: undefined, limit: 1 })
  const changed: ImportedOutcome = {
    name,
    outcome: "changed",
    fields: (items[0]?.changes ?? []).map(({ field }) => field),
    purged
  }
  return changed
})

const fieldsOf = (settings: InstanceChange): ReadonlyArray<string> =>
  Object.entries(settings).flatMap(([field, value]) => (value === undefined ? [] : [field]))

const register = Effect.fnUntraced(function* (
  name: InstanceName,
  settings: InstanceChange,
  act: Act
) {
  const { cloud, tenantId, tenantDomain, appId, secret, cspStatus, mpnId, sandbox } = settings
  if (cloud === undefined) return yield* needed("cloud")
  if (tenantId === undefined) return yield* needed("tenantId")
  if (appId === undefined) return yield* needed("appId")
  if (cspStatus === undefined) return yield* needed("cspStatus")
  if (secret === undefined) return yield* needed("secret")
  const endpoints = endpointsOf(cloud) ?? settings.endpoints
  if (endpoints === undefined) return yield* needed("endpoints")
  const { secret: sandboxSecret, ...sandboxCredentials } = sandbox ?? {}
  if (sandbox !== undefined && sandbox !== null && sandboxSecret === undefined)
    return yield* needed("sandbox.secret")
  const instances = yield* Instances
  const id = InstanceId.make(yield* Effect.flatMap(Identifiers, ({ next }) => next))
  const given = Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined)
  )
  yield* instances
    .add(
      newInstance({
        ...given,
        id,
        name,
        cloud,
        endpoints,
        credentials: {
          primary: { tenantId, tenantDomain: tenantDomain ?? null, appId },
          sandbox: "tenantId" in sandboxCredentials ? sandboxCredentials : null
        },
        cspStatus,
        mpnId: mpnId ?? null
      }),
      { primary: secret, sandbox: sandboxSecret ?? null },
      act
    )
    .pipe(
      Effect.catchTag(
        "InstanceNameTaken",
        ({ message }) => new Unfit({ field: "name", text: message })
      )
    )
})

const needed = (field: string) => new Unfit({ field, text: "a new instance needs it" })
