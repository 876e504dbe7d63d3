import type { Api } from "@concordat/contracts/Api"
import type { Schema } from "effect"
import type { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"

/*
 * The API's operations as they go over the wire, derived from its contract. Only types: the contract's code stays out
 * of the browser, where it would weigh as much as half of the console.
 */

type GroupsOf<A> = A extends HttpApi.HttpApi<infer _, infer Groups> ? Groups : never
type Endpoints = HttpApiGroup.Endpoints<GroupsOf<typeof Api>>

/** What is sent of a schema, below the codec that effect puts around it. */
type Wire<S> =
  S extends Schema.toCodecJson<infer Inner>
    ? Inner["Encoded"]
    : S extends Schema.toCodecStringTree<infer Inner>
      ? Inner["Encoded"]
      : undefined

type Given<S> = [S] extends [never] ? undefined : Wire<S>
/** No content is null here. */
type Told<A> = A extends void ? null : A
type Answered<S> = Told<
  S extends HttpApiSchema.WithHeaders<infer Body, infer _> ? Wire<Body> : Wire<S>
>
type WithoutSlash<Path extends string> = Path extends `${infer Head}/` ? Head : Path

type OperationOf<E> =
  E extends HttpApiEndpoint.HttpApiEndpoint<
    infer _Id,
    infer Method,
    infer Path,
    infer Params,
    infer Query,
    infer Payload,
    infer _Headers,
    infer Success,
    infer _Error,
    infer _Middleware,
    infer _Services
  >
    ? {
        readonly method: Method
        readonly path: WithoutSlash<Path>
        readonly params: Given<Params>
        readonly query: Given<Query>
        readonly payload: Given<Payload>
        readonly answer: Answered<Success>
      }
    : never

type Operations = { readonly [E in Endpoints as KeyOf<OperationOf<E>>]: OperationOf<E> }
type KeyOf<O> = O extends {
  readonly method: infer M extends string
  readonly path: infer P extends string
}
  ? `${M} ${P}`
  : never

/** A method and a path as the contract has them, such as `GET /v1/accounts/:id`. */
export type Name = keyof Operations
export type Reading = Extract<Name, `GET ${string}`>
export type Command = Exclude<Name, Reading>

/** What an operation answers. */
export type Answer<N extends Name> = Operations[N]["answer"]
/** What a list holds. */
export type Item<N extends Name> =
  Answer<N> extends { readonly items: ReadonlyArray<infer I> } ? I : never
/** What an operation is sent. */
export type Payload<N extends Name> = Operations[N]["payload"]
/** What an operation can be asked. */
export type Query<N extends Name> = Operations[N]["query"]

type Part = "params" | "query" | "payload"
type PartsOf<O extends Record<Part, unknown>> = {
  readonly [K in Part as O[K] extends undefined ? never : K]: O[K]
}
type MayBeAbsent<P> = {
  readonly [K in keyof P as object extends P[K] ? never : K]: P[K]
} & { readonly [K in keyof P as object extends P[K] ? K : never]?: P[K] }

/** The parts of a request: those that must say something must be given. */
export type Parts<N extends Name> = MayBeAbsent<PartsOf<Operations[N]>>
