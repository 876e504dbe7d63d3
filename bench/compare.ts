import { AccountId } from "@concordat/core/account/Account"
import { InstanceId, MpnId, TenantId } from "@concordat/core/instance/Instance"
import {
  type Customer,
  type Knowledge,
  nothingListed,
  rulesDefault
} from "@concordat/core/reconciliation/Customer"
import { compare } from "@concordat/core/reconciliation/compare"
import type { Observed } from "@concordat/core/subscription/Observed"
import {
  MicrosoftId,
  OfferId,
  type Subscription,
  SubscriptionId,
  type Terms
} from "@concordat/core/subscription/Subscription"
import { dayMs, Instant } from "@concordat/core/time/Instant"
import deepDiff from "deep-diff"
import fastJsonPatch from "fast-json-patch"
import microdiff from "microdiff"
import { medianOf, print, secondsOf } from "./measure.ts"

/**
 * The comparison of a million subscriptions, 2 % of them drifted, against generic diff libraries on the
 * same pairs. All must report the same differences; ours also pairs the two sides by id, and says who
 * moved, how severe it is, what it costs and what can be done.
 */
const total = Number(process.env["BENCH_SUBSCRIPTIONS"] ?? 1_000_000)
const perCustomer = 5
/** As many as the reconciler reads at a time. */
const perRound = 500
const warmUpRounds = 200
/** The best of as many passes over the same records counts, for each: it holds no collection and no cold memory. */
const repetitions = 3
const never = (): never => {
  throw new Error("nothing to run")
}

