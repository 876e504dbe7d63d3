import { AccountId } from "@concordat/core/account/Account"
import { Role } from "@concordat/core/actor/Actor"
import {
  OperatorId,
  OperatorName,
  passwordLengthMax,
  passwordLengthMin
} from "@concordat/core/operator/Operator"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Bearer, requires } from "./Auth.ts"
import { described, guid, timestamp } from "./Field.ts"
import { etag, Idempotent, idempotencyKey, ifMatch } from "./Headers.ts"
import { noQuery, pageOf, pageQuery } from "./Page.ts"
import {
  AccountNotFound,
  BodyTooLarge,
  LastAdministrator,
  MediaTypeUnsupported,
  OperatorNameTaken,
  OperatorNotFound,
  PreconditionRequired,
  VersionStale
} from "./Problem.ts"

const branchText =
  "The account whose branch the operator sees, for a reseller or customer; null for the others, who see everything."
const branch = described(Schema.NullOr(guid(AccountId, "The account.")), branchText)
const role = described(Role, "What the operator may see and do: all that the role allows.")

/** A password that is to be set. What is wrong with it is said without saying it. */
export const newPassword = (description: string) =>
  Schema.RedactedFromValue(
    Schema.String.check(
      Schema.isMinLength(passwordLengthMin, {
        message: `at least ${passwordLengthMin} characters are needed; several words are easy to keep`
      }),
      Schema.isMaxLength(passwordLengthMax, {
        message: `at most ${passwordLengthMax} characters are taken`
      })
    ).annotate({ description })
  )

const id = { id: guid(OperatorId, "The operator's id.") }

export const OperatorView = Schema.Struct({
  ...id,
  name: described(OperatorName, "What the operator signs in with, and is called in the history."),
  role,
  branch,
  active: Schema.Boolean.annotate({
    description: "False: cannot sign in, and is signed out everywhere."
  }),
  createdAt: timestamp("When it was added."),
  lastSignInAt: described(
    Schema.NullOr(timestamp("When it last signed in.")),
    "When it last signed in; null if never."
  ),
  version: Schema.Int.annotate({ description: "The version, which is the ETag." })
}).annotate({
  identifier: "Operator",
  description: "Somebody who signs in by name and password."
})
export type OperatorView = typeof OperatorView.Type

export const NewOperator = Schema.Struct({
  name: described(
    OperatorName,
    "What the operator signs in with, in lower case; a mail address will do."
  ),
  role,
  branch: described(
    Schema.optionalKey(Schema.NullOr(guid(AccountId, "The account."))),
    "The account whose branch the operator sees: needed for a reseller or customer, refused for the others."
  ),
  password: newPassword("The first password; the operator can change it.")
})
  .check(
    Schema.makeFilter(({ branch = null, role }) => {
      const isBranchRole = role === "reseller" || role === "customer"
      if (isBranchRole === (branch !== null)) return undefined
      return {
        path: ["branch"],
        issue: isBranchRole
          ? `the role ${role} sees one branch: name its account`
          : `the role ${role} sees everything: leave the branch out`
      }
    })
  )
  .annotate({ identifier: "NewOperator", description: "An operator to add." })

export const OperatorPatch = Schema.Struct({
  role: Schema.optionalKey(role),
  branch: Schema.optionalKey(branch),
  active: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "False signs the operator out everywhere at once." })
  ),
  password: Schema.optionalKey(
    newPassword("A new password, for somebody who lost theirs; it signs them out everywhere.")
  )
}).annotate({
  identifier: "OperatorPatch",
  description: "What changes of an operator; what is absent stays."
})

/** Operators, for whoever administers them. */
export class OperatorsGroup extends HttpApiGroup.make("operators")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: pageQuery,
      success: pageOf(OperatorView, "OperatorPage")
    })
      .annotate(OpenApi.Summary, "List operators by name")
      .annotateMerge(requires("operators:write")),
    HttpApiEndpoint.post("add", "/", {
      headers: idempotencyKey,
      query: noQuery,
      payload: NewOperator,
      success: HttpApiSchema.WithHeaders(OperatorView, etag).pipe(HttpApiSchema.status(201)),
      error: [AccountNotFound, OperatorNameTaken, BodyTooLarge, MediaTypeUnsupported]
    })
      .middleware(Idempotent)
      .annotate(OpenApi.Summary, "Add an operator")
      .annotateMerge(requires("operators:write")),
    HttpApiEndpoint.get("get", "/:id", {
      params: id,
      query: noQuery,
      success: HttpApiSchema.WithHeaders(OperatorView, etag),
      error: OperatorNotFound
    })
      .annotate(OpenApi.Summary, "Get an operator")
      .annotateMerge(requires("operators:write")),
    HttpApiEndpoint.patch("update", "/:id", {
      params: id,
      headers: ifMatch,
      query: noQuery,
      payload: OperatorPatch,
      success: HttpApiSchema.WithHeaders(OperatorView, etag),
      error: [
        AccountNotFound,
        OperatorNotFound,
        LastAdministrator,
        VersionStale,
        PreconditionRequired,
        BodyTooLarge,
        MediaTypeUnsupported
      ]
    })
      .annotate(OpenApi.Summary, "Change an operator's role or branch, or give a new password")
      .annotate(
        OpenApi.Description,
        "It counts at once: the next request of the operator has the new role. Who is no longer active, or was given a password, is signed out everywhere."
      )
      .annotateMerge(requires("operators:write"))
  )
  .middleware(Bearer)
  .prefix("/v1/operators")
  .annotateMerge(
    OpenApi.annotations({
      title: "Operators",
      description: "Who signs in to the console by name and password, and what each may do."
    })
  ) {}
