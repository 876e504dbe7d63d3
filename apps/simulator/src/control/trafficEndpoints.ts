import * as Schema from "effect/Schema"
import { secondMs } from "../Clock.ts"
import { ActiveFault, FaultRule, faultsMax, isWithin } from "../Faults.ts"
import { OperationCount, ReceivedRequest } from "../Requests.ts"
import type { Simulator } from "../Simulator.ts"
import { Instant } from "../world/Change.ts"
import { AccountName } from "../world/Operation.ts"
import { ControlRefusal } from "../world/refusals.ts"
import { endpoint, none } from "./Endpoint.ts"

const armFault = endpoint({
  id: "armFault",
  method: "POST",
  path: "/faults",
  summary: "Let something go wrong",
  description:
    "For an operation, an account or a customer, a number of times or with a probability.",
  status: 201,
  payload: FaultRule,
  query: none,
  success: ActiveFault,
  run: ({ simulator, payload }) => {
    const armed = simulator.faults.arm(payload)
    if (armed === null)
      throw new ControlRefusal(
        409,
        "too-many-faults",
        `At most ${faultsMax} at once; DELETE /_simulator/faults first.`
      )
    return armed
  }
})

const listFaults = endpoint({
  id: "listFaults",
  method: "GET",
  path: "/faults",
  summary: "List the armed faults",
  description: "With how often each has struck.",
  query: none,
  payload: none,
  success: Schema.Struct({ faults: Schema.Array(ActiveFault) }).annotate({ identifier: "Faults" }),
  run: ({ simulator }) => ({ faults: simulator.faults.list() })
})

const clearFaults = endpoint({
  id: "clearFaults",
  method: "DELETE",
  path: "/faults",
  summary: "Disarm all faults",
  description: "Also starts the sequence behind probabilities again.",
  status: 204,
  query: none,
  payload: none,
  run: ({ simulator }) => simulator.faults.clear()
})

const ClockReading = Schema.Struct({
  now: Instant,
  mode: Schema.Literals(["running", "stopped"])
}).annotate({ identifier: "ClockReading" })

const readingOf = ({ clock }: Simulator): typeof ClockReading.Type => ({
  now: new Date(clock.now()).toISOString(),
  mode: clock.state.mode
})

const readClock = endpoint({
  id: "readClock",
  method: "GET",
  path: "/clock",
  summary: "Read the simulator's clock",
  description: "Tokens, throttle, lag and dates go by it.",
  query: none,
  payload: none,
  success: ClockReading,
  run: ({ simulator }) => readingOf(simulator)
})

const tenYears = 315_360_000

const moveClock = endpoint({
  id: "moveClock",
  method: "POST",
  path: "/clock",
  summary: "Move, stop or start the clock",
  description:
    "Moving the clock neither renews nor expires subscriptions: those are changes of their own.",
  payload: Schema.Struct({
    setTo: Schema.optionalKey(Instant),
    advanceSeconds: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: tenYears }))
    ).annotate({ description: "after setTo, when both are given" }),
    mode: Schema.optionalKey(Schema.Literals(["running", "stopped"])).annotate({
      description: "stopped: it moves only by this operation"
    })
  }).annotate({ identifier: "ClockMove" }),
  query: none,
  success: ClockReading,
  run: ({ simulator, payload }) => {
    const { clock } = simulator
    const { setTo, advanceSeconds = 0, mode = clock.state.mode } = payload
    const from = setTo === undefined ? clock.now() : Date.parse(setTo)
    simulator.moveClock(clock.movedTo(from + advanceSeconds * secondMs, mode))
    return readingOf(simulator)
  }
})

const listRequests = endpoint({
  id: "listRequests",
  method: "GET",
  path: "/requests",
  summary: "List the requests that arrived",
  description: "The last 20,000, oldest first. The control API's own are not among them.",
  query: Schema.Struct({
    operation: Schema.optionalKey(Schema.String),
    account: Schema.optionalKey(AccountName),
    cursor: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))).annotate({
      description: "nextCursor of the page before"
    }),
    limit: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))
    ).annotate({ description: "default 200" })
  }),
  payload: none,
  success: Schema.Struct({
    requests: Schema.Array(ReceivedRequest),
    nextCursor: Schema.NullOr(Schema.Int)
  }).annotate({ identifier: "RequestPage" }),
  run: ({ simulator, query }) => {
    const { operation, account, cursor = 0, limit = 200 } = query
    const { items, next } = simulator.requests.list(
      cursor,
      limit,
      (one) =>
        (operation === undefined || isWithin(one.operation, operation)) &&
        (account === undefined || one.account === account)
    )
    return { requests: items, nextCursor: next }
  }
})

const clearRequests = endpoint({
  id: "clearRequests",
  method: "DELETE",
  path: "/requests",
  summary: "Forget the requests and the counts",
  description: "Budgets of the throttle stay as they are.",
  status: 204,
  query: none,
  payload: none,
  run: ({ simulator }) => {
    simulator.requests.clear()
    simulator.statistics.clear()
  }
})

const readStatistics = endpoint({
  id: "readStatistics",
  method: "GET",
  path: "/statistics",
  summary: "Count requests by account and operation",
  description: "Since the last reset, or since the requests were cleared.",
  query: none,
  payload: none,
  success: Schema.Struct({
    counts: Schema.Array(OperationCount),
    residentBytes: Schema.Int.annotate({ description: "memory of the simulator's process" })
  }).annotate({ identifier: "Statistics" }),
  run: ({ simulator }) => ({
    counts: simulator.statistics.list(),
    residentBytes: process.memoryUsage.rss()
  })
})

export const trafficEndpoints = [
  armFault,
  listFaults,
  clearFaults,
  readClock,
  moveClock,
  listRequests,
  clearRequests,
  readStatistics
]
