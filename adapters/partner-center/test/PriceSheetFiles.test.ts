import { readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { crc32, deflateRawSync } from "node:zlib"
import { PriceSheetFiles, SheetUnreadable } from "@concordat/core/pricesheet/PriceSheetFiles"
import { Cause, Effect, Exit, Option, Stream } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { priceSheetFilesLayer, type SheetFileLimits } from "../src/PriceSheetFiles.ts"
import { makeSheetParser } from "../src/priceSheetCsv.ts"

const split = (bytes: Uint8Array, at: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const cuts = [0, ...at.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)]
  return cuts.map((from, i) => bytes.subarray(from, cuts[i + 1] ?? bytes.length))
}

const reading = (chunks: Iterable<Uint8Array>, limits: Partial<SheetFileLimits> = {}) =>
  Effect.runPromiseExit(
    Effect.flatMap(PriceSheetFiles, ({ read }) =>
      Stream.runCollect(read(Stream.fromIterable(chunks)))
    ).pipe(Effect.provide(priceSheetFilesLayer(limits)))
  )

const recordsOf = async (
  content: string | Uint8Array,
  cuts: ReadonlyArray<number> = [],
  limits: Partial<SheetFileLimits> = {}
) => {
  const exit = await reading(split(Buffer.from(content), cuts), limits)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value.flat()
}

/** Why a file cannot be read; a defect is thrown. */
const refusalOf = async (content: Uint8Array | string, limits: Partial<SheetFileLimits> = {}) => {
  const exit = await reading([Buffer.from(content)], limits)
  if (Exit.isSuccess(exit)) throw new Error("it was read")
  const error = Option.getOrThrow(Cause.findErrorOption(exit.cause))
  if (!(error instanceof SheetUnreadable)) throw new Error("another error")
  return error.message
}

interface Packed {
  readonly name: string
  readonly content: string | Uint8Array
  readonly size?: number
  readonly checksum?: number
  readonly flags?: number
}

/** "APPNOTE.TXT - .ZIP File Format Specification", PKWARE: local headers, directory, end. */
const zipOf = (files: ReadonlyArray<Packed>): Buffer => {
  const locals: Array<Buffer> = []
  const directory: Array<Buffer> = []
  let offset = 0
  for (const { name, content, size, checksum, flags = 0 } of files) {
    const bytes = Buffer.from(content)
    const packed = deflateRawSync(bytes)
    const path = Buffer.from(name)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(flags, 2)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt32LE(checksum ?? crc32(bytes), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(size ?? bytes.length, 18)
    facts.writeUInt16LE(path.length, 22)
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), facts, path, packed])
    const end = Buffer.alloc(14)
    end.writeUInt32LE(offset, 10)
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 0]), facts, end, path)
    locals.push(local)
    offset += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, entries, end])
}

const sheet = 'a,"b ""c""",d\r\n1,2,3\r\n\r\n"x\r\ny",5,"é"\r\n7,8,9\r\n'
const sheetRecords = [
  { line: 1, cells: ["a", 'b "c"', "d"] },
  { line: 2, cells: ["1", "2", "3"] },
  { line: 4, cells: ["x\r\ny", "5", "é"] },
  { line: 6, cells: ["7", "8", "9"] }
]

