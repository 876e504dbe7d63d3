import type { IncomingHttpHeaders } from "node:http"
import type { Simulator } from "../Simulator.ts"
import type { Caller } from "../signIn/authenticate.ts"
import { type Account, type Customer, customerOf } from "../world/Account.ts"
import { isTenant } from "../world/World.ts"
import { Refusal, standardError } from "./Answer.ts"

/** A request that has passed sign-in and throttle, as the handlers see it. */
export interface Call {
  readonly simulator: Simulator
  readonly account: Account
  readonly caller: Caller
  /** Values of the placeholders of the route, in order, decoded. */
  readonly parameters: ReadonlyArray<string>
  /** By lower-case name: Partner Center reads query names without regard to case. */
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingHttpHeaders
  /** What came with the request; empty where nothing did. */
  readonly body: Buffer
  /** Instant of the request on the simulator's clock. */
  readonly at: number
}

export const parameter = (call: Call, position: number): string => call.parameters[position] ?? ""

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu

/** The customer that the path names, or the refusal that Partner Center has for it. */
export const customerOfCall = (call: Call): Customer => {
  const id = parameter(call, 0)
  if (!guid.test(id))
    throw new Refusal(standardError(400, 900118, `Invalid customer id: ${id.slice(0, 64)}`))
  const customer = customerOf(call.account, id)
  if (customer?.related === true) return customer
  const lower = id.toLowerCase()
  throw new Refusal(
    isTenant(call.simulator.world, lower)
      ? standardError(
          403,
          20002,
          `Partner ${call.account.tenantId} does not have a commerce relationship with customer ${lower}.`
        )
      : standardError(404, 60003, `Tenant ${lower} was not found.`, [lower])
  )
}

/** A positive page size; Partner Center's `size=0` means none was asked for. */
export const sizeOf = (call: Call, maximum: number): number => {
  const text = call.query.get("size") ?? "0"
  if (!/^\d{1,6}$/u.test(text)) throw new Refusal(invalidProperty("size"))
  const size = Number(text)
  return Math.min(size === 0 ? call.account.settings.pageSize : size, maximum)
}

export const invalidProperty = (name: string) =>
  standardError(400, 3000, `The property ${name} is not valid.`, [name])
