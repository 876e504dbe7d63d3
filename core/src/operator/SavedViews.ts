import { Context, type Effect, Schema } from "effect"
import { Guid } from "../instance/Guid.ts"
import type { Instant } from "../time/Instant.ts"
import type { OperatorId } from "./Operator.ts"

export const SavedViewId = Guid.pipe(Schema.brand("SavedViewId"))
export type SavedViewId = typeof SavedViewId.Type

/** The pages whose state can be kept under a name. */
export const ViewedPage = Schema.Literals(["report"])
export type ViewedPage = typeof ViewedPage.Type

/** So many views an operator keeps at most. */
export const savedViewsMax = 100

/** What a page of the console shows, under a name of its operator's. */
export interface SavedView {
  readonly id: SavedViewId
  readonly page: ViewedPage
  readonly name: string
  /** What stands in the page's address after the question mark. */
  readonly search: string
  readonly createdAt: Instant
}

export class SavedViewNotFound extends Schema.TaggedError<SavedViewNotFound>()(
  "SavedViewNotFound",
  { id: Schema.String }
) {
  override get message(): string {
    return `You have no saved view "${this.id}".`
  }
}

export class TooManySavedViews extends Schema.TaggedError<TooManySavedViews>()(
  "TooManySavedViews",
  {}
) {
  override get message(): string {
    return `You have ${savedViewsMax} saved views; delete one of them first.`
  }
}

/** The views that operators keep, each their own. */
export class SavedViews extends Context.Service<
  SavedViews,
  {
    /** By name; never more than `savedViewsMax`. */
    readonly list: (operator: OperatorId) => Effect.Effect<ReadonlyArray<SavedView>>
    /** One of the same page and name is replaced. */
    readonly save: (
      operator: OperatorId,
      view: Pick<SavedView, "page" | "name" | "search">
    ) => Effect.Effect<SavedView, TooManySavedViews>
    readonly remove: (
      operator: OperatorId,
      id: SavedViewId
    ) => Effect.Effect<void, SavedViewNotFound>
  }
>()("core/operator/SavedViews") {}