describe("a CSV", () => {
  it("is read line by line, each with where it begins", async () => {
    expect(await recordsOf(sheet)).toEqual(sheetRecords)
    expect(await recordsOf(sheet.replaceAll("\r\n", "\n"))).toEqual(
      sheetRecords.map(({ line, cells }) => ({
        line,
        cells: cells.map((cell) => cell.replace("\r\n", "\n"))
      }))
    )
  })

  it("is the same however its bytes come in, packed or not", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.constantFrom("", "\ufeff"),
        fc.boolean(),
        async (cuts, mark, packed) => {
          const content = Buffer.from(mark + sheet)
          const file = packed ? zipOf([{ name: "sheets.csv", content }]) : content
          expect(await recordsOf(file, cuts)).toEqual(sheetRecords)
        }
      ),
      { numRuns: 60 }
    )
  })

  it("is the same wherever the parser is given it in two, also between two quotation marks", async () => {
    const bytes = Buffer.from(sheet.replaceAll("\r\n", "\r") + sheet)
    const whole = makeSheetParser(1)
    const expected = [...(await whole.write(bytes)), ...(await whole.end())]
    expect(expected).toHaveLength(2 * sheetRecords.length)
    for (let at = 0; at <= bytes.length; at++) {
      const parser = makeSheetParser(1)
      const records = [
        ...(await parser.write(bytes.subarray(0, at))),
        ...(await parser.write(bytes.subarray(at))),
        ...(await parser.end())
      ]
      expect([at, records]).toEqual([at, expected])
    }
    const single = makeSheetParser(1)
    const pieces = []
    for (const byte of bytes) pieces.push(...(await single.write(Uint8Array.of(byte))))
    expect([...pieces, ...(await single.end())]).toEqual(expected)
  })

  it("may have semicolons or tabs, as Excel writes it in some countries", async () => {
    expect(await recordsOf("a;b\n1,5;2")).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 2, cells: ["1,5", "2"] }
    ])
    expect((await recordsOf("a\tb\n1\t2")).map(({ cells }) => cells.length)).toEqual([2, 2])
  })

  it("without any byte has no lines", async () => {
    expect(await recordsOf("")).toEqual([])
    expect(await recordsOf("\n\n")).toEqual([])
  })

  it("with a quotation mark that is never closed is refused where it begins", async () => {
    expect(await refusalOf('a,b\n1,2\n"3,4\n5,6\n')).toBe(
      "Line 3: A quotation mark is opened here and never closed."
    )
    const long = `a,b\n1,2\n"3,4\n${"5,6\n".repeat(300_000)}`
    expect(await refusalOf(long)).toBe("Line 3: A quotation mark is opened here and never closed.")
  })

  it("with a quotation mark inside a cell is refused", async () => {
    expect(await refusalOf('a,b\n"1" x,2\n')).toMatch(/^Line 2: A quotation mark is inside a cell/u)
  })

  it.each([
    ["UTF-16", Buffer.from("\ufeffa,b\n1,2", "utf16le")],
    ["an image", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1, 10])]
  ])("in %s is none", async (_, bytes) => {
    expect(await refusalOf(bytes)).toMatch(/not a text file in UTF-8/u)
  })

  it("larger than the limit is refused, and no more of it is read", async () => {
    let pieces = 0
    function* endless() {
      for (;;) {
        pieces += 1
        yield Buffer.from("1,2\n".repeat(64))
      }
    }
    const exit = await reading(endless(), { bytesMax: 1024 * 1024 })
    expect(Exit.isFailure(exit) && String(Cause.squash(exit.cause))).toMatch(/larger than 1 MiB/u)
    expect(pieces).toBeLessThanOrEqual(2 * 4_096)
  })
})

describe("a zip", () => {
  it("has exactly one sheet, whatever lies beside it", async () => {
    const beside = { name: "read me.txt", content: "hello" }
    expect(await recordsOf(zipOf([beside, { name: "folder/Sheet.CSV", content: sheet }]))).toEqual(
      sheetRecords
    )
    expect(await recordsOf(zipOf([{ name: "pricesheet", content: sheet }]))).toEqual(sheetRecords)
  })

  it.each([
    [
      "it holds several files",
      zipOf([
        { name: "a.csv", content: sheet },
        { name: "b.csv", content: sheet }
      ])
    ],
    ["it is empty", zipOf([{ name: "folder/", content: "" }])],
    ["it is encrypted", zipOf([{ name: "a.csv", content: sheet, flags: 1 }])],
    ["it is damaged", zipOf([{ name: "a.csv", content: sheet, checksum: 1 }])],
    ["it is damaged", zipOf([{ name: "a.csv", content: sheet, size: 4 }])],
    ["it is damaged", zipOf([{ name: "../a.csv", content: sheet }])],
    ["it is damaged", zipOf([{ name: "/etc/a.csv", content: sheet }])],
    [
      "too many files",
      zipOf(Array.from({ length: 200 }, (_, n) => ({ name: `${n}`, content: "" })))
    ]
  ])("is refused when %s", async (reason, zip) => {
    expect(await refusalOf(zip)).toContain(reason)
  })

  it("that unpacks to more than the limit is a bomb, and is not unpacked on", async () => {
    const bomb = zipOf([{ name: "a.csv", content: Buffer.alloc(32 * 1024 * 1024, "1,2\n") }])
    expect(bomb.length).toBeLessThan(64 * 1024)
    expect(await refusalOf(bomb, { unpackedBytesMax: 1024 * 1024 })).toMatch(
      /more than 1 MiB unpacked/u
    )
  })

  it("cut off anywhere is refused in words, never more, and leaves no file behind", async () => {
    const zip = zipOf([{ name: "a.csv", content: sheet.repeat(20) }])
    for (let length = 4; length < zip.length; length += 7)
      expect(await refusalOf(zip.subarray(0, length))).toMatch(/damaged|not complete/u)
    // Damage within the packed content.
    for (let at = 40; at < zip.length - 80; at += 5) {
      const broken = Buffer.from(zip)
      broken.writeUInt8(broken.readUInt8(at) ^ 0xff, at)
      expect(await refusalOf(broken)).toMatch(/cannot be read|quotation mark|not valid CSV/u)
    }
    const left = readdirSync(tmpdir()).filter((name) =>
      name.startsWith(`concordat-pricesheet-${process.pid}-`)
    )
    expect(left).toEqual([])
  })
})
