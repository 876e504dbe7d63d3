import { randomBytes, scrypt, timingSafeEqual } from "node:crypto"
import { Context, Effect, Redacted, Semaphore } from "effect"

/** How slow a hash is made. `logN`, `r` and `p` are scrypt's (RFC 7914 §2): 128·r·2^logN bytes are needed at once. */
export interface PasswordCost {
  readonly logN: number
  readonly r: number
  readonly p: number
}

/** OWASP, "Password Storage Cheat Sheet": the row with 32 MiB. Tests take less. */
export const CurrentPasswordCost = Context.Reference<PasswordCost>(
  "adapter-postgres/PasswordCost",
  {
    defaultValue: () => ({ logN: 15, r: 8, p: 3 })
  }
)

/** So many are hashed at once in one process: strangers who knock must not take its memory or all its cores. */
const atOnceMax = 2
const saltBytes = 16
const hashBytes = 32

interface Kept extends PasswordCost {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Hashes of passwords as texts that name their own cost: `$scrypt$ln=15,r=8,p=3$salt$hash`. */
export const makePasswords = Effect.gen(function* () {
  const cost = yield* CurrentPasswordCost
  const turns = yield* Semaphore.make(atOnceMax)
  const derive = (password: Redacted.Redacted, salt: Buffer, { logN, r, p }: PasswordCost) =>
    turns.withPermits(1)(
      Effect.callback<Buffer>((resume) => {
        const N = 2 ** logN
        // One person's keyboard may compose a letter that another's sends in two parts.
        const text = Redacted.value(password).normalize("NFKC")
        scrypt(text, salt, hashBytes, { N, r, p, maxmem: 256 * N * r }, (error, hash) =>
          resume(error === null ? Effect.succeed(hash) : Effect.die(error))
        )
      })
    )

  const hash = Effect.fn("passwords.hash")(function* (password: Redacted.Redacted) {
    const salt = randomBytes(saltBytes)
    return textOf({ ...cost, salt, hash: yield* derive(password, salt, cost) })
  })

  /** Nobody's: what the password of a name that does not exist is compared with. */
  const nobodys = { ...cost, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) }

  /** Whether it is the password; `outdated` when today's cost is another one. Without a text the answer is no, as slowly. */
  const check = Effect.fn("passwords.check")(function* (
    text: string | undefined,
    password: Redacted.Redacted
  ) {
    const kept = (text === undefined ? undefined : keptOf(text)) ?? nobodys
    const right = timingSafeEqual(yield* derive(password, kept.salt, kept), kept.hash)
    const outdated = kept.logN !== cost.logN || kept.r !== cost.r || kept.p !== cost.p
    return { right: right && kept !== nobodys, outdated }
  })

  return { hash, check }
})

const textOf = ({ hash, logN, p, r, salt }: Kept): string =>
  `$scrypt$ln=${logN},r=${r},p=${p}$${salt.toString("base64url")}$${hash.toString("base64url")}`

const pattern =
  /^\$scrypt\$ln=(?<logN>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[\w-]{22})\$(?<hash>[\w-]{43})$/u

/** Undefined for a text that is no hash: it opens for nobody. */
const keptOf = (text: string): Kept | undefined => {
  const parts = pattern.exec(text)?.groups
  return parts === undefined
    ? undefined
    : {
        logN: Number(parts["logN"]),
        r: Number(parts["r"]),
        p: Number(parts["p"]),
        salt: Buffer.from(parts["salt"] ?? "", "base64url"),
        hash: Buffer.from(parts["hash"] ?? "", "base64url")
      }
}
