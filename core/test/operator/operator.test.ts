import { scopesOf } from "@concordat/core/actor/Actor"
import { actorOf, OperatorId, OperatorName } from "@concordat/core/operator/Operator"
import {
  endsOf,
  idleMsMax,
  isOver,
  type Session,
  SessionId,
  sessionMsMax
} from "@concordat/core/operator/Session"
import {
  delayMsAfter,
  delayMsMax,
  freeFailures,
  type ThrottledBy
} from "@concordat/core/operator/SignInAttempts"
import { Instant, secondMs } from "@concordat/core/time/Instant"
import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const id = "0a1b2c3d-0000-4000-8000-00000000abcd"
const start = Instant.make(Date.UTC(2026, 10, 21))

/** A session of which the last use is so many milliseconds after its beginning. */
const sessionSeen = (afterMs: number): Session => ({
  id: SessionId.make(id),
  operatorId: OperatorId.make(id),
  startedAt: start,
  seenAt: Instant.make(start + afterMs),
  address: null,
  userAgent: null
})

describe("a session", () => {
  const ages = fc.integer({ min: 0, max: sessionMsMax + idleMsMax })

  it("is over exactly when it was unused for the one time or is as old as the other", () => {
    fc.assert(
      fc.property(ages, ages, (seen, more) => {
        const now = Instant.make(start + seen + more)
        const isIdle = more >= idleMsMax
        const isOld = seen + more >= sessionMsMax
        expect(isOver(sessionSeen(seen), now)).toBe(isIdle || isOld)
      })
    )
  })

  it("once over is never open again, and use never makes it shorter", () => {
    fc.assert(
      fc.property(ages, ages, ages, (seen, at, later) => {
        const session = sessionSeen(seen)
        const now = Instant.make(start + at)
        if (isOver(session, now)) expect(isOver(session, Instant.make(now + later))).toBe(true)
        const used = sessionSeen(seen + later)
        expect(endsOf(used).idleEndsAt).toBeGreaterThanOrEqual(endsOf(session).idleEndsAt)
        expect(endsOf(used).endsAt).toBe(endsOf(session).endsAt)
      })
    )
  })

  it("never ends by idleness after it ends for good", () => {
    fc.assert(
      fc.property(ages, (seen) => {
        const { idleEndsAt, endsAt } = endsOf(sessionSeen(seen))
        expect(idleEndsAt).toBeLessThanOrEqual(endsAt)
      })
    )
  })
})

describe("the wait after failed attempts", () => {
  const kinds = fc.constantFrom<ThrottledBy>("name", "address")
  const counts = fc.oneof(fc.nat(60), fc.nat(2_000_000_000))

  it("is nothing for the first few, and never shorter after one more", () => {
    fc.assert(
      fc.property(kinds, counts, (by, failures) => {
        const delay = delayMsAfter(failures, by)
        expect(delay === 0).toBe(failures < freeFailures[by])
        expect(delayMsAfter(failures + 1, by)).toBeGreaterThanOrEqual(delay)
      })
    )
  })

  it("has an end, however many there were", () => {
    fc.assert(
      fc.property(kinds, counts, (by, failures) => {
        expect(delayMsAfter(failures, by)).toBeLessThanOrEqual(delayMsMax)
      })
    )
    expect(delayMsAfter(freeFailures.name, "name")).toBe(secondMs)
    expect(delayMsAfter(1_000, "name")).toBe(delayMsMax)
  })
})

describe("an operator", () => {
  it.each([
    ["ada", true],
    ["ada.lovelace+csp@fabrikam.example", true],
    ["4711", true],
    ["a".repeat(100), true],
    ["a".repeat(101), false],
    ["", false],
    ["Ada", false],
    ["ada lovelace", false],
    ["-ada", false],
    ["ada\n", false],
    ["аda", false] // a Cyrillic а, which looks the same
  ])("may be called %j: %s", (name, expected) => {
    expect(Schema.is(OperatorName)(name)).toBe(expected)
  })

  it("acts under its name, with what its role can hold, in its branch", () => {
    const operator = {
      id: OperatorId.make(id),
      name: OperatorName.make("ada"),
      role: "read-only",
      branch: null,
      active: true,
      createdAt: start,
      lastSignInAt: null,
      version: 1
    } as const
    expect(actorOf(operator)).toEqual({
      name: "operator:ada",
      role: "read-only",
      scopes: scopesOf("read-only"),
      branch: null
    })
  })
})
