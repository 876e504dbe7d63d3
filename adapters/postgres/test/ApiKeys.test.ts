import { type ApiKeyId, ApiKeys } from "@concordat/core/actor/ApiKeys"
import { Effect, ManagedRuntime, Option, Redacted } from "effect"
import { afterAll, beforeEach, expect, it } from "vitest"
import { clear, repositories, rowsOf } from "./World.ts"

const runtime = ManagedRuntime.make(repositories)
afterAll(() => runtime.dispose())
beforeEach(() => runtime.runPromise(clear))

const use = <A, E>(f: (keys: ApiKeys["Service"]) => Effect.Effect<A, E>) =>
  runtime.runPromise(ApiKeys.use(f))
const make = (name: string) =>
  use((keys) => keys.make({ name, role: "operator", scopes: ["accounts:read"], branch: null }))
const authenticate = (key: string) => use((keys) => keys.authenticate(Redacted.make(key)))
const rows = (text: string) => runtime.runPromise(rowsOf(text))

it("a key of 256 random bits opens for whom it was made, and is kept nowhere", async () => {
  const { key } = await make("storefront")
  const text = Redacted.value(key)
  expect(text).toMatch(/^ck_[\w-]{43}$/u)
  expect(await authenticate(text)).toEqual(
    Option.some({
      name: "key:storefront",
      role: "operator",
      scopes: ["accounts:read"],
      branch: null
    })
  )
  expect(JSON.stringify(await rows("select to_jsonb(api_key) from api_key"))).not.toContain(
    text.slice(3)
  )
  expect(Redacted.value((await make("storefront")).key)).not.toBe(text)
})

it("nobody gets in with another text, whatever it looks like", async () => {
  const { key } = await make("storefront")
  for (const text of ["", "ck_", `${Redacted.value(key)} `, Redacted.value(key).toUpperCase()])
    expect(await authenticate(text)).toEqual(Option.none())
})

it("a revoked key opens nothing at once, and stays in the list", async () => {
  const { id, key } = await make("storefront")
  await use((keys) => keys.revoke(id))
  expect(await authenticate(Redacted.value(key))).toEqual(Option.none())
  const list = () => use((keys) => keys.list({ cursor: undefined, limit: 10 }))
  const [before] = (await list()).items
  expect(before?.revokedAt).not.toBeNull()
  await use((keys) => keys.revoke(id))
  expect((await list()).items).toEqual([before])
})

it("a key that is not there cannot be revoked", async () => {
  const { id } = await make("storefront")
  await rows("truncate api_key")
  expect(
    await runtime.runPromise(Effect.flip(ApiKeys.use((keys) => keys.revoke(id))))
  ).toMatchObject({
    _tag: "ApiKeyNotFound"
  })
})

it("using a key is written down, not each time", async () => {
  const text = Redacted.value((await make("storefront")).key)
  const used = () => rows("select last_used_at, xmin::text from api_key")
  expect(await used()).toMatchObject([{ last_used_at: null }])
  await authenticate(text)
  const first = await used()
  expect(first[0]?.["last_used_at"]).not.toBeNull()
  await authenticate(text)
  expect(await used()).toEqual(first)
  await rows("update api_key set last_used_at = now() - interval '10 minutes'")
  const outdated = await used()
  await authenticate(text)
  expect(await used()).not.toEqual(outdated)
})

it("keys are listed page by page in the order of their making", async () => {
  const ids: Array<ApiKeyId> = []
  for (const name of ["a", "b", "c", "d", "e"]) ids.push((await make(name)).id)
  // Within one millisecond, as keys are that a script makes.
  for (const [at, id] of ids.entries())
    await rows(
      `update api_key set created_at = '2026-11-20T12:00:00.00000${at}Z' where id = '${id}'`
    )
  const found: Array<ApiKeyId> = []
  let cursor: string | undefined
  do {
    const page = await use((keys) => keys.list({ cursor, limit: 2 }))
    found.push(...page.items.map(({ id }) => id))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  expect(found).toEqual(ids)
})

it("of many that call at the same time, each is who its own key says, or nobody", async () => {
  const names = Array.from({ length: 20 }, (_, n) => `caller ${n}`)
  const keys = await Promise.all(names.map(make))
  const gone = await make("gone")
  await use((port) => port.revoke(gone.id))
  const texts = [...keys, gone].map(({ key }) => Redacted.value(key))
  const found = await runtime.runPromise(
    ApiKeys.use((port) =>
      Effect.all(
        [...texts, "ck_stranger", ...texts].map((text) => port.authenticate(Redacted.make(text))),
        { concurrency: "unbounded" }
      )
    )
  )
  const expected = [...names.map((name) => `key:${name}`), undefined]
  expect(found.map((actor) => Option.getOrUndefined(actor)?.name)).toEqual([
    ...expected,
    undefined,
    ...expected
  ])
})
