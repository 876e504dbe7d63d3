import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Knowledge, rulesDefault } from "../../src/reconciliation/Customer.ts"
import { compare } from "../../src/reconciliation/compare.ts"
import { FindingKind, type MovedBy } from "../../src/reconciliation/Finding.ts"
import { kindFacts } from "../../src/reconciliation/kinds.ts"
import type { Observed } from "../../src/subscription/Observed.ts"
import {
  isNewCommerce,
  MicrosoftId,
  type Subscription,
  type Terms
} from "../../src/subscription/Subscription.ts"
import { dayMs, hourMs, Instant, minuteMs } from "../../src/time/Instant.ts"
import {
  accountId,
  addonOffer,
  changeOf,
  customerOf,
  euros,
  instanceId,
  knowledge,
  legacyOffer,
  microsoftId,
  mpnId,
  nceOffers,
  now,
  products,
  soundWorld,
  subscriptionId,
  tenantId,
  type World
} from "./Worlds.ts"

interface Found {
  readonly kind: FindingKind
  readonly id: string | null
  readonly movedBy: MovedBy
}

const found = (world: World, known: Knowledge = knowledge): ReadonlyArray<Found> =>
  compare(customerOf(world), known)
    .flatMap((row) =>
      row.findings.map(({ kind, movedBy }) => ({
        kind,
        id: row.subscription?.id ?? row.observed?.microsoftId ?? null,
        movedBy
      }))
    )
    .sort((a, b) => `${a.id} ${a.kind}`.localeCompare(`${b.id} ${b.kind}`))

/** One change of a sound world that must give exactly one finding, or undefined where it does not apply. */
type Injection = (world: World, pick: number) => { world: World; expected: Found } | undefined

const at = (world: World, pick: number) => {
  const i = pick % world.subscriptions.length
  const subscription = world.subscriptions[i]
  const observed = world.observed[i]
  if (subscription === undefined || observed === undefined) throw new Error("an empty world")
  return { i, subscription, observed, terms: observed.terms }
}
const replace = <A>(items: ReadonlyArray<A>, i: number, item: A): ReadonlyArray<A> =>
  items.map((old, n) => (n === i ? item : old))
const agreed = (world: World, otherwise: MovedBy): MovedBy =>
  world.baselines.length === 0 ? "unknown" : otherwise

type Change = (terms: Terms, world: World) => Partial<Terms> | undefined

/** The change happens in Partner Center. */
const there =
  (kind: FindingKind, change: Change): Injection =>
  (world, pick) => {
    const { i, subscription, observed, terms } = at(world, pick)
    const changed = change(terms, world)
    if (changed === undefined) return undefined
    return {
      world: {
        ...world,
        observed: replace(world.observed, i, { ...observed, terms: { ...terms, ...changed } })
      },
      expected: { kind, id: subscription.id, movedBy: agreed(world, "partner-center") }
    }
  }

/** The change happens in the BSS. */
const here =
  (kind: FindingKind, change: Change): Injection =>
  (world, pick) => {
    const { i, subscription, terms } = at(world, pick)
    const changed = change(terms, world)
    if (changed === undefined) return undefined
    return {
      world: {
        ...world,
        subscriptions: replace(world.subscriptions, i, {
          ...subscription,
          terms: { ...subscription.terms, ...changed }
        })
      },
      expected: { kind, id: subscription.id, movedBy: agreed(world, "bss") }
    }
  }

/** The subscription as a whole is changed, on the BSS side. */
const mapped =
  (
    kind: FindingKind,
    change: (subscription: Subscription, world: World) => Partial<Subscription> | undefined,
    movedBy: MovedBy
  ): Injection =>
  (world, pick) => {
    const { i, subscription } = at(world, pick)
    const changed = change(subscription, world)
    if (changed === undefined) return undefined
    return {
      world: {
        ...world,
        subscriptions: replace(world.subscriptions, i, { ...subscription, ...changed }),
        observed:
          kind === "order-not-arrived" ? world.observed.filter((_, n) => n !== i) : world.observed
      },
      expected: { kind, id: subscription.id, movedBy }
    }
  }

