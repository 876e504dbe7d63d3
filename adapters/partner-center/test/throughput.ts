/**
 * How many lists of subscriptions one core reads: `node adapters/partner-center/test/throughput.ts`. The server
 * is another process, so that the processor time is the adapter's own.
 */
import { fork } from "node:child_process"
import { createServer } from "node:http"
import { TenantId } from "@concordat/core/instance/Instance"
import { VendorSubscriptions } from "@concordat/core/subscription/VendorSubscriptions"
import { Effect, Layer } from "effect"
import { partnerCenterLayer } from "../src/partnerCenter.ts"
import { transportLayer } from "../src/Transport.ts"
import { aSubscription, instanceAt, noBudget, secretsOnly, someUser } from "./fixtures.ts"

const lists = 10_000
const concurrency = 16
const tenantId = TenantId.make("0a1b2c3d-0000-4000-8000-00000000abcd")

const serve = () => {
  const items = [1, 2, 3, 4, 5].map((n) =>
    aSubscription({ id: `a4c1340d-6911-4758-bba3-0c4c6007d16${n}` })
  )
  const body = Buffer.from(`\ufeff${JSON.stringify({ totalCount: items.length, items })}`)
  const token = JSON.stringify({ access_token: "t".repeat(1_500), expires_in: 3_600 })
  const server = createServer((request, response) => {
    request.resume()
    const answer = request.url?.includes("/oauth2/") ? token : body
    response.writeHead(200, { "content-length": answer.length })
    response.end(answer)
  })
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    if (typeof address === "object") process.send?.(address?.port)
  })
}

const measure = (name: string, knownDigest: (digest: string) => string | null, port: number) =>
  Effect.gen(function* () {
    const vendor = yield* VendorSubscriptions
    const instance = instanceAt(`http://127.0.0.1:${port}`)
    const first = yield* vendor.list(instance, tenantId, null)
    const digest = first._tag === "Listed" ? first.digest : ""
    const known = knownDigest(digest)
    let line = ""
    for (const round of ["warm", "measured"]) {
      const started = performance.now()
      const cpu = process.cpuUsage()
      yield* Effect.forEach(
        Array.from({ length: lists }),
        () => vendor.list(instance, tenantId, known),
        { concurrency, discard: true }
      )
      const used = process.cpuUsage(cpu)
      const cpuMs = (used.user + used.system) / 1_000
      const perSecond = Math.round((lists / (performance.now() - started)) * 1_000)
      line = `${name}, ${round}: ${perSecond} lists/s, ${Math.round((cpuMs / lists) * 1_000)} µs of processor each`
    }
    return line
  })

if (process.argv[2] === "serve") serve()
else {
  const server = fork(import.meta.filename, ["serve"])
  server.once("message", (port: number) => {
    const layer = partnerCenterLayer.pipe(
      Layer.provide([secretsOnly("s"), noBudget, someUser, transportLayer])
    )
    Effect.runPromise(
      Effect.all([
        measure("changed", () => null, port),
        measure("unchanged", (digest) => digest, port)
      ]).pipe(Effect.provide(layer))
    )
      .then((lines) => console.log(lines.join("\n")))
      .finally(() => server.kill())
  })
}
