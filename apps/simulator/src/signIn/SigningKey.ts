import {
  checkPrimeSync,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject
} from "node:crypto"
import type { World } from "../world/World.ts"

/** The key pair with which a world's sign-in service signs its tokens (RS256), and how others find it. */
export interface SigningKey {
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Public half, base64url. */
  readonly modulus: string
  readonly exponent: string
}

// A world is made anew at every reset, often from the same seed.
const keysMax = 8
const keys = new Map<string, SigningKey>()

/**
 * Follows from the world's seed, so that tokens outlive a restart with the same state, and is made when it is first
 * needed: finding two primes takes a tenth of a second. Anyone who knows the seed can make it too; what it protects
 * is invented.
 */
export const signingKeyOf = ({ tokenKey }: World): SigningKey => {
  const known = keys.get(tokenKey)
  if (known !== undefined) return known
  const key = signingKey(tokenKey)
  if (keys.size >= keysMax) keys.clear()
  keys.set(tokenKey, key)
  return key
}

const publicExponent = 65_537n

const signingKey = (seed: string): SigningKey => {
  const p = primeOf(`${seed}/p`)
  const q = primeOf(`${seed}/q`)
  const d = inverse(publicExponent, (p - 1n) * (q - 1n))
  const [modulus, exponent] = [base64url(p * q), base64url(publicExponent)]
  const privateKey = createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      n: modulus,
      e: exponent,
      d: base64url(d),
      p: base64url(p),
      q: base64url(q),
      dp: base64url(d % (p - 1n)),
      dq: base64url(d % (q - 1n)),
      qi: base64url(inverse(q, p))
    }
  })
  const thumbprint = JSON.stringify({ e: exponent, kty: "RSA", n: modulus })
  return {
    kid: createHash("sha256").update(thumbprint).digest("base64url"),
    privateKey,
    publicKey: createPublicKey(privateKey),
    modulus,
    exponent
  }
}

const sievedBelow = 4000
/** Far more than ever lie between two primes of this size (about 700 on average). */
const distanceMax = 100_000

/** The first prime of 1024 bits, fit for the exponent, at or after a number that follows from the seed. */
const primeOf = (seed: string): bigint => {
  const bytes = Buffer.concat(
    [0, 1, 2, 3].map((part) => createHash("sha256").update(`${seed}/${part}`).digest())
  )
  // The two highest bits make the product 2048 bits long; the lowest makes it odd.
  bytes.writeUInt8(bytes.readUInt8(0) | 0xc0, 0)
  bytes.writeUInt8(bytes.readUInt8(127) | 1, 127)
  const first = BigInt(`0x${bytes.toString("hex")}`)
  const sieve = smallPrimes(sievedBelow).map((prime) => ({
    prime,
    remainder: Number(first % BigInt(prime))
  }))
  for (let distance = 0; distance < distanceMax; distance += 2) {
    if (sieve.some(({ prime, remainder }) => (remainder + distance) % prime === 0)) continue
    const candidate = first + BigInt(distance)
    if ((candidate - 1n) % publicExponent !== 0n && checkPrimeSync(candidate)) return candidate
  }
  throw new Error(`no prime within ${distanceMax} of ${seed}`)
}

const smallPrimes = (below: number): ReadonlyArray<number> => {
  const primes: Array<number> = []
  for (let number = 3; number < below; number += 2)
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  return primes
}

/** The number that gives 1 when multiplied with `value`, by the extended algorithm of Euclid. */
const inverse = (value: bigint, modulus: bigint): bigint => {
  let [remainder, next] = [modulus, value % modulus]
  let [factor, nextFactor] = [0n, 1n]
  while (next !== 0n) {
    const quotient = remainder / next
    ;[remainder, next] = [next, remainder - quotient * next]
    ;[factor, nextFactor] = [nextFactor, factor - quotient * nextFactor]
  }
  return ((factor % modulus) + modulus) % modulus
}

const base64url = (value: bigint): string => {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url")
}
