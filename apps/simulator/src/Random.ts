/**
 * Repeatable randomness: the same seed gives the same sequence on every machine (the generator is sfc32, seeded by
 * hashing a string). Nothing here is fit for secrets, and the simulator has none.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: string) {
    let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x12345678]
    for (let i = 0; i < seed.length; i++) {
      const code = seed.charCodeAt(i)
      a = b ^ Math.imul(a ^ code, 597399067)
      b = c ^ Math.imul(b ^ code, 2869860233)
      c = d ^ Math.imul(c ^ code, 951274213)
      d = a ^ Math.imul(d ^ code, 2716044179)
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d | 1
    // The first outputs of sfc32 still show the seed.
    for (let i = 0; i < 16; i++) this.#next()
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum >>> 0
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.#next() / 0x1_0000_0000
  }

  /** A whole number, both ends included. */
  between(minimum: number, maximum: number): number {
    return minimum + Math.floor(this.fraction() * (maximum - minimum + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<A>(from: ReadonlyArray<A>): A {
    const one = from[this.between(0, from.length - 1)]
    if (one === undefined) throw new Error("Random.pick: nothing to pick from")
    return one
  }

  /** A new array in random order. */
  shuffle<A>(from: ReadonlyArray<A>): Array<A> {
    const all = [...from]
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.between(0, i)
      const [x, y] = [all[i], all[j]]
      if (x !== undefined && y !== undefined) {
        all[i] = y
        all[j] = x
      }
    }
    return all
  }

  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let text = ""
    while (text.length < digits) text += this.#next().toString(16).padStart(8, "0")
    return text.slice(0, digits)
  }

  /** A version-4 GUID in lower case. */
  guid(): string {
    const h = this.hex(32)
    const variant = "89ab"[Number.parseInt(h.charAt(16), 16) & 3] ?? "8"
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`
  }
}

/** A GUID that always belongs to this name. */
export const guidOf = (name: string): string => new Random(name).guid()
