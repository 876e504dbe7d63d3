import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from "node:crypto"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Config, Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { writePrivate } from "./PrivateFile.ts"

/** A sealed text was not opened. `KeyMissing`: it was sealed with a key that is not in the keyring. */
export class SecretError extends Schema.TaggedError<SecretError>()("SecretError", {
  reason: Schema.Literals(["KeyMissing", "Tampered", "Malformed"]),
  context: Schema.String
}) {
  override get message(): string {
    const why = {
      KeyMissing:
        "its key is unknown; put the key it was sealed with into CONCORDAT_SECRET_KEYS_OLD",
      Tampered: "it was changed, or belongs to something else",
      Malformed: "it is not a sealed secret"
    }[this.reason]
    return `The secret of ${this.context} cannot be opened: ${why}.`
  }
}

/** There is no usable key. One line: the problem, then the way out. */
export class SecretKeyError extends Schema.TaggedError<SecretKeyError>()("SecretKeyError", {
  problem: Schema.String,
  wayOut: Schema.String
}) {
  override get message(): string {
    return `${this.problem} ${this.wayOut}`
  }
}

/** A key, and the short name that stands in front of what it sealed. */
interface Key {
  readonly id: string
  readonly bytes: Buffer
}

/** The key that seals, first, and all that open. */
export type Keyring = readonly [Key, ...ReadonlyArray<Key>]

/**
 * Keeps texts unreadable in the database (AES-256-GCM). `context` says what the secret belongs to
 * (`instance 4f… client secret`): a sealed text that is moved to another row does not open there.
 */
export class Secrets extends Context.Service<
  Secrets,
  {
    readonly seal: (plaintext: Redacted.Redacted<string>, context: string) => Effect.Effect<string>
    readonly open: (
      sealed: string,
      context: string
    ) => Effect.Effect<Redacted.Redacted<string>, SecretError>
    /** Whether another key than the current one sealed it: seal it again, and the old key can go. */
    readonly isOld: (sealed: string) => boolean
    /** What everything begins with that the current key has sealed. */
    readonly prefix: string
  }
>()("adapter-postgres/Secrets") {
  static readonly layer = (keys: Keyring) => Layer.succeed(Secrets, make(keys))
}

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16
const passphraseMin = 16

const invalid = (problem: string) =>
  new SecretKeyError({
    problem,
    wayOut: `Set it to 32 random bytes in base64 (openssl rand -base64 32), or to a passphrase of at least ${passphraseMin} characters.`
  })

/** 32 bytes in base64 are a key; anything else is a passphrase, made one by scrypt. */
const keyOf = (text: string): Effect.Effect<Key, SecretKeyError> =>
  Effect.suspend(() => {
    const decoded = Buffer.from(text, "base64")
    const isKey = decoded.length === keyBytes && /^[\w+/-]{43}=?$/u.test(text)
    if (!isKey && text.length < passphraseMin) {
      return Effect.fail(invalid("The secret key is too short to protect anything."))
    }
    // The salt is the same everywhere, since the key must be, on every machine; the cost is what protects.
    const bytes = isKey
      ? decoded
      : scryptSync(text, "concordat secret key", keyBytes, {
          N: 2 ** 16,
          r: 8,
          p: 1,
          maxmem: 2 ** 27
        })
    const id = createHash("sha256").update("key id").update(bytes).digest("hex").slice(0, 8)
    return Effect.succeed({ id, bytes })
  })

/** Makes a keyring of the current key and of older ones that still open what they sealed. */
export const makeKeyring = Effect.fnUntraced(function* (
  current: Redacted.Redacted<string>,
  older: ReadonlyArray<Redacted.Redacted<string>> = []
): Effect.fn.Return<Keyring, SecretKeyError> {
  return [
    yield* keyOf(Redacted.value(current)),
    ...(yield* Effect.forEach(older, (key) => keyOf(Redacted.value(key))))
  ]
})

