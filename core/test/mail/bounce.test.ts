import { Effect, Layer } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { bouncesOf } from "../../src/mail/Bounce.ts"
import type { ReportedRecipient } from "../../src/mail/DeliveryReport.ts"
import { MailId, MailNotFound, Outbox } from "../../src/mail/Outbox.ts"
import { recordBounce } from "../../src/mail/recordBounce.ts"
import { Instant } from "../../src/time/Instant.ts"

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.string({ maxLength: 1_000 }))
const address = fc.constantFrom("a@x.example", "A@x.example", "b@x.example")
const reported: fc.Arbitrary<ReportedRecipient> = fc.record({
  recipient: fc.oneof(address, text),
  action: fc.option(
    fc.oneof(fc.constantFrom("failed", "Delayed", "delivered", "relayed", "expanded"), text)
  ),
  status: fc.option(fc.oneof(fc.constantFrom("5.1.1", "4.2.2 (full)", "2.0.0", "9.9.9"), text)),
  diagnostic: fc.option(text)
})
const reportOf = (recipients: ReadonlyArray<ReportedRecipient>) => ({
  key: "k",
  about: [],
  recipients
})
const one = (action: string | null, status: string | null) =>
  bouncesOf(reportOf([{ recipient: "a@x.example", action, status, diagnostic: null }]))

describe("a report", () => {
  // action  status  bounce
  it.each([
    ["failed", "5.1.1", "failed 5.1.1"],
    ["failed", "4.4.1", "failed 4.4.1"], // given up after days
    ["delayed", "4.2.2 (mailbox full)", "delayed 4.2.2"],
    ["delayed", "5.0.0", "delayed 5.0.0"],
    ["FAILED", "nonsense", "failed 5.0.0"],
    ["delivered", "5.1.1", undefined],
    ["relayed", "2.0.0", undefined],
    ["expanded", null, undefined],
    [null, "5.7.1", "failed 5.7.1"],
    [null, "4.7.1", "delayed 4.7.1"],
    [null, "2.0.0", undefined],
    ["eaten", null, undefined],
    [null, null, undefined]
  ])("that a mail was %s with %s is %s", (action, status, expected) => {
    const [bounce] = one(action, status)
    expect(bounce && `${bounce.action} ${bounce.status}`).toBe(expected)
  })

  it("names each recipient once, and what is final outweighs what is not", () => {
    fc.assert(
      fc.property(fc.array(reported, { maxLength: 6 }), (recipients) => {
        const bounces = bouncesOf(reportOf(recipients))
        const names = bounces.map(({ recipient }) => recipient.toLowerCase())
        expect(new Set(names).size).toBe(names.length)
        for (const { recipient, action } of recipients)
          if (action === "failed" && recipient === "a@x.example")
            expect(bounces).toContainEqual(
              expect.objectContaining({
                recipient: expect.stringMatching(/^a@x\.example$/iu),
                action: "failed"
              })
            )
      })
    )
  })

  it("becomes short lines that a database can keep, whatever somebody wrote into it", () => {
    fc.assert(
      fc.property(fc.array(reported, { maxLength: 6 }), (recipients) => {
        for (const { recipient, status, reason } of bouncesOf(reportOf(recipients))) {
          expect(`${recipient}${reason}`).not.toMatch(/\p{Cc}/u)
          expect(recipient.isWellFormed() && reason.isWellFormed()).toBe(true)
          expect(recipient.length).toBeLessThanOrEqual(320)
          expect(reason.length).toBeLessThanOrEqual(500)
          expect(status).toMatch(/^[245]\.\d{1,3}\.\d{1,3}$/u)
        }
      })
    )
  })
})

describe("the mail of a report", () => {
  const ours = MailId.make("0a1b2c3d-0000-4000-8000-000000000001")
  const other = "0a1b2c3d-0000-4000-8000-000000000002"
  const foundBy = (about: ReadonlyArray<string>) =>
    recordBounce({ key: "k", about, recipients: [] }).pipe(
      Effect.map(({ mail }) => mail.id),
      Effect.catchTag("BounceUnknown", ({ message }) => Effect.succeed(message)),
      Effect.provide(
        Layer.mock(Outbox)({
          bounced: (id) =>
            id === ours
              ? Effect.succeed({ mail: { ...mail, id }, recorded: 0 })
              : Effect.fail(new MailNotFound({ id }))
        })
      ),
      Effect.runPromise
    )

  it.each([
    [[ours]],
    [[`<${ours}@contoso.example>`]],
    [[` <${ours.toUpperCase()}@contoso.example> `]],
    [["QQ314159", `<${ours}@contoso.example>`]],
    [[other, ours]]
  ])("is found as %o", async (about) => {
    expect(await foundBy(about)).toBe(ours)
  })

  it.each([
    [[], /does not say which mail/u],
    [[`<${other}@contoso.example>`], /which is no mail of this outbox/u],
    [[`<x${ours}@contoso.example>`], /which is no mail of this outbox/u]
  ])("is not found as %o", async (about, message) => {
    expect(await foundBy(about)).toMatch(message)
  })
})

const mail = {
  kind: "welcome-customer" as const,
  accountId: null,
  status: "sent" as const,
  to: [],
  subject: "",
  templateVersion: 0,
  attempts: 1,
  problem: null,
  createdAt: Instant.make(0),
  sentAt: null
}