const unless = (condition: boolean, change: Partial<Terms>): Partial<Terms> | undefined =>
  condition ? undefined : change
const isAddon = (terms: Terms): boolean => terms.parent !== null
const isParent = (world: World, id: MicrosoftId): boolean =>
  world.observed.some(({ terms }) => terms.parent === id)
const extra = (terms: Terms, created: number): Observed => ({
  instanceId: instanceId(1),
  tenantId: tenantId(1),
  microsoftId: microsoftId(999),
  terms,
  name: "Bought elsewhere",
  orderId: "order999",
  effectiveStart: Instant.make(created),
  createdAt: Instant.make(created),
  cancellableUntil: null,
  refundable: [],
  etag: null
})
const commits = (terms: Terms): boolean =>
  isNewCommerce(terms.offer) && !terms.isTrial && terms.term !== "P1M" && terms.term !== null

const injections: Readonly<Record<string, Injection>> = {
  "seats added there": there("quantity", (t) => ({ quantity: t.quantity + 3 })),
  "seats removed there": there("quantity", (t) => ({ quantity: t.quantity - 1 })),
  "seats changed here": here("quantity", (t) => ({ quantity: t.quantity + 1 })),
  "suspended there": there("status", () => ({ status: "suspended" })),
  "deleted there": there("status", () => ({ status: "deleted" })),
  "disabled there": there("status", () => ({ status: "disabled" })),
  "suspended here": here("status", () => ({ status: "suspended" })),
  "cancelled here only": here("status", () => ({ status: "deleted" })),
  "expired there": there("expired", () => ({ status: "expired" })),
  "offer changed there": there("offer", (t) => unless(isAddon(t), { offer: addonOffer })),
  "billing cycle changed there": there("billing-cycle", (t) => ({
    billingCycle: t.billingCycle === "annual" ? "triennial" : "annual"
  })),
  "term changed there": there("term", (t) => ({ term: t.term === "P3Y" ? "P1Y" : "P3Y" })),
  "auto-renew flipped there": there("auto-renew", (t) =>
    unless(t.autoRenew && commits(t) && t.scheduledChange === null, { autoRenew: !t.autoRenew })
  ),
  "auto-renew off starts an extension": there("paid-extension", (t) =>
    unless(!commits(t) || t.scheduledChange !== null, { autoRenew: false })
  ),
  "commitment end moved there": there("commitment-end", (t) => ({
    commitmentEnd: Instant.make((t.commitmentEnd ?? 0) + 2 * dayMs)
  })),
  "commitment end moved here": here("commitment-end", (t) => ({
    commitmentEnd: Instant.make((t.commitmentEnd ?? 0) - 30 * dayMs)
  })),
  "scheduled change wiped there": (world, pick) => {
    const { terms } = at(world, pick)
    if (terms.scheduledChange === null || !terms.autoRenew) return undefined
    const kind =
      world.baselines.length === 0 ? "scheduled-change-missing" : "scheduled-change-wiped"
    return there(kind, () => ({ scheduledChange: null }))(world, pick)
  },
  "scheduled change never sent": here("scheduled-change-missing", (t) =>
    unless(t.scheduledChange !== null, { scheduledChange: changeOf(t, 7) })
  ),
  "scheduled change edited there": there("scheduled-change-different", (t) =>
    t.scheduledChange === null
      ? undefined
      : { scheduledChange: { ...t.scheduledChange, quantity: t.scheduledChange.quantity + 1 } }
  ),
  "scheduled change made there": there("scheduled-change-unexpected", (t) =>
    unless(t.scheduledChange !== null, { scheduledChange: changeOf(t, 7) })
  ),
  "partner of record lost there": there("partner-of-record-empty", (_, world) =>
    unless(world.cspStatus === "direct", { partnerOfRecord: null })
  ),
  "partner of record replaced there": there("partner-of-record-different", (_, world) =>
    unless(world.cspStatus === "direct", { partnerOfRecord: mpnId(2) })
  ),
  "partner of record at a direct partner": there("partner-of-record-not-allowed", (_, world) =>
    unless(world.cspStatus === "indirect", { partnerOfRecord: mpnId(2) })
  ),
  "add-on moved there": there("parent", (t) => unless(!isAddon(t), { parent: microsoftId(998) })),
  "trial converted there": there("trial-became-paid", (t) =>
    unless(!t.isTrial, {
      isTrial: false,
      offer: addonOffer,
      term: t.term === "P1Y" ? "P3Y" : "P1Y",
      billingCycle: "triennial",
      commitmentEnd: Instant.make(now + 999 * dayMs),
      autoRenew: !t.autoRenew
    })
  ),
  "gone from Partner Center": (world, pick) => {
    const { i, subscription } = at(world, pick)
    return {
      world: { ...world, observed: world.observed.filter((_, n) => n !== i) },
      expected: {
        kind: "not-found",
        id: subscription.id,
        movedBy: agreed(world, "partner-center")
      }
    }
  },
  "bought in Partner Center": (world) => ({
    world: {
      ...world,
      observed: [
        ...world.observed,
        extra(
          {
            ...(world.observed[0]?.terms ?? never()),
            offer: addonOffer,
            isTrial: false,
            parent: null
          },
          now
        )
      ]
    },
    expected: {
      kind: "only-in-partner-center",
      id: microsoftId(999),
      movedBy: agreed(world, "partner-center")
    }
  }),
  "bought a second time": (world, pick) => {
    const { terms } = at(world, pick)
    if (terms.isTrial || isAddon(terms)) return undefined
    return {
      world: { ...world, observed: [...world.observed, extra(terms, now)] },
      expected: {
        kind: "duplicate-subscription",
        id: microsoftId(999),
        movedBy: agreed(world, "partner-center")
      }
    }
  },
  "order accepted an hour ago": mapped(
    "order-not-arrived",
    (s, world) =>
      s.microsoftId !== null && isParent(world, s.microsoftId)
        ? undefined
        : { microsoftId: null, acceptedAt: Instant.make(now - hourMs) },
    "unknown"
  ),
  "price edited": mapped(
    "price",
    (s) => (s.unitPrice === null ? undefined : { unitPrice: euros("1.00") }),
    "unknown"
  )
}
const never = (): never => {
  throw new Error("an empty world")
}

