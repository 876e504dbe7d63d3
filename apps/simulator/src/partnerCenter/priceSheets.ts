import { Readable } from "node:stream"
import { ZipFile } from "yazl"
import { marketOf } from "../catalogue/markets.ts"
import { priceLines, sheetViews } from "../catalogue/priceLines.ts"
import { type Answer, Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty, parameter } from "./Call.ts"

/** Characters of a chunk, at least: a chunk for each line would be slow. */
const chunkMin = 64 * 1024

/**
 * GET /v1.0/sales/pricesheets(Market='US',PricesheetView='updatedlicensebased')/$value?timeline=&month=
 * ("Get a price sheet"): a CSV, or a zip with one when the client accepts deflate.
 */
export const getPriceSheet = (call: Call): Answer => {
  if (call.caller.user === null && call.account.settings.appOnlyRefused)
    throw new Refusal(
      standardError(400, 900329, "Application-only access is not supported: sign a user in.")
    )
  const { market, view } = sheetOf(parameter(call, 0))
  const month = call.simulator.catalogue(monthOf(call))
  const { priceSheetLines } = call.simulator.catalogueSettings
  const csv = () =>
    Readable.from(chunks(priceLines(month, market, view, priceSheetLines)), { objectMode: false })
  const zipped = /\bdeflate\b/iu.test(String(call.headers["accept-encoding"] ?? ""))
  return {
    status: 200,
    body: null,
    stream: zipped ? () => zipOf(csv()) : csv,
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename=sheets.${zipped ? "zip" : "csv"}`,
      "Cache-Control": "private"
    }
  }
}

const sheetOf = (resource: string) => {
  const [, inside = ""] = /^pricesheets\(([^()]{1,200})\)$/iu.exec(resource) ?? []
  const keys = new Map(
    [...inside.matchAll(/(\w+)='([^']*)'/gu)].map(([, name = "", value = ""]) => [
      name.toLowerCase(),
      value
    ])
  )
  const market = marketOf(keys.get("market") ?? "")
  if (market === undefined) throw new Refusal(invalidProperty("Market"))
  const view = sheetViews.find((one) => one === keys.get("pricesheetview")?.toLowerCase())
  if (view === undefined) throw new Refusal(invalidProperty("PricesheetView"))
  return { market, view }
}

/** History needs a month that has begun; of the future there is one month. */
const monthOf = (call: Call): number => {
  const now = call.simulator.catalogueMonth(call.at)
  switch (call.query.get("timeline")?.toLowerCase() ?? "current") {
    case "current":
      return now
    case "future":
      return now + 1
    case "history": {
      const [, year, month] = /^(\d{4})(0[1-9]|1[0-2])$/u.exec(call.query.get("month") ?? "") ?? []
      if (year === undefined || month === undefined) throw new Refusal(invalidProperty("month"))
      const asked = Number(year) * 12 + Number(month) - 1
      if (asked > now)
        throw new Refusal(standardError(404, 404, "There is no price sheet of this month."))
      return asked
    }
    default:
      throw new Refusal(invalidProperty("timeline"))
  }
}

function* chunks(lines: Iterable<string>): Generator<Buffer> {
  let chunk = ""
  for (const line of lines) {
    chunk += line
    if (chunk.length < chunkMin) continue
    yield Buffer.from(chunk)
    chunk = ""
  }
  yield Buffer.from(chunk)
}

const zipOf = (csv: Readable): Readable => {
  const zip = new ZipFile()
  zip.addReadStream(csv, "sheets.csv", { mtime: new Date(0) })
  zip.end()
  return Readable.from(zip.outputStream, { objectMode: false })
}
