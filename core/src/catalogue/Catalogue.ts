import { Context, type Effect } from "effect"
import type { InstanceId } from "../instance/Instance.ts"
import type { Product } from "./Product.ts"

/** The products of an instance, each with its list prices. */
export class Catalogue extends Context.Service<
  Catalogue,
  {
    /** Adds or replaces products by offer; products that are not named stay. */
    readonly put: (instanceId: InstanceId, products: ReadonlyArray<Product>) => Effect.Effect<void>
  }
>()("core/catalogue/Catalogue") {}
