import { Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import { InstanceId } from "../instance/Instance.ts"

export const PriceGroupId = Guid.pipe(Schema.brand("PriceGroupId"))
export type PriceGroupId = typeof PriceGroupId.Type

/**
 * A named set of an instance's products that price lists treat alike. A product is in at most one group, so that
 * no list can have two groups that disagree about it.
 */
export class PriceGroup extends Schema.Opaque<PriceGroup>()(
  Schema.Struct({
    id: PriceGroupId,
    instanceId: InstanceId,
    /** Unique in the instance, whatever the case. */
    name: Schema.String,
    version: Schema.Int
  }).annotate({ identifier: "PriceGroup" })
) {}