describe("compare", () => {
  it("identity: comparing equal and sound things finds nothing", () => {
    fc.assert(
      fc.property(soundWorld, (world) => {
        expect(found(world)).toEqual([])
      })
    )
  })

  it("coverage: every subscription of either side is in exactly one row", () => {
    fc.assert(
      fc.property(soundWorld, fc.nat(), fc.nat(), (world, lost, forgotten) => {
        const observed = world.observed.filter((_, n) => n !== lost % world.observed.length)
        const subscriptions = world.subscriptions.filter(
          (_, n) => n !== forgotten % world.subscriptions.length
        )
        const rows = compare(customerOf({ ...world, observed, subscriptions }), knowledge)
        expect(rows.flatMap((row) => row.subscription?.id ?? []).sort()).toEqual(
          subscriptions.map((s) => s.id).sort()
        )
        expect(rows.flatMap((row) => row.observed?.microsoftId ?? []).sort()).toEqual(
          observed.map((o) => o.microsoftId).sort()
        )
      })
    )
  })

  describe("every single difference is found, once, with its kind and its mover, and nothing else is", () => {
    for (const [name, inject] of Object.entries(injections))
      it(name, () => {
        let applied = 0
        fc.assert(
          fc.property(soundWorld, fc.nat(), (world, pick) => {
            const injected = inject(world, pick)
            fc.pre(injected !== undefined)
            applied += 1
            expect(found(injected.world)).toEqual([injected.expected])
          }),
          { numRuns: 60 }
        )
        expect(applied).toBeGreaterThan(0)
      })
  })

  it("independence: differences of different subscriptions do not hide each other", () => {
    const [quantity, end] = [
      injections["seats added there"],
      injections["commitment end moved here"]
    ]
    fc.assert(
      fc.property(soundWorld, fc.nat(), (world, pick) => {
        fc.pre(world.subscriptions.length > 1)
        const one = quantity?.(world, pick)
        const both = one && end?.(one.world, pick + 1)
        expect(found(both?.world ?? never())).toHaveLength(2)
      })
    )
  })

  it("order: the order of the input does not matter", () => {
    const shuffled = soundWorld.chain((world) =>
      fc.record({
        world: fc.constant(world),
        subscriptions: fc.shuffledSubarray([...world.subscriptions], {
          minLength: world.subscriptions.length
        }),
        observed: fc.shuffledSubarray([...world.observed], { minLength: world.observed.length }),
        name: fc.constantFrom(...Object.keys(injections)),
        pick: fc.nat(),
        twice: fc.nat()
      })
    )
    fc.assert(
      fc.property(shuffled, ({ world, subscriptions, observed, name, pick, twice }) => {
        const injected = injections[name]?.(world, pick)
        fc.pre(injected !== undefined)
        const order = <A extends { readonly microsoftId: MicrosoftId | null }>(
          items: ReadonlyArray<A>,
          like: ReadonlyArray<{ readonly microsoftId: MicrosoftId | null }>
        ) =>
          [...items].sort(
            (a, b) =>
              like.findIndex((x) => x.microsoftId === a.microsoftId) -
              like.findIndex((x) => x.microsoftId === b.microsoftId)
          )
        // A second row claims an id, so that the choice of the owner is exercised too.
        const claimed = at(world, twice).subscription
        const rival = { ...claimed, id: subscriptionId(500), reference: "S-500" }
        const both = [...injected.world.subscriptions, rival]
        expect(
          found({
            ...injected.world,
            subscriptions: [...order(both, subscriptions)].reverse(),
            observed: order(injected.world.observed, observed)
          })
        ).toEqual(found({ ...injected.world, subscriptions: both }))
      })
    )
  })

  it("case: ids compare without regard to case", () => {
    const id = Schema.decodeUnknownSync(MicrosoftId)
    fc.assert(
      fc.property(
        soundWorld,
        fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
        (world, caps) => {
          const mixed = (value: string) =>
            id([...value].map((c, n) => (caps[n] === true ? c.toUpperCase() : c)).join(""))
          const observed = world.observed.map((o) => ({ ...o, microsoftId: mixed(o.microsoftId) }))
          expect(found({ ...world, observed })).toEqual([])
        }
      )
    )
  })

  it("paths: the path for plain customers finds what the path for all others finds", () => {
    const anything = fc.record({
      world: soundWorld,
      name: fc.constantFrom(...Object.keys(injections)),
      pick: fc.nat()
    })
    fc.assert(
      fc.property(anything, ({ world, name, pick }) => {
        const injected = injections[name]?.(world, pick)
        fc.pre(injected !== undefined)
        // Subscriptions that have ended change nothing, except that the customer is not plain any more, and large.
        const ended = Array.from({ length: 40 }, (_, n) => ({
          ...extra({ ...at(world, 0).terms, status: "deleted" }, now - n),
          microsoftId: microsoftId(2000 + n)
        }))
        expect(
          found({ ...injected.world, observed: [...ended, ...injected.world.observed] })
        ).toEqual([injected.expected])
      }),
      { numRuns: 400 }
    )
  })
})

