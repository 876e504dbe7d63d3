import { endpointsOf } from "@concordat/core/instance/Cloud"
import {
  type Instance,
  InstanceId,
  InstanceName,
  newInstance,
  TenantId
} from "@concordat/core/instance/Instance"
import {
  changed,
  changeRefusal,
  differences,
  type InstanceChange,
  type InstanceFacts
} from "@concordat/core/instance/InstanceChange"
import { Redacted } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const tenant = (n: number) => TenantId.make(`33333333-0000-4000-8000-00000000000${n}`)
const app = (n: number) => `77777777-0000-4000-8000-00000000000${n}`
const credentials = (n: number) => ({ tenantId: tenant(n), tenantDomain: null, appId: app(n) })
const hush = Redacted.make("hush")
const elsewhere = {
  api: "https://api.example",
  login: "https://login.example",
  resource: "https://api.example",
  prices: "https://api.example"
}

const instance: Instance = newInstance({
  id: InstanceId.make("44444444-0000-4000-8000-000000000001"),
  name: InstanceName.make("contoso-eu"),
  cloud: "custom",
  endpoints: { ...elsewhere, api: "https://here.example" },
  credentials: { primary: credentials(1), sandbox: null },
  cspStatus: "indirect",
  mpnId: null
})
const withSandbox = changed(instance, { sandbox: { ...credentials(2), secret: hush } })
const inGlobal = changed(instance, { cloud: "global", endpoints: endpointsOf("global") })
const inSandbox = changed(withSandbox, { environment: "sandbox" })
const empty: InstanceFacts = { holds: { primary: false, sandbox: false }, unfinishedRuns: 0 }
const full: InstanceFacts = { holds: { primary: true, sandbox: true }, unfinishedRuns: 0 }

// what is there, the change, what the instance holds → the field that is refused
const table: ReadonlyArray<
  readonly [string, Instance, InstanceChange, InstanceFacts, string | undefined]
> = [
  ["another tenant, nothing held", instance, { tenantId: tenant(3) }, empty, undefined],
  ["another tenant, data held", instance, { tenantId: tenant(3) }, full, "tenantId"],
  ["the same tenant again", instance, { tenantId: tenant(1) }, full, undefined],
  ["another application, data held", instance, { appId: app(3) }, full, undefined],
  ["another cloud, data held", instance, { cloud: "global", secret: hush }, full, "cloud"],
  [
    "a cloud without its addresses",
    instance,
    { cloud: "global", secret: hush },
    empty,
    "endpoints"
  ],
  [
    "a cloud with its addresses",
    instance,
    { cloud: "global", endpoints: endpointsOf("global"), secret: hush },
    empty,
    undefined
  ],
  [
    "a cloud that has none, without any",
    inGlobal,
    { cloud: "germany", secret: hush },
    empty,
    "endpoints"
  ],
  [
    "addresses for a known cloud",
    inGlobal,
    { endpoints: elsewhere, secret: hush },
    empty,
    "endpoints"
  ],
  ["addresses without a secret", instance, { endpoints: elsewhere }, empty, "secret"],
  ["addresses with the secret", instance, { endpoints: elsewhere, secret: hush }, full, undefined],
  [
    "addresses, but not the sandbox's secret",
    withSandbox,
    { endpoints: elsewhere, secret: hush },
    empty,
    "sandbox.secret"
  ],
  [
    "addresses, and both secrets",
    withSandbox,
    { endpoints: elsewhere, secret: hush, sandbox: { ...credentials(2), secret: hush } },
    full,
    undefined
  ],
  [
    "a first sandbox without a secret",
    instance,
    { sandbox: credentials(2) },
    empty,
    "sandbox.secret"
  ],
  [
    "the sandbox's application",
    withSandbox,
    { sandbox: { ...credentials(2), appId: app(9) } },
    full,
    undefined
  ],
  [
    "another sandbox, data held",
    withSandbox,
    { sandbox: credentials(4) },
    full,
    "sandbox.tenantId"
  ],
  ["no sandbox, data held", withSandbox, { sandbox: null }, full, "sandbox.tenantId"],
  ["no sandbox, nothing held", withSandbox, { sandbox: null }, empty, undefined],
  ["no sandbox while it is live", inSandbox, { sandbox: null }, empty, "sandbox"],
  [
    "the primary tenant as sandbox",
    instance,
    { sandbox: { ...credentials(2), tenantId: tenant(1), secret: hush } },
    empty,
    "sandbox.tenantId"
  ],
  ["a switch without a sandbox", instance, { environment: "sandbox" }, empty, "environment"],
  ["a switch", withSandbox, { environment: "sandbox" }, full, undefined],
  ["a switch back", inSandbox, { environment: "primary" }, full, undefined],
  [
    "a switch during a reconciliation",
    withSandbox,
    { environment: "sandbox" },
    { ...full, unfinishedRuns: 1 },
    "environment"
  ],
  ["settings", instance, { disabled: true, countries: instance.countries }, full, undefined]
]

describe("a change of an instance", () => {
  it.each(table)("%s", (_, before, change, facts, field) => {
    expect(changeRefusal(before, change, facts)?.field).toBe(field)
  })

  it("is refused with a way out", () => {
    for (const [, before, change, facts, field] of table)
      if (field !== undefined)
        expect(changeRefusal(before, change, facts)?.reason).toMatch(
          /(give|another instance|switch|own|leave).*\.$/iu
        )
  })

  const Change: fc.Arbitrary<InstanceChange> = fc.record(
    {
      cspStatus: fc.constantFrom("direct", "indirect"),
      tenantDomain: fc.option(fc.constant("contoso.example")),
      catalogueSchedule: fc.option(fc.constantFrom("0 3 1 * *", "0 4 * * *")),
      annualProvisioning: fc.boolean(),
      productNames: fc.constantFrom("keep", "update"),
      requestsPerMinute: fc.integer({ min: 1, max: 3 }),
      disabled: fc.boolean(),
      tenantId: fc.constantFrom(tenant(1), tenant(3)),
      environment: fc.constantFrom("primary", "sandbox")
    },
    { requiredKeys: [] }
  )

  it("identity: made twice, it is as made once, and the second time there is no difference", () => {
    fc.assert(
      fc.property(Change, (change) => {
        const once = changed(withSandbox, change)
        expect(changed(once, change)).toEqual(once)
        expect(differences(once, changed(once, change))).toEqual([])
      })
    )
  })

  it("naming: the differences are exactly the settings that have another value", () => {
    fc.assert(
      fc.property(Change, (change) => {
        const after = changed(withSandbox, change)
        const fields = differences(withSandbox, after).map(({ field }) => field)
        const wanted = Object.entries(change)
          .filter(([field, value]) => {
            const before = field === "tenantId" ? tenant(1) : Reflect.get(withSandbox, field)
            return value !== before
          })
          .map(([field]) => field)
        expect(fields.toSorted()).toEqual(wanted.toSorted())
      })
    )
  })

  it("live: tenant, domain and application are those of the environment that is live", () => {
    expect([inSandbox.tenantId, inSandbox.appId]).toEqual([tenant(2), app(2)])
    const back = changed(inSandbox, { environment: "primary" })
    expect([back.tenantId, back.appId]).toEqual([tenant(1), app(1)])
  })
})
