import { Option } from "effect"

/**
 * The JSON in a body. Every recorded answer of Partner Center starts with a byte-order mark, which the decoder
 * takes off; bytes that are no UTF-8 are no JSON.
 */
export const jsonIn = (body: Uint8Array): Option.Option<unknown> => {
  try {
    const value: unknown = JSON.parse(utf8.decode(body))
    return Option.some(value)
  } catch {
    return Option.none()
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })
