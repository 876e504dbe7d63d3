import * as Schema from "effect/Schema"
import { Random } from "./Random.ts"
import { AccountName } from "./world/Operation.ts"

/** What goes wrong. */
export const Fault = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("status"),
    status: Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 })),
    code: Schema.optionalKey(Schema.Int).annotate({ description: "of the standard error body" }),
    body: Schema.optionalKey(Schema.String.check(Schema.isBetweenLength(0, 10_000))).annotate({
      description: "instead of a standard error body; empty for none"
    })
  }).annotate({ identifier: "Fault_status", description: "answers with an error" }),
  Schema.Struct({
    kind: Schema.Literal("delay"),
    ms: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300_000 }))
  }).annotate({ identifier: "Fault_delay", description: "answers late, and correctly" }),
  Schema.Struct({ kind: Schema.Literal("reset-before") }).annotate({
    identifier: "Fault_reset-before",
    description: "resets the connection before the request has any effect"
  }),
  Schema.Struct({ kind: Schema.Literal("reset-after") }).annotate({
    identifier: "Fault_reset-after",
    description: "resets the connection after the request took effect, before the answer"
  }),
  Schema.Struct({ kind: Schema.Literal("lost-response") }).annotate({
    identifier: "Fault_lost-response",
    description: "takes effect and never answers; the connection stays open for up to five minutes"
  }),
  Schema.Struct({
    kind: Schema.Literal("throttle"),
    retryAfterSeconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3600 }))
  }).annotate({ identifier: "Fault_throttle", description: "answers 429" }),
  Schema.Struct({ kind: Schema.Literal("malformed-body") }).annotate({
    identifier: "Fault_malformed-body",
    description: "a complete answer whose JSON is cut in the middle"
  }),
  Schema.Struct({ kind: Schema.Literal("wrong-types") }).annotate({
    identifier: "Fault_wrong-types",
    description: "well-formed JSON with ids and numbers of the wrong type"
  }),
  Schema.Struct({
    kind: Schema.Literal("mfa"),
    style: Schema.Literals(["classic", "code"])
  }).annotate({
    identifier: "Fault_mfa",
    description: "refuses as if the second factor were missing"
  }),
  Schema.Struct({ kind: Schema.Literal("truncate") }).annotate({
    identifier: "Fault_truncate",
    description: "closes the connection in the middle of the body"
  })
]).annotate({ identifier: "Fault" })
export type Fault = typeof Fault.Type

export const FaultRule = Schema.Struct({
  operation: Schema.String.check(Schema.isBetweenLength(1, 60)).annotate({
    description:
      "an operation, such as listSubscriptions or signIn.authorize; * for all. signIn.token stands for every grant, signIn.token.refresh_token for one"
  }),
  account: Schema.optionalKey(AccountName),
  customer: Schema.optionalKey(Schema.String.check(Schema.isBetweenLength(1, 64))).annotate({
    description: "tenant id: only requests about this customer"
  }),
  fault: Fault,
  count: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
  ).annotate({ description: "how often it strikes. Default: until it is deleted" }),
  probability: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
  ).annotate({ description: "of striking, drawn from a fixed sequence. Default 1" })
}).annotate({ identifier: "FaultRule" })
export type FaultRule = typeof FaultRule.Type

export const ActiveFault = Schema.Struct({
  id: Schema.Int,
  rule: FaultRule,
  struck: Schema.Int.annotate({ description: "how often it has struck" })
}).annotate({ identifier: "ActiveFault" })

export const faultsMax = 100

/** Whether an operation is the one that is meant, or one of those that it stands for. */
export const isWithin = (operation: string, meant: string): boolean =>
  operation === meant || (operation.startsWith(meant) && operation[meant.length] === ".")

/** The faults that are armed. The first that matches strikes. */
export class Faults {
  #armed: Array<{ id: number; rule: FaultRule; struck: number }> = []
  #nextId = 1
  #random = new Random("faults")

  /** null when there are too many. */
  arm(rule: FaultRule): typeof ActiveFault.Type | null {
    if (this.#armed.length >= faultsMax) return null
    const armed = { id: this.#nextId++, rule, struck: 0 }
    this.#armed.push(armed)
    return { ...armed }
  }

  list(): ReadonlyArray<typeof ActiveFault.Type> {
    return this.#armed.map((armed) => ({ ...armed }))
  }

  /** Also starts the sequence for probabilities again, so that a test that clears first is repeatable. */
  clear(): void {
    this.#armed = []
    this.#random = new Random("faults")
  }

  /** The fault that strikes this request, and counts as having struck. */
  strike(operation: string, account: string | null, customer: string | null): Fault | null {
    for (const armed of this.#armed) {
      const { rule } = armed
      if (rule.operation !== "*" && !isWithin(operation, rule.operation)) continue
      if (rule.account !== undefined && rule.account !== account) continue
      if (rule.customer !== undefined && rule.customer.toLowerCase() !== customer?.toLowerCase())
        continue
      if (armed.struck >= (rule.count ?? Number.POSITIVE_INFINITY)) continue
      if (rule.probability !== undefined && !this.#random.chance(rule.probability)) continue
      armed.struck++
      return rule.fault
    }
    return null
  }
}
