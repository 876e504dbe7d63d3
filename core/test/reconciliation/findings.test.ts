import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { format } from "../../src/money/Money.ts"
import { agree } from "../../src/reconciliation/Baseline.ts"
import { compare } from "../../src/reconciliation/compare.ts"
import type { Finding, FindingKind } from "../../src/reconciliation/Finding.ts"
import { deadlineOf } from "../../src/reconciliation/urgency.ts"
import type { Observed } from "../../src/subscription/Observed.ts"
import type { Subscription, Terms } from "../../src/subscription/Subscription.ts"
import { dayMs, hourMs, Instant, toIso } from "../../src/time/Instant.ts"
import { aWorld } from "./samples.ts"
import { customerOf, euros, knowledge, now, soundWorld } from "./Worlds.ts"

const [subscription] = aWorld.subscriptions
const [observed] = aWorld.observed
const monthly: Partial<Terms> = { term: "P1Y", billingCycle: "monthly", quantity: 10 }

interface Sides {
  readonly ours?: Partial<Terms>
  readonly theirs?: Partial<Terms>
  readonly subscription?: Partial<Subscription> | null
  readonly observed?: Partial<Observed> | null
}
const findings = (sides: Sides): ReadonlyArray<Finding> =>
  compare(
    customerOf({
      ...aWorld,
      subscriptions:
        sides.subscription === null
          ? []
          : [
              {
                ...subscription,
                unitPrice: euros("10.50"),
                ...sides.subscription,
                terms: { ...subscription.terms, ...monthly, ...sides.ours }
              }
            ],
      observed:
        sides.observed === null
          ? []
          : [
              {
                ...observed,
                ...sides.observed,
                terms: { ...observed.terms, ...monthly, ...sides.theirs }
              }
            ]
    }),
    knowledge
  ).flatMap((row) => row.findings)

const only = (kind: FindingKind, sides: Sides): Finding => {
  const [finding, ...rest] = findings(sides)
  if (finding === undefined || rest.length > 0 || finding.kind !== kind)
    throw new Error(`expected one ${kind}, found ${findings(sides).map((f) => f.kind)}`)
  return finding
}
const risk = (finding: Finding): string | null =>
  finding.atRisk === null ? null : `${format(finding.atRisk)} ${finding.atRisk.currency}`
const action = (finding: Finding, name: string) =>
  finding.actions.find((candidate) => candidate.name === name)

describe("money at risk per month", () => {
  // what                            finding                     sides                                            risk
  const table: ReadonlyArray<readonly [string, FindingKind, Sides, string | null]> = [
    ["seats beyond the invoice", "quantity", { theirs: { quantity: 13 } }, "31.50 EUR"],
    ["seats invoiced in vain", "quantity", { theirs: { quantity: 8 } }, "21.00 EUR"],
    ["cancelled here only", "status", { ours: { status: "deleted" } }, "105.00 EUR"],
    [
      "unknown to the BSS: the list's price",
      "only-in-partner-center",
      { subscription: null },
      "105.00 EUR"
    ],
    [
      "not there: the agreed price",
      "not-found",
      { observed: null, subscription: { unitPrice: euros("11"), acceptedAt: null } },
      "110.00 EUR"
    ],
    [
      "billed by the year: a twelfth",
      "quantity",
      {
        ours: { billingCycle: "annual" },
        theirs: { billingCycle: "annual", quantity: 11 },
        subscription: { unitPrice: euros("120") }
      },
      "10.00 EUR"
    ],
    [
      "a price below the list",
      "price",
      { subscription: { unitPrice: euros("10.00") } },
      "5.00 EUR"
    ],
    ["another term: the difference", "term", { theirs: { term: "P1M" } }, "15.00 EUR"],
    [
      "no price known",
      "quantity",
      {
        ours: { billingCycle: "none" },
        theirs: { billingCycle: "none", quantity: 11 },
        subscription: { unitPrice: null }
      },
      null
    ],
    [
      "no money moves",
      "commitment-end",
      { theirs: { commitmentEnd: Instant.make(now + 9 * dayMs) } },
      null
    ]
  ]
  for (const [what, kind, sides, expected] of table)
    it(what, () => expect(risk(only(kind, sides))).toBe(expected))
})

