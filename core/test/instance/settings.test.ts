import { Address, Cloud, endpointsOf } from "@concordat/core/instance/Cloud"
import { Countries, countryDefault } from "@concordat/core/instance/Country"
import { CronText } from "@concordat/core/instance/Instance"
import { Language } from "@concordat/core/instance/Language"
import { retiredField, retiredPattern } from "@concordat/core/instance/retiredFields"
import { Result, Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"

const decodeAddress = Schema.decodeUnknownResult(Address)
const decodeCountries = Schema.decodeUnknownResult(Countries)
const decodeLanguage = Schema.decodeUnknownResult(Language)
const decodeCron = Schema.decodeUnknownResult(CronText)

describe("an address", () => {
  it.each([
    "https://api.partnercenter.microsoft.com",
    "https://login.example:8443/tenant",
    "https://[2001:db8::1]:443",
    "http://localhost:4000",
    "http://127.0.0.1:4000/a/b",
    "http://[::1]"
  ])("%s is one", (text) => {
    expect(Result.isSuccess(decodeAddress(text))).toBe(true)
  })

  it.each([
    "http://api.partnercenter.microsoft.com",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "https://user:password@a.example",
    "https://a.example/",
    "https://a.example?x=1",
    "ftp://a.example",
    "localhost:4000",
    "https://",
    ""
  ])("%j is refused, with what would be right", (text) => {
    const decoded = decodeAddress(text)
    expect(Result.isFailure(decoded) && decoded.failure.message).toContain("https address")
  })

  it("that Microsoft publishes is one that may be given", () => {
    for (const cloud of Cloud.literals)
      for (const address of Object.values(endpointsOf(cloud) ?? {}))
        expect(Result.isSuccess(decodeAddress(address))).toBe(true)
  })
})

describe("countries", () => {
  it("are those of ISO 3166-1, whatever the case, and no others", () => {
    const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" })
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    fc.assert(
      fc.property(fc.constantFrom(...letters), fc.constantFrom(...letters), (a, b) => {
        const code = a + b
        const decoded = decodeCountries([code.toLowerCase()])
        if (Result.isSuccess(decoded)) {
          expect(decoded.success).toEqual([code])
          expect(names.of(code)).toBeDefined()
        }
      }),
      { numRuns: 1_000 }
    )
    const accepted = [...letters].flatMap((a) =>
      [...letters].filter((b) => Result.isSuccess(decodeCountries([a + b])))
    )
    expect(accepted).toHaveLength(249)
  })

  it.each([
    [[], "at least one country"],
    [["DE", "de"], "only once"],
    [["UK"], "two letters of ISO 3166-1"],
    [["EU"], "two letters of ISO 3166-1"],
    [["Germany"], "two letters of ISO 3166-1"]
  ])("%j are refused", (given, reason) => {
    const decoded = decodeCountries(given)
    expect(Result.isFailure(decoded) && decoded.failure.message).toContain(reason)
  })

  it("have a default for every cloud", () => {
    for (const cloud of Cloud.literals)
      expect(Result.isSuccess(decodeCountries([countryDefault(cloud)]))).toBe(true)
  })
})

describe("a language", () => {
  it.each([
    ["en-US", "en-US"],
    ["DE-de", "de-DE"],
    ["sr-latn-rs", "sr-Latn-RS"],
    ["zh-Hant-TW", "zh-Hant-TW"],
    ["fr", "fr"]
  ])("%s is %s", (given, canonical) => {
    expect(decodeLanguage(given)).toEqual(Result.succeed(canonical))
  })

  it("is written as BCP 47 writes it, and stays so", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("en", "de", "pt", "zh"),
        fc.constantFrom("us", "DE", "bR"),
        (l, c) => {
          const [canonical] = Intl.getCanonicalLocales(`${l}-${c}`)
          const decoded = decodeLanguage(`${l.toUpperCase()}-${c}`)
          expect(decoded).toEqual(Result.succeed(canonical))
          expect(decodeLanguage(canonical)).toEqual(decoded)
        }
      )
    )
  })

  it.each(["", "english", "xx-US", "en-UK", "en_US", "en-US-x-private", "e"])(
    "%j is none",
    (given) => {
      const decoded = decodeLanguage(given)
      expect(Result.isFailure(decoded) && decoded.failure.message).toContain("a language is needed")
    }
  )
})

describe("a schedule", () => {
  it.each(["0 3 1 * *", "*/15 * * * 1-5", "0 0 1,15 * *"])("%s is one", (text) => {
    expect(Result.isSuccess(decodeCron(text))).toBe(true)
  })
  it.each(["", "daily", "60 * * * *", "0 3 1 *", "0 0 3 1 * *", "@monthly"])(
    "%j is none",
    (text) => {
      expect(Result.isFailure(decodeCron(text))).toBe(true)
    }
  )
})

describe("a retired field", () => {
  it("is known by its pattern exactly when it is known by its name", () => {
    const Name = fc.oneof(
      fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
      fc
        .tuple(
          fc.constantFrom("nativeappid", "username", "password", "authorizationlink"),
          fc.array(fc.tuple(fc.boolean(), fc.constantFrom("", "", "", "_", " ", "-", "s")), {
            minLength: 18,
            maxLength: 18
          })
        )
        .map(([letters, styles]) =>
          [...letters]
            .map(
              (letter, i) =>
                (styles[i]?.[0] === true ? letter.toUpperCase() : letter) + (styles[i]?.[1] ?? "")
            )
            .join("")
        )
    )
    fc.assert(
      fc.property(Name, (name) => {
        expect(retiredPattern.test(name)).toBe(retiredField(name) !== undefined)
      }),
      { numRuns: 2_000 }
    )
  })

  it.each([
    ["nativeAppId", "Native App ID"],
    ["Native App ID", "Native App ID"],
    ["native_app_id", "Native App ID"],
    ["USERNAME", "Username"],
    ["UserName", "Username"],
    ["password", "Password"],
    ["authorization-link", "Authorization Link"]
  ])("%s is %s", (given, field) => {
    expect(retiredField(given)).toBe(field)
  })
  it.each(["appId", "secret", "name", "passwords", ""])("%j is none", (given) => {
    expect(retiredField(given)).toBeUndefined()
  })
})