const now = Instant.make(Date.UTC(2026, 10, 20))
/** As random as real ids are: they differ in their first characters. */
const guid = (kind: number, n: number): string => {
  const hex = (salt: number): string =>
    (Math.imul(n * 8 + kind + 1, salt) >>> 0).toString(16).padStart(8, "0")
  const [a, b, c] = [hex(0x9e3779b1), hex(0x85ebca6b), hex(0xc2b2ae35)]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(0, 3)}-${c.slice(4)}${n.toString(16).padStart(8, "0")}`
}
const offerOf = (n: number): OfferId =>
  OfferId.make(`CFQ7TTC0L${(n % 40).toString(36).toUpperCase().padStart(3, "0")}:0001`)
const instanceId = InstanceId.make(guid(4, 1))
const accountId = AccountId.make(guid(5, 1))
const partner = MpnId.make("4000001")

/** A small deterministic generator (mulberry32): the same book in every run. */
const random = (() => {
  let state = 0x5eed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
})()

const drifts: ReadonlyArray<(terms: Terms) => Partial<Terms>> = [
  (t) => ({ quantity: t.quantity + 3 }),
  (t) => ({ billingCycle: t.billingCycle === "monthly" ? "annual" : "monthly" }),
  (t) => ({ term: t.term === "P3Y" ? "P1Y" : "P3Y" }),
  (t) => ({ commitmentEnd: Instant.make((t.commitmentEnd ?? 0) + 30 * dayMs) }),
  () => ({ partnerOfRecord: null }),
  () => ({
    scheduledChange: { offer: offerOf(0), quantity: 5, billingCycle: "annual", term: "P1Y" }
  }),
  () => ({ status: "suspended" })
]

/** What a generic library is given: the record that is expected and the record that is there. */
interface Pair {
  readonly expected: Observed
  readonly observed: Observed
}
interface Book {
  readonly customer: Customer
  readonly pairs: ReadonlyArray<Pair>
}

/** As when they are read from a database: no two records share a string. */
const asRead = (observed: Observed): Observed => JSON.parse(JSON.stringify(observed))

const books = (first: number, count: number): ReadonlyArray<Book> =>
  Array.from({ length: count / perCustomer }, (_, c) => {
    const tenantId = TenantId.make(guid(3, first + c))
    const pairs = Array.from({ length: perCustomer }, (_, i) =>
      pairOf(first + c * perCustomer + i, tenantId)
    )
    const subscriptions = pairs.map(
      ({ expected }, i): Subscription => ({
        id: SubscriptionId.make(guid(1, first + c * perCustomer + i)),
        reference: `S-${first + c * perCustomer + i}`,
        instanceId,
        accountId,
        tenantId,
        microsoftId: expected.microsoftId,
        name: expected.name,
        isAddon: false,
        terms: expected.terms,
        unitPrice: null,
        acceptedAt: null
      })
    )
    const observed = pairs.map((pair) => pair.observed).reverse()
    const baselines = new Map()
    return {
      customer: { instanceId, cspStatus: "indirect", tenantId, subscriptions, observed, baselines },
      pairs
    }
  })

const pairOf = (n: number, tenantId: TenantId): Pair => {
  const terms: Terms = {
    offer: offerOf(n * 7),
    quantity: 1 + (n % 90),
    status: "active",
    billingCycle: n % 3 === 0 ? "annual" : "monthly",
    term: "P1Y",
    autoRenew: true,
    commitmentEnd: Instant.make(now + (n % 360) * dayMs),
    scheduledChange: null,
    partnerOfRecord: partner,
    parent: null,
    isTrial: false,
    friendlyName: `Subscription ${n}`
  }
  const expected: Observed = {
    instanceId,
    tenantId,
    microsoftId: MicrosoftId.make(guid(2, n)),
    terms,
    name: `Microsoft 365 Business Premium ${n % 40}`,
    orderId: guid(6, n).slice(0, 12),
    effectiveStart: now,
    createdAt: now,
    cancellableUntil: now,
    refundable: [{ quantity: terms.quantity, until: now }],
    etag: guid(7, n)
  }
  const drift = random() < 0.02 ? drifts[Math.floor(random() * drifts.length)] : undefined
  const observed = asRead({ ...expected, terms: { ...terms, ...drift?.(terms) } })
  return { expected: asRead(expected), observed }
}

const knowledge: Knowledge = {
  at: now,
  rules: rulesDefault,
  products: new Map(),
  listed: nothingListed,
  elsewhere: new Map(),
  claimedElsewhere: new Set()
}

/** How many differences, and a checksum over which subscription and which field. */
interface Differences {
  count: number
  checksum: number
}
const note = (differences: Differences, at: number, field: string): void => {
  differences.count += 1
  differences.checksum =
    (differences.checksum + (at + 1) * (field.length * 31 + field.charCodeAt(0))) % 1e9
}

const generic: Readonly<Record<string, (pairs: ReadonlyArray<Pair>) => Differences>> = {
  microdiff: (pairs) => {
    const differences = { count: 0, checksum: 0 }
    pairs.forEach(({ expected, observed }, at) => {
      for (const { path } of microdiff(expected, observed, { cyclesFix: false }))
        note(differences, at, String(path[1]))
    })
    return differences
  },
  "deep-diff": (pairs) => {
    const differences = { count: 0, checksum: 0 }
    pairs.forEach(({ expected, observed }, at) => {
      for (const { path } of deepDiff.diff(expected, observed) ?? [])
        note(differences, at, String(path?.[1]))
    })
    return differences
  },
  "fast-json-patch": (pairs) => {
    const differences = { count: 0, checksum: 0 }
    pairs.forEach(({ expected, observed }, at) => {
      for (const { path } of fastJsonPatch.compare(expected, observed))
        note(differences, at, path.slice("/terms/".length))
    })
    return differences
  }
}

const concordat = (book: ReadonlyArray<Book>): Differences => {
  const differences = { count: 0, checksum: 0 }
  let at = 0
  for (const { customer } of book)
    for (const { findings } of compare(customer, knowledge)) {
      for (const { field } of findings) note(differences, at, field ?? "")
      at += 1
    }
  return differences
}

const seconds: Record<string, number> = {}
const cold: Record<string, number> = {}
const ratios: Array<number> = []
let found = 0
for (let round = -warmUpRounds; round < total / perRound; round++) {
  const book = books((round + warmUpRounds) * perRound, perRound)
  const pairs = book.flatMap((customer) => customer.pairs)
  const runs: ReadonlyArray<readonly [string, () => Differences]> = [
    ["concordat", () => concordat(book)],
    ...Object.entries(generic).map(([name, diff]) => [name, () => diff(pairs)] as const)
  ]
  const taken: Record<string, number> = {}
  const results: Array<readonly [string, Differences]> = []
  // Each goes first in its turn: whoever runs first after the records were made pays for their collection.
  for (let turn = 0; turn < runs.length; turn++) {
    const [name, run] = runs[(turn + round + warmUpRounds) % runs.length] ?? never()
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const [differences, time] = secondsOf(run)
      taken[name] = Math.min(taken[name] ?? Number.POSITIVE_INFINITY, time)
      if (repetition === 0 && round >= 0) cold[name] = (cold[name] ?? 0) + time
      results.push([name, differences])
    }
  }
  const [, expected] = results[0] ?? never()
  for (const [name, { count, checksum }] of results)
    if (count !== expected.count || checksum !== expected.checksum)
      throw new Error(`${name} reports other differences than ${results[0]?.[0]}`)
  if (round < 0) continue
  found += expected.count
  for (const [name, time] of Object.entries(taken)) seconds[name] = (seconds[name] ?? 0) + time
  const { concordat: own = Number.NaN, ...others } = taken
  ratios.push(Math.min(...Object.values(others)) / own)
}

const { concordat: own = Number.NaN, ...others } = seconds
print(
  `compare: ${total.toLocaleString("en")} subscriptions, ${found.toLocaleString("en")} differences, the same from all`,
  [
    ...Object.entries(seconds).map(([name, value]) => ({
      what: name,
      figure: `${value.toFixed(2)} s`,
      note: `${Math.round(total / value).toLocaleString("en")} pairs/s`
    })),
    {
      what: "concordat against the fastest of them, over all",
      figure: `${(Math.min(...Object.values(others)) / own).toFixed(1)}x`,
      note: "goal 15x"
    },
    {
      what: "the same on the first pass, with collections and cold memory",
      figure: `${(Math.min(...Object.entries(cold).map(([name, value]) => (name === "concordat" ? Number.POSITIVE_INFINITY : value))) / (cold["concordat"] ?? Number.NaN)).toFixed(1)}x`,
      note: "for information"
    },
    {
      what: "the same as the first, median of the rounds",
      figure: `${medianOf(ratios).toFixed(1)}x`,
      note: `${ratios.length} rounds`
    }
  ]
)
