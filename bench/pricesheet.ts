import { fork } from "node:child_process"
import { once } from "node:events"
import { createReadStream, createWriteStream } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { finished } from "node:stream/promises"
import { priceSheetFilesLayer } from "@concordat/adapter-partner-center/PriceSheetFiles"
import { Instances } from "@concordat/core/instance/Instances"
import { Market } from "@concordat/core/price/PriceList"
import { receivePriceSheet } from "@concordat/core/pricesheet/importPriceSheet"
import { Month, type PriceSheet } from "@concordat/core/pricesheet/PriceSheet"
import { PriceSheets } from "@concordat/core/pricesheet/PriceSheets"
import { Effect, Layer, Logger, Redacted, Stream } from "effect"
import { instance } from "../adapters/postgres/test/World.ts"
import { peakMemoryMiB, print } from "./measure.ts"
import { benchDatabase, storage } from "./system.ts"

/**
 * A price sheet of 500,000 lines, from the bytes of the file to prices that count: read, checked, staged and applied. Then the
 * next month's, of which a tenth is new, and that one again.
 */
const lines = Number(process.env["BENCH_LINES"] ?? 500_000)
const goal = { linesPerSecond: 25_000, memoryMiB: 300 }

const header =
  "ChangeIndicator,ProductTitle,ProductId,SkuId,SkuTitle,Publisher,SkuDescription,UnitOfMeasure,TermDuration,BillingPlan,Market,Currency,UnitPrice,PricingTierRangeMin,PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Tags,ERP Price,Segment,PreviousValues"
const plans = ["P1M,Monthly", "P1Y,Monthly", "P1Y,Annual", "P3Y,Annual"].map((plan) =>
  plan.split(",")
)
const segments = ["Commercial", "Education", "Charity", "Government"]

/** As Microsoft writes it, with its texts: about 400 bytes a line. */
const lineOf = (n: number, later: boolean): string => {
  const product = Math.floor(n / 16)
  const [term = "", plan = ""] = plans[n % 4] ?? []
  const changed = later && n % 10 === 0
  const cells = [
    changed ? "Changed" : "Unchanged",
    `Microsoft 365 Product ${product}`,
    `CFQ7TTC0${product.toString(36).toUpperCase().padStart(4, "0")}`,
    "0001",
    `Microsoft 365 Product ${product} for people`,
    "Microsoft Corporation",
    `Best for businesses that need professional email, cloud file storage, and web versions of ""Office"" number ${n}`,
    "",
    term,
    plan,
    "US",
    "USD",
    `${(product % 977) + (changed ? 2 : 1)}.25`,
    "",
    "",
    changed ? "2026-12-01T00:00:00.0000000Z" : "2026-03-01T00:00:00.0000000Z",
    "9999-11-30T23:59:59.0000000Z",
    "License",
    `${(product % 977) + 3}.50`,
    segments[Math.floor(n / 4) % 4] ?? "",
    ""
  ]
  return cells.map((cell) => `"${cell}"`).join(",")
}

const write = async (file: string, later: boolean): Promise<void> => {
  const out = createWriteStream(file)
  out.write(`\ufeff${header}\r\n`)
  for (let n = 0; n < lines; ) {
    const part: Array<string> = []
    for (; part.length < 1_000 && n < lines; n++) part.push(`${lineOf(n, later)}\r\n`)
    if (!out.write(part.join(""))) await new Promise((resolve) => out.once("drain", resolve))
  }
  out.end()
  await finished(out)
}

/** In a process of its own, whose memory is not the import's. */
const writeApart = (file: string, later: boolean) =>
  Effect.promise(async () => {
    const [code] = await once(
      fork(import.meta.filename, ["write", file, String(later)], { stdio: "inherit" }),
      "exit"
    )
    if (code !== 0) throw new Error(`writing ${file} ended with ${code}`)
  })

const bench = Effect.gen(function* () {
  const { url, folder } = yield* benchDatabase
  const files = { november: join(folder, "november.csv"), december: join(folder, "december.csv") }
  yield* writeApart(files.november, false)
  yield* writeApart(files.december, true)
  const { size } = yield* Effect.promise(() => stat(files.november))

  yield* Effect.gen(function* () {
    const given = instance(1)
    yield* Effect.flatMap(Instances, (port) =>
      port.add(
        given,
        { primary: Redacted.make("none"), sandbox: null },
        { actor: "bench", correlationId: "" }
      )
    )
    const sheets = yield* PriceSheets
    const take = Effect.fnUntraced(function* (file: string, month: string) {
      const start = performance.now()
      const staged = yield* receivePriceSheet(
        "bench",
        given,
        {
          market: Market.make("US"),
          timeline: "current",
          month: Month.make(month),
          dryRun: false
        },
        Stream.fromAsyncIterable(createReadStream(file), (cause) => cause)
      )
      const read = (performance.now() - start) / 1000
      const sheet = yield* sheets.apply(staged.id)
      return { read, seconds: (performance.now() - start) / 1000, sheet }
    })
    const first = yield* take(files.november, "2026-11")
    const next = yield* take(files.december, "2026-12")
    const again = yield* take(files.december, "2026-12")
    const count = (n: number) => n.toLocaleString("en")
    const line = (
      what: string,
      { seconds, sheet }: { readonly seconds: number; readonly sheet: PriceSheet }
    ) => ({
      what,
      figure: `${count(Math.round(lines / seconds))} /s`,
      note: `goal ${count(goal.linesPerSecond)}; ${seconds.toFixed(1)} s; ${count(sheet.added)} added, ${count(sheet.changed)} changed, ${count(sheet.ended)} ended, ${count(sheet.unchanged)} unchanged`
    })
    print(`price sheet: ${count(lines)} lines, ${Math.round(size / 1024 / 1024)} MiB`, [
      line("first sheet, lines", first),
      line("next month, lines", next),
      line("the same again, lines", again),
      { what: "of the first, reading", figure: `${first.read.toFixed(1)} s`, note: "" },
      {
        what: "peak memory of the importing process",
        figure: `${peakMemoryMiB()} MiB`,
        note: `goal ${goal.memoryMiB}`
      }
    ])
  }).pipe(Effect.provide(Layer.merge(storage(url, folder), priceSheetFilesLayer())))
})

const [, , task, file, later] = process.argv
if (task === "write" && file !== undefined) {
  await write(file, later === "true")
  process.exit()
}
await Effect.runPromise(Effect.scoped(bench).pipe(Effect.provide(Logger.layer([]))))
process.exit()
