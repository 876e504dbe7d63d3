import type { MailId } from "@concordat/core/mail/Outbox"

interface Told {
  readonly recipient?: string
  readonly action?: string
  readonly status?: string
  readonly diagnostic?: string
  /** Tells reports apart. */
  readonly messageId?: string
}

/** A report as Postfix writes it (its bounce(8)), with the headers of what came back. */
export const postfixReport = (
  id: MailId | string,
  {
    recipient = "office@fabrikam.example",
    action = "failed",
    status = "5.1.1",
    diagnostic = "smtp; 550 5.1.1 <office@fabrikam.example>: Recipient address\n    rejected: User unknown in virtual mailbox table",
    messageId = "20261120120000.4F1A2B3C@mx.contoso.example"
  }: Told = {}
): string =>
  `Return-Path: <>
Date: Fri, 20 Nov 2026 12:00:00 +0000 (UTC)
From: MAILER-DAEMON@mx.contoso.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@contoso.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4F1A2B3C.1700000000/mx.contoso.example"
Message-Id: <${messageId}>

This is a MIME-encapsulated message.

--4F1A2B3C.1700000000/mx.contoso.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.contoso.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--4F1A2B3C.1700000000/mx.contoso.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.contoso.example
X-Postfix-Queue-ID: 4F1A2B3C
X-Postfix-Sender: rfc822; bounces@contoso.example
Arrival-Date: Fri, 20 Nov 2026 11:59:59 +0000 (UTC)

Final-Recipient: rfc822; ${recipient}
Original-Recipient: rfc822;${recipient}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mail.fabrikam.example
Diagnostic-Code: ${diagnostic}

--4F1A2B3C.1700000000/mx.contoso.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <bounces@contoso.example>
From: Contoso <no-reply@contoso.example>
To: ${recipient}
Subject: Welcome to Microsoft 365
Message-ID: <${id}@contoso.example>
Date: Fri, 20 Nov 2026 11:59:59 +0000

--4F1A2B3C.1700000000/mx.contoso.example--
`.replaceAll("\n", "\r\n")