const world: World =
  fc.sample(
    soundWorld.filter(
      (w) =>
        w.cspStatus === "indirect" &&
        w.baselines.length > 0 &&
        w.observed.some(({ terms }) => commits(terms) && !isAddon(terms))
    ),
    { numRuns: 1, seed: 7 }
  )[0] ?? never()
const first = world.observed.findIndex(({ terms }) => commits(terms) && !isAddon(terms))
const one: World = {
  ...world,
  subscriptions: world.subscriptions.slice(first, first + 1),
  observed: world.observed.slice(first, first + 1),
  baselines: world.baselines.slice(first, first + 1)
}
const kinds = (w: World, known: Knowledge = knowledge) => found(w, known).map(({ kind }) => kind)
const withTerms = (ours: Partial<Terms>, theirs: Partial<Terms>): World => ({
  ...one,
  subscriptions: one.subscriptions.map((s) => ({ ...s, terms: { ...s.terms, ...ours } })),
  observed: one.observed.map((o) => ({ ...o, terms: { ...o.terms, ...theirs } }))
})

describe("rules that both sides may break together", () => {
  it("suspended on both sides: Microsoft goes on billing a new-commerce subscription", () => {
    expect(kinds(withTerms({ status: "suspended" }, { status: "suspended" }))).toEqual([
      "suspended-still-billed"
    ])
    expect(
      kinds(
        withTerms(
          { status: "suspended", offer: legacyOffer },
          { status: "suspended", offer: legacyOffer }
        )
      )
    ).toEqual([])
  })

  it("ended here and suspended there is still billed; ended on both sides is nothing", () => {
    expect(kinds(withTerms({ status: "deleted" }, { status: "suspended" }))).toEqual([
      "suspended-still-billed"
    ])
    expect(kinds(withTerms({ status: "deleted" }, { status: "expired" }))).toEqual([])
  })

  it("auto-renew off on both sides starts a paid extension of a commitment, not of a month or before May 2026", () => {
    const off = { autoRenew: false, scheduledChange: null }
    expect(kinds(withTerms(off, off))).toEqual(["paid-extension"])
    const monthly = { ...off, term: "P1M", billingCycle: "monthly" } as const
    expect(kinds(withTerms(monthly, monthly), { ...knowledge, products: new Map() })).toEqual([])
    const early = { ...off, commitmentEnd: Instant.make(Date.UTC(2026, 4, 3)) }
    expect(kinds(withTerms(early, early))).toEqual([])
  })

  it("a direct partner may have no partner of record, even when both sides name one", () => {
    const named = withTerms({ partnerOfRecord: mpnId(1) }, { partnerOfRecord: mpnId(1) })
    expect(kinds({ ...named, cspStatus: "direct" })).toEqual(["partner-of-record-not-allowed"])
    expect(kinds(named)).toEqual([])
  })
})

