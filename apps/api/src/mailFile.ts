import type { WholeMail } from "@concordat/core/mail/Outbox"

/**
 * A mail as a file that mail programs open (RFC 5322, RFC 2045). Everything that is not a header's name is base64, so
 * that no text of a template or a customer can be a header or a part of its own.
 */
export const mailFile = ({
  createdAt,
  id,
  mail
}: Pick<WholeMail, "createdAt" | "id" | "mail">): Uint8Array<ArrayBuffer> => {
  const boundary = `=_${id}`
  const addresses = (name: string, those: ReadonlyArray<string>) =>
    those.length === 0 ? [] : [`${name}: ${those.map(addressText).join(",\r\n ")}`]
  const lines = [
    `Date: ${new Date(createdAt).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}@outbox.invalid>`,
    ...addresses("To", mail.to),
    ...addresses("Cc", mail.cc),
    ...addresses("Bcc", mail.bcc),
    `Subject: ${words(mail.subject)}`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    "",
    ...part(boundary, "text/plain", mail.text),
    ...part(boundary, "text/html", mail.html),
    `--${boundary}--`,
    ""
  ]
  return new Uint8Array(Buffer.from(lines.join("\r\n"), "utf8"))
}

/** RFC 2045 §6.8: no line is longer. */
const base64Line = /.{1,76}/gu
/** RFC 2047 §2: an encoded word has at most 75 characters, 12 of which say what it is; 45 bytes are 60 of the rest. */
const wordBytesMax = 45

const part = (boundary: string, type: string, text: string): ReadonlyArray<string> => [
  `--${boundary}`,
  `Content-Type: ${type}; charset=utf-8`,
  "Content-Transfer-Encoding: base64",
  "",
  ...(Buffer.from(text, "utf8").toString("base64").match(base64Line) ?? []),
  ""
]

/** A header's text as encoded words, none of which ends within a character. */
const words = (text: string): string => {
  const chunks: Array<string> = []
  let chunk = ""
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > wordBytesMax) {
      chunks.push(chunk)
      chunk = ""
    }
    chunk += character
  }
  return [...chunks, chunk]
    .map((some) => `=?UTF-8?B?${Buffer.from(some, "utf8").toString("base64")}?=`)
    .join("\r\n ")
}

/** An address in the outbox has been checked; of what came in before that, only the harmless is left. */
const addressText = (address: string): string => address.replaceAll(/[\p{Cc}<>,;]/gu, "")
