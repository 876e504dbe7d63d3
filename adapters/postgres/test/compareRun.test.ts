import { Book } from "@concordat/core/book/Book"
import { compareRun } from "@concordat/core/reconciliation/compareRun"
import { Runs } from "@concordat/core/reconciliation/Runs"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeEach, expect, it } from "vitest"
import {
  addInstance,
  clear,
  instanceId,
  line,
  repositories,
  rowsOf,
  run,
  tenantId
} from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())

/** More customers than are read at once, several times over. */
const customers = 700
const name = (customer: number) => `Customer ${String(customers - customer).padStart(4, "0")}`
const rows = (text: string) => runtime.runPromise(rowsOf(text))

/** A run that has observed customers of whom each holds what was agreed. */
beforeEach(() =>
  runtime.runPromise(
    Effect.gen(function* () {
      yield* clear
      yield* addInstance(1)
      const all = Array.from({ length: customers }, (_, at) => at + 1)
      const lines = all.map((n) => line(n, n, { account: { code: `C-${n}`, name: name(n) } }))
      yield* Book.use((book) =>
        book.apply(instanceId(1), lines, { dryRun: false, actor: "test", correlationId: "" })
      )
      yield* rowsOf(`insert into observed_customer (instance_id, tenant_id, state)
        select instance_id, tenant_id, 'listed' from account_tenant`)
      yield* rowsOf(`insert into observed_subscription
          (instance_id, tenant_id, microsoft_id, hash, document)
        select instance_id, tenant_id, microsoft_id, '', json_build_object(
          'instanceId', instance_id, 'tenantId', tenant_id, 'microsoftId', microsoft_id,
          'terms', terms::jsonb || '{"parent": null}', 'name', name, 'orderId', null,
          'effectiveStart', null, 'createdAt', null, 'cancellableUntil', null,
          'refundable', '[]'::json, 'etag', null)
        from subscription`)
      const runs = yield* Runs
      yield* runs.request(run(1))
      yield* runs.observe(run(1), all.map(tenantId), [], 0)
      yield* runs.observed(
        instanceId(1),
        all.map((n) => ({ tenantId: tenantId(n), problem: null, requests: 1 }))
      )
    })
  )
)

const kept = () =>
  rows(`select (select count(*) from reconciliation_row) as rows,
    (select count(*) from baseline) as baselines,
    (select count(*) from history where side = 'baseline') as history,
    (select status from reconciliation_run) as status`)

it("a report of many parts has each row once, at its place in the order", async () => {
  await runtime.runPromise(compareRun(run(1).id))
  const report = await rows("select position, customer from reconciliation_row order by position")
  expect(report).toEqual(
    Array.from({ length: customers }, (_, at) => ({ position: at, customer: name(customers - at) }))
  )
  expect(await kept()).toEqual([
    { rows: customers, baselines: customers, history: customers, status: "completed" }
  ])
})

it("a report of which one part cannot be written is not there at all, and can be made again", async () => {
  await rows(`create function refuse_row() returns trigger language plpgsql as
    $$ begin raise exception 'refused'; end $$`)
  await rows(`create trigger refuse_row before insert on reconciliation_row for each row
    when (new.position = ${Math.floor(customers / 2)}) execute function refuse_row()`)
  const cut = await runtime.runPromise(Effect.exit(compareRun(run(1).id)))
  await rows("drop trigger refuse_row on reconciliation_row")
  await rows("drop function refuse_row()")
  expect(cut._tag).toBe("Failure")
  expect(await kept()).toEqual([{ rows: 0, baselines: 0, history: 0, status: "comparing" }])
  await runtime.runPromise(compareRun(run(1).id))
  expect(await kept()).toEqual([
    { rows: customers, baselines: customers, history: customers, status: "completed" }
  ])
})