/** The key file beside an embedded database; made at the first start. Whoever can read the folder can read both. */
const keyFromFile = (folder: string) =>
  Effect.try({
    try: () => {
      const file = join(folder, "secret.key")
      if (!existsSync(file)) {
        mkdirSync(dirname(file), { recursive: true })
        writePrivate(file, randomBytes(keyBytes).toString("base64"))
      }
      return Redacted.make(readFileSync(file, "utf8").trim())
    },
    catch: (cause) =>
      new SecretKeyError({
        problem: `The key file in ${folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`,
        wayOut: "Make the folder writable, or set CONCORDAT_SECRET_KEY."
      })
  })

/**
 * The keyring from the configuration: `CONCORDAT_SECRET_KEY` and, while keys change,
 * `CONCORDAT_SECRET_KEYS_OLD` (separated by commas). Without a key, an embedded database has one in
 * `secret.key` in `folder`; an external one (`folder` is none) has none, because its secrets must open
 * on every machine.
 */
export const keyringFromConfig = Effect.fnUntraced(function* (folder: Option.Option<string>) {
  const configured = yield* Config.option(Config.Redacted("CONCORDAT_SECRET_KEY"))
  const older = yield* Config.option(Config.Redacted("CONCORDAT_SECRET_KEYS_OLD"))
  const current = Option.isSome(configured)
    ? configured.value
    : Option.isSome(folder)
      ? yield* keyFromFile(folder.value)
      : yield* new SecretKeyError({
          problem: "DATABASE_URL is set and CONCORDAT_SECRET_KEY is not.",
          wayOut:
            "Set CONCORDAT_SECRET_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same in every process, and keep a copy."
        })
  return yield* makeKeyring(
    current,
    Option.match(older, {
      onNone: () => [],
      onSome: (list) =>
        Redacted.value(list)
          .split(",")
          .filter((key) => key.trim() !== "")
          .map((key) => Redacted.make(key.trim()))
    })
  )
})

// version.key id.base64url(iv, ciphertext, tag)
const sealedForm = /^v1\.(?<id>[0-9a-f]{8})\.(?<body>[\w-]+)$/u

const make = (keys: Keyring): Secrets["Service"] => {
  const [current] = keys
  const prefix = `v1.${current.id}.`
  const partsOf = (sealed: string) => {
    const { id, body } = sealedForm.exec(sealed)?.groups ?? {}
    return id === undefined || body === undefined ? undefined : { id, body }
  }
  return Secrets.of({
    seal: (plaintext, context) =>
      Effect.sync(() => {
        const iv = randomBytes(ivBytes)
        const cipher = createCipheriv("aes-256-gcm", current.bytes, iv).setAAD(Buffer.from(context))
        const text = cipher.update(Redacted.value(plaintext), "utf8")
        const body = Buffer.concat([iv, text, cipher.final(), cipher.getAuthTag()])
        return `${prefix}${body.toString("base64url")}`
      }),
    open: (sealed, context) =>
      Effect.suspend(() => {
        const fail = (reason: SecretError["reason"]) =>
          Effect.fail(new SecretError({ reason, context }))
        const parts = partsOf(sealed)
        if (parts === undefined) return fail("Malformed")
        const key = keys.find(({ id }) => id === parts.id)
        if (key === undefined) return fail("KeyMissing")
        const body = Buffer.from(parts.body, "base64url")
        if (body.length < ivBytes + tagBytes) return fail("Malformed")
        return Effect.try({
          try: () => {
            const decipher = createDecipheriv("aes-256-gcm", key.bytes, body.subarray(0, ivBytes))
              .setAAD(Buffer.from(context))
              .setAuthTag(body.subarray(-tagBytes))
            const text = decipher.update(body.subarray(ivBytes, -tagBytes))
            return Redacted.make(Buffer.concat([text, decipher.final()]).toString("utf8"))
          },
          catch: () => new SecretError({ reason: "Tampered", context })
        })
      }),
    isOld: (sealed) => partsOf(sealed)?.id !== current.id,
    prefix
  })
}
