import { AccountId } from "@concordat/core/account/Account"
import type { ImportCustomer } from "@concordat/core/import/CustomerImport"
import { MpnId, TenantId } from "@concordat/core/instance/Instance"
import { MicrosoftId, OfferId } from "@concordat/core/subscription/Subscription"
import { parse } from "csv-parse/sync"
import { Effect, Schema, Stream } from "effect"
import ExcelJS from "exceljs"
import { describe, expect, it } from "vitest"
import { importLinesOf, importTable } from "../src/importTable.ts"
import { type TableFormat, tableFile } from "../src/TableFile.ts"

const guid = (n: number) => `00000003-0000-4000-8000-${String(n).padStart(12, "0")}`

const customer: ImportCustomer = {
  tenantId: TenantId.make(guid(1)),
  name: '=HYPERLINK("http://evil")',
  domain: "fabrikam.onmicrosoft.com",
  status: "incomplete",
  resellerMpnId: MpnId.make("4711001"),
  assigned: true,
  account: { id: AccountId.make(guid(2)), name: "Fabrikam" },
  suggestions: [],
  subscriptions: 3,
  subscriptionsKnown: 1,
  notImported: [1, 2].map((n) => ({
    microsoftId: MicrosoftId.make(guid(n)),
    offer: OfferId.make(`CFQ7TTC0000${n}:0001`),
    name: `Offer ${n}`,
    message: "Read the catalogue."
  })),
  problem: null,
  notes: ["phone was left empty", "address was left empty"]
}
const direct: ImportCustomer = {
  ...customer,
  name: "Contoso",
  status: "new",
  resellerMpnId: null,
  account: null,
  suggestions: [{ accountId: AccountId.make(guid(9)), name: "Contoso Ltd", reason: "domain" }],
  notImported: [],
  notes: []
}

const fileOf = async (format: TableFormat): Promise<Buffer> => {
  const lines = [customer, direct].flatMap((one) => importLinesOf(format, one))
  const chunks = await Effect.runPromise(
    Stream.runCollect(tableFile(format, importTable, Stream.fromIterable(lines)))
  )
  return Buffer.concat(chunks)
}

const heads = importTable.columns.map(({ heading }) => heading)
const decodeRows = Schema.decodeUnknownSync(
  Schema.Array(Schema.Record(Schema.String, Schema.String))
)

describe("the report of an import", () => {
  it("has a line for each subscription that was left out, and one for a customer that lacks none", async () => {
    const rows = decodeRows(parse(await fileOf("csv"), { columns: true, bom: true }))
    expect(rows.map((row) => [row["Customer"], row["Status"], row["Left out: offer ID"]])).toEqual([
      [`'=HYPERLINK("http://evil")`, "incomplete", "CFQ7TTC00001:0001"],
      [`'=HYPERLINK("http://evil")`, "incomplete", "CFQ7TTC00002:0001"],
      ["Contoso", "new", ""]
    ])
    expect(rows[0]).toMatchObject({
      "Reseller (MPN ID)": "4711001",
      "Assigned by hand": "yes",
      Account: "Fabrikam",
      Subscriptions: "3",
      "In the BSS": "1",
      "Not taken over": "phone was left empty · address was left empty",
      "Left out because": "Read the catalogue."
    })
    expect(rows[2]).toMatchObject({
      "Reseller (MPN ID)": "",
      "Suggested account": "Contoso Ltd",
      "Suggested because of the same": "domain"
    })
  })

  it("is the same in Excel, where a name is text and a count a number", async () => {
    const workbook = new ExcelJS.Workbook()
    await workbook.xlsx.load(new Uint8Array(await fileOf("xlsx")).buffer)
    const sheet = workbook.getWorksheet("Customers")
    expect(sheet?.rowCount).toBe(4)
    const cell = (row: number, heading: string) =>
      sheet?.getRow(row).getCell(1 + heads.indexOf(heading)).value
    expect(cell(2, "Customer")).toBe('=HYPERLINK("http://evil")')
    expect(cell(2, "Subscriptions")).toBe(3)
    expect(cell(4, "Suggested account")).toBe("Contoso Ltd")
  })

  it("has each customer once in JSON, with what was left out within it", async () => {
    expect(JSON.parse((await fileOf("json")).toString())).toEqual([customer, direct])
  })
})
