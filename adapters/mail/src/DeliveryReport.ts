import { createHash } from "node:crypto"
import type { DeliveryReport, ReportedRecipient } from "@concordat/core/mail/DeliveryReport"
import { type MimeNode, Splitter } from "@zone-eu/mailsplit"
import { Effect, Schema } from "effect"

/** What was handed in is no delivery status notification. */
export class ReportUnreadable extends Schema.TaggedError<ReportUnreadable>()("ReportUnreadable", {
  problem: Schema.String
}) {
  override get message(): string {
    return `This is no delivery status notification: ${this.problem}. Hand in the whole message as it came, with its headers, and no other mail.`
  }
}

const headBytesMax = 256 * 1024
const partsMax = 100
/** Of a part that is of interest; what came back may be long, and only its headers are. */
const partBytesMax = 256 * 1024
const recipientsMax = 100

/** RFC 3464, and RFC 6533 for addresses in any script. */
const statusTypes = ["message/delivery-status", "message/global-delivery-status"]
const returnedTypes = [
  "message/rfc822",
  "text/rfc822-headers",
  "message/global",
  "message/global-headers"
]

/**
 * Reads a delivery status notification (RFC 3464) from a whole message, as a mail system hands it in: its part
 * `message/delivery-status`, and the headers of what came back.
 */
export const readDeliveryReport = Effect.fn("readDeliveryReport")(function* (
  message: Uint8Array
): Effect.fn.Return<DeliveryReport, ReportUnreadable> {
  const { head, status, returned } = yield* Effect.tryPromise({
    try: () => partsOf(message),
    catch: (cause) =>
      new ReportUnreadable({ problem: cause instanceof Error ? cause.message : String(cause) })
  })
  if (status === undefined)
    return yield* new ReportUnreadable({ problem: "it has no part message/delivery-status" })
  // The first block is about the message, each of the others about a recipient.
  const [ofMessage, ...ofRecipients] = blocksOf(status)
  const recipients = ofRecipients.flatMap(recipientOf)
  if (ofMessage === undefined || recipients.length === 0)
    return yield* new ReportUnreadable({ problem: "its delivery status names no recipient" })
  if (recipients.length > recipientsMax)
    return yield* new ReportUnreadable({
      problem: `it names more than ${recipientsMax} recipients`
    })
  const [headersReturned] = blocksOf(returned ?? "")
  return {
    key: createHash("sha256")
      .update(fieldsOf(head).get("message-id") ?? "")
      .update("\n")
      .update(status)
      .digest("hex"),
    about: [ofMessage.get("original-envelope-id"), headersReturned?.get("message-id")].filter(
      (name) => name !== undefined
    ),
    recipients
  }
})

interface Parts {
  readonly head: string
  readonly status: string | undefined
  readonly returned: string | undefined
}

/** The parts of interest, decoded; the first of each kind. */
const partsOf = async (message: Uint8Array): Promise<Parts> => {
  const splitter = new Splitter({
    ignoreEmbedded: true,
    maxHeadSize: headBytesMax,
    maxChildNodes: partsMax
  })
  splitter.end(message)
  const bodies = new Map<MimeNode, Array<Buffer>>()
  let root: MimeNode | undefined
  for await (const chunk of splitter) {
    if (chunk.type === "node") {
      root ??= chunk
      if (isOf(chunk, statusTypes) || isOf(chunk, returnedTypes)) bodies.set(chunk, [])
    } else if (chunk.type === "body") bodies.get(chunk.node)?.push(chunk.value)
  }
  const bodyOf = async (types: ReadonlyArray<string>) => {
    const found = [...bodies].find(([node]) => isOf(node, types))
    return found === undefined ? undefined : await decoded(...found)
  }
  return {
    head: root?.getHeaders().toString("utf8") ?? "",
    status: await bodyOf(statusTypes),
    returned: await bodyOf(returnedTypes)
  }
}

const isOf = ({ contentType }: MimeNode, types: ReadonlyArray<string>): boolean =>
  contentType !== false && types.includes(contentType.toLowerCase())

const decoded = async (node: MimeNode, body: ReadonlyArray<Buffer>): Promise<string> => {
  const decoder = node.getDecoder()
  decoder.end(Buffer.concat(body))
  const chunks: Array<Buffer> = []
  for await (const chunk of decoder) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).subarray(0, partBytesMax).toString("utf8")
}

type Fields = ReadonlyMap<string, string>

const blocksOf = (text: string): ReadonlyArray<Fields> =>
  text
    .split(/\r?\n[\t ]*\r?\n/u)
    .map(fieldsOf)
    .filter(({ size }) => size > 0)

/** Header fields by their names in small letters, unfolded (RFC 5322 §2.2.3); the first of each name. */
const fieldsOf = (block: string): Fields => {
  const fields = new Map<string, string>()
  for (const line of block.replaceAll(/\r?\n[\t ]+/gu, " ").split(/\r?\n/u)) {
    const colon = line.indexOf(":")
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim())
  }
  return fields
}

/** `rfc822; office@fabrikam.example`: a type, then the value. */
const withoutType = (field: string | undefined): string | null =>
  field === undefined ? null : field.slice(field.indexOf(";") + 1).trim()

const recipientOf = (fields: Fields): ReadonlyArray<ReportedRecipient> => {
  const recipient =
    withoutType(fields.get("original-recipient")) || withoutType(fields.get("final-recipient"))
  return recipient === null || recipient === ""
    ? []
    : [
        {
          recipient,
          action: fields.get("action")?.trim() ?? null,
          status: fields.get("status") ?? null,
          diagnostic: withoutType(fields.get("diagnostic-code"))
        }
      ]
}
