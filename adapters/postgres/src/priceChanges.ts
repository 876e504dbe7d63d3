import type { AccountId } from "@concordat/core/account/Account"
import type { InstanceId } from "@concordat/core/instance/Instance"
import type { PriceGroupId } from "@concordat/core/price/PriceGroup"
import type { PriceListId } from "@concordat/core/price/PriceList"
import type { PriceCause } from "@concordat/core/price/PriceLists"
import { type Kysely, sql } from "kysely"
import type { Tables } from "./Tables.ts"

/** What somebody did to prices; events are appended and never changed. */
export interface PriceEvent {
  readonly kind:
    | "list-added"
    | "list-changed"
    | "list-removed"
    | "entries-changed"
    | "assigned"
    | "unassigned"
    | "group-added"
    | "group-changed"
    | "group-removed"
  readonly instanceId: InstanceId
  readonly priceListId?: PriceListId
  readonly priceGroupId?: PriceGroupId
  readonly accountId?: AccountId
  readonly changes: unknown
}

/**
 * Changes of prices take turns until their transaction ends: names, groups and the validity of an account's lists
 * are checked over several rows. People change prices; nobody waits for long.
 */
export const takeTurns = (db: Kysely<Tables>) =>
  sql`select pg_advisory_xact_lock(hashtextextended('prices', 0))`.execute(db)

export const logEvents = (
  db: Kysely<Tables>,
  events: ReadonlyArray<PriceEvent>,
  { actor, correlationId }: PriceCause
) =>
  sql`
    insert into price_event (at, actor, correlation_id, kind, instance_id, price_list_id, price_group_id,
      account_id, changes)
    select clock_timestamp(), ${actor}, ${correlationId}, kind, "instanceId", "priceListId", "priceGroupId",
      "accountId", changes
    from json_to_recordset(${JSON.stringify(events)}::json) event (kind text, "instanceId" uuid,
      "priceListId" uuid, "priceGroupId" uuid, "accountId" uuid, changes json)`.execute(db)
