import { Option } from "effect"

/**
 * The JSON in a body. Every recorded answer of Partner Center starts with a byte-order mark, which the decoder
 * takes off; bytes that are no UTF-8 are no JSON. What no database can hold, U+0000 and halves of surrogate pairs, is
 * replaced here, so that one name of a stranger does not stop the rest.
 */
export const jsonIn = (body: Uint8Array): Option.Option<unknown> => {
  try {
    const text = utf8.decode(body)
    const value: unknown = unholdable.test(text) ? JSON.parse(text, holdable) : JSON.parse(text)
    return Option.some(value)
  } catch {
    return Option.none()
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

/** Only as escapes can they be in a text that is UTF-8. */
const unholdable = /\\u(0000|d[89a-f])/iu

const holdable = (_: string, value: unknown): unknown =>
  typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\ufffd") : value