describe("what the BSS does not keep", () => {
  it("is not compared, where a kept `none` is", () => {
    const change = changeOf(one.observed[0]?.terms ?? never(), 9)
    expect(kinds(withTerms({ scheduledChange: null }, { scheduledChange: change }))).toEqual([
      "scheduled-change-unexpected"
    ])
    const unkept = withTerms({}, { scheduledChange: change, partnerOfRecord: null })
    expect(
      kinds({
        ...unkept,
        subscriptions: unkept.subscriptions.map((s) => ({
          ...s,
          terms: { ...s.terms, scheduledChange: undefined, partnerOfRecord: undefined }
        }))
      })
    ).toEqual([])
  })

  it("a friendly name is compared only where asked for", () => {
    const renamed = withTerms({}, { friendlyName: "Renamed" })
    expect(kinds(renamed)).toEqual([])
    expect(
      kinds(renamed, { ...knowledge, rules: { ...rulesDefault, compareFriendlyName: true } })
    ).toEqual(["friendly-name"])
  })
})

describe("mapping", () => {
  const id = one.subscriptions[0]?.microsoftId ?? never()

  it("a subscription that lies in another tenant or instance is named there, and only once", () => {
    const theirs = one.observed[0] ?? never()
    const gone = { ...one, observed: [] }
    const seen = (place: Partial<Observed>) => ({
      ...knowledge,
      elsewhere: new Map([[id, { ...theirs, ...place }]])
    })
    expect(kinds(gone, seen({ tenantId: tenantId(2) }))).toEqual(["wrong-tenant"])
    expect(kinds(gone, seen({ instanceId: instanceId(2) }))).toEqual(["wrong-instance"])
    expect(
      kinds({ ...one, subscriptions: [] }, { ...knowledge, claimedElsewhere: new Set([id]) })
    ).toEqual([])
  })

  it("two rows with one Microsoft id are both named, and only the owner is compared", () => {
    const rival: Subscription = {
      ...(one.subscriptions[0] ?? never()),
      id: subscriptionId(0),
      accountId: accountId(2)
    }
    const twice = {
      ...one,
      subscriptions: [
        { ...rival, id: subscriptionId(900), terms: { ...rival.terms, quantity: 77 } },
        ...one.subscriptions
      ]
    }
    expect(found(twice)).toEqual([
      { kind: "duplicate-mapping", id: one.subscriptions[0]?.id, movedBy: "unknown" },
      { kind: "duplicate-mapping", id: subscriptionId(900), movedBy: "unknown" }
    ])
  })

  it("of two subscriptions of one offer the one that the BSS knows stays, and of two known ones the older", () => {
    const known = one.observed[0] ?? never()
    const older = extra(known.terms, (known.createdAt ?? now) - dayMs)
    expect(found({ ...one, observed: [older, known] })).toEqual([
      { kind: "duplicate-subscription", id: older.microsoftId, movedBy: "unknown" }
    ])
    const second: Subscription = {
      ...(one.subscriptions[0] ?? never()),
      id: subscriptionId(901),
      microsoftId: older.microsoftId
    }
    expect(
      found({
        ...one,
        subscriptions: [...one.subscriptions, second],
        observed: [older, known]
      }).map(({ kind, id }) => [kind, id])
    ).toEqual([["duplicate-subscription", one.subscriptions[0]?.id]])
  })

  it("a re-mapped row is what the BSS moved; its old subscription stands alone", () => {
    const other = microsoftId(400)
    const moved: World = {
      ...one,
      subscriptions: one.subscriptions.map((s) => ({ ...s, microsoftId: other }))
    }
    expect(found(moved)).toEqual(
      [
        { kind: "not-found", id: moved.subscriptions[0]?.id, movedBy: "bss" },
        { kind: "only-in-partner-center", id, movedBy: "bss" }
      ].toSorted((a, b) => `${a.id}`.localeCompare(`${b.id}`))
    )
  })

  it("absence is no proof within the lag allowance, for an order and for a listing", () => {
    const young = (minutes: number, mappedTo: MicrosoftId | null): World => ({
      ...one,
      observed: [],
      subscriptions: one.subscriptions.map((s) => ({
        ...s,
        microsoftId: mappedTo,
        acceptedAt: Instant.make(now - minutes * minuteMs)
      }))
    })
    expect(kinds(young(15, null))).toEqual([])
    expect(kinds(young(16, null))).toEqual(["order-not-arrived"])
    expect(kinds(young(15, id))).toEqual([])
    expect(kinds(young(16, id))).toEqual(["not-found"])
  })

  it("what was there before the first agreement was moved by nobody we know", () => {
    const before = extra(
      { ...(one.observed[0]?.terms ?? never()), offer: addonOffer },
      now - 900 * dayMs
    )
    expect(found({ ...one, observed: [...one.observed, before] })).toEqual([
      { kind: "only-in-partner-center", id: microsoftId(999), movedBy: "unknown" }
    ])
  })

  it("both sides that left the agreed state both moved", () => {
    const q = one.observed[0]?.terms.quantity ?? never()
    expect(found(withTerms({ quantity: q + 1 }, { quantity: q + 2 }))[0]?.movedBy).toBe("both")
  })
})

describe("kinds", () => {
  it("every kind has its facts, and every one but the options is produced by a test above", () => {
    expect(Object.keys(kindFacts).sort()).toEqual([...FindingKind.literals].sort())
    expect(products.size).toBeGreaterThan(0)
    expect(nceOffers.length).toBeGreaterThan(0)
  })
})
