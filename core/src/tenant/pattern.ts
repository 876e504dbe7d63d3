/**
 * Microsoft's regular expressions, tried without the engine of the platform: they come from outside, are not always
 * correct, and an unfortunate one keeps that engine busy for ever. Here a pattern has a budget of steps.
 */
type Node =
  | { readonly kind: "one"; readonly fits: (character: string) => boolean }
  | { readonly kind: "sequence"; readonly parts: ReadonlyArray<Node> }
  | { readonly kind: "choice"; readonly options: ReadonlyArray<Node> }
  | { readonly kind: "repeat"; readonly of: Node; readonly min: number; readonly max: number }
  | { readonly kind: "start" | "end" }

/** The longest pattern, the deepest nesting and the most repetitions that are understood. */
const patternLengthMax = 2_000
const depthMax = 12
const repeatMax = 100

/** The longest text that is tried; what is longer fits nothing. */
const textLengthMax = 200
/** Post codes take a few hundred. A pattern that needs more says nothing: the text passes. */
const stepsMax = 50_000

/**
 * Whether a text fits, with the meaning of JavaScript's regular expressions; undefined for what is not understood: wrong
 * patterns, and assertions or references, which rules for post codes and phone numbers do not need.
 */
export const matcherOf = (pattern: string): ((text: string) => boolean) | undefined => {
  if (pattern.length > patternLengthMax) return undefined
  const node = parse(pattern)
  if (node === undefined) return undefined
  return (text) => {
    if (text.length > textLengthMax) return false
    const matching = new Matching(text)
    // Not anchored by itself: it may begin anywhere.
    const begins = new Set(Array.from({ length: text.length + 1 }, (_, at) => at))
    return matching.ends(node, begins).size > 0 || matching.stepsLeft <= 0
  }
}

/** One try of a pattern: from the places where a node may begin to those where it may end. */
class Matching {
  stepsLeft = stepsMax
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  ends(node: Node, starts: ReadonlySet<number>): ReadonlySet<number> {
    this.stepsLeft -= 1 + starts.size
    if (starts.size === 0 || this.stepsLeft <= 0) return nowhere
    const text = this.#text
    switch (node.kind) {
      case "start":
        return new Set([...starts].filter((at) => at === 0))
      case "end":
        return new Set([...starts].filter((at) => at === text.length))
      case "one":
        return new Set(
          [...starts]
            .filter((at) => at < text.length && node.fits(text.charAt(at)))
            .map((at) => at + 1)
        )
      case "sequence":
        return node.parts.reduce((reached, part) => this.ends(part, reached), starts)
      case "choice":
        return new Set(node.options.flatMap((option) => [...this.ends(option, starts)]))
      case "repeat":
        return this.#repeated(node, starts)
    }
  }

  #repeated(
    { of, min, max }: Extract<Node, { readonly kind: "repeat" }>,
    starts: ReadonlySet<number>
  ): ReadonlySet<number> {
    let reached = starts
    for (let done = 0; done < min && reached.size > 0; done++) reached = this.ends(of, reached)
    const all = new Set(reached)
    for (let done = min; done < max && reached.size > 0; done++) {
      // Only places that are new lead anywhere new, so this ends.
      reached = new Set([...this.ends(of, reached)].filter((at) => !all.has(at)))
      for (const at of reached) all.add(at)
    }
    return all
  }
}

const nowhere: ReadonlySet<number> = new Set()

class NotUnderstood extends Error {}

const parse = (pattern: string): Node | undefined => {
  const reader = new Reader(pattern)
  try {
    const node = reader.choice(0)
    return reader.isAtEnd ? node : undefined
  } catch (problem) {
    if (problem instanceof NotUnderstood) return undefined
    throw problem
  }
}

const digit = /^[0-9]$/u
const word = /^[A-Za-z0-9_]$/u
const blank = /^\s$/u
const classes: Readonly<Record<string, (character: string) => boolean>> = {
  d: (character) => digit.test(character),
  D: (character) => !digit.test(character),
  w: (character) => word.test(character),
  W: (character) => !word.test(character),
  s: (character) => blank.test(character),
  S: (character) => !blank.test(character)
}
const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" }

