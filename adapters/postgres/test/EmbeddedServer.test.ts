import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted, Schema } from "effect"
import pg from "pg"
import { afterAll, describe, expect, it } from "vitest"
import { embeddedServer } from "../src/EmbeddedServer.ts"
import { findPostmaster, until } from "../src/embedded/Postmaster.ts"
import { type Program, program } from "./programs/Program.ts"

const root = mkdtempSync(join(tmpdir(), "concordat-embedded-"))
chmodSync(root, 0o755)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const Served = Schema.Struct({ url: Schema.String, owner: Schema.Boolean, port: Schema.Int })
const served = async (server: Program) => Schema.decodeUnknownSync(Served)(await server.next())
const serve = (dataDir: string) => program("serve", [dataDir])

const query = async (url: string, text: string) => {
  const client = new pg.Client({ connectionString: url })
  client.on("error", () => {})
  await client.connect()
  const { rows } = await client.query({ text, rowMode: "array" })
  await client.end()
  return rows.flat()
}

const problemOf = (dataDir: string) =>
  embeddedServer({ dataDir, durable: false }).pipe(
    Effect.scoped,
    Effect.flip,
    Effect.map(({ reason, message }) => ({ reason, message })),
    Effect.runPromise
  )

describe.concurrent("the embedded server", () => {
  it("of three processes that race on a fresh folder, one owns the server and the others attach", async () => {
    const dataDir = join(root, "race", "pg")
    const servers = [serve(dataDir), serve(dataDir), serve(dataDir)]
    const answers = await Promise.all(servers.map(served))
    expect(answers.filter(({ owner }) => owner)).toHaveLength(1)
    expect(new Set(answers.map(({ port }) => port)).size).toBe(1)
    const owner = answers.findIndex(({ owner }) => owner)
    await Promise.all(servers.filter((_, i) => i !== owner).map(({ finish }) => finish()))
    expect(await query(answers[0]?.url ?? "", "select 1")).toEqual([1])
    await servers[owner]?.finish()
    expect(findPostmaster(dataDir)).toBeUndefined()
    expect(statSync(`${dataDir}.password`).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(root, "race")).sort()).toEqual(["pg", "pg.password"])
  })

  it("after a kill -9 of the owner, the next process owns the running server and its data", async () => {
    const dataDir = join(root, "orphan")
    const first = serve(dataDir)
    const { url, port } = await served(first)
    await query(url, "create table kept as select 42 as answer")
    await first.kill()
    const second = serve(dataDir)
    const again = await served(second)
    expect(again).toMatchObject({ owner: true, port })
    expect(await query(again.url, "select answer from kept")).toEqual([42])
    await second.finish()
    expect(findPostmaster(dataDir)).toBeUndefined()

    const third = serve(dataDir)
    const later = await served(third)
    expect(await query(later.url, "select answer from kept")).toEqual([42])
    // Whoever knew the address finds the server there again.
    expect(later.port).toBe(port)
    const server = findPostmaster(dataDir)
    await third.kill()
    process.kill(server?.pid ?? 0, "SIGKILL")

    const fourth = serve(dataDir)
    const recovered = await served(fourth)
    expect(await query(recovered.url, "select answer from kept")).toEqual([42])
    await fourth.finish()
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  it("chooses another port when its last one is taken", async () => {
    const dataDir = join(root, "port")
    const first = serve(dataDir)
    const { port } = await served(first)
    await first.finish()
    const squatter = createServer().listen(port, "127.0.0.1")
    const second = serve(dataDir)
    expect((await served(second)).port).not.toBe(port)
    await second.finish()
    squatter.close()
  })

  it("stops when its scope closes although clients are connected, and speaks C.UTF-8 in UTC", async () => {
    const dataDir = join(root, "scope")
    const settings = await embeddedServer({ dataDir, durable: false }).pipe(
      Effect.flatMap(({ url }) =>
        Effect.promise(async () => {
          const client = new pg.Client({ connectionString: Redacted.value(url) })
          client.on("error", () => {})
          await client.connect()
          const { rows } = await client.query(
            "select datlocprovider as provider, datlocale as locale, current_setting('timezone') as zone, current_setting('listen_addresses') as addresses from pg_database where datname = current_database()"
          )
          return rows
        })
      ),
      Effect.scoped,
      Effect.runPromise
    )
    expect(settings).toEqual([
      { provider: "b", locale: "C.UTF-8", zone: "UTC", addresses: "127.0.0.1" }
    ])
    expect(findPostmaster(dataDir)).toBeUndefined()
  })

  it("asks for the password", async () => {
    const server = serve(join(root, "password"))
    const { url } = await served(server)
    const without = new URL(url)
    without.password = "wrong"
    await expect(query(without.href, "select 1")).rejects.toMatchObject({ code: "28P01" })
    await server.finish()
  })

  it("refuses the folder of another major version and says where it is and what to do", async () => {
    const dataDir = join(root, "old")
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, "PG_VERSION"), "16\n")
    expect(await problemOf(dataDir)).toEqual({
      reason: "WrongVersion",
      message: `${dataDir} was made by Postgres 16; this release runs Postgres 18. Move the folder away to begin with an empty database, or set DATABASE_URL to a Postgres 16 that serves it.`
    })
  })

  it("refuses a folder that holds something else, and leaves it as it is", async () => {
    const dataDir = join(root, "other")
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, "thesis.txt"), "")
    expect(await problemOf(dataDir)).toMatchObject({ reason: "Folder" })
    expect(readdirSync(dataDir)).toEqual(["thesis.txt"])
  })

  it.runIf(process.platform === "linux")(
    "leaves nothing of a database that does not fit on the disk",
    async () => {
      const parent = join(root, "full")
      mkdirSync(parent)
      // No file above 1 MB is what a full disk looks like to initdb.
      const server = program("serve", [join(parent, "pg")], { fileSizeMax: 1_000_000 })
      expect(await server.next()).toMatchObject({
        error: expect.stringMatching(
          /^No database could be made in .*full\/pg: .+\. Free or change/u
        )
      })
      await server.finish()
      expect(readdirSync(parent)).toEqual(["pg.password"])
      const next = serve(join(parent, "pg"))
      expect(await served(next)).toMatchObject({ owner: true })
      await next.finish()
    }
  )

  it("does not outlive an owner that ends without closing its scope", async () => {
    const dataDir = join(root, "abrupt")
    const server = program("serve", [dataDir, "abrupt"])
    await served(server)
    await server.finish()
    expect(await Effect.runPromise(until(() => findPostmaster(dataDir) === undefined, 5_000))).toBe(
      true
    )
  })

  it.runIf(process.getuid?.() === 0)("runs below a folder that only root may enter", async () => {
    const closed = join(root, "closed")
    mkdirSync(closed, { mode: 0o700 })
    const server = serve(join(closed, "pg"))
    const { url } = await served(server)
    expect(await query(url, "select 1")).toEqual([1])
    await server.finish()
    expect(findPostmaster(join(closed, "pg"))).toBeUndefined()
  })

  it.runIf(process.getuid?.() === 0)(
    "runs for a user without privileges, as that user",
    async () => {
      const home = join(root, "nobody")
      mkdirSync(home)
      chownSync(home, 65534, 65534)
      const server = program("serve", [join(home, "pg")], { uid: 65534, gid: 65534 })
      const { url } = await served(server)
      expect(await query(url, "select 1")).toEqual([1])
      expect(statSync(join(home, "pg")).uid).toBe(65534)
      await server.finish()
      expect(findPostmaster(join(home, "pg"))).toBeUndefined()
    }
  )
})
