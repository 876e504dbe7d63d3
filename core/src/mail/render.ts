import { Result, Schema } from "effect"
import { hasControls } from "./checkTemplate.ts"
import { type MergeValues, piecesOf } from "./mergeFields.ts"
import { occasions } from "./occasions.ts"
import type { Template } from "./Template.ts"

/** A mail as it goes out. Addresses are plain (`name@host`), each once. */
export class RenderedMail extends Schema.Opaque<RenderedMail>()(
  Schema.Struct({
    to: Schema.Array(Schema.String),
    cc: Schema.Array(Schema.String),
    bcc: Schema.Array(Schema.String),
    subject: Schema.String,
    html: Schema.String,
    text: Schema.String
  }).annotate({ identifier: "RenderedMail" })
) {}

/** Nobody can receive the mail, and why. */
export class NoRecipient extends Schema.TaggedError<NoRecipient>()("NoRecipient", {
  to: Schema.String,
  refused: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const why =
      this.refused.length > 0
        ? `${this.refused.map((text) => `“${text}”`).join(", ")} is no e-mail address`
        : `${this.to} has no value`
    return `The mail has no recipient: ${why}. Complete the account's e-mail address, or the template's To.`
  }
}

/**
 * The mail of an occasion. Values are put in once (a value that looks like a merge field stays as it is), escaped
 * where they are HTML, and without line breaks where they are headers. Recipients that are no addresses are left
 * out; without any in To there is no mail.
 */
export const render = (
  template: Template,
  values: MergeValues
): Result.Result<RenderedMail, NoRecipient> => {
  const { fields } = occasions[template.kind]
  const filled = (text: string, shown: (value: string) => string) =>
    piecesOf(text, fields)
      .pieces.map((piece) => ("field" in piece ? shown(values[piece.field] ?? "") : piece.text))
      .join("")
  // Divided before values are put in: a value is one address, or none.
  const addressesOf = (text: string) =>
    addressesAmong(text.split(/[,;]/u).map((part) => filled(part, (value) => value).trim()))
  const to = addressesOf(template.to)
  if (to.valid.length === 0)
    return Result.fail(new NoRecipient({ to: template.to, refused: to.refused }))
  return Result.succeed({
    to: to.valid,
    cc: addressesOf(template.cc).valid,
    bcc: addressesOf(template.bcc).valid,
    subject: oneLine(filled(template.subject, oneLine)).slice(0, subjectLengthMax),
    html: filled(template.html, (value) => escaped(value).replaceAll(/\r?\n/gu, "<br>")),
    text: filled(template.text, (value) => value)
  })
}

const subjectLengthMax = 500

/** Controls become blanks: they would end the header. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim()

/** For text between tags, and for quoted attributes. */
export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

/** RFC 5321 lengths; no quoted local parts, comments or lists. */
const isAddress = (text: string): boolean =>
  text.length <= 254 &&
  !hasControls(text) &&
  /^[^\s@<>()[\]\\,;:"]{1,64}@[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(text)

/** Those that are addresses, each once, and those that are not. */
const addressesAmong = (parts: ReadonlyArray<string>) => {
  const given = parts.filter((part) => part !== "")
  const byAddress = new Map(given.filter(isAddress).map((part) => [part.toLowerCase(), part]))
  return {
    valid: [...byAddress.values()],
    refused: given.filter((part) => !isAddress(part))
  }
}