class Reader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at)
  }

  #next(): string {
    if (this.isAtEnd) throw new NotUnderstood()
    return this.#pattern.charAt(this.#at++)
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  choice(depth: number): Node {
    if (depth > depthMax) throw new NotUnderstood()
    const options: Array<Node> = [this.#sequence(depth)]
    while (this.#take("|")) options.push(this.#sequence(depth))
    return { kind: "choice", options }
  }

  #sequence(depth: number): Node {
    const parts: Array<Node> = []
    while (!this.isAtEnd && this.#peek() !== "|" && this.#peek() !== ")")
      parts.push(this.#repetition(this.#atom(depth)))
    return { kind: "sequence", parts }
  }

  #atom(depth: number): Node {
    const character = this.#next()
    switch (character) {
      case "^":
        return { kind: "start" }
      case "$":
        return { kind: "end" }
      case ".":
        return { kind: "one", fits: (found) => !/[\n\r\u2028\u2029]/u.test(found) }
      case "[":
        return this.#set()
      case "(": {
        if (this.#peek() === "?" && !this.#take("?:")) throw new NotUnderstood()
        const inner = this.choice(depth + 1)
        if (!this.#take(")")) throw new NotUnderstood()
        return inner
      }
      case "\\":
        return { kind: "one", fits: this.#escape() }
      case "*":
      case "+":
      case "?":
      case "{":
      case "}":
      case "]":
        throw new NotUnderstood()
      default:
        return { kind: "one", fits: (found) => found === character }
    }
  }

  #escape(): (character: string) => boolean {
    const character = this.#next()
    const known = classes[character]
    if (known !== undefined) return known
    const literal = escapes[character] ?? character
    // Letters and digits that mean something else: references, boundaries, properties, code points.
    if (literal === character && word.test(character)) throw new NotUnderstood()
    return (found) => found === literal
  }

  #set(): Node {
    const isNegated = this.#take("^")
    const parts: Array<(character: string) => boolean> = []
    while (!this.#take("]")) {
      const first = this.#member()
      if (
        typeof first === "string" &&
        this.#peek() === "-" &&
        !this.#pattern.startsWith("-]", this.#at)
      ) {
        this.#next()
        const last = this.#member()
        if (typeof last !== "string" || last < first) throw new NotUnderstood()
        parts.push((found) => found >= first && found <= last)
      } else parts.push(typeof first === "string" ? (found) => found === first : first)
    }
    return { kind: "one", fits: (found) => parts.some((fits) => fits(found)) !== isNegated }
  }

  #member(): string | ((character: string) => boolean) {
    const character = this.#next()
    if (character !== "\\") return character
    const escaped = this.#next()
    const known = classes[escaped]
    if (known !== undefined) return known
    const literal = escapes[escaped] ?? escaped
    if (literal === escaped && word.test(escaped)) throw new NotUnderstood()
    return literal
  }

  #repetition(of: Node): Node {
    const bounds = this.#bounds()
    if (bounds === undefined) return of
    // Lazy or greedy makes no difference to whether a text fits.
    this.#take("?")
    if (/^[*+?{]$/u.test(this.#peek())) throw new NotUnderstood()
    return { kind: "repeat", of, ...bounds }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take("?")) return { min: 0, max: 1 }
    if (this.#peek() !== "{") return undefined
    const [all, from, rest, to] =
      /^\{([0-9]{1,4})(,([0-9]{0,4}))?\}/u.exec(this.#pattern.slice(this.#at)) ?? []
    if (all === undefined) throw new NotUnderstood()
    this.#at += all.length
    const min = Number(from)
    const max = rest === undefined ? min : to === "" ? Number.POSITIVE_INFINITY : Number(to)
    if (min > repeatMax || max < min) throw new NotUnderstood()
    return { min, max }
  }
}
