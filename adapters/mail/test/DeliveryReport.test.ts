import { Effect } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readDeliveryReport } from "../src/DeliveryReport.ts"
import { postfixReport } from "./reports.ts"

const id = "0a1b2c3d-0000-4000-8000-000000000001"
const read = (text: string) => Effect.runPromise(readDeliveryReport(Buffer.from(text)))
const refusal = (text: string | Uint8Array) =>
  Effect.runPromise(Effect.flip(readDeliveryReport(Buffer.from(text))))

/** As Exchange Online writes it: the status in base64, and the whole message returned, which has parts itself. */
const exchange = `From: postmaster@fabrikam.onmicrosoft.com\r
Message-ID: <0e1f@AM0PR01.example>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=outer\r
MIME-Version: 1.0\r
\r
--outer\r
Content-Type: text/html; charset="utf-8"\r
Content-Transfer-Encoding: base64\r
\r
PGI+WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZDwvYj4=\r
\r
--outer\r
Content-Type: message/delivery-status\r
Content-Transfer-Encoding: base64\r
\r
${Buffer.from(
  [
    "Original-Envelope-Id: 0A1B2C3D-0000-4000-8000-000000000001",
    "Reporting-MTA: dns;AM0PR01.example",
    "",
    "Final-Recipient: rfc822;office@fabrikam.example",
    "Action: failed",
    "Status: 5.1.10",
    "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound",
    "",
    "Final-Recipient: rfc822;orders@northwind.example",
    "Action: delayed",
    "Status: 4.4.7",
    "Will-Retry-Until: Sat, 21 Nov 2026 12:00:00 +0000"
  ].join("\r\n")
).toString("base64")}\r
\r
--outer\r
Content-Type: message/rfc822\r
\r
Message-ID: <${id}@contoso.example>\r
Content-Type: multipart/alternative; boundary=inner\r
\r
--inner\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; of.somebody.else\r
\r
Final-Recipient: rfc822; wrong@example.org\r
Action: failed\r
Status: 5.0.0\r
\r
--inner--\r
\r
--outer--\r
`

describe("a delivery report", () => {
  it("of Postfix is read whole", async () => {
    expect(await read(postfixReport(id))).toEqual({
      key: expect.stringMatching(/^[0-9a-f]{64}$/u),
      about: [`<${id}@contoso.example>`],
      recipients: [
        {
          recipient: "office@fabrikam.example",
          action: "failed",
          status: "5.1.1",
          diagnostic:
            "550 5.1.1 <office@fabrikam.example>: Recipient address rejected: User unknown in virtual mailbox table"
        }
      ]
    })
  })

  it("of Exchange is read from base64, and not from what came back", async () => {
    const { about, recipients } = await read(exchange)
    expect(about).toEqual([id.toUpperCase(), `<${id}@contoso.example>`])
    expect(recipients.map(({ recipient, action, status }) => [recipient, action, status])).toEqual([
      ["office@fabrikam.example", "failed", "5.1.10"],
      ["orders@northwind.example", "delayed", "4.4.7"]
    ])
  })

  it("has a key of its own, and the same one however it came", async () => {
    const one = await read(postfixReport(id))
    const again = await read(`Received: from a by b\r\n${postfixReport(id)}`)
    const other = await read(postfixReport(id, { messageId: "next@mx.contoso.example" }))
    expect(again.key).toBe(one.key)
    expect(other.key).not.toBe(one.key)
  })

  it("without the headers of what came back does not say which mail it is about", async () => {
    const text = postfixReport(id).replace(/^Message-ID: .*\r\n/mu, "")
    expect((await read(text)).about).toEqual([])
  })

  it.each([
    ["", /no part message\/delivery-status/u],
    ["no mail at all", /no part message\/delivery-status/u],
    // A report that somebody forwards is not the mail system's.
    [
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n${postfixReport(id)}\r\n--b--\r\n`,
      /no part message\/delivery-status/u
    ],
    ["Subject: Out of office\r\n\r\nI am away.\r\n", /no part message\/delivery-status/u],
    [
      "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n",
      /names no recipient/u
    ],
    [
      `Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n${"\r\nFinal-Recipient: rfc822; a@b\r\n".repeat(101)}`,
      /more than 100 recipients/u
    ],
    [`X: ${"x".repeat(300 * 1024)}\r\n\r\n`, /Max header size/u],
    [
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\n".repeat(200)}`,
      /child nodes/u
    ]
  ])("is not %o", async (text, message) => {
    const error = await refusal(text)
    expect(error).toMatchObject({ _tag: "ReportUnreadable" })
    expect(error.message).toMatch(message)
  })

  it("is read or refused, whatever comes", async () => {
    const pieces = postfixReport(id).split("\r\n")
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2_000 }),
          fc.shuffledSubarray(pieces).map((lines) => Buffer.from(lines.join("\r\n")))
        ),
        async (bytes) => {
          const exit = await Effect.runPromise(
            Effect.result(readDeliveryReport(new Uint8Array(bytes)))
          )
          expect(["Success", "Failure"]).toContain(exit._tag)
        }
      )
    )
  })
})
