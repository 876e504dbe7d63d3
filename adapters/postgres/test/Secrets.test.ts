import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import { keyringFromConfig, makeKeyring, Secrets } from "../src/Secrets.ts"

const key = (n: number) => Redacted.make(Buffer.alloc(32, n).toString("base64"))
const keyring = (...keys: ReadonlyArray<number>) => {
  const [current = 1, ...older] = keys
  return Effect.runSync(makeKeyring(key(current), older.map(key)))
}
const secretsOf = (...keys: ReadonlyArray<number>) =>
  Effect.runSync(Effect.provide(Secrets, Secrets.layer(keyring(...keys))))

const { seal, open, isOld } = secretsOf(1)
const sealed = (text: string, context: string) => Effect.runSync(seal(Redacted.make(text), context))
const opened = (text: string, context: string) =>
  Effect.runSync(Effect.map(open(text, context), Redacted.value))
const refused = (text: string, context: string, secrets = secretsOf(1)) =>
  Effect.runSync(Effect.map(Effect.flip(secrets.open(text, context)), ({ reason }) => reason))

describe("a sealed secret", () => {
  it("opens to what was sealed, and does not show it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (text, context) => {
        const box = sealed(text, context)
        expect(opened(box, context)).toBe(text)
        expect(text.length > 5 && box.includes(text)).toBe(false)
      })
    )
  })

  it("is another text each time", () => {
    expect(sealed("same", "x")).not.toBe(sealed("same", "x"))
  })

  it("does not open when a single character of it was changed", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.constantFrom(..."AZaz09-_"), (text, at, other) => {
        const box = sealed(text, "x")
        const body = box.lastIndexOf(".") + 1
        const place = body + (at % (box.length - body))
        const changed = box.slice(0, place) + other + box.slice(place + 1)
        const same = Buffer.from(changed.slice(body), "base64url").equals(
          Buffer.from(box.slice(body), "base64url")
        )
        if (!same) expect(refused(changed, "x")).toBe("Tampered")
      })
    )
  })

  it("does not open for something else", () => {
    expect(refused(sealed("text", "instance 1"), "instance 2")).toBe("Tampered")
  })

  it("opens with the older key after the current one has changed", () => {
    const box = sealed("text", "x")
    const rotated = secretsOf(2, 1)
    expect(Redacted.value(Effect.runSync(rotated.open(box, "x")))).toBe("text")
    expect([isOld(box), rotated.isOld(box)]).toEqual([false, true])
    expect(refused(box, "x", secretsOf(2))).toBe("KeyMissing")
  })

  it.each(["", "text", "v1.", "v1.00000000.", "v2.00000000.AAAA", "v1.0000000g.AAAA"])(
    "is not %j",
    (text) => {
      expect(refused(text, "x")).toBe("Malformed")
    }
  )
})

describe("the key", () => {
  const folder = mkdtempSync(join(tmpdir(), "concordat-keys-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const configured = (env: Record<string, string>, embedded: boolean) =>
    keyringFromConfig(embedded ? Option.some(folder) : Option.none()).pipe(
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))
    )

  it("of an embedded database is made once and only its owner reads it", () => {
    const [first] = Effect.runSync(configured({}, true))
    const [again] = Effect.runSync(configured({}, true))
    expect(again).toEqual(first)
    expect(statSync(join(folder, "secret.key")).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, "secret.key"), "utf8")).toHaveLength(44)
  })

  it("of an external database has to be configured", () => {
    const error = Effect.runSync(Effect.flip(configured({}, false)))
    expect(error.message).toBe(
      "DATABASE_URL is set and CONCORDAT_SECRET_KEY is not. Set CONCORDAT_SECRET_KEY to 32 random bytes in base64 (openssl rand -base64 32), the same in every process, and keep a copy."
    )
  })

  it("may be a passphrase, which is stretched to the same key everywhere", () => {
    const env = { CONCORDAT_SECRET_KEY: "correct horse battery staple" }
    const [one] = Effect.runSync(configured(env, false))
    const [two] = Effect.runSync(configured(env, true))
    expect(one).toEqual(two)
    expect(one.bytes).toHaveLength(32)
  })

  it("that is too short is refused", () => {
    const error = Effect.runSync(Effect.flip(configured({ CONCORDAT_SECRET_KEY: "12345" }, true)))
    expect(error.message).toContain("too short")
    expect(error.message).not.toContain("12345")
  })

  it("brings its predecessors along", () => {
    const env = {
      CONCORDAT_SECRET_KEY: Redacted.value(key(3)),
      CONCORDAT_SECRET_KEYS_OLD: `${Redacted.value(key(2))}, ${Redacted.value(key(1))}`
    }
    expect(Effect.runSync(configured(env, false))).toEqual(keyring(3, 2, 1))
  })
})
