import { Context, type Effect, Schema } from "effect"
import { type InstanceId, InstanceName } from "../instance/Instance.ts"
import type { StaleVersion } from "../instance/Instances.ts"
import type { Money } from "../money/Money.ts"
import type { Page, PageRequest } from "../page/Page.ts"
import type {
  CatalogueProduct,
  CatalogueStatus,
  ProductFacts,
  ProductId
} from "./CatalogueProduct.ts"
import type { Family } from "./Family.ts"
import type { ProductType, ProductTypeChange, ProductTypeId } from "./ProductType.ts"

export class ProductNotFound extends Schema.TaggedError<ProductNotFound>()("ProductNotFound", {
  id: Schema.String
}) {
  override get message(): string {
    return `There is no product "${this.id}".`
  }
}

export class ProductTypeNotFound extends Schema.TaggedError<ProductTypeNotFound>()(
  "ProductTypeNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `There is no product type "${this.id}".`
  }
}

/** Two products of one instance cannot be told apart by it. */
export class ProductCodeTaken extends Schema.TaggedError<ProductCodeTaken>()("ProductCodeTaken", {
  instance: InstanceName,
  code: Schema.String
}) {
  override get message(): string {
    return `Another product of ${this.instance} has the code "${this.code}"; choose another one.`
  }
}

/** The annual cycle of a product that Microsoft does not bill by the year. */
export class AnnualNotSupported extends Schema.TaggedError<AnnualNotSupported>()(
  "AnnualNotSupported",
  { offer: Schema.String }
) {
  override get message(): string {
    return `Microsoft does not bill ${this.offer} by the year; leave annualEnabled off.`
  }
}

/** What operators may change about a product; what is absent stays. */
export interface ProductPatch {
  readonly name?: string | undefined
  readonly code?: string | undefined
  readonly published?: boolean | undefined
  readonly sellPrice?: Money | undefined
  readonly purchasePrice?: Money | undefined
  readonly protectionMonths?: number | undefined
  readonly annualEnabled?: boolean | undefined
  /** What the catalogue runs have said is seen to: the status becomes `none`. */
  readonly acknowledged?: true | undefined
}

export interface ProductFilter {
  readonly instanceId: InstanceId
  readonly family: Family | undefined
  readonly status: CatalogueStatus | undefined
  readonly published: boolean | undefined
  /** Part of the name, the code or the offer. */
  readonly q: string | undefined
}

/** What is done to all products of a filter. */
export type BulkAction = "publish" | "unpublish" | "acknowledge"

/** The products of every instance as operators see them, and their types. Nothing is ever deleted. */
export class CatalogueProducts extends Context.Service<
  CatalogueProducts,
  {
    /** All of an instance, locked until the transaction ends: nobody edits what a run is deciding about. */
    readonly known: (instanceId: InstanceId) => Effect.Effect<ReadonlyArray<ProductFacts>>
    /** Adds what is new and rewrites what differs, set-based. Joins the current transaction. */
    readonly keep: (
      instanceId: InstanceId,
      products: ReadonlyArray<ProductFacts>
    ) => Effect.Effect<void>
    /** By name. */
    readonly list: (
      filter: ProductFilter,
      page: PageRequest
    ) => Effect.Effect<Page<CatalogueProduct>>
    readonly get: (id: ProductId) => Effect.Effect<CatalogueProduct, ProductNotFound>
    /** A change that makes no difference writes nothing. */
    readonly update: (
      id: ProductId,
      expectedVersion: number,
      patch: ProductPatch
    ) => Effect.Effect<
      CatalogueProduct,
      ProductNotFound | StaleVersion | ProductCodeTaken | AnnualNotSupported
    >
    /** All or nothing. `changed` of the `matched` were not so already; a dry run only counts them. */
    readonly act: (
      filter: ProductFilter,
      action: BulkAction,
      dryRun: boolean
    ) => Effect.Effect<{ readonly matched: number; readonly changed: number }>
    /** Adds the types of families that the instance has none of; those that are there stay as they are. */
    readonly addTypes: (types: ReadonlyArray<ProductType>) => Effect.Effect<void>
    /** By instance and name. */
    readonly types: (
      instanceId: InstanceId | undefined,
      page: PageRequest
    ) => Effect.Effect<Page<ProductType>>
    readonly type: (id: ProductTypeId) => Effect.Effect<ProductType, ProductTypeNotFound>
    /** `singleActive` reaches the products of the type in the same transaction. */
    readonly updateType: (
      id: ProductTypeId,
      expectedVersion: number,
      change: ProductTypeChange
    ) => Effect.Effect<ProductType, ProductTypeNotFound | StaleVersion>
  }
>()("core/catalogue/CatalogueProducts") {}
