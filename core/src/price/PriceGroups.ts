import { Context, type Effect, Schema } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type { OfferId } from "../subscription/Subscription.ts"
import { type PriceGroup, PriceGroupId } from "./PriceGroup.ts"
import { EntryProblem, type PriceCause } from "./PriceLists.ts"

export class PriceGroupNotFound extends Schema.TaggedError<PriceGroupNotFound>()(
  "PriceGroupNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no price group "${this.id}".`
  }
}

export class PriceGroupNameTaken extends Schema.TaggedError<PriceGroupNameTaken>()(
  "PriceGroupNameTaken",
  { name: Schema.String }
) {
  override get message(): string {
    return `The instance has a price group "${this.name}" already; choose another name.`
  }
}

/** Price lists have entries for it. */
export class PriceGroupInUse extends Schema.TaggedError<PriceGroupInUse>()("PriceGroupInUse", {
  id: PriceGroupId,
  name: Schema.String,
  lists: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The price group "${this.name}" has entries in ${this.lists.map((list) => `"${list}"`).join(", ")}; remove them first.`
  }
}

/** Nothing was written: a product does not exist, or is in another group. */
export class GroupProductsRefused extends Schema.TaggedError<GroupProductsRefused>()(
  "GroupProductsRefused",
  { problems: Schema.Array(EntryProblem) }
) {
  override get message(): string {
    return `Nothing was changed: ${this.problems.length} of the products cannot be in the group.`
  }
}

/** Named sets of an instance's products. A product is in one group at most. */
export class PriceGroups extends Context.Service<
  PriceGroups,
  {
    /** By name, then id. */
    readonly search: (
      filter: { readonly q?: string | undefined; readonly instanceId?: InstanceId | undefined },
      page: PageRequest
    ) => Effect.Effect<Page<PriceGroup>>
    readonly get: (id: PriceGroupId) => Effect.Effect<PriceGroup, PriceGroupNotFound>
    readonly add: (group: PriceGroup, cause: PriceCause) => Effect.Effect<void, PriceGroupNameTaken>
    readonly rename: (
      id: PriceGroupId,
      expectedVersion: number,
      name: string,
      cause: PriceCause
    ) => Effect.Effect<PriceGroup, PriceGroupNotFound | StaleVersion | PriceGroupNameTaken>
    readonly remove: (
      id: PriceGroupId,
      expectedVersion: number,
      cause: PriceCause
    ) => Effect.Effect<void, PriceGroupNotFound | StaleVersion | PriceGroupInUse>
    /** By offer. */
    readonly products: (
      id: PriceGroupId,
      page: PageRequest
    ) => Effect.Effect<Page<OfferId>, PriceGroupNotFound>
    /** Makes the group hold exactly these: all of them, or no change. */
    readonly replaceProducts: (
      id: PriceGroupId,
      expectedVersion: number,
      offers: ReadonlyArray<OfferId>,
      cause: PriceCause
    ) => Effect.Effect<PriceGroup, PriceGroupNotFound | StaleVersion | GroupProductsRefused>
    /** Puts products in and takes others out; the rest stays. One that is in both is in the group afterwards. */
    readonly changeProducts: (
      id: PriceGroupId,
      expectedVersion: number,
      change: { readonly put: ReadonlyArray<OfferId>; readonly remove: ReadonlyArray<OfferId> },
      cause: PriceCause
    ) => Effect.Effect<PriceGroup, PriceGroupNotFound | StaleVersion | GroupProductsRefused>
  }
>()("core/price/PriceGroups") {}
