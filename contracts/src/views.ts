import { SavedViewId, savedViewsMax, ViewedPage } from "@concordat/core/operator/SavedViews"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { openTo, SignedIn } from "./Auth.ts"
import { described, guid, line, timestamp } from "./Field.ts"
import { noQuery } from "./Page.ts"
import {
  BodyTooLarge,
  MediaTypeUnsupported,
  SavedViewNotFound,
  TooManySavedViews
} from "./Problem.ts"

const view = {
  page: described(ViewedPage, "The page of the console that it is of."),
  name: line("What its operator calls it.", { min: 1, max: 100 }),
  search: line("What stands in the page's address after the question mark.", { min: 0, max: 2_000 })
}

/** What a page shows, under a name. */
export const SavedView = Schema.Struct({
  id: guid(SavedViewId, "The view."),
  ...view,
  createdAt: timestamp("When it was saved first.")
}).annotate({
  identifier: "SavedView",
  description: "What a page of the console shows, under a name."
})

/** The views that an operator keeps. */
export class ViewsGroup extends HttpApiGroup.make("views")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: noQuery,
      success: Schema.Struct({
        items: Schema.Array(SavedView).annotate({
          description: `One's views by name, at most ${savedViewsMax}.`
        })
      }).annotate({ identifier: "SavedViews", description: "One's own views." })
    })
      .annotate(OpenApi.Summary, "List one's saved views")
      .annotateMerge(openTo("session")),
    HttpApiEndpoint.put("save", "/", {
      query: noQuery,
      payload: Schema.Struct(view).annotate({
        identifier: "NewSavedView",
        description: "A view to keep."
      }),
      success: SavedView,
      error: [TooManySavedViews, BodyTooLarge, MediaTypeUnsupported]
    })
      .annotate(OpenApi.Summary, "Save a view; one of the same page and name is replaced")
      .annotateMerge(openTo("session")),
    HttpApiEndpoint.delete("remove", "/:id", {
      params: { id: guid(SavedViewId, "The view.") },
      query: noQuery,
      success: HttpApiSchema.NoContent,
      error: SavedViewNotFound
    })
      .annotate(OpenApi.Summary, "Delete a saved view")
      .annotateMerge(openTo("session"))
  )
  .middleware(SignedIn)
  .prefix("/v1/views")
  .annotateMerge(
    OpenApi.annotations({
      title: "Saved views",
      description: "What an operator keeps of the console's pages, for themselves only."
    })
  ) {}