describe("corrective actions are allowed, or say why not", () => {
  it("more seats can be pushed at any time; fewer only within the window, with the instant it closed", () => {
    const closed = Instant.make(now - hourMs)
    const open = Instant.make(now + hourMs)
    expect(
      action(only("quantity", { theirs: { quantity: 8 } }), "push-bss-value")?.refusal
    ).toBeNull()
    const late = only("quantity", {
      theirs: { quantity: 13 },
      observed: { refundable: [{ quantity: 3, until: closed }] }
    })
    expect(action(late, "push-bss-value")?.refusal).toMatchObject({
      code: "window-closed",
      closedAt: closed,
      text: expect.stringContaining(toIso(closed))
    })
    expect(action(late, "take-partner-center-value")?.refusal).toBeNull()
    const partly = only("quantity", {
      theirs: { quantity: 13 },
      observed: { refundable: [{ quantity: 2, until: open }] }
    })
    expect(action(partly, "push-bss-value")?.refusal?.text).toContain("Only 2 of the 3 seats")
    const inTime = only("quantity", {
      theirs: { quantity: 13 },
      observed: { refundable: [{ quantity: 3, until: open }] }
    })
    expect(action(inTime, "push-bss-value")?.refusal).toBeNull()
  })

  it("what is possible for a while only says until when: a window, or the renewal", () => {
    const open = Instant.make(now + hourMs)
    const end = Instant.make(now + 3 * dayMs)
    const closes = (finding: Finding, name: string) => action(finding, name)?.closesAt
    const fewer = only("quantity", {
      theirs: { quantity: 13 },
      observed: {
        refundable: [
          { quantity: 3, until: open },
          { quantity: 1, until: end }
        ]
      }
    })
    expect(closes(fewer, "push-bss-value")).toBe(open)
    expect(closes(fewer, "take-partner-center-value")).toBeNull()
    expect(deadlineOf(fewer.actions)).toBe(open)
    const more = only("quantity", { theirs: { quantity: 8 } })
    expect(closes(more, "push-bss-value")).toBeNull()
    const stranger = only("only-in-partner-center", {
      subscription: null,
      observed: { cancellableUntil: open }
    })
    expect(closes(stranger, "cancel-in-partner-center")).toBe(open)
    const renewal = only("auto-renew", {
      ours: { autoRenew: false, commitmentEnd: end },
      theirs: { autoRenew: true, commitmentEnd: end }
    })
    expect(closes(renewal, "push-bss-value")).toBe(end)
    const suspended = findings({
      ours: { autoRenew: false, commitmentEnd: end },
      theirs: { autoRenew: true, commitmentEnd: end, status: "suspended" }
    }).find(({ kind }) => kind === "auto-renew")
    expect(suspended?.actions.map(({ closesAt }) => closesAt)).not.toContain(end)
  })

  it("nothing is pushed to what has ended, nor changed while suspended", () => {
    const gone = only("status", { theirs: { status: "deleted" } })
    expect(action(gone, "push-bss-value")?.refusal?.code).toBe("subscription-ended")
    const [, quantity] = findings({ theirs: { status: "suspended", quantity: 8 } })
    expect(quantity && action(quantity, "push-bss-value")?.refusal?.code).toBe(
      "subscription-suspended"
    )
  })

  it("what only Partner Center holds can be imported, and cancelled while its window is open", () => {
    const at = (cancellableUntil: Instant) =>
      only("only-in-partner-center", { subscription: null, observed: { cancellableUntil } })
    const open = at(Instant.make(now + hourMs))
    expect(open.actions.map(({ name, refusal }) => [name, refusal?.code])).toEqual([
      ["import-subscription", undefined],
      ["cancel-in-partner-center", undefined]
    ])
    const closed = Instant.make(now - dayMs)
    expect(action(at(closed), "cancel-in-partner-center")?.refusal).toMatchObject({
      code: "window-closed",
      closedAt: closed
    })
  })

  it("a term waits for the renewal; an offer needs Microsoft's transition", () => {
    expect(action(only("term", { theirs: { term: "P3Y" } }), "push-bss-value")?.refusal?.code).toBe(
      "only-at-renewal"
    )
    const offer = only("offer", {
      theirs: { offer: knowledge.products.keys().next().value ?? subscription.terms.offer },
      ours: { offer: [...knowledge.products.keys()][1] ?? subscription.terms.offer }
    })
    expect(action(offer, "push-bss-value")?.refusal?.code).toBe("microsoft-decides")
  })
})

describe("severity", () => {
  it("seats that nobody invoices are critical; seats invoiced in vain are a warning", () => {
    expect(only("quantity", { theirs: { quantity: 11 } }).severity).toBe("critical")
    expect(only("quantity", { theirs: { quantity: 9 } }).severity).toBe("warning")
  })
})

describe("the baseline", () => {
  it("records what agrees, keeps what does not, and says nothing when nothing moved", () => {
    fc.assert(
      fc.property(soundWorld, fc.nat(), (world, pick) => {
        const i = pick % world.subscriptions.length
        const [ours, theirs] = [world.subscriptions[i], world.observed[i]]
        if (ours === undefined || theirs === undefined) throw new Error("an empty world")
        const first = agree(undefined, ours.id, ours.terms, theirs, now)
        expect(first?.terms).toEqual(theirs.terms)
        expect(agree(first, ours.id, ours.terms, theirs, now)).toBeUndefined()
        const moved = { ...theirs, terms: { ...theirs.terms, quantity: 99, friendlyName: "New" } }
        expect(agree(first, ours.id, ours.terms, moved, now)).toBeUndefined()
        const settled = agree(
          first,
          ours.id,
          { ...ours.terms, quantity: 99 },
          moved,
          Instant.make(now + dayMs)
        )
        expect(settled?.terms).toEqual({ ...theirs.terms, quantity: 99 })
        expect(settled?.agreedAt).toBe(now)
      })
    )
  })
})
