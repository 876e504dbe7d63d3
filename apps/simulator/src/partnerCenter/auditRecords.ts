import { dayMs } from "../Clock.ts"
import type { Account } from "../world/Account.ts"
import type { AuditRecord } from "../world/Audit.ts"
import { type Answer, json, Refusal, standardError } from "./Answer.ts"
import { type Call, invalidProperty, parameter, sizeOf } from "./Call.ts"
import { filterOf } from "./filter.ts"
import { pageAnswer, positionOf } from "./paging.ts"
import { dateOf } from "./resource.ts"

const sizeMax = 500
/** Older activity cannot be asked for ("Get a record of Partner Center activity"). */
const daysMax = 90
const daysDefault = 30

/** GET /v1/auditrecords?startDate=&endDate=&filter=&size= */
export const listAuditRecords = (call: Call): Answer => {
  const { at, account, query } = call
  const from = dayOfQuery(call, "startdate") ?? at - daysDefault * dayMs
  // The end date is a day that still belongs to the period.
  const to = (dayOfQuery(call, "enddate") ?? at) + dayMs
  if (from < at - (daysMax + 1) * dayMs)
    throw new Refusal(
      standardError(400, 2000, `The start date cannot be more than ${daysMax} days ago.`, [
        "startDate"
      ])
    )
  const matches = matcherOf(call)
  const size = sizeOf(call, sizeMax)
  const items: Array<unknown> = []
  let next: number | null = null
  for (let position = positionOf(call); position < account.audit.length; position++) {
    const record = account.audit[position]
    if (record === undefined || record.at < from || record.at >= to || !matches(record)) continue
    if (items.length === size) {
      next = position
      break
    }
    items.push(render(account, record))
  }
  const given = [
    ["startDate", query.get("startdate")],
    ["endDate", query.get("enddate")],
    ["size", String(size)],
    ["filter", query.get("filter")]
  ]
  return pageAnswer(
    "/auditrecords",
    given.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
    ),
    { items, next }
  )
}

/** GET /auditactivity/v1/auditrecords/{id} */
export const getAuditRecord = (call: Call): Answer => {
  const id = parameter(call, 0)
  const record = call.account.audit.find((one) => one.id.toLowerCase() === id.toLowerCase())
  if (record === undefined)
    throw new Refusal(standardError(404, 404, `Audit record ${id.slice(0, 200)} was not found.`))
  return json(render(call.account, record))
}

const dayOfQuery = (call: Call, name: string): number | undefined => {
  const text = call.query.get(name)
  if (text === undefined || text === "") return undefined
  const day = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(text.slice(0, 10)) : Number.NaN
  if (Number.isNaN(day)) throw new Refusal(invalidProperty(name))
  return day
}

const matcherOf = (call: Call): ((record: AuditRecord) => boolean) => {
  const filter = filterOf(call)
  if (filter === null) return () => true
  const { field, operator, value } = filter
  if (field === "companyname" && operator === "substring")
    return ({ customerName }) => customerName.toLowerCase().includes(value)
  if (field === "customerid" && operator === "equals")
    return ({ customerId }) => customerId === value
  if (field === "resourcetype" && operator === "equals")
    return ({ resourceType }) => resourceType === value
  throw new Refusal(invalidProperty("filter"))
}

const render = (account: Account, record: AuditRecord) => ({
  id: record.id,
  partnerId: account.tenantId,
  participants: [account.tenantId],
  customerId: record.customerId,
  customerName: record.customerName,
  userPrincipalName: record.userPrincipalName ?? undefined,
  applicationId: record.applicationId,
  resourceType: record.resourceType,
  resourceOldValue: record.oldValue ?? undefined,
  resourceNewValue: record.newValue ?? undefined,
  operationType: record.operationType,
  originalCorrelationId: record.correlationId,
  operationDate: dateOf(record.at),
  operationStatus: "succeeded",
  customizedData: record.customizedData,
  attributes: { objectType: "AuditRecord" }
})
